/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-account-private.h: for the account's own files.
 *
 *   host-account.c          its life, from SignIn until the connection is gone
 *   host-account-news.c     what libpurple and the plugin say becomes events
 *   host-account-silence.c  is its link alive
 *   host-account-request.c  what the daemon asks of it */
#pragma once

#include "host-account.h"
#include "host-dialect.h"
#include "host-gate.h"
#include "host-silence.h"

G_BEGIN_DECLS

#define HOST_ACCOUNT_PING_NAMESPACE "urn:xmpp:ping" /* XEP-0199 */

typedef enum {
	HOST_ACCOUNT_CONNECTING,
	HOST_ACCOUNT_ONLINE,
	HOST_ACCOUNT_ENDING, /* the connection is being taken down */
	HOST_ACCOUNT_GONE,
} HostAccountState;

struct _HostAccount {
	char *id;
	guint stream;
	HostAccountSink sink;
	gpointer user_data;
	const HostDialect *dialect; /* static */
	char *address;              /* as asked for */
	char **pins;
	char *group; /* in libpurple's buddy list: known to no server, shared with a few accounts */

	PurpleAccount *purple;
	HostAccountState state;
	const char *reason; /* BRIDGE_REASON_*: the first one counts */
	char *detail;
	char *refusal; /* what the certificate check said */
	guint gone_source;
	GPtrArray *early; /* of HostEarlyEvent: what came before "online" and is told after it */

	HostRoster *roster;
	gint64 last_traffic_us;
	HostSilence silence;
	HostGate *gate;
	char **features;     /* as discovered, or NULL */
	GData *states;       /* of the features */
	GPtrArray *requests; /* of HostRequest, some ended; or NULL */
};

extern const HostRosterSink host_account_roster_sink;

/* Connects to the plugin's signals; once. */
void
host_account_install_news(PurplePlugin *plugin);
/* The first reason counts. @reason: BRIDGE_REASON_* */
void
host_account_note_reason(HostAccount *account, const char *reason, const char *sentence);
/* Ends the connection from our side. */
void
host_account_disconnect(HostAccount *account);
/* The account is going: nobody will answer. */
void
host_account_fail_requests(HostAccount *account);

G_END_DECLS
