/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-credential.h: the bridge's own credentials at other services, among what the store
 * keeps of itself. */
#pragma once

#include "store/bridge-sqlite-write.h"

G_BEGIN_DECLS

gboolean
bridge_sqlite_credential_put(BridgeSqliteWrite *write, const BridgeStoreChange *change,
                             GArray *receipt, GError **error);

/* @credential: (out) (nullable): NULL: there is none of that name */
gboolean
bridge_sqlite_credential_load(BridgeSqlite *db, BridgeSqliteKeys *keys, const char *name,
                              GBytes **credential, GError **error);

G_END_DECLS
