/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include "legacy-push.h"

#include <string.h>

#include "account/bridge-conversations.h"
#include "base/bridge-error.h"
#include "base/bridge-log.h"
#include "pushes/bridge-push-translation.h"
#include "legacy-cipher.h"
#include "legacy-message.h"
#include "legacy-notice.h"
#include "legacy-typing.h"

#define PUSH_BYTES_MAX 3072 /* that the service carries */
#define PUSH_OFF_THE_RECORD "(OTR)"
/* Who has been away for longer has seen that there is something. */
#define PUSH_TTL_S (6 * 60 * 60)

struct _LegacyPush {
	BridgePush *push;
	LegacyPhones *phones;
	BridgeAccounts *accounts;
	BridgeConfig *config; /* borrowed */
	LegacyTyping *typing;
};

/* What is being told. */
typedef struct {
	LegacyPush *push;
	LegacyAccount *account;
	LegacyPhone *phone;
	const BridgePushItem *item;
} PushMatter;

/* One after the other; each is left out where it does not apply. */
typedef enum {
	PUSH_STEP_RAW, /* the message itself; with it, nothing else */
	PUSH_STEP_TOAST,
	PUSH_STEP_TILE,
	PUSH_STEP_CONTACT_TILE,
	PUSH_N_STEPS,
} PushStep;

/* ---- What is durable ------------------------------------------------------------------------- */

static void
push_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;

	if (!legacy_account_keep_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_log_account(G_LOG_LEVEL_WARNING,
		                   bridge_account_get_id(BRIDGE_ACCOUNT(source)),
		                   "account %s: a phone will get messages twice: %s",
		                   bridge_account_get_id(BRIDGE_ACCOUNT(source)), error->message);
}

/* What is off the record leaves the store with that. */
static void
push_keep_taken(LegacyPush *self, const PushMatter *matter, guint64 before)
{
	LegacyAccount *account = matter->account;

	legacy_account_keep_async(account, push_kept_cb, NULL);
	if (account->queue > before)
		bridge_accounts_ack_async(self->accounts, account->account,
		                          matter->phone->device_id, account->queue, NULL, NULL);
}

/* ---- Each step ------------------------------------------------------------------------------- */

/* (nullable): it is no message, or too long for a push */
static char *
push_build_sealed(const PushMatter *matter)
{
	const BridgePushItem *item = matter->item;
	const BridgeEventRecord event = {.seq = item->seq,
	                                 .time_us = item->time_us,
	                                 .type = (char *)"message",
	                                 .data = item->data,
	                                 .off_the_record = item->off_the_record};
	g_autofree char *message = legacy_message_build(&event);

	char *raw = NULL;

	if (message == NULL)
		return NULL;
	raw = legacy_cipher_seal_raw(matter->account->key, message);
	if (strlen(raw) > PUSH_BYTES_MAX)
		g_clear_pointer(&raw, g_free);
	return raw;
}

static gboolean
push_build_raw(const PushMatter *matter, GVariantDict *push)
{
	g_autofree char *text = matter->phone->open ? push_build_sealed(matter) : NULL;

	if (text == NULL)
		return FALSE;
	g_variant_dict_insert(push, "kind", "s", "raw");
	g_variant_dict_insert_value(
		push, "payload",
		g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, text, strlen(text), sizeof *text));
	matter->phone->handing = matter->item->seq;
	return TRUE;
}

static char *
push_dup_sender(const BridgePushItem *item)
{
	const BridgeEventRecord event = {.data = item->data, .type = (char *)"message"};

	return legacy_message_dup_sender(&event);
}

/* The push service reads it. */
static const char *
push_get_toast_text(const PushMatter *matter)
{
	if (matter->item->off_the_record)
		return PUSH_OFF_THE_RECORD;
	return bridge_config_get_legacy(matter->push->config)->toast_text ? matter->item->body : "";
}

static gboolean
push_build_toast(const PushMatter *matter, GVariantDict *push)
{
	const BridgePushItem *item = matter->item;
	const BridgeContact *contact = NULL;
	g_autofree char *sender = NULL;
	g_autofree char *page = NULL;

	if (!matter->phone->toasts || item->kind != BRIDGE_PUSH_MESSAGE)
		return FALSE;
	contact = bridge_account_find_contact(matter->account->account, item->conversation);
	sender = push_dup_sender(item);
	page = legacy_notice_build_page(sender);
	g_variant_dict_insert(push, "kind", "s", "toast");
	g_variant_dict_insert(push, "title", "s",
	                      contact != NULL && *contact->name != '\0' ? contact->name
	                                                                : item->conversation);
	g_variant_dict_insert(push, "text", "s", push_get_toast_text(matter));
	g_variant_dict_insert(push, "param", "s", page);
	return TRUE;
}

