/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-store.h"

#include <string.h>

void
bridge_account_record_free(BridgeAccountRecord *record)
{
	if (record == NULL)
		return;
	g_free(record->id);
	g_free(record->protocol);
	g_free(record->username);
	g_free(record->endpoint);
	g_free(record->mechanism);
	g_free(record->resource);
	g_clear_pointer(&record->credential, g_bytes_unref);
	g_free(record->bound_jid);
	g_free(record->signed_out);
	g_free(record->archive_after);
	g_clear_pointer(&record->kept, g_variant_unref);
	g_free(record);
}

BridgeAccountRecord *
bridge_account_record_copy(const BridgeAccountRecord *record)
{
	BridgeAccountRecord *copy = g_memdup2(record, sizeof *record);

	copy->id = g_strdup(record->id);
	copy->protocol = g_strdup(record->protocol);
	copy->username = g_strdup(record->username);
	copy->endpoint = g_strdup(record->endpoint);
	copy->mechanism = g_strdup(record->mechanism);
	copy->resource = g_strdup(record->resource);
	copy->credential = record->credential != NULL ? g_bytes_ref(record->credential) : NULL;
	copy->bound_jid = g_strdup(record->bound_jid);
	copy->signed_out = g_strdup(record->signed_out);
	copy->archive_after = g_strdup(record->archive_after);
	copy->kept = record->kept != NULL ? g_variant_ref(record->kept) : NULL;
	return copy;
}

void
bridge_device_record_free(BridgeDeviceRecord *record)
{
	if (record == NULL)
		return;
	g_free(record->id);
	g_free(record->account_id);
	g_free(record->name);
	g_free(record->kind);
	g_free(record);
}

BridgeDeviceRecord *
bridge_device_record_copy(const BridgeDeviceRecord *record)
{
	BridgeDeviceRecord *copy = g_memdup2(record, sizeof *record);

	copy->id = g_strdup(record->id);
	copy->account_id = g_strdup(record->account_id);
	copy->name = g_strdup(record->name);
	copy->kind = g_strdup(record->kind);
	return copy;
}

void
bridge_event_record_free(BridgeEventRecord *record)
{
	if (record == NULL)
		return;
	g_free(record->type);
	g_clear_pointer(&record->data, g_bytes_unref);
	g_free(record);
}

BridgeEventRecord *
bridge_event_record_copy(const BridgeEventRecord *record)
{
	BridgeEventRecord *copy = g_memdup2(record, sizeof *record);

	copy->type = g_strdup(record->type);
	copy->data = record->data != NULL ? g_bytes_ref(record->data) : NULL;
	return copy;
}

void
bridge_outgoing_record_free(BridgeOutgoingRecord *record)
{
	if (record == NULL)
		return;
	g_free(record->account_id);
	g_free(record->device_id);
	g_free(record->id);
	g_free(record->wire_id);
	g_free(record->to);
	g_free(record->body);
	g_free(record);
}

BridgeOutgoingRecord *
bridge_outgoing_record_copy(const BridgeOutgoingRecord *record)
{
	BridgeOutgoingRecord *copy = g_memdup2(record, sizeof *record);

	copy->account_id = g_strdup(record->account_id);
	copy->device_id = g_strdup(record->device_id);
	copy->id = g_strdup(record->id);
	copy->wire_id = g_strdup(record->wire_id);
	copy->to = g_strdup(record->to);
	copy->body = g_strdup(record->body);
	return copy;
}

/* With the id on the wire, which is random, so that the same words twice look different. */
static void
bridge_outgoing_record_digest(const BridgeOutgoingRecord *record, const char *body,
                              guint8 digest[32])
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize length = 32;

	g_checksum_update(checksum, (const guint8 *)record->wire_id,
	                  (gssize)strlen(record->wire_id) + 1);
	g_checksum_update(checksum, (const guint8 *)body, -1);
	g_checksum_get_digest(checksum, digest, &length);
}

gboolean
bridge_outgoing_record_is_same(const BridgeOutgoingRecord *record, const char *to, const char *body)
{
	guint8 digest[32];

	if (g_strcmp0(record->to, to) != 0)
		return FALSE;
	if (record->body != NULL)
		return g_str_equal(record->body, body);
	bridge_outgoing_record_digest(record, body, digest);
	return memcmp(digest, record->digest, sizeof digest) == 0;
}

void
bridge_outgoing_record_forget_body(BridgeOutgoingRecord *record)
{
	if (record->body == NULL)
		return;
	bridge_outgoing_record_digest(record, record->body, record->digest);
	g_clear_pointer(&record->body, g_free);
}

void
bridge_subscription_record_free(BridgeSubscriptionRecord *record)
{
	if (record == NULL)
		return;
	g_free(record->id);
	g_free(record->account_id);
	g_free(record->device_id);
	g_clear_pointer(&record->settings, g_variant_unref);
	g_free(record->last_error);
	g_free(record);
}

BridgeSubscriptionRecord *
bridge_subscription_record_copy(const BridgeSubscriptionRecord *record)
{
	BridgeSubscriptionRecord *copy = g_memdup2(record, sizeof *record);

	copy->id = g_strdup(record->id);
	copy->account_id = g_strdup(record->account_id);
	copy->device_id = g_strdup(record->device_id);
	copy->settings = record->settings != NULL ? g_variant_ref(record->settings) : NULL;
	copy->last_error = g_strdup(record->last_error);
	return copy;
}
