/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-jingle-info.h: the unit that knows the server's STUN and relay servers for calls (section
 * 4.9).
 *
 * The inherited protocol asks for them too, where the server's name is Google's and the user has no
 * STUN server in the preferences. Its question is let out if it is ours to ask (the server
 * announces the extension, and there is media to use the answer), and both read the answer;
 * otherwise a harmless ping goes out in its place. Pushes are answered and replace what was known.
 * The inherited protocol gets to see of all that only what it handles well. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_jingle_info_unit;

G_END_DECLS
