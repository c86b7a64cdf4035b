/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-reach.h: where this process may connect to. An account's domain is whatever its owner says,
 * and so is where DNS leads from there; a private network is nobody's business but the
 * administrator's, who names a server or a network. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* @networks: (nullable): such as "10.0.0.0/8", ended by %NULL; replaces those from before */
void
host_reach_set_networks(const char *const *networks);

/* The configuration names it, for as long as this process is there. @port: 0 for any */
void
host_reach_add_server(const char *name, guint16 port);

/* @name: that @address was found by */
gboolean
host_reach_permits(const char *name, guint16 port, GInetAddress *address);

G_END_DECLS
