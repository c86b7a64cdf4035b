/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-off-record.h: off the record with a contact (specification 4.6), as gtalk.h tells it. The
 * state is the server's where it keeps one: asked for once, changed by requests, followed by its
 * pushes and its marks in messages. With other servers it is our own, kept with the buddy.
 *
 * What the user sees and does about it is in gtalk-off-record-ui.h. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_off_record_unit;

/* Whether the server keeps the state (the other side is bound by it too), or this client alone. */
gboolean
gtalk_off_record_is_shared(GTalkConnection *connection);

/* Whether the account has its chats kept at all; if not, there is nothing to go off. */
gboolean
gtalk_off_record_is_possible(GTalkConnection *connection);

/* What holds for the contact; nothing is known before the server's list has come. */
GTalkRecord
gtalk_off_record_get(GTalkConnection *connection, const char *jid);

/* As GTALK_IPC_SET_OFF_RECORD. */
gboolean
gtalk_off_record_set(GTalkConnection *connection, const char *jid, gboolean off_record);

/* A message came by carbon: its mark is news about the pair. */
void
gtalk_off_record_note_message(GTalkConnection *connection, const GTalkMessage *message);

G_END_DECLS
