/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-server.h: a listener and a table of routes. What every request goes through before its
 * handler sees it: Host, route, limits, token, body. The API is one of these, the administrator's
 * control socket another. */
#pragma once

#include "bridge-exchange.h"
#include "bridge-tickets.h"
#include "http/bridge-listener.h"

G_BEGIN_DECLS

typedef enum {
	BRIDGE_ROUTE_TOKEN = 0,           /* needs the token of a device */
	BRIDGE_ROUTE_OPEN = 1 << 0,       /* needs none */
	BRIDGE_ROUTE_BODY = 1 << 1,       /* takes a JSON object */
	BRIDGE_ROUTE_SIGN_IN = 1 << 2,    /* counts as an attempt to sign in */
	BRIDGE_ROUTE_NO_HEAD = 1 << 3,    /* a GET that cannot be answered without its body */
	BRIDGE_ROUTE_ACT = 1 << 6,        /* whoever asks for it is there: see bridge-idle.h */
	BRIDGE_ROUTE_TICKET = 1 << 5,     /* or a ticket in its query */
	BRIDGE_ROUTE_NO_COMMAND = 1 << 4, /* by HTTP only: its answer is no JSON, or never ends */
} BridgeRouteFlags;

typedef struct {
	const char *method;
	const char *path; /* a segment in braces stands for any one */
	BridgeRouteFlags flags;
	void (*handle)(BridgeExchange *exchange);
} BridgeRoute;

typedef struct {
	const BridgeRoute *routes; /* ended by one without a method */
	gpointer context;          /* of every exchange; borrowed */
	BridgeAccounts *accounts;  /* who knows the tokens; NULL if no route needs one */
	BridgeTickets *tickets;    /* that stand for tokens; borrowed; NULL if no route takes any */
	const char *const *host_names;    /* that Host may be; NULL for any */
	const char *const *origins;       /* of pages that may ask, beside our own; NULL for none */
	const BridgeLimitsConfig *limits; /* borrowed; NULL for none */
	BridgeListenerOptions listener;   /* and its proxies, who say for whom they ask */
} BridgeServerOptions;

#define BRIDGE_TYPE_SERVER (bridge_server_get_type())
G_DECLARE_FINAL_TYPE(BridgeServer, bridge_server, BRIDGE, SERVER, GObject)

BridgeServer *
bridge_server_new(const BridgeServerOptions *options);

BridgeListener *
bridge_server_get_listener(BridgeServer *self);

/* FALSE: too many have tried to sign in to it, from wherever; it is answered. */
gboolean
bridge_server_admit_sign_in(BridgeServer *self, BridgeExchange *exchange, const char *account);

/* A command, with its identity, goes the same way from the limits on. Routes that need no token are
 * not for commands. */
void
bridge_server_run(BridgeServer *self, BridgeExchange *command);

typedef void (*BridgeServerStatusFunc)(guint status, guint64 count, gpointer user_data);
/* How many requests were answered with each status so far, in the order of the statuses. */
void
bridge_server_foreach_status(BridgeServer *self, BridgeServerStatusFunc func, gpointer user_data);

/* From now on these hold, with full buckets; @host_names and @origins: or NULL. */
void
bridge_server_set_limits(BridgeServer *self, const BridgeLimitsConfig *limits);
void
bridge_server_set_names(BridgeServer *self, const char *const *host_names,
                        const char *const *origins);

/* Takes nothing more. */
void
bridge_server_stop(BridgeServer *self);

G_END_DECLS
