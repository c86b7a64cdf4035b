/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-stream-guard.h: the unit that stands nearest to the server and sees to it that the secret
 * of an account leaves the program in one way only: in the <auth/> of a stream whose TLS we
 * witnessed.
 *
 * The inherited protocol alone does not: it takes up what was injected behind <proceed/>, and it
 * falls back to jabber:iq:auth (XEP-0078) whenever a server leaves something out. So the guard
 * follows the stream through its states (RFC 6120, 4 to 7) by what passes in both directions, keeps
 * back from the inherited protocol what has no place in the present state, and writes nothing in
 * the clear but stream headers and <starttls/>. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_stream_guard_unit;

/* Whether <auth/> may be sent now: the server has just offered mechanisms on a stream that is
 * secure, or that the account allows to be in the clear. */
gboolean
gtalk_stream_guard_may_authenticate(GTalkConnection *connection);

/* Whether the server is to answer now: not while the connection is made, TLS is negotiated or the
 * user is asked about the certificate. */
gboolean
gtalk_stream_guard_is_talking(GTalkConnection *connection);

G_END_DECLS
