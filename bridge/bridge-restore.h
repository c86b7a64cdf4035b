/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-restore.h: gtalk-bridge --restore: a store made of a backup, by the configured key. */
#pragma once

#include "config/bridge-config.h"

G_BEGIN_DECLS

/**
 * bridge_restore_run:
 * @passphrase_fd: where the passphrase is, a line; -1: a terminal is asked
 *
 * Returns: an exit status (bridge-daemon.h) */
int
bridge_restore_run(BridgeConfig *config, const char *backup, int passphrase_fd);

G_END_DECLS
