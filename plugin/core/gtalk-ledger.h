/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-ledger.h: the counting of XEP-0198 for one stream, both ways, and the gate. Pure: it is
 * told what came and went, and says what may be answered.
 *
 * Inbound stanzas are numbered from 1. A hold keeps its stanza, and so every later one, from being
 * answered for until as many releases came as holds. On the wire counts are modulo 2^32; here they
 * are 64 bits wide, and what is handed out is cut.
 *
 * Outbound, the ids of messages are remembered until the server has acknowledged them. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GTalkLedger GTalkLedger;

GTalkLedger *
gtalk_ledger_new(void);
/* As if so many stanzas had come and gone, all answered and acknowledged. */
GTalkLedger *
gtalk_ledger_new_at(guint64 received, guint64 sent);
void
gtalk_ledger_free(GTalkLedger *self);

/* An inbound stanza came; it has the next number. */
void
gtalk_ledger_receive(GTalkLedger *self);

/* Holds the newest stanza. Its number, or 0 if there is none or it has been answered for. */
guint32
gtalk_ledger_hold(GTalkLedger *self);

/* Adds a hold to a stanza. FALSE if nothing of that number is held. */
gboolean
gtalk_ledger_hold_again(GTalkLedger *self, guint32 number);

/* Takes one hold back. FALSE if nothing of that number is held. */
gboolean
gtalk_ledger_release(GTalkLedger *self, guint32 number);

/* The number of the newest stanza if it waits for a release, its own or another's; else 0. */
guint32
gtalk_ledger_get_held(const GTalkLedger *self);

/* How many stanzas could be answered for and are not yet. */
guint64
gtalk_ledger_get_due(const GTalkLedger *self);

/* How many stanzas wait for a release, held themselves or behind one. */
guint64
gtalk_ledger_get_withheld(const GTalkLedger *self);

/* Takes note that everything due is answered for now. Returns the h to send. */
guint32
gtalk_ledger_answer(GTalkLedger *self);

/* An outbound stanza goes out; message_id is NULL unless its acceptance is to be told. */
void
gtalk_ledger_send(GTalkLedger *self, const char *message_id);

/* The server acknowledged up to h. FALSE if that is more than was sent, or less than before. */
gboolean
gtalk_ledger_acknowledge(GTalkLedger *self, guint32 h);

/* The next message id that has been acknowledged and not taken (transfer full), or NULL. */
char *
gtalk_ledger_take_accepted(GTalkLedger *self);

/* Whether messages were sent that the server has not acknowledged. */
gboolean
gtalk_ledger_is_awaiting(GTalkLedger *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkLedger, gtalk_ledger_free)

G_END_DECLS
