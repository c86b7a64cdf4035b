/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-event-reader.h"

#include <string.h>

#include "bridge-event-reader-private.h"
#include "link/bridge-timers.h"
#include "http/bridge-tally.h"

struct _BridgeEventReaders {
	BridgeAccounts *accounts; /* its store is there once somebody has a token */
	GHashTable *open;         /* set of BridgeEventReader */
	BridgeLimitsConfig limits;
	BridgeTally *by_device;
	BridgeTally *by_account;
	BridgeTally *by_address; /* but for local ones */
};

void
bridge_event_reader_unref(BridgeEventReader *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	if (self->own != NULL)
		self->kind->free_own(self->own);
	g_clear_object(&self->exchange);
	g_object_unref(self->account);
	bridge_device_record_free(self->device);
	bridge_peer_unref(self->peer);
	g_free(self);
}

BridgeEventReader *
bridge_event_reader_ref(BridgeEventReader *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

static void
event_readers_count(BridgeEventReaders *self, BridgeEventReader *reader,
                    void (*count)(BridgeTally *tally, const char *key))
{
	count(self->by_device, reader->device->id);
	count(self->by_account, reader->device->account_id);
	if (!reader->peer->local)
		count(self->by_address, reader->peer->address);
}

void
bridge_event_reader_close(BridgeEventReader *self)
{
	BridgeEventReaders *readers = self->readers;

	if (readers == NULL)
		return;
	self->readers = NULL;
	g_signal_handlers_disconnect_by_data(self->account, self);
	g_signal_handlers_disconnect_by_data(self->peer->gone, self);
	g_clear_handle_id(&self->timer_id, bridge_timers_remove);
	event_readers_count(readers, self, bridge_tally_remove);
	bridge_account_remove_reader(self->account);
	g_hash_table_remove(readers->open, self);
}

/* ---- What the account tells -------------------------------------------------------------------
 */

static void
event_reader_happened_cb(BridgeAccount *account, GPtrArray *events, gpointer user_data)
{
	BridgeEventReader *self = user_data;
	const BridgeEventRecord *first = NULL;

	if (events->len == 0 || self->reading)
		return;
	first = g_ptr_array_index(events, 0);
	if (first->seq == self->position + 1)
		self->kind->happened(self, events);
	else if (!self->writing && !bridge_event_reader_is_abreast(self))
		bridge_event_reader_read(self);
}

static void
event_reader_ephemeral_cb(BridgeAccount *account, const char *type, const char *json,
                          gpointer user_data)
{
	BridgeEventReader *self = user_data;
	g_autoptr(GBytes) data = g_bytes_new_static(json, strlen(json));
	BridgeEventRecord event = {
		.time_us = g_get_real_time(), .type = (char *)type, .data = data};

	self->kind->ephemeral(self, &event);
}

static void
event_reader_end(BridgeEventReader *self, BridgeProblemCode code)
{
	g_autoptr(GError) error =
		g_error_new_literal(BRIDGE_PROBLEM, code, bridge_problem_get(code)->title);

	bridge_event_reader_ref(self);
	if (self->readers != NULL)
		self->kind->ended(self, error);
	bridge_event_reader_unref(self);
}

static void
event_reader_erased_cb(BridgeAccount *account, gpointer user_data)
{
	event_reader_end(user_data, BRIDGE_PROBLEM_ACCOUNT_ERASED);
}

/* Nobody reads the answer, but libsoup waits for one. */
static void
event_reader_gone_cb(GCancellable *gone, gpointer user_data)
{
	event_reader_end(user_data, BRIDGE_PROBLEM_REQUEST_TIMEOUT);
}

/* ---- What the store tells ---------------------------------------------------------------------
 */

static void
event_reader_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeEventReader *self = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events =
		bridge_store_read_events_finish(BRIDGE_STORE(source), result, &error);

	self->reading = FALSE;
	if (events != NULL && events->len > 0) {
		const BridgeEventRecord *last = g_ptr_array_index(events, events->len - 1);

		bridge_account_raise_seq(self->account, last->seq);
	}
	if (self->readers != NULL && events != NULL)
		self->kind->read(self, events);
	else if (self->readers != NULL)
		self->kind->ended(self, error);
	bridge_event_reader_unref(self);
}

void
bridge_event_reader_read(BridgeEventReader *self)
{
	self->reading = TRUE;
	bridge_store_read_events_async(bridge_accounts_get_store(self->readers->accounts),
	                               bridge_account_get_id(self->account), self->position,
	                               self->limit, NULL, event_reader_read_cb,
	                               bridge_event_reader_ref(self));
}

