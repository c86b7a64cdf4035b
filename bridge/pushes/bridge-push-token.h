/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-token.h: the token by which Apple knows the bridge. A push process makes it, and a
 * new one only when that is due: Apple takes none within 20 minutes of the one before. So what it
 * made outlives it, here, and the daemon, in the store. Main loop only. */
#pragma once

#include "store/bridge-store.h"

G_BEGIN_DECLS

typedef struct _BridgePushToken BridgePushToken;

/* That of @store, as soon as it has been read. NULL: the machine has no memory for it */
BridgePushToken *
bridge_push_token_new(BridgeStore *store);
BridgePushToken *
bridge_push_token_ref(BridgePushToken *self);
void
bridge_push_token_unref(BridgePushToken *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushToken, bridge_push_token_unref)

/* What the push process gets (bridge-keepsake.h). Borrowed. */
int
bridge_push_token_get_fd(BridgePushToken *self);
/* The store gets it if it is another one by now. */
void
bridge_push_token_keep(BridgePushToken *self);

G_END_DECLS
