/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-restore.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bridge-daemon.h"
#include "store/bridge-sqlite-store.h"
#include "vault/bridge-passphrase.h"
#include "vault/bridge-vault.h"

#define RESTORE_DEADLINE_S 60 /* somebody may have to unlock a keyring */

static int
bridge_restore_fail(int status, const char *message)
{
	g_printerr("gtalk-bridge: %s\n", message);
	return status;
}

/* ---- The passphrase -------------------------------------------------------------------------- */

/* (nullable): one line, without its end */
static GBytes *
bridge_restore_read_line(int fd)
{
	char line[BRIDGE_PASSPHRASE_BYTES_MAX + 1] = {0};
	gsize length = 0;
	GBytes *text = NULL;

	while (length < sizeof line && read(fd, line + length, 1) == 1 && line[length] != '\n')
		length++;
	if (length > 0 && length < sizeof line)
		text = bridge_seal_bytes_new_wiped(g_memdup2(line, length), length);
	explicit_bzero(line, sizeof line);
	return text;
}

static GBytes *
bridge_restore_ask(void)
{
	struct termios shown;
	struct termios hidden;
	GBytes *text = NULL;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return NULL;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	g_printerr("Passphrase: ");
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	text = bridge_restore_read_line(STDIN_FILENO);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	g_printerr("\n");
	return text;
}

/* ---- The master key -------------------------------------------------------------------------- */

static void
bridge_restore_vault_cb(BridgeVault *vault, GParamSpec *property, gpointer user_data)
{
	if (bridge_vault_get_state(vault) == BRIDGE_VAULT_READY)
		g_main_loop_quit(user_data);
	else
		g_printerr("gtalk-bridge: %s\n", bridge_vault_get_detail(vault));
}

static gboolean
bridge_restore_late_cb(gpointer user_data)
{
	g_main_loop_quit(user_data);
	return G_SOURCE_CONTINUE;
}

/* By passphrase: the key of the new store, made where there is none, under the number behind that
 * of the old one; else the old one itself. FALSE: it did not come. */
static gboolean
bridge_restore_open_vault(BridgeVault *vault, const BridgeSqliteBackupPeek *peek)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	gulong handler =
		g_signal_connect(vault, "notify::state", G_CALLBACK(bridge_restore_vault_cb), loop);
	guint deadline = g_timeout_add_seconds(RESTORE_DEADLINE_S, bridge_restore_late_cb, loop);

	if (peek->by_passphrase)
		bridge_vault_open(vault, NULL, NULL, peek->master_key_id + 1);
	else
		bridge_vault_open(vault, peek->salt, peek->kcv, peek->master_key_id);
	if (bridge_vault_get_state(vault) != BRIDGE_VAULT_READY)
		g_main_loop_run(loop);
	g_source_remove(deadline);
	g_signal_handler_disconnect(vault, handler);
	return bridge_vault_get_state(vault) == BRIDGE_VAULT_READY;
}

/* ---- The store ------------------------------------------------------------------------------- */

static int
bridge_restore_make(BridgeConfig *config, const char *backup, const BridgeSqliteBackupPeek *peek,
                    GBytes *passphrase)
{
	BridgeVaultOptions options = {.source = bridge_config_get_key_source(config),
	                              .instance = bridge_config_get_instance(config),
	                              .file_path = bridge_config_get_key_file(config),
	                              .password_path = bridge_config_get_key_password_file(config)};
	const char *path = bridge_config_get_store_path(config);
	g_autoptr(BridgeVault) vault = bridge_vault_new(&options);
	g_autoptr(GError) error = NULL;

	if (!bridge_restore_open_vault(vault, peek))
		return bridge_restore_fail(BRIDGE_EXIT_FAILURE, "the master key is not there");
	if (!bridge_sqlite_store_restore(backup, path, passphrase,
	                                 bridge_vault_get_master_key(vault), &error))
		return bridge_restore_fail(BRIDGE_EXIT_STORE_REFUSED, error->message);
	g_print("%s was made of %s\n", path, backup);
	return BRIDGE_EXIT_OK;
}

int
bridge_restore_run(BridgeConfig *config, const char *backup, int passphrase_fd)
{
	BridgeSqlitePeek present = {0};
	BridgeSqliteBackupPeek peek = {0};
	g_autoptr(GBytes) passphrase = NULL;
	g_autoptr(GError) error = NULL;

	/* looked at once more under its lock: but nobody should have to wait for that */
	if (!bridge_sqlite_store_peek(bridge_config_get_store_path(config), &present, &error) ||
	    !bridge_sqlite_store_peek_backup(backup, &peek, &error))
		return bridge_restore_fail(BRIDGE_EXIT_STORE_REFUSED, error->message);
	if (present.exists)
		return bridge_restore_fail(BRIDGE_EXIT_STORE_REFUSED,
		                           "there is a store already: move it away first");
	if (peek.by_passphrase)
		passphrase = passphrase_fd >= 0 ? bridge_restore_read_line(passphrase_fd)
		                                : bridge_restore_ask();
	if (peek.by_passphrase && passphrase == NULL)
		return bridge_restore_fail(BRIDGE_EXIT_USAGE,
		                           "the backup has a passphrase: --passphrase-fd names a "
		                           "descriptor with one line");
	return bridge_restore_make(config, backup, &peek, passphrase);
}