/* What nobody has read, nor the phone fetched. @jid: (nullable): of all */
static guint
push_count(const PushMatter *matter, const char *jid)
{
	g_autoptr(GPtrArray) list = bridge_conversations_get(matter->account->account);
	guint count = 0;

	for (guint i = 0; i < list->len; i++) {
		const BridgeConversation *conversation = g_ptr_array_index(list, i);

		if (jid != NULL && !g_str_equal(conversation->jid, jid))
			continue;
		for (guint j = 0; j < conversation->unread->len; j++)
			if (legacy_account_has_queued(
				    matter->account, matter->phone,
				    g_array_index(conversation->unread, guint64, j)))
				count++;
	}
	return count;
}

static gboolean
push_build_tile(const PushMatter *matter, GVariantDict *push)
{
	guint count = push_count(matter, NULL);

	if (!matter->phone->tile || (int)count == matter->phone->tile_count)
		return FALSE;
	g_variant_dict_insert(push, "kind", "s", "tile");
	g_variant_dict_insert(push, "count", "u", count);
	matter->phone->tile_count = (int)count;
	return TRUE;
}

static gboolean
push_build_contact_tile(const PushMatter *matter, GVariantDict *push)
{
	const char *jid = matter->item->conversation;
	g_autofree char *tile = NULL;

	if (!matter->phone->contact_tiles || matter->phone->tiles == NULL || jid == NULL ||
	    !g_strv_contains((const char *const *)matter->phone->tiles, jid))
		return FALSE;
	tile = legacy_notice_build_tile(jid);
	g_variant_dict_insert(push, "kind", "s", "tile");
	g_variant_dict_insert(push, "tile", "s", tile);
	g_variant_dict_insert(push, "count", "u", push_count(matter, jid));
	return TRUE;
}

static gboolean (*const push_steps[PUSH_N_STEPS])(const PushMatter *matter, GVariantDict *push) = {
	[PUSH_STEP_RAW] = push_build_raw,
	[PUSH_STEP_TOAST] = push_build_toast,
	[PUSH_STEP_TILE] = push_build_tile,
	[PUSH_STEP_CONTACT_TILE] = push_build_contact_tile,
};

/* ---- What is next ---------------------------------------------------------------------------- */

/* FALSE: the phone has gone */
static gboolean
push_find_matter(LegacyPush *self, const BridgePushMatter *asked, PushMatter *matter)
{
	matter->push = self;
	matter->account = legacy_phones_find(self->phones, asked->account);
	matter->item = asked->item;
	matter->phone = matter->account != NULL
	                        ? legacy_account_find_phone(matter->account, asked->device_id)
	                        : NULL;
	return matter->phone != NULL;
}

/* While the app is open, it sees for itself what is read. */
static gboolean
push_is_done(const PushMatter *matter)
{
	const BridgePushItem *item = matter->item;

	if (item->kind != BRIDGE_PUSH_MESSAGE)
		return matter->phone->open;
	return item->body == NULL || *item->body == '\0' ||
	       !legacy_account_has_queued(matter->account, matter->phone, item->seq);
}

static BridgePushStep
push_end(const PushMatter *matter)
{
	if (matter->item->kind == BRIDGE_PUSH_MESSAGE &&
	    legacy_account_has_queued(matter->account, matter->phone, matter->item->seq))
		matter->phone->left = MAX(matter->phone->left, matter->item->seq);
	return BRIDGE_PUSH_STEP_DONE;
}

/* While a phone fetches the queue, nobody knows what is in it for the others. */
static BridgePushStep
push_build(const BridgePushMatter *asked, GVariantDict *push, gpointer user_data)
{
	PushMatter matter;
	LegacyPhone *phone = NULL;

	if (!push_find_matter(user_data, asked, &matter) || push_is_done(&matter))
		return BRIDGE_PUSH_STEP_DONE;
	phone = matter.phone;
	if (phone->open && matter.account->fetching)
		return BRIDGE_PUSH_STEP_WAIT;
	if (phone->notifying != matter.item->seq) {
		phone->notifying = matter.item->seq;
		phone->step =
			matter.item->kind == BRIDGE_PUSH_MESSAGE ? PUSH_STEP_RAW : PUSH_STEP_TILE;
	}
	for (; phone->step < PUSH_N_STEPS; phone->step++)
		if (push_steps[phone->step](&matter, push))
			return BRIDGE_PUSH_STEP_SEND;
	return push_end(&matter);
}

