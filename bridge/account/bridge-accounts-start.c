/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * After a start the accounts are read one after the other, each with what it still has to send. */
#include "config.h"

#include "bridge-accounts-private.h"

#include "base/bridge-error.h"
#include "link/bridge-link.h"
#include "base/bridge-log.h"

typedef struct {
	GPtrArray *records; /* BridgeAccountRecord; NULL where one was taken */
	guint next;
	guint64 seq;
	guint64 stream;
} BridgeStart;

static void
bridge_start_free(BridgeStart *start)
{
	g_clear_pointer(&start->records, g_ptr_array_unref);
	g_free(start);
}

static void
bridge_accounts_load_next(GTask *task);

static gboolean
bridge_accounts_is_taken(BridgeAccounts *self, const BridgeStart *start,
                         const BridgeAccountRecord *record, const char *endpoint)
{
	g_autofree char *key = g_strjoin("\n", record->protocol, record->username, endpoint, NULL);

	if (bridge_accounts_lookup(self, key) != NULL)
		return TRUE;
	for (guint i = start->next + 1; i < start->records->len; i++) {
		const BridgeAccountRecord *other = g_ptr_array_index(start->records, i);

		if (g_str_equal(other->username, record->username) &&
		    g_str_equal(other->protocol, record->protocol) &&
		    g_str_equal(other->endpoint, endpoint))
			return TRUE;
	}
	return FALSE;
}

/* The endpoint is the configuration's: an administrator who moves a server moves its accounts.
 * Where that would make two accounts one, the other stays where it was, signed out. */
static void
bridge_accounts_settle_endpoint(BridgeAccounts *self, const BridgeStart *start,
                                BridgeAccountRecord *record, const BridgeDomainConfig *domain)
{
	g_autofree char *endpoint = bridge_accounts_build_endpoint(domain);

	if (g_str_equal(endpoint, record->endpoint))
		return;
	if (!bridge_accounts_is_taken(self, start, record, endpoint)) {
		g_free(record->endpoint);
		record->endpoint = g_steal_pointer(&endpoint);
		return;
	}
	bridge_log_account(
		G_LOG_LEVEL_WARNING, record->id,
		"account %s: another one has its address at the server that is configured now",
		record->id);
	g_free(record->signed_out);
	record->signed_out = g_strdup(BRIDGE_REASON_UNSUPPORTED);
}

/* The administrator allows it no more. */
static void
bridge_accounts_settle_protocol(BridgeAccounts *self, BridgeAccountRecord *record)
{
	if (g_strv_contains(bridge_config_get_protocols(self->config), record->protocol))
		return;
	bridge_log_account(G_LOG_LEVEL_WARNING, record->id,
	                   "account %s: [hosts] protocols does not have its protocol any more",
	                   record->id);
	g_free(record->signed_out);
	record->signed_out = g_strdup(BRIDGE_REASON_UNSUPPORTED);
}

static void
bridge_accounts_load(BridgeAccounts *self, BridgeStart *start, GPtrArray *outgoing)
{
	BridgeAccountRecord *record =
		bridge_account_record_copy(g_ptr_array_index(start->records, start->next));
	const BridgeDomainConfig *domain = bridge_accounts_get_domain(self, record);
	BridgeAccount *account;

	bridge_accounts_settle_endpoint(self, start, record, domain);
	bridge_accounts_settle_protocol(self, record);
	account = bridge_account_new(self->store, self->supervisor, self->pacer, &self->patience,
	                             domain, record, start->seq, start->stream, outgoing);
	bridge_accounts_insert(self, account);
}

static void
bridge_accounts_loaded_outgoing_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeStart *start = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	GPtrArray *outgoing =
		bridge_store_load_outgoing_finish(BRIDGE_STORE(source), result, &error);

	if (outgoing == NULL) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	bridge_accounts_load(g_task_get_source_object(task), start, outgoing);
	start->next++;
	bridge_accounts_load_next(task);
}

static void
bridge_accounts_got_position_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeStart *start = g_task_get_task_data(task);
	BridgeAccountRecord *record = g_ptr_array_index(start->records, start->next);
	g_autoptr(GError) error = NULL;

	if (!bridge_store_get_position_finish(BRIDGE_STORE(source), result, &start->seq,
	                                      &start->stream, &error)) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	bridge_store_load_outgoing_async(BRIDGE_STORE(source), record->id, NULL,
	                                 bridge_accounts_loaded_outgoing_cb,
	                                 g_steal_pointer(&task));
}

static void
bridge_accounts_load_next(GTask *task)
{
	BridgeAccounts *self = g_task_get_source_object(task);
	BridgeStart *start = g_task_get_task_data(task);
	BridgeAccountRecord *record;
	GHashTableIter iter;
	gpointer account;

	if (self->stopping) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                        "the bridge is shutting down");
		return;
	}
	if (start->next < start->records->len) {
		record = g_ptr_array_index(start->records, start->next);
		bridge_store_get_position_async(self->store, record->id, NULL,
		                                bridge_accounts_got_position_cb,
		                                g_object_ref(task));
		return;
	}
	g_hash_table_iter_init(&iter, self->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &account))
		bridge_account_start(account);
	self->loading = FALSE;
	g_message("%u accounts", g_hash_table_size(self->accounts));
	g_task_return_boolean(task, TRUE);
}

static void
bridge_accounts_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeStart *start = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;

	start->records = bridge_store_load_accounts_finish(BRIDGE_STORE(source), result, &error);
	if (start->records == NULL)
		g_task_return_error(task, g_steal_pointer(&error));
	else
		bridge_accounts_load_next(task);
}

void
bridge_accounts_start_async(BridgeAccounts *self, GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	self->loading = TRUE;
	g_task_set_source_tag(task, bridge_accounts_start_async);
	g_task_set_task_data(task, g_new0(BridgeStart, 1), (GDestroyNotify)bridge_start_free);
	bridge_store_load_accounts_async(self->store, NULL, bridge_accounts_loaded_cb, task);
}

gboolean
bridge_accounts_start_finish(BridgeAccounts *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}
