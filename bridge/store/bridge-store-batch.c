/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-store.h"

#include <string.h>

#include "bridge-store-private.h"

static void
bridge_repetition_keys_free(BridgeRepetitionKeys *keys)
{
	if (keys == NULL)
		return;
	g_free((char *)keys->stanza_id);
	g_free((char *)keys->sender_and_id);
	g_free((char *)keys->sender_and_content);
	g_strfreev((char **)keys->other_stanza_ids);
	g_free(keys);
}

static BridgeRepetitionKeys *
bridge_repetition_keys_copy(const BridgeRepetitionKeys *keys)
{
	BridgeRepetitionKeys *copy = NULL;

	if (keys == NULL)
		return NULL;
	copy = g_memdup2(keys, sizeof *keys);
	copy->stanza_id = g_strdup(keys->stanza_id);
	copy->sender_and_id = g_strdup(keys->sender_and_id);
	copy->sender_and_content = g_strdup(keys->sender_and_content);
	copy->other_stanza_ids = (const char *const *)g_strdupv((char **)keys->other_stanza_ids);
	return copy;
}

static void
bridge_store_change_free(BridgeStoreChange *change)
{
	g_clear_pointer(&change->account, bridge_account_record_free);
	g_clear_pointer(&change->device, bridge_device_record_free);
	g_clear_pointer(&change->event, bridge_event_record_free);
	g_clear_pointer(&change->outgoing, bridge_outgoing_record_free);
	g_clear_pointer(&change->subscription, bridge_subscription_record_free);
	g_clear_pointer(&change->master_key, bridge_key_free);
	g_clear_pointer(&change->secret, g_bytes_unref);
	g_clear_pointer(&change->keys, bridge_repetition_keys_free);
	g_free(change->account_id);
	g_free(change->device_id);
	g_free(change->text);
	g_free(change);
}

static BridgeStoreChange *
bridge_store_batch_add(BridgeStoreBatch *batch, BridgeStoreChangeKind kind)
{
	BridgeStoreChange *change = g_new0(BridgeStoreChange, 1);

	change->kind = kind;
	g_ptr_array_add(batch->changes, change);
	return change;
}

BridgeStoreBatch *
bridge_store_batch_new(void)
{
	BridgeStoreBatch *batch = g_new0(BridgeStoreBatch, 1);

	batch->changes = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_store_change_free);
	return batch;
}

void
bridge_store_batch_free(BridgeStoreBatch *batch)
{
	if (batch == NULL)
		return;
	g_ptr_array_unref(batch->changes);
	g_free(batch);
}

void
bridge_store_batch_persist(BridgeStoreBatch *batch)
{
	batch->persists = TRUE;
}

gboolean
bridge_store_batch_can_wait(const BridgeStoreBatch *batch)
{
	for (guint i = 0; i < batch->changes->len; i++) {
		const BridgeStoreChange *change = g_ptr_array_index(batch->changes, i);

		if (change->kind != BRIDGE_STORE_SETTLE &&
		    change->kind != BRIDGE_STORE_SET_ARCHIVE_AFTER &&
		    change->kind != BRIDGE_STORE_SET_PUSHED)
			return FALSE;
	}
	return batch->changes->len > 0;
}

void
bridge_store_batch_put_account(BridgeStoreBatch *batch, const BridgeAccountRecord *record)
{
	g_return_if_fail(record->id != NULL && record->protocol != NULL);
	g_return_if_fail(record->username != NULL && record->endpoint != NULL);

	bridge_store_batch_add(batch, BRIDGE_STORE_PUT_ACCOUNT)->account =
		bridge_account_record_copy(record);
}

void
bridge_store_batch_set_archive_after(BridgeStoreBatch *batch, const char *account_id,
                                     const char *archive_after)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_SET_ARCHIVE_AFTER);

	change->account_id = g_strdup(account_id);
	change->text = g_strdup(archive_after);
}

void
bridge_store_batch_erase_account(BridgeStoreBatch *batch, const char *account_id)
{
	bridge_store_batch_add(batch, BRIDGE_STORE_ERASE_ACCOUNT)->account_id =
		g_strdup(account_id);
}

void
bridge_store_batch_put_device(BridgeStoreBatch *batch, const BridgeDeviceRecord *record)
{
	g_return_if_fail(record->id != NULL && record->account_id != NULL);

	bridge_store_batch_add(batch, BRIDGE_STORE_PUT_DEVICE)->device =
		bridge_device_record_copy(record);
}

