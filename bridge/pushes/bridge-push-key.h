/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-key.h: what is derived of the store's push key: the VAPID key pair, by which push
 * services know the bridge for as long as the store lives, and names that tell nobody whom they are
 * of. Pure. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_PUSH_PRIVATE_BYTES 32
#define BRIDGE_PUSH_PUBLIC_BYTES 65

typedef struct {
	guint8 private_octets[BRIDGE_PUSH_PRIVATE_BYTES]; /* to be wiped */
	guint8 public_octets[BRIDGE_PUSH_PUBLIC_BYTES];
} BridgePushPair;

/* @key: of bridge_store_get_push_key(). FALSE: OpenSSL would not. */
gboolean
bridge_push_key_derive_pair(const guint8 *key, BridgePushPair *pair);

/* What an app hands to its push service; NULL as above. */
char *
bridge_push_key_dup_public(const guint8 *key);

/* Whether it is a key that a device can have made: a point of P-256, uncompressed. */
gboolean
bridge_push_key_is_public(GBytes *octets);

/* 32 characters of base64url, of all of these; @label: for what it is. */
char *
bridge_push_key_build_name(const guint8 *key, const char *label, const char *subscription_id,
                           const char *thing, guint64 number);

G_END_DECLS
