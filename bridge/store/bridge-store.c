/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-store.h"

#include <string.h>

#include "bridge-store-private.h"

#define STORE_EVENTS_MAX 500 /* in one read; the API promises no more */

G_DEFINE_INTERFACE(BridgeStore, bridge_store, G_TYPE_OBJECT)

static void
bridge_store_default_init(BridgeStoreInterface *iface)
{
}

void
bridge_store_query_free(BridgeStoreQuery *query)
{
	if (query == NULL)
		return;
	g_free(query->account_id);
	g_free(query->device_id);
	g_free(query->text);
	g_free(query);
}

void
bridge_store_answer_free(BridgeStoreAnswer *answer)
{
	if (answer == NULL)
		return;
	g_clear_pointer(&answer->records, g_ptr_array_unref);
	g_clear_pointer(&answer->device, bridge_device_record_free);
	g_clear_pointer(&answer->outgoing, bridge_outgoing_record_free);
	g_clear_pointer(&answer->secret, g_bytes_unref);
	g_free(answer);
}

static BridgeStoreQuery *
bridge_store_query_new(BridgeStoreQueryKind kind)
{
	BridgeStoreQuery *query = g_new0(BridgeStoreQuery, 1);

	query->kind = kind;
	return query;
}

static void
bridge_store_read(BridgeStore *self, BridgeStoreQuery *query, GCancellable *cancellable,
                  GAsyncReadyCallback callback, gpointer user_data)
{
	BRIDGE_STORE_GET_IFACE(self)->read_async(self, query, cancellable, callback, user_data);
}

static BridgeStoreAnswer *
bridge_store_read_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return BRIDGE_STORE_GET_IFACE(self)->read_finish(self, result, error);
}

static GPtrArray *
bridge_store_read_finish_records(BridgeStore *self, GAsyncResult *result, GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = bridge_store_read_finish(self, result, error);

	return answer != NULL ? g_steal_pointer(&answer->records) : NULL;
}

/* ---- Writing --------------------------------------------------------------------------------- */

void
bridge_store_commit_async(BridgeStore *self, BridgeStoreBatch *batch, GAsyncReadyCallback callback,
                          gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_STORE(self) && batch != NULL);

	BRIDGE_STORE_GET_IFACE(self)->commit_async(self, batch, NULL, callback, user_data);
}

GArray *
bridge_store_commit_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return BRIDGE_STORE_GET_IFACE(self)->commit_finish(self, result, error);
}

/* ---- Accounts and devices -------------------------------------------------------------------- */

void
bridge_store_load_accounts_async(BridgeStore *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
	bridge_store_read(self, bridge_store_query_new(BRIDGE_STORE_LOAD_ACCOUNTS), cancellable,
	                  callback, user_data);
}

GPtrArray *
bridge_store_load_accounts_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_read_finish_records(self, result, error);
}

static void
bridge_store_read_account(BridgeStore *self, BridgeStoreQueryKind kind, const char *account_id,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(kind);

	query->account_id = g_strdup(account_id);
	bridge_store_read(self, query, cancellable, callback, user_data);
}

void
bridge_store_load_devices_async(BridgeStore *self, const char *account_id,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
	bridge_store_read_account(self, BRIDGE_STORE_LOAD_DEVICES, account_id, cancellable,
	                          callback, user_data);
}

GPtrArray *
bridge_store_load_devices_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_read_finish_records(self, result, error);
}

void
bridge_store_load_subscriptions_async(BridgeStore *self, const char *account_id,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
	bridge_store_read_account(self, BRIDGE_STORE_LOAD_SUBSCRIPTIONS, account_id, cancellable,
	                          callback, user_data);
}

GPtrArray *
bridge_store_load_subscriptions_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_read_finish_records(self, result, error);
}

void
bridge_store_find_device_async(BridgeStore *self, const guint8 token_hash[32],
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(BRIDGE_STORE_FIND_DEVICE);

	memcpy(query->hash, token_hash, sizeof query->hash);
	bridge_store_read(self, query, cancellable, callback, user_data);
}

gboolean
bridge_store_find_device_finish(BridgeStore *self, GAsyncResult *result, BridgeTokenState *state,
                                BridgeDeviceRecord **device, GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = bridge_store_read_finish(self, result, error);

	if (answer == NULL)
		return FALSE;
	*state = answer->token;
	if (device != NULL && answer->token == BRIDGE_TOKEN_VALID)
		*device = g_steal_pointer(&answer->device);
	return TRUE;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static BridgeStoreQuery *
bridge_store_query_new_events(BridgeStoreQueryKind kind, const char *account_id, guint64 after,
                              guint limit)
{
	BridgeStoreQuery *query = bridge_store_query_new(kind);

	query->account_id = g_strdup(account_id);
	query->after = after;
	query->limit = CLAMP(limit, 1, STORE_EVENTS_MAX);
	return query;
}

void
bridge_store_read_events_async(BridgeStore *self, const char *account_id, guint64 after,
                               guint limit, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
	bridge_store_read(
		self,
		bridge_store_query_new_events(BRIDGE_STORE_READ_EVENTS, account_id, after, limit),
		cancellable, callback, user_data);
}

void
bridge_store_read_kept_events_async(BridgeStore *self, const char *account_id, guint64 after,
                                    guint limit, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
	bridge_store_read(self,
	                  bridge_store_query_new_events(BRIDGE_STORE_READ_KEPT_EVENTS, account_id,
	                                                after, limit),
	                  cancellable, callback, user_data);
}

GPtrArray *
bridge_store_read_events_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_read_finish_records(self, result, error);
}

