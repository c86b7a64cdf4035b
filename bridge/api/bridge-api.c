/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-api.h"

#include <string.h>

#include "bridge-api-private.h"
#include "config/bridge-certificate.h"

struct _BridgeApi {
	GObject parent;
	BridgeConfig *config; /* borrowed */
	BridgeAccounts *accounts;
	BridgePush *push;
	BridgeEventReaders *readers;
	BridgeTickets *tickets;
	BridgeProxies *proxies;
	BridgeServer *server;
};

G_DEFINE_FINAL_TYPE(BridgeApi, bridge_api, G_TYPE_OBJECT)

static const BridgeRoute api_routes[] = {
	{"GET", "/v1/capabilities", BRIDGE_ROUTE_OPEN, api_capabilities_get},
	{"GET", "/v1/openapi.json", BRIDGE_ROUTE_OPEN, api_openapi_get},
	{"POST", "/v1/login", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_SIGN_IN,
         api_login_post},
	{"GET", "/v1/account", BRIDGE_ROUTE_TOKEN, api_account_get},
	{"DELETE", "/v1/account", BRIDGE_ROUTE_TOKEN, api_account_delete},
	{"PUT", "/v1/account/credential", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_SIGN_IN,
         api_credential_put},
	{"GET", "/v1/contacts", BRIDGE_ROUTE_TOKEN, api_contacts_get},
	{"PUT", "/v1/contacts/{jid}", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_ACT, api_contact_put},
	{"DELETE", "/v1/contacts/{jid}", BRIDGE_ROUTE_ACT, api_contact_delete},
	{"POST", "/v1/contacts/{jid}/approve", BRIDGE_ROUTE_ACT, api_contact_approve},
	{"POST", "/v1/contacts/{jid}/deny", BRIDGE_ROUTE_ACT, api_contact_deny},
	{"POST", "/v1/contacts/{jid}/block", BRIDGE_ROUTE_ACT, api_contact_block},
	{"POST", "/v1/contacts/{jid}/unblock", BRIDGE_ROUTE_ACT, api_contact_unblock},
	{"GET", "/v1/contacts/{jid}/avatar", BRIDGE_ROUTE_TOKEN | BRIDGE_ROUTE_NO_COMMAND,
         api_avatar_get},
	{"GET", "/v1/requests", BRIDGE_ROUTE_TOKEN, api_requests_get},
	{"POST", "/v1/requests/{id}", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_ACT, api_requests_post},
	{"POST", "/v1/contacts/{jid}/typing", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_ACT,
         api_typing_post},
	{"PUT", "/v1/contacts/{jid}/read", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_ACT, api_read_put},
	{"PUT", "/v1/contacts/{jid}/off-the-record", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_ACT,
         api_off_record_put},
	{"GET", "/v1/snapshot", BRIDGE_ROUTE_TOKEN, api_snapshot_get},
	{"GET", "/v1/messages", BRIDGE_ROUTE_TOKEN, api_history_get},
	{"GET", "/v1/presence", BRIDGE_ROUTE_TOKEN, api_presence_get},
	{"PUT", "/v1/presence", BRIDGE_ROUTE_BODY, api_presence_put},
	{"GET", "/v1/rooms", BRIDGE_ROUTE_TOKEN, api_rooms_get},
	{"POST", "/v1/rooms", BRIDGE_ROUTE_BODY, api_rooms_post},
	{"GET", "/v1/rooms/{jid}", BRIDGE_ROUTE_TOKEN, api_room_get},
	{"PUT", "/v1/rooms/{jid}", BRIDGE_ROUTE_BODY, api_room_put},
	{"DELETE", "/v1/rooms/{jid}", BRIDGE_ROUTE_TOKEN, api_room_delete},
	{"POST", "/v1/rooms/{jid}/invite", BRIDGE_ROUTE_BODY, api_room_invite_post},
	{"PUT", "/v1/rooms/{jid}/topic", BRIDGE_ROUTE_BODY, api_room_topic_put},
	{"GET", "/v1/mail", BRIDGE_ROUTE_TOKEN, api_mail_get},
	{"GET", "/v1/shared-status", BRIDGE_ROUTE_TOKEN, api_shared_status_get},
	{"PUT", "/v1/shared-status", BRIDGE_ROUTE_BODY, api_shared_status_put},
	{"POST", "/v1/messages", BRIDGE_ROUTE_BODY | BRIDGE_ROUTE_ACT, api_messages_post},
	{"GET", "/v1/events", BRIDGE_ROUTE_TICKET | BRIDGE_ROUTE_NO_HEAD | BRIDGE_ROUTE_NO_COMMAND,
         api_events_get},
	{"POST", "/v1/events/ack", BRIDGE_ROUTE_BODY, api_events_ack_post},
	{"GET", "/v1/socket", BRIDGE_ROUTE_TICKET | BRIDGE_ROUTE_NO_HEAD | BRIDGE_ROUTE_NO_COMMAND,
         api_socket_get},
	{"POST", "/v1/tickets", BRIDGE_ROUTE_TOKEN, api_tickets_post},
	{"GET", "/v1/push/{type}", BRIDGE_ROUTE_TOKEN, api_push_get_one},
	{"PUT", "/v1/push/{type}", BRIDGE_ROUTE_BODY, api_push_put},
	{"DELETE", "/v1/push/{type}", BRIDGE_ROUTE_TOKEN, api_push_delete},
	{"POST", "/v1/push/{type}/verify", BRIDGE_ROUTE_BODY, api_push_verify_post},
	{"POST", "/v1/push/{type}/test", BRIDGE_ROUTE_TOKEN, api_push_test_post},
	{"GET", "/v1/devices", BRIDGE_ROUTE_TOKEN, api_devices_get},
	{"DELETE", "/v1/devices/{id}", BRIDGE_ROUTE_TOKEN, api_devices_delete},
	{NULL},
};

