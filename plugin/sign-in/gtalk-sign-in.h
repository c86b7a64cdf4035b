/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-sign-in.h: the unit that signs in by token or password. Of the offered mechanisms it leaves
 * the inherited protocol one that leads into its authenticating state (PLAIN for a token) and
 * rewrites the <auth/> that follows. Every failure ends here, in an error of our own, before the
 * inherited protocol tries the secret with another mechanism. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_sign_in_unit;

G_END_DECLS
