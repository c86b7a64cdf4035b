/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-dialect.h"

#include "host-purple.h"

/* The last is for all others. */
static const HostDialect *const host_dialects[] = {
	&host_xmpp_dialect,
	&host_irc_dialect,
	&host_plain_dialect,
};

const HostDialect *
host_dialect_find(const char *name)
{
	const HostDialect *const *dialect = host_dialects;

	while ((*dialect)->name != NULL && !purple_strequal((*dialect)->name, name))
		dialect++;
	return *dialect;
}

void
host_dialects_install(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_dialects); i++) {
		const HostDialect *dialect = host_dialects[i];
		const char *id =
			dialect->name != NULL ? host_purple_find_protocol(dialect->name) : NULL;
		PurplePlugin *plugin = id != NULL ? purple_find_prpl(id) : NULL;

		if (dialect->install != NULL && (plugin != NULL || dialect->name == NULL))
			dialect->install(plugin);
	}
}
