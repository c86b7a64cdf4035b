/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-event-reader-private.h: what long poll and stream share: the subscription. */
#pragma once

#include "bridge-event-reader.h"

G_BEGIN_DECLS

#define BRIDGE_EVENT_TEXT_BYTES (1024 * 1024) /* in one answer or piece; the rest comes next */

typedef struct _BridgeEventReader BridgeEventReader;

typedef struct {
	/* Events of the store that follow the position. Empty: there are none now. */
	void (*read)(BridgeEventReader *self, GPtrArray *events);
	/* The next events, just become durable; they follow the position. */
	void (*happened)(BridgeEventReader *self, GPtrArray *events);
	void (*ephemeral)(BridgeEventReader *self, const BridgeEventRecord *event);
	/* Nothing follows: answer so, if the client is still there. */
	void (*ended)(BridgeEventReader *self, const GError *error);
} BridgeEventReaderKind;

struct _BridgeEventReader {
	grefcount references;
	const BridgeEventReaderKind *kind;
	BridgeEventReaders *readers; /* NULL when it has ended */
	BridgeExchange *exchange;
	BridgeAccount *account;
	guint64 position; /* everything up to here was given */
	guint limit;      /* of events in one reading */
	gboolean reading;
	guint timer_id;
	/* Streams only. */
	gboolean begun;
	gboolean writing;
	GString *pending; /* ephemeral events that wait for their turn */
};

/* NULL: the device has too many; it is answered. */
BridgeEventReader *
bridge_event_reader_new(BridgeEventReaders *readers, const BridgeEventReaderKind *kind,
                        BridgeExchange *exchange, guint64 after, guint limit);

/* Asks the store for what follows; kind->read or kind->ended is called. */
void
bridge_event_reader_read(BridgeEventReader *self);

/* TRUE if there is nothing to read. */
gboolean
bridge_event_reader_is_abreast(BridgeEventReader *self);

/* Unsubscribes and lets go; nothing is called any more. */
void
bridge_event_reader_close(BridgeEventReader *self);

const char *
bridge_event_reader_get_epoch(BridgeEventReader *self);

/* Appends @events, separated and wrapped by @append, until there are @limit or
 * BRIDGE_EVENT_TEXT_BYTES of text, and moves the position on. */
void
bridge_event_reader_append(BridgeEventReader *self, GString *text, GPtrArray *events,
                           void (*append)(BridgeEventReader *self, GString *text,
                                          const BridgeEventRecord *event));

G_END_DECLS
