/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-event-reader-private.h: what long poll, stream and socket share: the
 * subscription. */
#pragma once

#include "bridge-event-reader.h"

G_BEGIN_DECLS

/* Octets of events in one answer, and in one piece of a stream or socket, that one more event may
 * exceed; the rest comes next. A client that does not read costs a piece. */
#define BRIDGE_EVENT_PAGE_BYTES (1024 * 1024)
#define BRIDGE_EVENT_PIECE_BYTES (64 * 1024)
#define BRIDGE_EVENT_PIECE_EVENTS 100
/* Ephemeral events for a client that is slow: more are lost, as they may be. */
#define BRIDGE_EVENT_PENDING_BYTES_MAX (64 * 1024)

typedef struct _BridgeEventReader BridgeEventReader;

typedef struct {
	/* Events of the store that follow the position. Empty: there are none now. */
	void (*read)(BridgeEventReader *self, GPtrArray *events);
	/* The next events, just become durable; they follow the position. */
	void (*happened)(BridgeEventReader *self, GPtrArray *events);
	void (*ephemeral)(BridgeEventReader *self, const BridgeEventRecord *event);
	/* Nothing follows: answer so, if the client is still there. */
	void (*ended)(BridgeEventReader *self, const GError *error);
	void (*free_own)(gpointer own); /* or NULL */
} BridgeEventReaderKind;

struct _BridgeEventReader {
	grefcount references;
	const BridgeEventReaderKind *kind;
	BridgeEventReaders *readers; /* NULL when it has ended */
	BridgeExchange *exchange;    /* NULL for a socket that has begun */
	BridgeAccount *account;
	BridgeDeviceRecord *device;
	BridgePeer *peer;
	guint64 position; /* everything up to here was given */
	guint limit;      /* of events in one reading */
	gsize bytes_max;  /* of text in one answer or piece */
	gboolean reading;
	gboolean writing; /* a piece is on its way; what happens meanwhile is read afterwards */
	guint timer_id;
	gpointer own; /* of the kind */
};

BridgeEventReader *
bridge_event_reader_ref(BridgeEventReader *self);
void
bridge_event_reader_unref(BridgeEventReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeEventReader, bridge_event_reader_unref)

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
 * bytes_max of text, and moves the position on. */
void
bridge_event_reader_append(BridgeEventReader *self, GString *text, GPtrArray *events,
                           void (*append)(BridgeEventReader *self, GString *text,
                                          const BridgeEventRecord *event));

G_END_DECLS