const BridgeRoute *
bridge_api_get_routes(void)
{
	return api_routes;
}

BridgeConfig *
bridge_api_get_config(BridgeApi *self)
{
	return self->config;
}

BridgeAccounts *
bridge_api_get_accounts(BridgeApi *self)
{
	return self->accounts;
}

BridgePush *
bridge_api_get_push(BridgeApi *self)
{
	return self->push;
}

BridgeEventReaders *
bridge_api_get_readers(BridgeApi *self)
{
	return self->readers;
}

BridgeServer *
bridge_api_get_server(BridgeApi *self)
{
	return self->server;
}

BridgeTickets *
bridge_api_get_tickets(BridgeApi *self)
{
	return self->tickets;
}

const char *
bridge_api_get_epoch(BridgeApi *self)
{
	return bridge_store_get_epoch(bridge_accounts_get_store(self->accounts));
}

gboolean
bridge_api_reload_certificate(BridgeApi *self, GError **error)
{
	const BridgeListenConfig *listen = bridge_config_get_listen(self->config);
	g_autoptr(GTlsCertificate) certificate = NULL;

	if (listen->tls_certificate == NULL)
		return TRUE;
	certificate = bridge_certificate_load(listen->tls_certificate, listen->tls_key, error);
	if (certificate == NULL) {
		g_prefix_error(error, "[listen] tls-certificate, tls-key: ");
		return FALSE;
	}
	bridge_listener_set_certificate(bridge_server_get_listener(self->server), certificate);
	return TRUE;
}

gboolean
bridge_api_listen(BridgeApi *self, BridgeActivation *activation, GError **error)
{
	char **addresses = bridge_config_get_listen(self->config)->addresses;

	if (!bridge_api_reload_certificate(self, error))
		return FALSE;
	for (guint i = 0; addresses[i] != NULL; i++)
		if (!bridge_listener_add_configured(bridge_server_get_listener(self->server),
		                                    activation, addresses[i], error)) {
			g_prefix_error(error, "[listen] address: ");
			return FALSE;
		}
	if (bridge_activation_count(activation) > 0)
		g_warning("%u sockets of the service manager are not used: no address names "
		          "them",
		          bridge_activation_count(activation));
	return TRUE;
}

