/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-daemon.h: the parts put together, from the configuration to the last flush.
 *
 *   look at the store -> listen (what needs the store answers "sealed") -> the master key comes
 *   -> open the store -> sign in -> ... -> asked to stop -> sign out -> end hosts -> close the
 * store
 */
#pragma once

#include "config/bridge-config.h"

G_BEGIN_DECLS

/* Exit statuses; those beyond 2 as in sysexits.h. */
#define BRIDGE_EXIT_OK 0
#define BRIDGE_EXIT_FAILURE 1        /* an address is in use, ... */
#define BRIDGE_EXIT_USAGE 2          /* the command line */
#define BRIDGE_EXIT_STORE_REFUSED 65 /* not ours, newer, corrupt, or of another key */
#define BRIDGE_EXIT_STORE_FAILED 74  /* cannot be created, read or written */
#define BRIDGE_EXIT_STORE_IN_USE 75  /* another bridge has it open */
#define BRIDGE_EXIT_CONFIGURATION 78

/* Runs until SIGTERM or SIGINT, or until it cannot go on; SIGHUP: reads @config_path anew.
 * Returns: an exit status */
int
bridge_daemon_run(BridgeConfig *config, const char *config_path);

G_END_DECLS
