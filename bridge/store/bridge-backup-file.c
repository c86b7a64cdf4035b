/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-backup-file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/bridge-error.h"

#define BACKUP_MAGIC "GTBK"
#define BACKUP_MAGIC_BYTES 4
#define BACKUP_VERSION 1
#define BACKUP_NUMBERS 4 /* version, kind, cost, number of the master key */
#define BACKUP_HEADER_BYTES                                                                        \
	(BACKUP_MAGIC_BYTES + BACKUP_NUMBERS * 4 + BRIDGE_PASSPHRASE_SALT_BYTES +                  \
	 BRIDGE_SEAL_SALT_BYTES + BRIDGE_SEAL_KCV_BYTES + 2 * BRIDGE_SEAL_WRAPPED_BYTES)
#define BACKUP_PIECE_BYTES ((gsize)65536)
#define BACKUP_LAST ((guint32)1 << 31)
#define BACKUP_KEY_ID 1
#define BACKUP_OWNER "backup"

static gboolean
bridge_backup_fail(GError **error, const char *message)
{
	g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE, message);
	return FALSE;
}

static void
bridge_backup_translate(GError **error, GError *cause, const char *message)
{
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE, "%s: %s", message, cause->message);
	g_error_free(cause);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Returns: how much there was, less than @length at the end of the file; -1 on failure */
static gssize
bridge_backup_take(int in, guint8 *octets, gsize length, GError **error)
{
	gsize taken = 0;

	while (taken < length) {
		gssize count = read(in, octets + taken, length - taken);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			bridge_backup_fail(error, g_strerror(errno));
			return -1;
		}
		if (count == 0)
			break;
		taken += (gsize)count;
	}
	return (gssize)taken;
}

