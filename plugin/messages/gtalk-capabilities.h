/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-capabilities.h: makes the feature urn:xmpp:receipts known where this client answers to
 * receipts (gtalk-receipts.h): in answers to service discovery, and in the hash (XEP-0115) that
 * goes out with presence.
 *
 * The inherited protocol has a call that adds a feature, but to all XMPP accounts of the program,
 * also those of other plugins, which would then promise what they do not keep. So it is done to the
 * stanzas of this connection only. What the inherited protocol answers is not known to us before it
 * has answered once: we ask it ourselves, by way of the server, and remember for the whole program
 * which hash of ours belongs to which of its hashes. Whoever asks for its own hash gets its own
 * answer. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_capabilities_unit;

G_END_DECLS
