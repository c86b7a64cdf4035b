/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-supervisor-private.h: for bridge-supervisor.c, which has hosts come and go and seats
 * accounts in them, and bridge-supervisor-calls.c, which asks them. */
#pragma once

#include "base/bridge-black-box.h"
#include "bridge-host-link.h"
#include "bridge-supervisor.h"
#include "bridge-template.h"

G_BEGIN_DECLS

/* One host and who sits in it. */
typedef struct {
	BridgeSupervisor *supervisor; /* borrowed */
	BridgeHostLink *link;
	GHashTable *seats;         /* char * -> BridgeSeat, borrowed from the supervisor */
	gboolean closed;           /* gets no new accounts: one of them alone, or grown too large */
	BridgeBlackBox *black_box; /* NULL: there was no memory for one */
	guint idle_timer;
} BridgeHost;

/* One account's place. */
typedef struct {
	char *account_id;
	BridgeHost *host;   /* borrowed */
	GVariant *settings; /* NULL once the host has them, as the credential */
	GBytes *credential; /* until it is handed over */
	BridgeHostClient client;
	gpointer user_data;
	gboolean leaving; /* SignOut was called */
} BridgeSeat;

struct _BridgeSupervisor {
	GObject parent_instance;

	guint accounts_per_host;
	guint probe_interval_ms;
	guint idle_ms;
	GVariant *host_options;
	BridgeTemplate *template;
	BridgeHostLaunch launch;
	gpointer launch_data;
	GPtrArray *hosts;  /* BridgeHost */
	GHashTable *seats; /* char * -> BridgeSeat */
	GTask *stop;       /* once it was asked for */
};

/* Takes an account out of its host and of the table, which frees @seat. */
void
bridge_supervisor_vacate(BridgeSupervisor *self, BridgeSeat *seat);

G_END_DECLS
