/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-endpoint.h: the unit that looks over where an account connects to, before the inherited
 * protocol reads the settings.
 *
 * The rules (spec 1.1 to 1.4), most of them the inherited protocol's: without a server in the
 * settings it is found by SRV records and its certificate has to name the account's domain,
 * whatever the records say; with one, nothing is looked up and the certificate has to name that
 * server, which is how a hosted domain uses a server with another name. Encrypted from the start
 * there are no SRV records: it is the given server, or the domain itself. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_endpoint_unit;

/* ---- Pure ------------------------------------------------------------------------------------ */

/* The port to use: user interfaces save the default port along with any other setting, so each of
 * the two well-known ones stands for "the usual", whatever @security is. 0 if @port is none. */
int
gtalk_endpoint_choose_port(int port, const char *security);

/* Whether @server can be one: a host name or an address, nothing beside it. */
gboolean
gtalk_endpoint_is_server(const char *server);

G_END_DECLS