static gboolean
bridge_backup_put(int out, gconstpointer data, gsize length, GError **error)
{
	const guint8 *octets = data;

	while (length > 0) {
		gssize count = write(out, octets, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return bridge_backup_fail(error, g_strerror(errno));
		octets += count;
		length -= (gsize)count;
	}
	return TRUE;
}

/* ---- The header ------------------------------------------------------------------------------ */

static GByteArray *
bridge_backup_header_pack(const BridgeBackupHeader *header)
{
	const guint32 numbers[BACKUP_NUMBERS] = {
		GUINT32_TO_BE(BACKUP_VERSION), GUINT32_TO_BE((guint32)header->kind),
		GUINT32_TO_BE(header->cost), GUINT32_TO_BE(header->master_key_id)};
	GByteArray *array = g_byte_array_sized_new(BACKUP_HEADER_BYTES);

	g_byte_array_append(array, (const guint8 *)BACKUP_MAGIC, BACKUP_MAGIC_BYTES);
	g_byte_array_append(array, (const guint8 *)numbers, sizeof numbers);
	g_byte_array_append(array, header->salt, sizeof header->salt);
	g_byte_array_append(array, header->store_salt, sizeof header->store_salt);
	g_byte_array_append(array, header->kcv, sizeof header->kcv);
	g_byte_array_append(array, header->backup_key, sizeof header->backup_key);
	g_byte_array_append(array, header->master_key, sizeof header->master_key);
	return array;
}

static void
bridge_backup_copy(guint8 *to, gsize length, const guint8 **from)
{
	memcpy(to, *from, length);
	*from += length;
}

static gboolean
bridge_backup_header_unpack(BridgeBackupHeader *header, const guint8 *octets, GError **error)
{
	guint32 numbers[BACKUP_NUMBERS];

	if (memcmp(octets, BACKUP_MAGIC, BACKUP_MAGIC_BYTES) != 0)
		return bridge_backup_fail(error, "this is no backup of a gtalk-bridge");
	octets += BACKUP_MAGIC_BYTES;
	bridge_backup_copy((guint8 *)numbers, sizeof numbers, &octets);
	if (GUINT32_FROM_BE(numbers[0]) != BACKUP_VERSION)
		return bridge_backup_fail(error, "the backup is of a newer gtalk-bridge");
	header->kind = (BridgeBackupKind)GUINT32_FROM_BE(numbers[1]);
	header->cost = GUINT32_FROM_BE(numbers[2]);
	header->master_key_id = GUINT32_FROM_BE(numbers[3]);
	bridge_backup_copy(header->salt, sizeof header->salt, &octets);
	bridge_backup_copy(header->store_salt, sizeof header->store_salt, &octets);
	bridge_backup_copy(header->kcv, sizeof header->kcv, &octets);
	bridge_backup_copy(header->backup_key, sizeof header->backup_key, &octets);
	bridge_backup_copy(header->master_key, sizeof header->master_key, &octets);
	if (header->kind != BRIDGE_BACKUP_BY_MASTER_KEY &&
	    header->kind != BRIDGE_BACKUP_BY_PASSPHRASE)
		return bridge_backup_fail(error, "the backup is damaged");
	return TRUE;
}

gboolean
bridge_backup_read_header(int in, BridgeBackupHeader *header, GError **error)
{
	guint8 octets[BACKUP_HEADER_BYTES];
	gssize length = bridge_backup_take(in, octets, sizeof octets, error);

	if (length < 0)
		return FALSE;
	if ((gsize)length < sizeof octets)
		return bridge_backup_fail(error, "this is no backup of a gtalk-bridge");
	return bridge_backup_header_unpack(header, octets, error);
}

/* ---- What opens it --------------------------------------------------------------------------- */

/* The key that wraps the others. */
static BridgeKey *
bridge_backup_derive(const BridgeBackupHeader *header, const BridgeKey *master_key,
                     GBytes *passphrase, GError **error)
{
	if (header->kind == BRIDGE_BACKUP_BY_PASSPHRASE)
		return bridge_passphrase_derive(passphrase, header->salt, header->cost,
		                                BACKUP_KEY_ID, error);
	return bridge_seal_derive_kek(bridge_key_get_octets(master_key), header->store_salt,
	                              header->master_key_id, error);
}

static gboolean
bridge_backup_wrap(const BridgeKey *kek, const BridgeKey *key, const char *name,
                   guint8 wrapped[BRIDGE_SEAL_WRAPPED_BYTES], GError **error)
{
	g_autoptr(GBytes) blob = bridge_seal_wrap_key(kek, key, BACKUP_OWNER, name, error);

	if (blob == NULL)
		return FALSE;
	memcpy(wrapped, g_bytes_get_data(blob, NULL), BRIDGE_SEAL_WRAPPED_BYTES);
	return TRUE;
}

BridgeKey *
bridge_backup_header_fill(BridgeBackupHeader *header, const BridgeKey *master_key,
                          GBytes *passphrase, GError **error)
{
	g_autoptr(BridgeKey) key = NULL;
	g_autoptr(BridgeKey) kek = NULL;
	GError *cause = NULL;

	header->master_key_id = bridge_key_get_id(master_key);
	header->kind =
		passphrase != NULL ? BRIDGE_BACKUP_BY_PASSPHRASE : BRIDGE_BACKUP_BY_MASTER_KEY;
	header->cost = passphrase != NULL ? BRIDGE_PASSPHRASE_COST : 0;
	if (bridge_seal_random(header->salt, sizeof header->salt, &cause) &&
	    (kek = bridge_backup_derive(header, master_key, passphrase, &cause)) != NULL &&
	    (key = bridge_key_new_random(BACKUP_KEY_ID, &cause)) != NULL &&
	    bridge_backup_wrap(kek, key, "key", header->backup_key, &cause) &&
	    (passphrase == NULL ||
	     bridge_backup_wrap(kek, master_key, "master-key", header->master_key, &cause)))
		return g_steal_pointer(&key);
	bridge_backup_translate(error, cause, "a backup cannot be sealed");
	return NULL;
}

BridgeKey *
bridge_backup_header_open(const BridgeBackupHeader *header, GBytes *passphrase,
                          BridgeKey **master_key, GError **error)
{
	gboolean by_passphrase = header->kind == BRIDGE_BACKUP_BY_PASSPHRASE;
	g_autoptr(BridgeKey) key = NULL;
	g_autoptr(BridgeKey) kek = NULL;
	GError *cause = NULL;

	kek = bridge_backup_derive(header, *master_key, passphrase, &cause);
	if (kek != NULL)
		key = bridge_seal_unwrap_key(kek, header->backup_key, sizeof header->backup_key,
		                             BACKUP_OWNER, "key", &cause);
	if (key != NULL && by_passphrase)
		*master_key =
			bridge_seal_unwrap_key(kek, header->master_key, sizeof header->master_key,
		                               BACKUP_OWNER, "master-key", &cause);
	if (cause == NULL)
		return g_steal_pointer(&key);
	bridge_backup_translate(error, cause,
	                        by_passphrase ? "the backup does not open with this passphrase"
	                                      : "the backup does not open with this master key");
	return NULL;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Binds each piece to its header and its place. */
static char *
bridge_backup_name(const BridgeBackupHeader *header)
{
	g_autoptr(GByteArray) octets = bridge_backup_header_pack(header);

	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets->data, octets->len);
}

static BridgeSealPlace
bridge_backup_place(const char *name, guint64 number, gboolean last)
{
	return (BridgeSealPlace){BACKUP_OWNER, last ? "last" : "piece", name, number};
}

static gboolean
bridge_backup_write_piece(const BridgeKey *key, const BridgeSealPlace *place, const guint8 *octets,
                          gsize length, int out, GError **error)
{
	GError *cause = NULL;
	gboolean last = g_str_equal(place->column, "last");
	g_autoptr(GBytes) blob = bridge_seal_record(key, place, octets, length, &cause);
	guint32 head = 0;

	if (blob == NULL) {
		bridge_backup_translate(error, cause, "a backup cannot be sealed");
		return FALSE;
	}
	head = GUINT32_TO_BE((guint32)g_bytes_get_size(blob) | (last ? BACKUP_LAST : 0));
	return bridge_backup_put(out, &head, sizeof head, error) &&
	       bridge_backup_put(out, g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), error);
}

