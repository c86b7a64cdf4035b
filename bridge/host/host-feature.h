/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-feature.h: what an account can do beyond messages and its roster, one file a feature, in the
 * table of host-features.c. A feature turns Requests of the daemon into calls of libpurple or of
 * the plugin, and what those say into events of the link. Main loop only. */
#pragma once

#include "host-account.h"
#include "host-request.h"

G_BEGIN_DECLS

typedef struct {
	const char *name; /* of a Request */
	/* @arguments: as gtalk-bridge-link.xml has them, unchecked; @request: borrowed */
	void (*run)(HostAccount *account, GVariantDict *arguments, HostRequest *request);
} HostCommand;

/* Every function may be NULL. */
typedef struct {
	const char *name;            /* under which SignIn's "wanted" has what is to be restored */
	const HostCommand *commands; /* ended by one without a name; may be NULL */
	/* Connects to signals; once. @plugin: (nullable): ours */
	void (*install)(PurplePlugin *plugin);
	/* Before the account connects. @wanted: (nullable): unchecked, of any type */
	void (*prepare)(HostAccount *account, GVariant *wanted);
	/* It is online; "online" was told. */
	void (*online)(HostAccount *account);
} HostFeature;

void
host_features_install(PurplePlugin *plugin);
/* @wanted: (nullable): an a{sv} */
void
host_features_prepare(HostAccount *account, GVariant *wanted);
void
host_features_online(HostAccount *account);
/* NULL: no such command */
const HostCommand *
host_features_find_command(const char *name);

G_END_DECLS
