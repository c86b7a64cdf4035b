/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-carbons.h: asks the server for copies of what other clients of the account get and send
 * (XEP-0280), when it offers that. The copies themselves come in through gtalk-inbox.h. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_carbons_unit;

/* The <sent> or <received> of a carbon in a <message>, or NULL; who sent it is not looked at. */
xmlnode *
gtalk_carbons_find(const xmlnode *stanza);

G_END_DECLS
