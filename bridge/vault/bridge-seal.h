/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-seal.h: the cryptography of what the bridge keeps, and nothing else: no files, no state.
 *
 *   master key -> KCV (tells a wrong master key), KEK (wraps data keys)
 *   data key (random, one an owner, wrapped by the KEK) -> record key (one a table and column)
 *   record key seals values; each is bound to its table, column, primary key and row version
 *   index key (random, wrapped like a data key) -> blind indexes for look-ups by equality
 *
 * HKDF with SHA-256 and AES-256-GCM by OpenSSL. Nonces are random: a data key must not seal more
 * than 2^32 values. Keys live in OpenSSL's secure heap and are wiped when freed. Any thread. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_SEAL_ERROR (bridge_seal_error_quark())
typedef enum {
	BRIDGE_SEAL_ERROR_FORMAT,   /* not a blob of ours, or one of a newer format */
	BRIDGE_SEAL_ERROR_KEY,      /* sealed under a key with another number */
	BRIDGE_SEAL_ERROR_TAMPERED, /* changed, or moved from where it was sealed, or wrong key */
	BRIDGE_SEAL_ERROR_LIBRARY,  /* OpenSSL would not: no memory, no randomness */
} BridgeSealError;

GQuark
bridge_seal_error_quark(void);

#define BRIDGE_KEY_BYTES 32
#define BRIDGE_SEAL_SALT_BYTES 32
#define BRIDGE_SEAL_KCV_BYTES 16
#define BRIDGE_SEAL_INDEX_BYTES 32
#define BRIDGE_SEAL_WRAPPED_BYTES 72
#define BRIDGE_SEAL_RECORD_OVERHEAD_BYTES 36

/* ---- Keys ------------------------------------------------------------------------------------ */

/* 32 octets with the number of the key they are, or, for a record key, come from. */
typedef struct _BridgeKey BridgeKey;

BridgeKey *
bridge_key_new(const guint8 octets[BRIDGE_KEY_BYTES], guint32 id);
BridgeKey *
bridge_key_new_random(guint32 id, GError **error);
void
bridge_key_free(BridgeKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeKey, bridge_key_free)

const guint8 *
bridge_key_get_octets(const BridgeKey *key);
guint32
bridge_key_get_id(const BridgeKey *key);

/* Fills @octets from the operating system's generator. */
gboolean
bridge_seal_random(guint8 *octets, gsize length, GError **error);

/* Takes @octets (from g_malloc) and wipes them when the last reference goes. */
GBytes *
bridge_seal_bytes_new_wiped(gpointer octets, gsize length);

/* ---- From the master key --------------------------------------------------------------------- */

/* What a store keeps in clear to tell whether a master key is its own. */
gboolean
bridge_seal_derive_kcv(const guint8 master_key[BRIDGE_KEY_BYTES],
                       const guint8 salt[BRIDGE_SEAL_SALT_BYTES], guint8 kcv[BRIDGE_SEAL_KCV_BYTES],
                       GError **error);

/* In constant time; FALSE also when OpenSSL fails. */
gboolean
bridge_seal_check_kcv(const guint8 master_key[BRIDGE_KEY_BYTES],
                      const guint8 salt[BRIDGE_SEAL_SALT_BYTES],
                      const guint8 kcv[BRIDGE_SEAL_KCV_BYTES]);

BridgeKey *
bridge_seal_derive_kek(const guint8 master_key[BRIDGE_KEY_BYTES],
                       const guint8 salt[BRIDGE_SEAL_SALT_BYTES], guint32 master_key_id,
                       GError **error);

/* ---- Data keys ------------------------------------------------------------------------------- */

GBytes *
bridge_seal_wrap_key(const BridgeKey *kek, const BridgeKey *key, const char *owner_kind,
                     const char *owner_id, GError **error);
BridgeKey *
bridge_seal_unwrap_key(const BridgeKey *kek, gconstpointer blob, gsize length,
                       const char *owner_kind, const char *owner_id, GError **error);

/* The number of the key that wraps the key in a blob; 0 if it is none. */
guint32
bridge_seal_get_wrapping_id(gconstpointer blob, gsize length);

/* ---- Values ---------------------------------------------------------------------------------- */

BridgeKey *
bridge_seal_derive_record_key(const BridgeKey *data_key, const char *table, const char *column,
                              GError **error);

/* Where a value belongs. It opens nowhere else. */
typedef struct {
	const char *table;
	const char *column;
	const char *primary_key;
	guint64 version; /* of the row: raised with each write */
} BridgeSealPlace;

GBytes *
bridge_seal_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                   gconstpointer plaintext, gsize length, GError **error);

/* The plaintext is wiped when it is freed. */
GBytes *
bridge_seal_open_record(const BridgeKey *record_key, const BridgeSealPlace *place,
                        gconstpointer blob, gsize length, GError **error);

/* ---- Look-ups -------------------------------------------------------------------------------- */

gboolean
bridge_seal_blind_index(const BridgeKey *index_key, const char *label, gconstpointer value,
                        gsize length, guint8 index[BRIDGE_SEAL_INDEX_BYTES], GError **error);

G_END_DECLS