gboolean
bridge_event_reader_is_abreast(BridgeEventReader *self)
{
	return self->position >= bridge_account_get_seq(self->account);
}

const char *
bridge_event_reader_get_epoch(BridgeEventReader *self)
{
	return bridge_store_get_epoch(bridge_accounts_get_store(self->readers->accounts));
}

void
bridge_event_reader_append(BridgeEventReader *self, GString *text, GPtrArray *events,
                           void (*append)(BridgeEventReader *self, GString *text,
                                          const BridgeEventRecord *event))
{
	for (guint i = 0; i < MIN(events->len, self->limit); i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		if (text->len > self->bytes_max)
			return;
		append(self, text, event);
		self->position = event->seq;
	}
}

/* ---- All of them ----------------------------------------------------------------------------- */

static gboolean
event_readers_have_room(BridgeEventReaders *self, const BridgeDeviceRecord *device,
                        const BridgePeer *peer)
{
	return bridge_tally_get(self->by_device, device->id) < self->limits.readers_per_device &&
	       bridge_tally_get(self->by_account, device->account_id) <
	               self->limits.readers_per_account &&
	       (peer->local || bridge_tally_get(self->by_address, peer->address) <
	                               self->limits.readers_per_address);
}

BridgeEventReader *
bridge_event_reader_new(BridgeEventReaders *readers, const BridgeEventReaderKind *kind,
                        BridgeExchange *exchange, guint64 after, guint limit)
{
	const BridgeDeviceRecord *device = bridge_exchange_get_device(exchange);
	BridgeEventReader *self = NULL;

	if (!event_readers_have_room(readers, device, bridge_exchange_get_peer(exchange))) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_TOO_MANY_READERS, NULL, NULL);
		return NULL;
	}
	self = g_new0(BridgeEventReader, 1);
	g_ref_count_init(&self->references);
	self->kind = kind;
	self->readers = readers;
	self->exchange = g_object_ref(exchange);
	self->account = g_object_ref(bridge_exchange_get_account(exchange));
	self->device = bridge_device_record_copy(device);
	self->peer = bridge_peer_ref(bridge_exchange_get_peer(exchange));
	self->position = after;
	self->limit = limit;
	self->bytes_max = BRIDGE_EVENT_PIECE_BYTES;
	event_readers_count(readers, self, bridge_tally_add);
	bridge_account_add_reader(self->account);
	g_hash_table_add(readers->open, self);
	g_signal_connect(self->account, "events", G_CALLBACK(event_reader_happened_cb), self);
	g_signal_connect(self->account, "ephemeral", G_CALLBACK(event_reader_ephemeral_cb), self);
	g_signal_connect(self->account, "erased", G_CALLBACK(event_reader_erased_cb), self);
	g_signal_connect(self->peer->gone, "cancelled", G_CALLBACK(event_reader_gone_cb), self);
	return self;
}

void
bridge_event_readers_end(BridgeEventReaders *self, const char *device_id, BridgeProblemCode code)
{
	g_autoptr(GPtrArray) some =
		g_ptr_array_new_with_free_func((GDestroyNotify)bridge_event_reader_unref);
	BridgeEventReader *reader = NULL;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, self->open);
	while (g_hash_table_iter_next(&iter, (gpointer *)&reader, NULL))
		if (device_id == NULL || g_str_equal(reader->device->id, device_id))
			g_ptr_array_add(some, bridge_event_reader_ref(reader));
	for (guint i = 0; i < some->len; i++)
		event_reader_end(g_ptr_array_index(some, i), code);
}

BridgeEventReaders *
bridge_event_readers_new(BridgeAccounts *accounts, const BridgeLimitsConfig *limits)
{
	BridgeEventReaders *self = g_new0(BridgeEventReaders, 1);

	self->accounts = g_object_ref(accounts);
	self->open =
		g_hash_table_new_full(NULL, NULL, (GDestroyNotify)bridge_event_reader_unref, NULL);
	self->limits = *limits;
	self->by_device = bridge_tally_new();
	self->by_account = bridge_tally_new();
	self->by_address = bridge_tally_new();
	return self;
}

void
bridge_event_readers_set_limits(BridgeEventReaders *self, const BridgeLimitsConfig *limits)
{
	self->limits = *limits;
}

void
bridge_event_readers_free(BridgeEventReaders *self)
{
	bridge_event_readers_end(self, NULL, BRIDGE_PROBLEM_STOPPING);
	g_hash_table_unref(self->open);
	bridge_tally_free(self->by_device);
	bridge_tally_free(self->by_account);
	bridge_tally_free(self->by_address);
	g_object_unref(self->accounts);
	g_free(self);
}
