/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-gate.h: which stanzas of one stream the chat server may not be told about yet, because
 * their events are not durable, and the one case in which durability steps back (XEP-0198). What is
 * held ends with the stream. Main loop only. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef struct _HostGate HostGate;

HostGate *
host_gate_new(void);
void
host_gate_free(HostGate *gate);

/**
 * host_gate_take:
 * @gc: whose stanza is being delivered now
 *
 * Returns: the number of that stanza, which is held unless the gate is open; 0 without stream
 * management */
guint
host_gate_take(HostGate *gate, PurpleConnection *gc);

/* The event of a taken stanza is durable. @gc may be NULL when the connection is gone; numbers that
 * are not held are ignored. */
void
host_gate_release(HostGate *gate, PurpleConnection *gc, guint stanza);

/* What the account's own presence says; the gate opens and closes by it. */
void
host_gate_set_archive(HostGate *gate, PurpleConnection *gc, gboolean available);
void
host_gate_note_resource(HostGate *gate, PurpleConnection *gc, const char *full_jid,
                        gboolean available);

/* A stanza that this session withholds while another client of the account has it is bounced to its
 * sender when the stream breaks, unless there is an archive to fetch it from. Without one, and with
 * another client there, being the better neighbour is worth more than certainty: the gate is open.
 */
gboolean
host_gate_is_open(HostGate *gate);

G_END_DECLS
