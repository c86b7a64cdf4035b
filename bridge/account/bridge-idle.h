/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-idle.h: an account whose person does nothing is shown as away, then as extended away, and
 * signed out when no device has been there for long: as the configuration says. Reading is no act:
 * what somebody sends, types, marks as read, answers or chooses is. But a device that reads is
 * there, and any request of one signs the account in again. What is shown is never more than what
 * was chosen (see host/host-presence.h). Main loop only. */
#pragma once

#include "bridge-account-private.h"

G_BEGIN_DECLS

/* For the keeper: the account has a policy from now on, or its policy has changed. */
void
bridge_idle_begin(BridgeAccount *self);

/* Somebody chooses another presence, which is about to be shown instead of what is shown now. */
void
bridge_idle_note_choice(BridgeAccount *self);

G_END_DECLS
