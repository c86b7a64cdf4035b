/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-invitation.h: the text that a person writes to somebody who is to become a contact. The
 * inherited protocol drops it; this unit puts it into the subscription request, and tells what
 * others write in theirs. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_invitation_unit;

/* A slot of the protocol. */
void
gtalk_invitation_add_buddy(PurpleConnection *gc, PurpleBuddy *buddy, PurpleGroup *group,
                           const char *message);

G_END_DECLS
