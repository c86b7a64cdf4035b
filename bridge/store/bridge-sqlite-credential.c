/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-credential.h"

/* A later one takes the place of an earlier one, so there are no versions of it. */
#define CREDENTIAL_VERSION 1

static char *
bridge_sqlite_credential_build_key(const char *name)
{
	return g_strconcat("credential.", name, NULL);
}

gboolean
bridge_sqlite_credential_put(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                             GArray *receipt, GError **error)
{
	g_autofree char *key = bridge_sqlite_credential_build_key(change->text);
	BridgeSealPlace place = {"meta", "value", key, CREDENTIAL_VERSION};
	g_autoptr(GBytes) sealed = bridge_sqlite_seal(write->keys->global, &place,
	                                              g_bytes_get_data(change->secret, NULL),
	                                              g_bytes_get_size(change->secret), error);

	if (sealed == NULL)
		return FALSE;
	write->erased = TRUE; /* the one before */
	return bridge_sqlite_run(write->db, error,
	                         "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", "sb",
	                         key, sealed);
}

gboolean
bridge_sqlite_credential_load(BridgeSqlite *db, BridgeSqliteKeys *keys, const char *name,
                              GBytes **credential, GError **error)
{
	g_autofree char *key = bridge_sqlite_credential_build_key(name);
	BridgeSealPlace place = {"meta", "value", key, CREDENTIAL_VERSION};
	g_autoptr(BridgeStatement) row =
		bridge_sqlite_prepare(db, error, "SELECT value FROM meta WHERE name = ?", "s", key);
	BridgeSqliteStep step = BRIDGE_SQLITE_FAILED;
	g_autoptr(GBytes) plain = NULL;

	if (row != NULL)
		step = bridge_sqlite_step(db, row, error);
	if (step != BRIDGE_SQLITE_ROW)
		return step == BRIDGE_SQLITE_DONE;
	plain = bridge_sqlite_open_column(keys->global, &place, row, 0, error);
	if (plain == NULL)
		return FALSE;
	*credential = g_steal_pointer(&plain);
	return TRUE;
}