void
bridge_store_read_history_async(BridgeStore *self, const char *account_id, guint64 before,
                                guint limit, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(BRIDGE_STORE_READ_HISTORY);

	query->account_id = g_strdup(account_id);
	query->before = MIN(before, G_MAXINT64);
	query->limit = CLAMP(limit, 1, STORE_EVENTS_MAX);
	bridge_store_read(self, query, cancellable, callback, user_data);
}

GPtrArray *
bridge_store_read_history_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_read_finish_records(self, result, error);
}

void
bridge_store_get_position_async(BridgeStore *self, const char *account_id,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
	bridge_store_read_account(self, BRIDGE_STORE_GET_POSITION, account_id, cancellable,
	                          callback, user_data);
}

gboolean
bridge_store_get_position_finish(BridgeStore *self, GAsyncResult *result, guint64 *seq,
                                 guint64 *stream, GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = bridge_store_read_finish(self, result, error);

	if (answer == NULL)
		return FALSE;
	if (seq != NULL)
		*seq = answer->seq;
	if (stream != NULL)
		*stream = answer->stream;
	return TRUE;
}

/* ---- Messages to send ------------------------------------------------------------------------ */

void
bridge_store_find_outgoing_async(BridgeStore *self, const char *device_id, const char *id,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(BRIDGE_STORE_FIND_OUTGOING);

	query->device_id = g_strdup(device_id);
	query->text = g_strdup(id);
	bridge_store_read(self, query, cancellable, callback, user_data);
}

BridgeOutgoingRecord *
bridge_store_find_outgoing_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = bridge_store_read_finish(self, result, error);

	return answer != NULL ? g_steal_pointer(&answer->outgoing) : NULL;
}

void
bridge_store_find_sent_async(BridgeStore *self, const char *account_id, const char *wire_id,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(BRIDGE_STORE_FIND_SENT);

	query->account_id = g_strdup(account_id);
	query->text = g_strdup(wire_id);
	bridge_store_read(self, query, cancellable, callback, user_data);
}

BridgeOutgoingRecord *
bridge_store_find_sent_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_find_outgoing_finish(self, result, error);
}

void
bridge_store_load_outgoing_async(BridgeStore *self, const char *account_id,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
	bridge_store_read_account(self, BRIDGE_STORE_LOAD_OUTGOING, account_id, cancellable,
	                          callback, user_data);
}

GPtrArray *
bridge_store_load_outgoing_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	return bridge_store_read_finish_records(self, result, error);
}

/* ---- Enrolment ------------------------------------------------------------------------------- */

void
bridge_store_check_enrolment_async(BridgeStore *self, const guint8 hash[32], const char *domain,
                                   gint64 now_us, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(BRIDGE_STORE_CHECK_ENROLMENT);

	memcpy(query->hash, hash, sizeof query->hash);
	query->text = g_strdup(domain);
	query->now_us = now_us;
	bridge_store_read(self, query, cancellable, callback, user_data);
}

gboolean
bridge_store_check_enrolment_finish(BridgeStore *self, GAsyncResult *result, GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = bridge_store_read_finish(self, result, error);

	return answer != NULL && answer->found;
}

/* ---- Credentials ----------------------------------------------------------------------------- */

void
bridge_store_load_credential_async(BridgeStore *self, const char *name, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
	BridgeStoreQuery *query = bridge_store_query_new(BRIDGE_STORE_LOAD_CREDENTIAL);

	query->text = g_strdup(name);
	bridge_store_read(self, query, cancellable, callback, user_data);
}

gboolean
bridge_store_load_credential_finish(BridgeStore *self, GAsyncResult *result, GBytes **credential,
                                    GError **error)
{
	g_autoptr(BridgeStoreAnswer) answer = bridge_store_read_finish(self, result, error);

	if (answer != NULL)
		*credential = g_steal_pointer(&answer->secret);
	return answer != NULL;
}

/* ---- The store itself ------------------------------------------------------------------------ */

const char *
bridge_store_get_epoch(BridgeStore *self)
{
	return BRIDGE_STORE_GET_IFACE(self)->get_epoch(self);
}

char *
bridge_store_dup_trouble(BridgeStore *self)
{
	return BRIDGE_STORE_GET_IFACE(self)->dup_trouble(self);
}

void
bridge_store_close(BridgeStore *self)
{
	BRIDGE_STORE_GET_IFACE(self)->close(self);
}

const guint8 *
bridge_store_get_push_key(BridgeStore *self)
{
	return BRIDGE_STORE_GET_IFACE(self)->get_push_key(self);
}
