/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-passphrase.h: a key that a person can remember: scrypt (RFC 7914, r = 8, p = 1). Blocks
 * for some tenths of a second and takes 128 octets of memory times 8 times 2 to the cost. Any
 * thread. */
#pragma once

#include "vault/bridge-seal.h"

G_BEGIN_DECLS

#define BRIDGE_PASSPHRASE_BYTES_MIN 8
#define BRIDGE_PASSPHRASE_BYTES_MAX 1024
#define BRIDGE_PASSPHRASE_SALT_BYTES 32
#define BRIDGE_PASSPHRASE_COST 17     /* 128 MiB */
#define BRIDGE_PASSPHRASE_COST_MAX 20 /* what a file may ask for: 1 GiB */

BridgeKey *
bridge_passphrase_derive(GBytes *passphrase, const guint8 salt[BRIDGE_PASSPHRASE_SALT_BYTES],
                         guint32 cost, guint32 id, GError **error);

G_END_DECLS
