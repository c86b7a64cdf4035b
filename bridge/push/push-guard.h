/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-guard.h: which addresses a push may be sent to. A name that is public may lead anywhere, and
 * somewhere else the next time: so what is judged is the very address that is connected to. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether it is one of the public Internet, and none of this machine's own. @network: (nullable):
 * an exception: then nothing but its addresses will do. */
gboolean
push_guard_permits(GInetAddress *address, GInetAddressMask *network);

/* ---- A name whose addresses are looked at as they are used ----------------------------------- */

#define PUSH_TYPE_ADDRESS (push_address_get_type())
G_DECLARE_FINAL_TYPE(PushAddress, push_address, PUSH, ADDRESS, GNetworkAddress)

/* What connects to it is given permitted addresses only, and G_IO_ERROR_PERMISSION_DENIED if there
 * is none. @network: (nullable): as above */
GSocketConnectable *
push_address_new(const char *host, guint16 port, GInetAddressMask *network);

G_END_DECLS
