/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-message-id.h: the ids of outgoing messages with a body, as attribute and as XEP-0359
 * origin-id: the one that GTALK_IPC_SET_NEXT_MESSAGE_ID gave, else one of our own making.
 *
 * The inherited protocol counts "purple1", "purple2" in each session, which says nothing in an
 * archive. Ours tell this client its own messages when it reads them there, in any later session:
 * a random part, and a keyed digest of it that nobody else can recognise or link. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

/* The secret of that digest, made when it is missing; worth nothing to anybody else. */
#define GTALK_OPTION_ID_KEY "gtalk_id_key"

extern const GTalkUnit gtalk_message_id_unit;

/* Whether @id was made by this client of the account, in whatever session. */
gboolean
gtalk_message_id_is_own(GTalkConnection *connection, const char *id);

/* ---- Pure ------------------------------------------------------------------------------------ */

/* (transfer full) */
char *
gtalk_message_id_make(const char *key, guint64 nonce);
gboolean
gtalk_message_id_check(const char *key, const char *id);
/* Sets the id attribute and the origin-id of @message. */
void
gtalk_message_id_set(xmlnode *message, const char *id);

G_END_DECLS
