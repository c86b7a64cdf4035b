/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-control.h"

#include <errno.h>

#include "api/bridge-server.h"
#include "bridge-control-private.h"

#define CONTROL_CONNECTIONS_MAX 16

struct _BridgeControl {
	GObject parent;
	BridgeServer *server;
	BridgeServer *monitor; /* for those who watch from elsewhere: nothing but health */
	BridgeAccounts *accounts;
	BridgeSupervisor *supervisor;
	BridgeVault *vault;
	BridgeApi *api;
	BridgeEventTail *tail;
	char *trouble; /* why it is not ready; NULL: it is */
};

G_DEFINE_FINAL_TYPE(BridgeControl, bridge_control, G_TYPE_OBJECT)

#define CONTROL_HEALTH_ROUTES                                                                      \
	{"GET", "/healthz", BRIDGE_ROUTE_OPEN, control_healthz},                                   \
		{"GET", "/readyz", BRIDGE_ROUTE_OPEN, control_readyz},                             \
	{                                                                                          \
		"GET", "/metrics", BRIDGE_ROUTE_OPEN, control_metrics                              \
	}

static const BridgeRoute control_routes[] = {
	CONTROL_HEALTH_ROUTES,
	{"GET", "/admin/hosts", BRIDGE_ROUTE_OPEN, control_hosts},
	{"POST", "/admin/invite", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_BODY, control_invite},
	{"GET", "/admin/accounts", BRIDGE_ROUTE_OPEN, control_accounts_get},
	{"GET", "/admin/accounts/{account}", BRIDGE_ROUTE_OPEN, control_account_get},
	{"DELETE", "/admin/accounts/{account}", BRIDGE_ROUTE_OPEN, control_account_delete},
	{"POST", "/admin/accounts/{account}/release", BRIDGE_ROUTE_OPEN, control_account_release},
	{"GET", "/admin/devices/{account}", BRIDGE_ROUTE_OPEN, control_devices_get},
	{"DELETE", "/admin/devices/{account}", BRIDGE_ROUTE_OPEN, control_device_delete},
	{"GET", "/admin/events", BRIDGE_ROUTE_OPEN, control_events_get},
	{"GET", "/admin/push", BRIDGE_ROUTE_OPEN, control_push_get},
	{"POST", "/admin/push/{device}/test", BRIDGE_ROUTE_OPEN, control_push_test},
	{"POST", "/admin/rotate", BRIDGE_ROUTE_OPEN, control_rotate},
	{"POST", "/admin/backup", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_BODY, control_backup},
	{NULL},
};

static const BridgeRoute monitor_routes[] = {
	CONTROL_HEALTH_ROUTES,
	{NULL},
};

/* ---- What the calls ask ---------------------------------------------------------------------- */

BridgeAccounts *
bridge_control_get_accounts(BridgeControl *self)
{
	return self->accounts;
}

BridgeSupervisor *
bridge_control_get_supervisor(BridgeControl *self)
{
	return self->supervisor;
}

BridgeEventTail *
bridge_control_get_tail(BridgeControl *self)
{
	return self->tail;
}

BridgeVault *
bridge_control_get_vault(BridgeControl *self)
{
	return self->vault;
}

BridgeApi *
bridge_control_get_api(BridgeControl *self)
{
	return self->api;
}

const char *
bridge_control_get_trouble(BridgeControl *self)
{
	return self->trouble;
}

gboolean
bridge_control_check_unsealed(BridgeExchange *exchange)
{
	BridgeControl *self = bridge_exchange_get_context(exchange);

	if (self->trouble != NULL)
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_SEALED, self->trouble, NULL);
	return self->trouble == NULL;
}

/* ---- Making ---------------------------------------------------------------------------------- */

gboolean
bridge_control_listen(BridgeControl *self, const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *address = g_strconcat("unix:", path, NULL);

	if (g_mkdir_with_parents(directory, 0700) != 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", directory,
		            g_strerror(errno));
		return FALSE;
	}
	return bridge_listener_add(bridge_server_get_listener(self->server), address, error);
}

gboolean
bridge_control_listen_monitor(BridgeControl *self, const char *const *addresses, GError **error)
{
	for (guint i = 0; addresses[i] != NULL; i++)
		if (!bridge_listener_add(bridge_server_get_listener(self->monitor), addresses[i],
		                         error))
			return FALSE;
	return TRUE;
}

char **
bridge_control_dup_monitor_addresses(BridgeControl *self)
{
	return bridge_listener_dup_addresses(bridge_server_get_listener(self->monitor));
}

void
bridge_control_set_ready(BridgeControl *self)
{
	g_clear_pointer(&self->trouble, g_free);
}

void
bridge_control_set_sealed(BridgeControl *self, const char *detail)
{
	g_free(self->trouble);
	self->trouble = g_strdup(detail);
}

void
bridge_control_stop(BridgeControl *self)
{
	bridge_server_stop(self->server);
	bridge_server_stop(self->monitor);
}

static void
bridge_control_dispose(GObject *object)
{
	BridgeControl *self = BRIDGE_CONTROL(object);

	g_clear_object(&self->server);
	g_clear_object(&self->monitor);
	g_clear_object(&self->tail);
	g_clear_object(&self->vault);
	g_clear_object(&self->api);
	g_clear_object(&self->accounts);
	g_clear_object(&self->supervisor);
	g_clear_pointer(&self->trouble, g_free);
	G_OBJECT_CLASS(bridge_control_parent_class)->dispose(object);
}

static void
bridge_control_class_init(BridgeControlClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = bridge_control_dispose;
}

static void
bridge_control_init(BridgeControl *self)
{
	bridge_control_set_sealed(self, "the master key is being looked for");
}

static BridgeServer *
bridge_control_make_server(BridgeControl *self, const BridgeRoute *routes,
                           BridgeListenerAudience audience, const char *const *host_names)
{
	BridgeServerOptions options = {
		.routes = routes,
		.context = self,
		.host_names = host_names,
		.listener = {.max_connections = CONTROL_CONNECTIONS_MAX,
	                     .max_per_address = CONTROL_CONNECTIONS_MAX,
	                     .audience = audience,
	                     .deadlines = BRIDGE_LISTENER_DEADLINES},
	};

	return bridge_server_new(&options);
}

BridgeControl *
bridge_control_new(const BridgeControlParts *parts)
{
	BridgeControl *self = g_object_new(BRIDGE_TYPE_CONTROL, NULL);

	self->accounts = g_object_ref(parts->accounts);
	self->supervisor = g_object_ref(parts->supervisor);
	self->vault = g_object_ref(parts->vault);
	self->api = g_object_ref(parts->api);
	self->tail = bridge_event_tail_new(parts->accounts);
	self->server =
		bridge_control_make_server(self, control_routes, BRIDGE_LISTENER_OWN_USER, NULL);
	self->monitor = bridge_control_make_server(self, monitor_routes, BRIDGE_LISTENER_ANYBODY,
	                                           parts->host_names);
	return self;
}
