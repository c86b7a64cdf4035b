/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-deadline.h: the unit that gives a silent server up. The inherited protocol would wait for
 * ever at each step of a sign-in. While the connection or the handshake is under way, or the user
 * is asked about the server's certificate, the wait is longer. Once signed in, the inherited pings
 * take over. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_deadline_unit;

/* The server is spoken to from now on, to sign in. (In a registration it is the user who is waited
 * for.) */
void
gtalk_deadline_begin(GTalkConnection *connection);

G_END_DECLS