void
bridge_store_batch_remove_device(BridgeStoreBatch *batch, const char *device_id)
{
	bridge_store_batch_add(batch, BRIDGE_STORE_REMOVE_DEVICE)->device_id = g_strdup(device_id);
}

void
bridge_store_batch_ack(BridgeStoreBatch *batch, const char *device_id, guint64 seq)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_ACK);

	change->device_id = g_strdup(device_id);
	change->number = seq;
}

guint
bridge_store_batch_append_event(BridgeStoreBatch *batch, const char *account_id,
                                const BridgeEventRecord *event, const BridgeRepetitionKeys *keys)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_APPEND_EVENT);

	change->account_id = g_strdup(account_id);
	change->event = bridge_event_record_copy(event);
	change->keys = bridge_repetition_keys_copy(keys);
	return batch->n_events++;
}

void
bridge_store_batch_settle(BridgeStoreBatch *batch, const char *account_id, guint64 stream,
                          guint32 stanza)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_SETTLE);

	change->account_id = g_strdup(account_id);
	change->number = stream;
	change->stanza = stanza;
}

guint
bridge_store_batch_put_outgoing(BridgeStoreBatch *batch, const BridgeOutgoingRecord *record,
                                const BridgeEventRecord *event)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_PUT_OUTGOING);

	change->outgoing = bridge_outgoing_record_copy(record);
	change->event = bridge_event_record_copy(event);
	return batch->n_events++;
}

void
bridge_store_batch_set_outgoing_status(BridgeStoreBatch *batch, const char *account_id,
                                       const char *wire_id, BridgeOutgoingStatus status)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_SET_OUTGOING_STATUS);

	change->account_id = g_strdup(account_id);
	change->text = g_strdup(wire_id);
	change->status = status;
}

void
bridge_store_batch_put_subscription(BridgeStoreBatch *batch, const BridgeSubscriptionRecord *record)
{
	g_return_if_fail(record->id != NULL && record->device_id != NULL);

	bridge_store_batch_add(batch, BRIDGE_STORE_PUT_SUBSCRIPTION)->subscription =
		bridge_subscription_record_copy(record);
}

void
bridge_store_batch_set_pushed(BridgeStoreBatch *batch, const BridgeSubscriptionRecord *record)
{
	bridge_store_batch_add(batch, BRIDGE_STORE_SET_PUSHED)->subscription =
		bridge_subscription_record_copy(record);
}

void
bridge_store_batch_remove_subscription(BridgeStoreBatch *batch, const char *subscription_id)
{
	bridge_store_batch_add(batch, BRIDGE_STORE_REMOVE_SUBSCRIPTION)->text =
		g_strdup(subscription_id);
}

void
bridge_store_batch_bury_endpoint(BridgeStoreBatch *batch, const guint8 hash[32])
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_BURY_ENDPOINT);

	memcpy(change->hash, hash, sizeof change->hash);
}

void
bridge_store_batch_refuse_buried(BridgeStoreBatch *batch, const guint8 hash[32], gint64 within_us)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_REFUSE_BURIED);

	memcpy(change->hash, hash, sizeof change->hash);
	change->number = (guint64)within_us;
}

void
bridge_store_batch_put_enrolment(BridgeStoreBatch *batch, const guint8 hash[32], gint64 expires_us,
                                 const char *domain)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_PUT_ENROLMENT);

	memcpy(change->hash, hash, sizeof change->hash);
	change->expires_us = expires_us;
	change->text = g_strdup(domain);
}

void
bridge_store_batch_use_enrolment(BridgeStoreBatch *batch, const guint8 hash[32])
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_USE_ENROLMENT);

	memcpy(change->hash, hash, sizeof change->hash);
}

void
bridge_store_batch_put_credential(BridgeStoreBatch *batch, const char *name, GBytes *credential)
{
	BridgeStoreChange *change = bridge_store_batch_add(batch, BRIDGE_STORE_PUT_CREDENTIAL);

	change->text = g_strdup(name);
	change->secret = g_bytes_ref(credential);
}

void
bridge_store_batch_rewrap(BridgeStoreBatch *batch, const BridgeKey *master_key)
{
	bridge_store_batch_add(batch, BRIDGE_STORE_REWRAP)->master_key =
		bridge_key_new(bridge_key_get_octets(master_key), bridge_key_get_id(master_key));
}
