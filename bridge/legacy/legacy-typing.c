/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-typing.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "account/bridge-off-record.h"
#include "legacy-cipher.h"
#include "legacy-message.h"
#include "link/bridge-push-link.h"
#include "link/bridge-timers.h"
#include "pushes/bridge-push-translation.h"

#define TYPING_AGAIN_MS 500
#define TYPING_TRIES 60   /* of an end; then only the contact's next message tells */
#define TYPING_WAITING 64 /* ends; the oldest is forgotten */
#define TYPING_TOLD 64    /* of a phone; beyond that all are forgotten */

/* An end that the phone has not been told of yet. */
typedef struct {
	BridgeAccount *account;
	char *device_id;
	char *jid;
	LegacyTypingState state;
	guint tries;
} TypingEnd;

struct _LegacyTyping {
	BridgePush *push;
	LegacyPhones *phones;
	GQueue ends; /* TypingEnd, oldest first */
	guint timer;
};

static void
typing_end_free(TypingEnd *end)
{
	g_object_unref(end->account);
	g_free(end->device_id);
	g_free(end->jid);
	g_free(end);
}

/* ---- Saying ---------------------------------------------------------------------------------- */

/* FALSE: not now */
static gboolean
typing_say(LegacyTyping *self, LegacyAccount *account, const LegacyPhone *phone, const char *jid,
           LegacyTypingState state)
{
	gboolean off_the_record = bridge_account_has_off_the_record(account->account, jid);
	g_autofree char *message =
		legacy_message_build_typing(jid, state, off_the_record, g_get_real_time());
	g_autofree char *raw = legacy_cipher_seal_raw(account->key, message);
	GVariantDict push;

	g_variant_dict_init(&push, NULL);
	g_variant_dict_insert(&push, "kind", "s", "raw");
	g_variant_dict_insert_value(
		&push, "payload",
		g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, raw, strlen(raw), sizeof *raw));
	return bridge_push_say_aside(self->push, phone->device_id, BRIDGE_PUSH_SERVICE_MPNS, &push);
}

/* TRUE: there is nothing more to do */
static gboolean
typing_take_back(LegacyTyping *self, const TypingEnd *end)
{
	LegacyAccount *account = legacy_phones_find(self->phones, end->account);
	LegacyPhone *phone =
		account != NULL ? legacy_account_find_phone(account, end->device_id) : NULL;

	if (phone == NULL || !g_hash_table_contains(phone->typists, end->jid))
		return TRUE;
	if (!typing_say(self, account, phone, end->jid, end->state))
		return end->tries >= TYPING_TRIES;
	g_hash_table_remove(phone->typists, end->jid);
	return TRUE;
}

/* ---- Ends that wait -------------------------------------------------------------------------- */

static gboolean
typing_again_cb(gpointer user_data)
{
	LegacyTyping *self = user_data;

	for (guint left = self->ends.length; left > 0; left--) {
		TypingEnd *end = g_queue_pop_head(&self->ends);

		end->tries++;
		if (typing_take_back(self, end))
			typing_end_free(end);
		else
			g_queue_push_tail(&self->ends, end);
	}
	if (self->ends.length > 0)
		return G_SOURCE_CONTINUE;
	self->timer = 0;
	return G_SOURCE_REMOVE;
}

static void
typing_end(LegacyTyping *self, LegacyAccount *account, const LegacyPhone *phone, const char *jid,
           LegacyTypingState state)
{
	TypingEnd *end = g_new0(TypingEnd, 1);

	end->account = g_object_ref(account->account);
	end->device_id = g_strdup(phone->device_id);
	end->jid = g_strdup(jid);
	end->state = state;
	/* Whoever sends a message stops with that, and then it tells the phone. */
	if (state != LEGACY_TYPING_OVER && typing_take_back(self, end)) {
		typing_end_free(end);
		return;
	}
	g_queue_push_tail(&self->ends, end);
	if (self->ends.length > TYPING_WAITING)
		typing_end_free(g_queue_pop_head(&self->ends));
	if (self->timer == 0)
		self->timer = bridge_timers_add(TYPING_AGAIN_MS, typing_again_cb, self);
}

/* He goes on before the phone has heard that he had stopped. */
static void
typing_forget_end(LegacyTyping *self, const LegacyPhone *phone, const char *jid)
{
	for (GList *link = self->ends.head; link != NULL; link = link->next) {
		TypingEnd *end = link->data;

		if (!g_str_equal(end->device_id, phone->device_id) || !g_str_equal(end->jid, jid))
			continue;
		typing_end_free(end);
		g_queue_delete_link(&self->ends, link);
		return;
	}
}

/* ---- Hearing --------------------------------------------------------------------------------- */

static void
typing_tell(LegacyTyping *self, LegacyAccount *account, LegacyPhone *phone, const char *jid,
            LegacyTypingState state)
{
	gboolean told = g_hash_table_contains(phone->typists, jid);

	if (!phone->open || phone->callback == NULL)
		return;
	if (state != LEGACY_TYPING_COMPOSING) {
		if (told)
			typing_end(self, account, phone, jid, state);
		return;
	}
	typing_forget_end(self, phone, jid);
	if (told || !typing_say(self, account, phone, jid, state))
		return;
	if (g_hash_table_size(phone->typists) >= TYPING_TOLD)
		g_hash_table_remove_all(phone->typists);
	g_hash_table_add(phone->typists, g_strdup(jid));
}

static LegacyTypingState
typing_get_state(const char *word)
{
	if (g_str_equal(word, "composing"))
		return LEGACY_TYPING_COMPOSING;
	return g_str_equal(word, "paused") ? LEGACY_TYPING_PAUSED : LEGACY_TYPING_OVER;
}

static void
typing_hear(LegacyAccount *account, const char *type, const char *json, gpointer user_data)
{
	g_autoptr(JsonParser) parser = NULL;
	JsonObject *data = NULL;

	if (account->phones->len == 0 || !g_str_equal(type, "typing"))
		return;
	parser = json_parser_new_immutable();
	if (!json_parser_load_from_data(parser, json, -1, NULL))
		return;
	data = json_node_get_object(json_parser_get_root(parser));
	for (guint i = 0; i < account->phones->len; i++)
		typing_tell(user_data, account, g_ptr_array_index(account->phones, i),
		            json_object_get_string_member(data, "jid"),
		            typing_get_state(json_object_get_string_member(data, "state")));
}

/* ---- Making ---------------------------------------------------------------------------------- */

LegacyTyping *
legacy_typing_new(BridgePush *push, LegacyPhones *phones)
{
	LegacyTyping *self = g_new0(LegacyTyping, 1);

	self->push = push;
	self->phones = phones;
	g_queue_init(&self->ends);
	legacy_phones_set_hear(phones, typing_hear, self);
	return self;
}

void
legacy_typing_free(LegacyTyping *self)
{
	legacy_phones_set_hear(self->phones, NULL, NULL);
	g_clear_handle_id(&self->timer, bridge_timers_remove);
	g_queue_clear_full(&self->ends, (GDestroyNotify)typing_end_free);
	g_free(self);
}
