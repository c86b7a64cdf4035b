/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-dns.h: libpurple's name lookups by GResolver, which waits for nobody on the main loop and
 * needs no helper process. Addresses that may be connected to (host-reach.h) and SRV records are
 * answered; TXT records are not: XMPP uses them to name an HTTP endpoint instead of the server,
 * which nobody could then hold to the account's domain. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why a name leads nowhere, for a person, while libpurple is told so; else NULL. What speaks TLS
 * from the first byte loses the sentence on its way through libpurple, and ends the account's
 * connection before it returns. */
const char *
host_dns_get_refusal(void);

/* Sets libpurple's lookup operations. No thread is started before the first lookup. */
void
host_dns_install(void);

G_END_DECLS
