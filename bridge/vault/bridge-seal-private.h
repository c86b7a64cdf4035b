/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-seal-private.h: sealing with a given nonce, for known-answer tests only. A nonce that is
 * used twice under one key gives the plaintexts away. */
#pragma once

#include "vault/bridge-seal.h"

G_BEGIN_DECLS

#define BRIDGE_SEAL_NONCE_BYTES 12

GBytes *
bridge_seal_wrap_key_with_nonce(const BridgeKey *kek, const BridgeKey *key, const char *owner_kind,
                                const char *owner_id, const guint8 nonce[BRIDGE_SEAL_NONCE_BYTES],
                                GError **error);

GBytes *
bridge_seal_record_with_nonce(const BridgeKey *record_key, const BridgeSealPlace *place,
                              gconstpointer plaintext, gsize length,
                              const guint8 nonce[BRIDGE_SEAL_NONCE_BYTES], GError **error);

/* The additional data that binds a record with the given first octets to its place. */
GBytes *
bridge_seal_record_build_aad(const guint8 head[8], const BridgeSealPlace *place);

G_END_DECLS
