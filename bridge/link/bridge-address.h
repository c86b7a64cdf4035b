/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-address.h: whether an address is one of the public Internet. GLib's own predicates know
 * neither ::ffff:127.0.0.1 nor fc00::/7, 100.64/10 and 240/4 for what they are. Pure. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* (transfer full): the IPv4 address that one of IPv6 stands for (RFC 4291 section 2.5.5.2, RFC
 * 6052), or itself */
GInetAddress *
bridge_address_unwrap(GInetAddress *address);

/* FALSE for what IANA's special-purpose registry has (RFC 6890), multicast and what is reserved. */
gboolean
bridge_address_is_public(GInetAddress *address);

/* Whether @name is an address and not a name, in whatever spelling the C library connects to
 * without asking anybody: 127.1 and 2130706433, too. */
gboolean
bridge_address_is_literal(const char *name);

G_END_DECLS