/* ---- What came of it ------------------------------------------------------------------------- */

/* It may be delivered another time, or the service will not have it whatever is done. */
static gboolean
push_may_come(BridgePushResult result)
{
	return result != BRIDGE_PUSH_DELIVERED && result != BRIDGE_PUSH_REJECTED &&
	       result != BRIDGE_PUSH_TOO_LARGE;
}

/* Its app: it will know of nobody who was typing when it is opened again. */
static void
push_close(LegacyPhone *phone)
{
	phone->open = FALSE;
	g_hash_table_remove_all(phone->typists);
}

static BridgePushStep
push_judge_raw(LegacyPush *self, const PushMatter *matter, BridgePushResult result,
               const char *detail)
{
	LegacyPhone *phone = matter->phone;
	guint64 before = matter->account->queue;

	phone->handing = 0;
	if (push_may_come(result))
		return BRIDGE_PUSH_STEP_LATER;
	if (result == BRIDGE_PUSH_DELIVERED) {
		legacy_account_take(matter->account, phone, matter->item->seq);
		g_hash_table_remove(phone->typists, matter->item->conversation);
		push_keep_taken(self, matter, before);
		return BRIDGE_PUSH_STEP_DONE;
	}
	/* Unless it was opened since that was sent. */
	if (g_str_equal(detail, BRIDGE_PUSH_DETAIL_SUPPRESSED) &&
	    matter->item->seq > phone->opened) {
		push_close(phone);
		phone->step++;
		return BRIDGE_PUSH_STEP_SEND;
	}
	return push_end(matter);
}

static BridgePushStep
push_judge(const BridgePushMatter *asked, BridgePushResult result, const char *detail,
           gpointer user_data)
{
	PushMatter matter;
	LegacyPhone *phone = NULL;

	if (!push_find_matter(user_data, asked, &matter))
		return BRIDGE_PUSH_STEP_DONE;
	phone = matter.phone;
	if (phone->notifying != matter.item->seq)
		return BRIDGE_PUSH_STEP_DONE;
	if (phone->step == PUSH_STEP_RAW)
		return push_judge_raw(user_data, &matter, result, detail);
	if (result != BRIDGE_PUSH_DELIVERED)
		phone->tile_count = -1;
	if (push_may_come(result))
		return BRIDGE_PUSH_STEP_LATER;
	phone->step++;
	return BRIDGE_PUSH_STEP_SEND;
}

/* The session goes on: messages wait in the queue until the phone registers another channel. */
static void
push_gone(BridgeAccount *account, const char *device_id, gpointer user_data)
{
	LegacyPush *self = user_data;
	LegacyAccount *known = legacy_phones_find(self->phones, account);
	LegacyPhone *phone = known != NULL ? legacy_account_find_phone(known, device_id) : NULL;

	if (phone == NULL)
		return;
	phone->handing = 0;
	g_clear_pointer(&phone->callback, g_free);
	legacy_account_keep_async(known, push_kept_cb, NULL);
}

/* That somebody is typing. */
static void
push_judge_aside(BridgeAccount *account, const char *device_id, BridgePushResult result,
                 const char *detail, gpointer user_data)
{
	LegacyPush *self = user_data;
	LegacyAccount *known = legacy_phones_find(self->phones, account);
	LegacyPhone *phone = known != NULL ? legacy_account_find_phone(known, device_id) : NULL;

	if (phone != NULL && g_str_equal(detail, BRIDGE_PUSH_DETAIL_SUPPRESSED))
		push_close(phone);
}

static const BridgePushTranslation push_translation = {
	.build = push_build,
	.judge = push_judge,
	.judge_aside = push_judge_aside,
	.gone = push_gone,
};

/* ---- Registering ----------------------------------------------------------------------------- */

typedef struct {
	LegacyPush *push;
	LegacyAccount *account;
	char *device_id;
} PushRegistering;

static void
push_registering_free(PushRegistering *registering)
{
	legacy_account_unref(registering->account);
	g_free(registering->device_id);
	g_free(registering);
}

/* What came before is for the queue, which the phone asks for next. */
static void
push_open(const PushRegistering *registering)
{
	LegacyAccount *account = registering->account;
	LegacyPhone *phone = legacy_account_find_phone(account, registering->device_id);

	if (phone == NULL)
		return;
	phone->open = TRUE;
	g_hash_table_remove_all(phone->typists);
	phone->opened = phone->left = bridge_account_get_seq(account->account);
	phone->tile_count = -1;
}

