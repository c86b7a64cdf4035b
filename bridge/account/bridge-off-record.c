/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-off-record.h"

#include <string.h>

#include "base/bridge-error.h"
#include "bridge-events.h"

#define OFF_RECORD_STATE "bridge-off-record" /* of the account's data: a BridgeOffRecord */

typedef struct {
	GHashTable *contacts; /* set of bare addresses */
	gsize bytes;          /* of them all */
	GHashTable *listed;   /* of this session: those whom the server's list names */
	gboolean all;         /* the account has nothing kept */
	guint32 serial;       /* of the session's last event */
	GPtrArray *waiting;   /* of BridgeOffRecordWait */
} BridgeOffRecord;

/* Somebody's change has been answered, the event that says so is on its way. */
typedef struct {
	GTask *task;
	guint32 serial;
} BridgeOffRecordWait;

static void
bridge_off_record_wait_free(BridgeOffRecordWait *wait)
{
	g_clear_object(&wait->task);
	g_free(wait);
}

static void
bridge_off_record_free(gpointer data)
{
	BridgeOffRecord *self = data;

	g_hash_table_unref(self->contacts);
	g_hash_table_unref(self->listed);
	g_ptr_array_unref(self->waiting);
	g_free(self);
}

/* ---- Who it is ------------------------------------------------------------------------------- */

static gboolean
bridge_off_record_fits(BridgeOffRecord *self, const char *jid)
{
	return g_hash_table_size(self->contacts) < BRIDGE_OFF_RECORD_CONTACTS_MAX &&
	       self->bytes + strlen(jid) <= BRIDGE_OFF_RECORD_BYTES_MAX;
}

/* FALSE: nothing has changed, or there are too many */
static gboolean
bridge_off_record_set(BridgeOffRecord *self, const char *jid, gboolean enabled)
{
	if (g_hash_table_contains(self->contacts, jid) == enabled ||
	    (enabled && !bridge_off_record_fits(self, jid)))
		return FALSE;
	if (enabled) {
		g_hash_table_add(self->contacts, g_strdup(jid));
		self->bytes += strlen(jid);
	} else {
		g_hash_table_remove(self->contacts, jid);
		self->bytes -= strlen(jid);
	}
	return TRUE;
}

static void
bridge_off_record_restore(BridgeOffRecord *self, BridgeAccount *account)
{
	g_autoptr(GVariant) kept = bridge_account_dup_kept(account, bridge_off_record_feature.name);
	g_autofree const char **jids = NULL;

	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE_STRING_ARRAY))
		return;
	jids = g_variant_get_strv(kept, NULL);
	for (guint i = 0; jids[i] != NULL; i++)
		bridge_off_record_set(self, jids[i], TRUE);
}

static BridgeOffRecord *
bridge_off_record_of(BridgeAccount *account)
{
	BridgeOffRecord *self = g_object_get_data(G_OBJECT(account), OFF_RECORD_STATE);

	if (self != NULL)
		return self;
	self = g_new0(BridgeOffRecord, 1);
	self->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_off_record_wait_free);
	bridge_off_record_restore(self, account);
	g_object_set_data_full(G_OBJECT(account), OFF_RECORD_STATE, self, bridge_off_record_free);
	return self;
}

gboolean
bridge_account_has_off_the_record(BridgeAccount *self, const char *jid)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), FALSE);
	return g_hash_table_contains(bridge_off_record_of(self)->contacts, jid);
}

gboolean
bridge_account_is_off_the_record(BridgeAccount *self, const char *jid)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), FALSE);
	return bridge_off_record_of(self)->all || bridge_account_has_off_the_record(self, jid);
}

static void
bridge_off_record_keep(BridgeOffRecord *self, BridgeAccount *account, BridgeWrite *write)
{
	GVariantBuilder jids;
	GHashTableIter iter;
	gpointer jid;

	g_variant_builder_init(&jids, G_VARIANT_TYPE_STRING_ARRAY);
	g_hash_table_iter_init(&iter, self->contacts);
	while (g_hash_table_iter_next(&iter, &jid, NULL))
		g_variant_builder_add(&jids, "s", jid);
	bridge_account_keep(account, write, bridge_off_record_feature.name,
	                    g_variant_builder_end(&jids));
}

static void
bridge_off_record_change(BridgeOffRecord *self, BridgeAccount *account, BridgeWrite *write,
                         const char *jid, gboolean enabled, const char *by)
{
	if (!bridge_off_record_set(self, jid, enabled))
		return;
	bridge_off_record_keep(self, account, write);
	bridge_write_add_event(write, bridge_event_new_off_the_record(jid, enabled, by), NULL);
}

/* ---- Changes of our own ---------------------------------------------------------------------- */

static void
bridge_off_record_durable_cb(BridgeAccount *self, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = G_TASK(data);

	if (error != NULL)
		g_task_return_error(task, g_error_copy(error));
	else
		g_task_return_boolean(task, TRUE);
}

