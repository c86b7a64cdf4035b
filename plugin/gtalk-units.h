/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-units.h: the units in the order in which a stanza passes them; see gtalk-connection.h. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

/* From the server's side to the user's; ends with NULL. */
extern const GTalkUnit *const gtalk_units[];

G_END_DECLS
