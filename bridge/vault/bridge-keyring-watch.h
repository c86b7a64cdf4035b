/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-keyring-watch.h: tells when a new look into the keyring may find more than the last one:
 * the service has come (or another one has taken its name), or a collection was unlocked. Main loop
 * only. Without a session bus it is silent. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _BridgeKeyringWatch BridgeKeyringWatch;

typedef void (*BridgeKeyringWatchFunc)(gpointer user_data);

BridgeKeyringWatch *
bridge_keyring_watch_new(GDBusConnection *bus, BridgeKeyringWatchFunc func, gpointer user_data);
void
bridge_keyring_watch_free(BridgeKeyringWatch *watch);

/* FALSE: its bus is gone. */
gboolean
bridge_keyring_watch_is_alive(BridgeKeyringWatch *watch);

G_END_DECLS