/* Takes @task. What is known by now is durable with this. */
static void
bridge_off_record_finish(BridgeAccount *account, GTask *task)
{
	BridgeWrite *write = bridge_write_new(account, NULL);

	bridge_write_add_record(write);
	bridge_write_try(write, bridge_off_record_durable_cb, task);
}

static void
bridge_off_record_finish_waiting(BridgeOffRecord *self, BridgeAccount *account)
{
	for (guint i = self->waiting->len; i > 0; i--) {
		BridgeOffRecordWait *wait = g_ptr_array_index(self->waiting, i - 1);

		if (wait->serial > self->serial)
			continue;
		bridge_off_record_finish(account, g_steal_pointer(&wait->task));
		g_ptr_array_remove_index(self->waiting, i - 1);
	}
}

static void
bridge_off_record_answered_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	BridgeOffRecord *self = bridge_off_record_of(account);
	BridgeOffRecordWait *wait = NULL;
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = bridge_account_request_finish(account, result, &error);

	if (answer == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	wait = g_new0(BridgeOffRecordWait, 1);
	wait->task = g_steal_pointer(&task);
	g_variant_lookup(answer, "serial", "u", &wait->serial);
	g_ptr_array_add(self->waiting, wait);
	bridge_off_record_finish_waiting(self, account);
}

void
bridge_account_set_off_the_record_async(BridgeAccount *self, const char *jid, gboolean enabled,
                                        GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	GVariantDict arguments;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	g_task_set_source_tag(task, bridge_account_set_off_the_record_async);
	if (enabled && !bridge_account_has_off_the_record(self, jid) &&
	    !bridge_off_record_fits(bridge_off_record_of(self), jid)) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_INVALID,
		                        "too many contacts are off the record already");
		return;
	}
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	g_variant_dict_insert(&arguments, "off-record", "b", enabled);
	bridge_account_request_async(self, bridge_off_record_feature.name,
	                             g_variant_dict_end(&arguments), bridge_off_record_answered_cb,
	                             g_steal_pointer(&task));
}

gboolean
bridge_account_set_off_the_record_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- What the host tells --------------------------------------------------------------------- */

static void
bridge_off_record_take(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeOffRecord *self = bridge_off_record_of(account);
	const char *told = "";
	const char *by = "unknown";
	gboolean enabled = FALSE;
	g_autofree char *resource = NULL;
	g_autofree char *jid = NULL;

	g_variant_dict_lookup(data, "jid", "&s", &told);
	g_variant_dict_lookup(data, "by", "&s", &by);
	g_variant_dict_lookup(data, "off-record", "b", &enabled);
	g_variant_dict_lookup(data, "serial", "u", &self->serial);
	jid = account->protocol->split(told, &resource);
	if (g_str_equal(by, "listed")) {
		by = "unknown"; /* while nobody was looking */
		g_hash_table_add(self->listed, g_strdup(jid));
	}
	if (jid[0] != '\0')
		bridge_off_record_change(self, account, write, jid, enabled, by);
	bridge_off_record_finish_waiting(self, account);
}

/* Whoever the server's list does not name any more has gone back on the record meanwhile. */
static void
bridge_off_record_take_known(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	BridgeOffRecord *self = bridge_off_record_of(account);
	g_autofree gpointer *jids = NULL;
	gboolean shared = FALSE;
	guint n_jids = 0;

	g_variant_dict_lookup(data, "shared", "b", &shared);
	if (!shared)
		return;
	jids = g_hash_table_get_keys_as_array(self->contacts, &n_jids);
	for (guint i = 0; i < n_jids; i++) {
		g_autofree char *jid = g_strdup(jids[i]);

		if (!g_hash_table_contains(self->listed, jid))
			bridge_off_record_change(self, account, write, jid, FALSE, "unknown");
	}
}

static void
bridge_off_record_take_all(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_variant_dict_lookup(data, "off-record", "b", &bridge_off_record_of(account)->all);
}

static void
bridge_off_record_offline(BridgeAccount *account, BridgeWrite *write)
{
	BridgeOffRecord *self = bridge_off_record_of(account);

	for (guint i = 0; i < self->waiting->len; i++) {
		BridgeOffRecordWait *wait = g_ptr_array_index(self->waiting, i);

		g_task_return_new_error(wait->task, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE,
		                        "the account went offline");
	}
	g_ptr_array_set_size(self->waiting, 0);
	g_hash_table_remove_all(self->listed);
	self->serial = 0;
}

static const BridgeAccountNews bridge_off_record_news[] = {
	{"off-record", bridge_off_record_take},
	{"off-record-known", bridge_off_record_take_known},
	{"off-record-all", bridge_off_record_take_all},
	{NULL},
};

const BridgeAccountFeature bridge_off_record_feature = {
	.name = "off-record",
	.news = bridge_off_record_news,
	.offline = bridge_off_record_offline,
};
