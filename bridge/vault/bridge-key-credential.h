/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-key-credential.h: the master key as a credential of systemd: a file that the service
 * manager has decrypted and put below $CREDENTIALS_DIRECTORY. Fixed as long as the daemon runs. */
#pragma once

#include "vault/bridge-key-source.h"

G_BEGIN_DECLS

#define BRIDGE_CREDENTIAL_KEY "master-key"
#define BRIDGE_CREDENTIAL_PREVIOUS "master-key-previous" /* while the key is being replaced */

/* FOUND with the previous key beside it, if there is one; else MISSING or GARBLED. */
BridgeKeyFinding *
bridge_key_credential_look_up(guint32 key_id);

G_END_DECLS
