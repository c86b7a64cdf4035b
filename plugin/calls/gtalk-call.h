/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-call.h: the unit that watches over calls in Google's protocol (section 4.10). Making sound
 * and pictures of them is the inherited protocol's and libpurple's, where the user interface has
 * media.
 *
 * Without media every session is refused, and nothing is offered (4.10.4). With media the inherited
 * protocol gets a session only if it is one that it can take: of audio or video, begun by the
 * contact that it names, and the only one. It does not look at who sends what, takes Jingle's
 * sessions for its own, and asks nobody to wait. What it leaves unanswered ("terminate", "reject",
 * the later dialect) is answered here. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_call_unit;

/* What the user interface can do. */
PurpleMediaCaps
gtalk_call_get_media_caps(void);

/* ---- For the plugin's entry: slots of the protocol --------------------------------------------
 */

PurpleMediaCaps
gtalk_call_get_contact_caps(PurpleAccount *account, const char *who);
gboolean
gtalk_call_initiate(PurpleAccount *account, const char *who, PurpleMediaSessionType type);

G_END_DECLS