static void
push_forget_channel(const PushRegistering *registering)
{
	LegacyPhone *phone =
		legacy_account_find_phone(registering->account, registering->device_id);

	if (phone == NULL)
		return;
	g_clear_pointer(&phone->callback, g_free);
	legacy_account_keep_async(registering->account, push_kept_cb, NULL);
}

static void
push_unsubscribed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	const PushRegistering *registering = g_task_get_task_data(task);
	LegacyPhone *phone =
		legacy_account_find_phone(registering->account, registering->device_id);
	GError *error = NULL;

	if (phone != NULL)
		phone->handing = 0; /* nobody hears what becomes of it */
	if (bridge_push_unsubscribe_finish(BRIDGE_PUSH(source), result, &error) ||
	    g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND)) {
		g_clear_error(&error);
		g_task_return_boolean(task, TRUE);
	} else {
		g_task_return_error(task, error);
	}
}

/* @task: (transfer full) */
static void
push_unsubscribe(GTask *task)
{
	const PushRegistering *registering = g_task_get_task_data(task);

	bridge_push_unsubscribe_async(registering->push->push, registering->device_id,
	                              BRIDGE_PUSH_SERVICE_MPNS, push_unsubscribed_cb, task);
}

static void
push_subscribed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = user_data;
	const PushRegistering *registering = g_task_get_task_data(task);
	gboolean created = FALSE;
	GError *error = NULL;

	if (bridge_push_subscribe_finish(BRIDGE_PUSH(source), result, &created, &error)) {
		push_open(registering);
		g_task_return_boolean(task, TRUE);
	} else if (g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID) ||
	           g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_TOO_MANY_SUBSCRIPTIONS)) {
		g_info("a phone's channel is not pushed to: %s", error->message);
		g_clear_error(&error);
		push_forget_channel(registering);
		push_unsubscribe(g_steal_pointer(&task));
	} else {
		g_task_return_error(task, error);
	}
}

static BridgePushSettings *
push_build_settings(const LegacyPhone *phone)
{
	BridgePushSettings *settings = g_new0(BridgePushSettings, 1);

	settings->type = g_strdup(BRIDGE_PUSH_SERVICE_MPNS);
	settings->endpoint = g_strdup(phone->callback);
	settings->content = BRIDGE_PUSH_CONTENT_FULL;
	settings->kinds = 1u << BRIDGE_PUSH_MESSAGE | 1u << BRIDGE_PUSH_READ;
	settings->ttl_s = PUSH_TTL_S;
	return settings;
}

void
legacy_push_register_async(LegacyPush *self, LegacyAccount *account, const char *device_id,
                           GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(account->account, NULL, callback, user_data);
	const LegacyPhone *phone = legacy_account_find_phone(account, device_id);
	PushRegistering *registering = g_new0(PushRegistering, 1);

	registering->push = self;
	registering->account = legacy_account_ref(account);
	registering->device_id = g_strdup(device_id);
	g_task_set_task_data(task, registering, (GDestroyNotify)push_registering_free);
	push_open(registering);
	if (!g_strv_contains(bridge_push_get_all_types(self->push), BRIDGE_PUSH_SERVICE_MPNS)) {
		g_task_return_boolean(task, TRUE);
		g_object_unref(task);
	} else if (phone == NULL || phone->callback == NULL) {
		push_unsubscribe(task);
	} else {
		bridge_push_subscribe_async(self->push, account->account, device_id,
		                            push_build_settings(phone), push_subscribed_cb, task);
	}
}

gboolean
legacy_push_register_finish(LegacyPush *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- Making ---------------------------------------------------------------------------------- */

LegacyPush *
legacy_push_new(BridgePush *push, LegacyPhones *phones, BridgeAccounts *accounts,
                BridgeConfig *config)
{
	LegacyPush *self = g_new0(LegacyPush, 1);

	self->push = g_object_ref(push);
	self->phones = phones;
	self->accounts = g_object_ref(accounts);
	self->config = config;
	self->typing = legacy_typing_new(push, phones);
	bridge_push_set_translation(push, &push_translation, self);
	return self;
}

void
legacy_push_free(LegacyPush *self)
{
	bridge_push_set_translation(self->push, NULL, NULL);
	legacy_typing_free(self->typing);
	g_object_unref(self->push);
	g_object_unref(self->accounts);
	g_free(self);
}
