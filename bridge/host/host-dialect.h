/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-dialect.h: what of an account depends on the protocol that it speaks, where libpurple does
 * not make all the same. One file for each: host-xmpp.c, host-irc.c, and host-plain.c for whatever
 * else libpurple offers. Main loop only. */
#pragma once

#include "host-account.h"

G_BEGIN_DECLS

/* Functions may be NULL where that is said. */
struct _HostDialect {
	const char *name; /* of the protocol on the link; NULL: any other */
	/* Of the asked address. */
	gboolean (*is_username)(const char *username);
	/* Whom a message can go to. */
	gboolean (*is_peer)(const char *address);
	/* 0: libpurple's own */
	guint16 (*get_port)(gboolean direct_tls);
	/* (transfer full): the name that libpurple knows the account by. */
	char *(*build_username)(const HostSettings *settings);
	void (*apply)(PurpleAccount *purple, const HostSettings *settings);
	/* NULL: nothing to do. Once, when the protocol's plugin is loaded. */
	void (*install)(PurplePlugin *plugin);
	/* NULL: none. Whether libpurple, being connected, is not who was asked for; then it has
	 * ended the connection. */
	gboolean (*refuse)(HostAccount *account, PurpleConnection *gc);
	/* NULL: nothing to do. It is online; "online" was told. */
	void (*online)(HostAccount *account);
	/* NULL: nothing to do. A message is about to go out under @id. */
	void (*sending)(PurpleConnection *gc, const char *id);
	/* NULL: nobody will say what became of it. It went out. */
	void (*sent)(HostAccount *account, const char *id, const char *to);
	/* NULL: a silent link may well be alive. Asks the server for any answer. */
	void (*ping)(HostAccount *account);
};

/* Never NULL. @name: on the link */
const HostDialect *
host_dialect_find(const char *name);
/* Those whose plugins are loaded connect to its signals; once. */
void
host_dialects_install(void);

/* ---- For those without a unit of ours in the plugin ------------------------------------------ */

/* Tells what a server without archive, roster and acknowledgement can do. */
void
host_plain_online(HostAccount *account);
/* Tells what became of a message. @reason: (nullable): it failed; as HostEvent's status has it */
void
host_plain_settle(HostAccount *account, const char *id, const char *reason, const char *detail);

extern const HostDialect host_xmpp_dialect;
extern const HostDialect host_irc_dialect;
extern const HostDialect host_plain_dialect;

G_END_DECLS