void
bridge_api_reconfigure(BridgeApi *self)
{
	const BridgeListenConfig *listen = bridge_config_get_listen(self->config);
	const BridgeLimitsConfig *limits = bridge_config_get_limits(self->config);

	bridge_server_set_names(self->server, (const char *const *)listen->host_names,
	                        (const char *const *)listen->origins);
	bridge_server_set_limits(self->server, limits);
	bridge_event_readers_set_limits(self->readers, limits);
	bridge_listener_set_max_per_address(bridge_server_get_listener(self->server),
	                                    limits->connections_per_address);
}

char **
bridge_api_dup_addresses(BridgeApi *self)
{
	return bridge_listener_dup_addresses(bridge_server_get_listener(self->server));
}

void
bridge_api_stop(BridgeApi *self)
{
	bridge_event_readers_end(self->readers, NULL, BRIDGE_PROBLEM_STOPPING);
	bridge_server_stop(self->server);
}

static void
bridge_api_dispose(GObject *object)
{
	BridgeApi *self = BRIDGE_API(object);

	if (self->server != NULL)
		bridge_api_stop(self);
	g_clear_pointer(&self->readers, bridge_event_readers_free);
	g_clear_object(&self->server);
	if (self->accounts != NULL)
		g_signal_handlers_disconnect_by_data(self->accounts, self);
	g_clear_object(&self->accounts);
	g_clear_object(&self->push);
	G_OBJECT_CLASS(bridge_api_parent_class)->dispose(object);
}

static void
bridge_api_finalize(GObject *object)
{
	BridgeApi *self = BRIDGE_API(object);

	g_clear_pointer(&self->tickets, bridge_tickets_free);
	g_clear_pointer(&self->proxies, bridge_proxies_free);
	G_OBJECT_CLASS(bridge_api_parent_class)->finalize(object);
}

static void
bridge_api_class_init(BridgeApiClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->dispose = bridge_api_dispose;
	object_class->finalize = bridge_api_finalize;
}

static void
bridge_api_init(BridgeApi *self)
{
}

/* What it has open was opened with a token that is none any more. */
static void
bridge_api_device_removed_cb(BridgeAccounts *accounts, const char *device_id, gpointer user_data)
{
	BridgeApi *self = user_data;

	bridge_event_readers_end(self->readers, device_id, BRIDGE_PROBLEM_TOKEN_REVOKED);
}

static guint
bridge_api_get_max_connections(BridgeConfig *config)
{
	guint wanted = bridge_config_get_listen(config)->max_connections;
	guint fitting = bridge_listener_reserve_files(wanted);

	if (fitting < wanted)
		g_warning("the limit of open files leaves room for %u connections, not %u", fitting,
		          wanted);
	return fitting;
}

BridgeApi *
bridge_api_new(BridgeConfig *config, BridgeAccounts *accounts, BridgePush *push)
{
	BridgeApi *self = g_object_new(BRIDGE_TYPE_API, NULL);
	const BridgeListenConfig *listen = bridge_config_get_listen(config);
	const BridgeLimitsConfig *limits = bridge_config_get_limits(config);
	BridgeTickets *tickets = bridge_tickets_new();
	BridgeProxies *proxies =
		bridge_proxies_new((const char *const *)listen->trusted_proxies,
	                           (BridgeForwardedHeader)listen->forwarded_header);
	BridgeServerOptions options = {
		.routes = api_routes,
		.context = self,
		.accounts = accounts,
		.tickets = tickets,
		.host_names = (const char *const *)listen->host_names,
		.origins = (const char *const *)listen->origins,
		.limits = limits,
		.listener = {.max_connections = bridge_api_get_max_connections(config),
	                     .max_per_address = limits->connections_per_address,
	                     .proxies = proxies,
	                     .audience = BRIDGE_LISTENER_ANYBODY,
	                     .deadlines = BRIDGE_LISTENER_DEADLINES},
	};

	self->config = config;
	self->tickets = tickets;
	self->proxies = proxies;
	self->accounts = g_object_ref(accounts);
	self->push = g_object_ref(push);
	self->readers = bridge_event_readers_new(accounts, limits);
	g_signal_connect(accounts, "device-removed", G_CALLBACK(bridge_api_device_removed_cb),
	                 self);
	self->server = bridge_server_new(&options);
	return self;
}
