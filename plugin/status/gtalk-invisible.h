/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-invisible.h: the invisible command (XEP-0186), for servers without shared status. It holds
 * for the session only. While it is in force no presence may go out; after it the server knows no
 * presence of the session, and one has to be sent. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

/* Whether the server knows the command. */
gboolean
gtalk_invisible_is_offered(GTalkConnection *connection);

typedef void (*GTalkInvisibleFunc)(GTalkConnection *connection, gboolean ok);

/* Makes the session invisible or visible; @callback is called with the answer, unless the
 * connection ends before. */
void
gtalk_invisible_send(GTalkConnection *connection, gboolean is_invisible,
                     GTalkInvisibleFunc callback);

/* ---- Pure ------------------------------------------------------------------------------------ */

void
gtalk_invisible_build(xmlnode *iq, const char *xmlns, gboolean is_invisible);

G_END_DECLS
