/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-delivery.h: what became of sent messages. The newest ones are remembered (gtalk-outbox.h);
 * one that comes back is told by signals and shown in its own conversation with its text, in words
 * a person understands (gtalk-undelivered.h), instead of the inherited protocol's dialog. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk-message.h"
#include "gtalk-outbox.h"
#include "gtalk.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_delivery_unit;

/* Another client of the own account sent this. */
void
gtalk_delivery_note_sent(GTalkConnection *connection, const GTalkMessage *message);

/* A message came back; when: seconds since the epoch. Returns whether it was ours to show: nobody
 * else should. */
gboolean
gtalk_delivery_take_bounce(GTalkConnection *connection, const GTalkBounce *bounce, time_t when);

/* The message that this account sent to @jid with @id not long ago, or NULL. */
const GTalkOutboxMessage *
gtalk_delivery_find_sent(GTalkConnection *connection, const char *id, const char *jid);
/* Forgets it: nothing more will be heard of it. */
void
gtalk_delivery_forget(GTalkConnection *connection, const GTalkOutboxMessage *message);

G_END_DECLS
