/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /admin/backup: the store as one sealed file. */
#include "config.h"

#include <string.h>

#include "bridge-control-private.h"
#include "store/bridge-rotation.h"
#include "store/bridge-sqlite-store.h"

#define BACKUP_PASSPHRASE_BYTES_MIN 8
#define BACKUP_PASSPHRASE_BYTES_MAX 1024
#define BACKUP_CHUNK_BYTES 65536
#define BACKUP_CONTENT_TYPE "application/octet-stream"
#define BACKUP_LENGTH_HEADER                                                                       \
	"Backup-Length" /* it ends with the connection: this tells an early end */

/* A backup on its way to its reader. */
typedef struct {
	BridgeExchange *exchange;
	GInputStream *stream;
} ControlBackup;

static void
control_backup_end(ControlBackup *backup)
{
	bridge_exchange_end_stream(backup->exchange);
	g_signal_handlers_disconnect_by_data(bridge_exchange_get_gone(backup->exchange), backup);
	g_object_unref(backup->exchange);
	g_object_unref(backup->stream);
	g_free(backup);
}

static void
control_backup_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	ControlBackup *backup = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes =
		g_input_stream_read_bytes_finish(G_INPUT_STREAM(source), result, &error);
	gsize length = 0;
	const char *octets = NULL;

	if (bytes != NULL)
		octets = g_bytes_get_data(bytes, &length);
	if (error != NULL)
		g_warning("a backup was broken off: %s", error->message);
	if (length == 0 || g_cancellable_is_cancelled(bridge_exchange_get_gone(backup->exchange)))
		control_backup_end(backup);
	else
		bridge_exchange_write_stream(backup->exchange,
		                             g_string_new_len(octets, (gssize)length));
}

static void
control_backup_drained(gpointer user_data)
{
	ControlBackup *backup = user_data;

	g_input_stream_read_bytes_async(backup->stream, BACKUP_CHUNK_BYTES, G_PRIORITY_DEFAULT,
	                                NULL, control_backup_read_cb, backup);
}

/* Nothing drains any more. Unless something is being read: that sees it. */
static void
control_backup_gone_cb(GCancellable *gone, gpointer user_data)
{
	ControlBackup *backup = user_data;

	if (!g_input_stream_has_pending(backup->stream))
		control_backup_end(backup);
}

static void
control_backup_made_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	guint64 size = 0;
	g_autofree char *length = NULL;
	ControlBackup *backup = NULL;
	GInputStream *stream =
		bridge_sqlite_store_backup_finish(BRIDGE_STORE(source), result, &size, &error);

	if (stream == NULL) {
		bridge_exchange_fail(exchange, error);
		return;
	}
	length = g_strdup_printf("%" G_GUINT64_FORMAT, size);
	bridge_exchange_set_header(exchange, BACKUP_LENGTH_HEADER, length);
	backup = g_new0(ControlBackup, 1);
	backup->exchange = g_steal_pointer(&exchange);
	backup->stream = stream;
	g_signal_connect(bridge_exchange_get_gone(backup->exchange), "cancelled",
	                 G_CALLBACK(control_backup_gone_cb), backup);
	bridge_exchange_begin_stream(backup->exchange, BACKUP_CONTENT_TYPE, control_backup_drained,
	                             backup);
	control_backup_drained(backup);
}

/* FALSE: it is answered. @passphrase: (out) (nullable) */
static gboolean
control_backup_read_passphrase(BridgeExchange *exchange, GBytes **passphrase)
{
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	const char *text = bridge_json_reader_get_string(
		reader, "/passphrase", BRIDGE_JSON_OPTIONAL, BACKUP_PASSPHRASE_BYTES_MAX);

	if (text != NULL && strlen(text) < BACKUP_PASSPHRASE_BYTES_MIN)
		bridge_json_reader_refuse(reader, "/passphrase", "at least 8 octets are needed");
	if (!bridge_exchange_check_reader(exchange, reader))
		return FALSE;
	if (text != NULL)
		*passphrase = bridge_seal_bytes_new_wiped(g_strdup(text), strlen(text));
	return TRUE;
}

void
control_backup(BridgeExchange *exchange)
{
	BridgeControl *control = bridge_exchange_get_context(exchange);
	BridgeVault *vault = bridge_control_get_vault(control);
	g_autoptr(GBytes) passphrase = NULL;

	if (!bridge_control_check_unsealed(exchange) ||
	    !control_backup_read_passphrase(exchange, &passphrase))
		return;
	g_message("a backup is made for the administrator");
	bridge_sqlite_store_backup_async(
		bridge_accounts_get_store(bridge_control_get_accounts(control)),
		bridge_vault_get_master_key(vault), passphrase, control_backup_made_cb,
		g_object_ref(exchange));
}