gboolean
bridge_backup_write(const BridgeBackupHeader *header, const BridgeKey *key, int in, int out,
                    GError **error)
{
	g_autoptr(GByteArray) head = bridge_backup_header_pack(header);
	g_autofree char *name = bridge_backup_name(header);
	g_autofree guint8 *piece = g_malloc(BACKUP_PIECE_BYTES);
	gsize length = BACKUP_PIECE_BYTES;

	if (!bridge_backup_put(out, head->data, head->len, error))
		return FALSE;
	for (guint64 number = 1; length == BACKUP_PIECE_BYTES; number++) {
		gssize count = bridge_backup_take(in, piece, BACKUP_PIECE_BYTES, error);
		BridgeSealPlace place;

		if (count < 0)
			return FALSE;
		length = (gsize)count;
		place = bridge_backup_place(name, number, length < BACKUP_PIECE_BYTES);
		if (!bridge_backup_write_piece(key, &place, piece, length, out, error))
			return FALSE;
	}
	return TRUE;
}

/* @last: (out): whether it was the last one. */
static gboolean
bridge_backup_read_piece(const BridgeKey *key, const char *name, guint64 number, int in, int out,
                         gboolean *last, GError **error)
{
	g_autofree guint8 *blob = g_malloc(BACKUP_PIECE_BYTES + BRIDGE_SEAL_RECORD_OVERHEAD_BYTES);
	g_autoptr(GBytes) piece = NULL;
	BridgeSealPlace place;
	guint32 head = 0;
	gsize length = 0;

	if (bridge_backup_take(in, (guint8 *)&head, sizeof head, error) != sizeof head)
		return FALSE;
	head = GUINT32_FROM_BE(head);
	*last = (head & BACKUP_LAST) != 0;
	length = head & ~BACKUP_LAST;
	if (length > BACKUP_PIECE_BYTES + BRIDGE_SEAL_RECORD_OVERHEAD_BYTES ||
	    bridge_backup_take(in, blob, length, error) != (gssize)length)
		return FALSE;
	place = bridge_backup_place(name, number, *last);
	piece = bridge_seal_open_record(key, &place, blob, length, NULL);
	return piece != NULL && bridge_backup_put(out, g_bytes_get_data(piece, NULL),
	                                          g_bytes_get_size(piece), error);
}

gboolean
bridge_backup_read(const BridgeBackupHeader *header, const BridgeKey *key, int in, int out,
                   GError **error)
{
	g_autofree char *name = bridge_backup_name(header);
	GError *cause = NULL;
	gboolean last = FALSE;
	guint8 more = 0;

	for (guint64 number = 1; !last; number++) {
		if (bridge_backup_read_piece(key, name, number, in, out, &last, &cause))
			continue;
		if (cause != NULL)
			g_propagate_error(error, cause);
		else
			bridge_backup_fail(error, "the backup is damaged or not whole");
		return FALSE;
	}
	if (bridge_backup_take(in, &more, sizeof more, NULL) != 0)
		return bridge_backup_fail(error, "the backup is damaged: something follows it");
	return TRUE;
}
