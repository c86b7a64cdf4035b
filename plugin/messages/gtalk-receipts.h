/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-receipts.h: delivery receipts (XEP-0184) on servers that are not Google's: asked for with
 * each message to one person, and answered.
 *
 * A receipt shows that one is there. So only contacts that may see our presence get one, and only
 * for what has just come here and has been taken into safe keeping: not for copies of what another
 * client got, nor for what is read from the archive. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_receipts_unit;

/* Whether receipts are asked for and answered on this connection. */
gboolean
gtalk_receipts_is_used(GTalkConnection *connection);

/* A live message has been delivered: sends a receipt if it asks for one, as soon as nobody holds it
 * any more. */
void
gtalk_receipts_take_message(GTalkConnection *connection, const xmlnode *stanza,
                            const GTalkMessage *message);

/* ---- Pure ------------------------------------------------------------------------------------ */

/* Whether @message asks for a receipt that may be given: an id to name it by, no receipt itself. */
gboolean
gtalk_receipts_is_asked(const xmlnode *message);

/* The id of the message that @message is the receipt for, or NULL. */
const char *
gtalk_receipts_find_received(const xmlnode *message);

G_END_DECLS
