/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-server.h"

#include <string.h>

#include "bridge-origin.h"

#define SERVER_STATUS_MAX 599

struct _BridgeServer {
	GObject parent;
	BridgeServerOptions options;
	char **host_names;
	char **origins;
	SoupServer *soup;
	BridgeListener *listener;
	BridgeRateLimit *requests;         /* by device, or by address; NULL for none, as these */
	BridgeRateLimit *account_requests; /* by account */
	BridgeRateLimit *sign_ins;         /* by address */
	BridgeRateLimit *account_sign_ins; /* by account */
	guint64 statuses[SERVER_STATUS_MAX + 1]; /* requests answered with it */
};

G_DEFINE_FINAL_TYPE(BridgeServer, bridge_server, G_TYPE_OBJECT)

/* A request on its way to its handler. */
typedef struct {
	BridgeServer *server;
	BridgeExchange *exchange;
	const BridgeRoute *route;
} ServerCall;

static void
server_call_free(ServerCall *call)
{
	g_object_unref(call->server);
	g_object_unref(call->exchange);
	g_free(call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServerCall, server_call_free)

/* ---- Routes ---------------------------------------------------------------------------------- */

/* @parameter: (out): what the segment in braces stands for, or NULL */
static gboolean
server_match_path(const char *pattern, const char *path, char **parameter)
{
	const char *segment = NULL;
	gsize length = 0;

	*parameter = NULL;
	while (*pattern != '\0' && *path != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return FALSE;
			continue;
		}
		segment = path;
		length = strcspn(path, "/");
		path += length;
		pattern += strcspn(pattern, "/");
	}
	if (*pattern != '\0' || *path != '\0' || (segment != NULL && length == 0))
		return FALSE;
	if (segment != NULL)
		*parameter = g_uri_unescape_segment(segment, segment + length, NULL);
	return segment == NULL || (*parameter != NULL && g_utf8_validate(*parameter, -1, NULL));
}

static gboolean
server_match_method(const BridgeRoute *route, const char *method)
{
	if (g_str_equal(route->method, method))
		return TRUE;
	return g_str_equal(method, "HEAD") && g_str_equal(route->method, "GET") &&
	       (route->flags & BRIDGE_ROUTE_NO_HEAD) == 0;
}

static void
server_allow(GString *allow, const BridgeRoute *route)
{
	g_string_append_printf(allow, ", %s", route->method);
	if (server_match_method(route, "HEAD"))
		g_string_append(allow, ", HEAD");
}

/* Returns: (nullable): the route; else it is answered */
static const BridgeRoute *
server_find_route(BridgeServer *self, BridgeExchange *exchange)
{
	const char *method = bridge_exchange_get_method(exchange);
	const char *path = bridge_exchange_get_path(exchange);
	g_autoptr(GString) allow = g_string_new("OPTIONS");
	gboolean found = FALSE;

	for (const BridgeRoute *route = self->options.routes; route->method != NULL; route++) {
		g_autofree char *parameter = NULL;

		if (!server_match_path(route->path, path, &parameter))
			continue;
		if (server_match_method(route, method)) {
			bridge_exchange_take_parameter(exchange, g_steal_pointer(&parameter));
			return route;
		}
		found = TRUE;
		server_allow(allow, route);
	}
	if (!found) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND, NULL, NULL);
		return NULL;
	}
	bridge_exchange_set_header(exchange, "Allow", allow->str);
	if (g_str_equal(method, "OPTIONS")) {
		bridge_origin_answer_preflight(exchange, (const char *const *)self->origins,
		                               allow->str);
		bridge_exchange_answer_empty(exchange, 204);
		return NULL;
	}
	bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_METHOD_NOT_ALLOWED, NULL, NULL);
	return NULL;
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static gboolean
server_try(BridgeRateLimit *limit, const char *key, BridgeRateState *state)
{
	return limit == NULL || bridge_rate_limit_take(limit, key, g_get_monotonic_time(), state);
}

/* FALSE: too many; it is answered. */
static gboolean
server_take(BridgeRateLimit *limit, BridgeExchange *exchange, const char *key)
{
	BridgeRateState state = {0};
	gboolean good = server_try(limit, key, &state);

	if (!good)
		bridge_exchange_refuse_rate(exchange, &state);
	else if (limit != NULL)
		bridge_exchange_set_rate(exchange, &state);
	return good;
}

/* Of the device and of its account; the answer tells of the one that has less left. */
static gboolean
server_take_identity(BridgeServer *self, BridgeExchange *exchange)
{
	BridgeRateState device = {.remaining = G_MAXUINT};
	BridgeRateState account = {.remaining = G_MAXUINT};

	if (self->requests == NULL)
		return TRUE;
	if (!server_try(self->requests, bridge_exchange_get_device(exchange)->id, &device)) {
		bridge_exchange_refuse_rate(exchange, &device);
		return FALSE;
	}
	if (!server_try(self->account_requests,
	                bridge_account_get_id(bridge_exchange_get_account(exchange)), &account)) {
		bridge_exchange_refuse_rate(exchange, &account);
		return FALSE;
	}
	bridge_exchange_set_rate(exchange,
	                         account.remaining < device.remaining ? &account : &device);
	return TRUE;
}

gboolean
bridge_server_admit_sign_in(BridgeServer *self, BridgeExchange *exchange, const char *account)
{
	return server_take(self->account_sign_ins, exchange, account);
}

/* ---- On the way ------------------------------------------------------------------------------ */

static void
server_hand_over(BridgeExchange *exchange, const BridgeRoute *route)
{
	if (!bridge_exchange_parse_query(exchange))
		return;
	if ((route->flags & BRIDGE_ROUTE_BODY) != 0 && !bridge_exchange_parse_body(exchange))
		return;
	if ((route->flags & BRIDGE_ROUTE_ACT) != 0)
		bridge_account_note_act(bridge_exchange_get_account(exchange));
	else if ((route->flags & BRIDGE_ROUTE_OPEN) == 0)
		bridge_account_note_device(bridge_exchange_get_account(exchange));
	route->handle(exchange);
}

/* Strangers' requests count for their address; asking with a token that is none does too. */
static void
server_refuse_token(BridgeServer *self, BridgeExchange *exchange, const GError *error)
{
	const BridgeProblem *problem = bridge_problem_get(bridge_problem_from_error(error));

	if (problem->status == 401 &&
	    !server_take(self->requests, exchange, bridge_exchange_get_address(exchange)))
		return;
	bridge_exchange_fail(exchange, error);
}

/* @account, @device: (transfer full) */
static void
server_identified(ServerCall *call, BridgeAccount *account, BridgeDeviceRecord *device)
{
	bridge_exchange_take_identity(call->exchange, account, device);
	if (server_take_identity(call->server, call->exchange))
		server_hand_over(call->exchange, call->route);
}

static void
server_authenticated_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(ServerCall) call = user_data;
	BridgeAccount *account = NULL;
	BridgeDeviceRecord *device = NULL;
	g_autoptr(GError) error = NULL;

	if (!bridge_accounts_authenticate_finish(BRIDGE_ACCOUNTS(source), result, &account, &device,
	                                         &error)) {
		server_refuse_token(call->server, call->exchange, error);
		return;
	}
	server_identified(call, account, device);
}

/* Takes @call. Nearly always the token was seen lately, and its request is handled at once. */
static void
server_authenticate_hash(ServerCall *call, const guint8 hash[BRIDGE_SECRET_HASH_BYTES])
{
	BridgeAccounts *accounts = call->server->options.accounts;
	BridgeAccount *account = NULL;
	BridgeDeviceRecord *device = NULL;

	if (!bridge_accounts_recognize(accounts, hash, &account, &device)) {
		bridge_accounts_authenticate_async(accounts, hash, server_authenticated_cb, call);
		return;
	}
	server_identified(call, account, device);
	server_call_free(call);
}

/* Returns: (nullable): the token of "Authorization: Bearer <token>" */
static const char *
server_find_token(BridgeExchange *exchange)
{
	const char *value = bridge_exchange_get_header(exchange, "Authorization");
	const char *token = NULL;

	if (value == NULL || g_ascii_strncasecmp(value, "Bearer ", strlen("Bearer ")) != 0)
		return NULL;
	token = value + strlen("Bearer ");
	while (*token == ' ')
		token++;
	return *token != '\0' ? token : NULL;
}

/* Takes @call. */
static void
server_refuse_stranger(ServerCall *stolen, BridgeProblemCode code, const char *detail)
{
	g_autoptr(ServerCall) call = stolen;
	g_autoptr(GError) error = g_error_new_literal(BRIDGE_PROBLEM, code, detail);

	server_refuse_token(call->server, call->exchange, error);
}

static void
server_authenticate_ticket(ServerCall *call, const char *ticket)
{
	BridgeServer *self = call->server;
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];

	if (bridge_tickets_redeem(self->options.tickets, ticket, g_get_monotonic_time(), hash))
		server_authenticate_hash(call, hash);
	else
		server_refuse_stranger(call, BRIDGE_PROBLEM_TICKET_UNKNOWN,
		                       "the ticket is none, was used, or is too old");
}

/* Returns: (nullable): of the query, where the route takes one */
static const char *
server_find_ticket(ServerCall *call)
{
	if ((call->route->flags & BRIDGE_ROUTE_TICKET) == 0)
		return NULL;
	return bridge_exchange_get_query(call->exchange, "ticket");
}

static void
server_authenticate(ServerCall *call)
{
	BridgeServer *self = call->server;
	const char *token = server_find_token(call->exchange);
	const char *address = bridge_exchange_get_address(call->exchange);
	BridgeRateState state = {0};
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];

	if (self->requests != NULL &&
	    !bridge_rate_limit_peek(self->requests, address, g_get_monotonic_time(), &state)) {
		bridge_exchange_refuse_rate(call->exchange, &state);
		server_call_free(call);
	} else if (token != NULL) {
		bridge_accounts_hash_bearer(token, hash);
		server_authenticate_hash(call, hash);
	} else if ((call->route->flags & BRIDGE_ROUTE_TICKET) != 0 &&
	           !bridge_exchange_parse_query(call->exchange)) {
		server_call_free(call);
	} else if (server_find_ticket(call) != NULL) {
		server_authenticate_ticket(call, server_find_ticket(call));
	} else {
		server_refuse_stranger(call, BRIDGE_PROBLEM_TOKEN_MISSING,
		                       "\"Authorization: Bearer <access token>\" is needed");
	}
}

static void
server_admit(ServerCall *stolen)
{
	g_autoptr(ServerCall) call = stolen;
	const char *address = bridge_exchange_get_address(call->exchange);

	if ((call->route->flags & BRIDGE_ROUTE_OPEN) == 0) {
		server_authenticate(g_steal_pointer(&call));
		return;
	}
	if (!server_take(call->server->requests, call->exchange, address))
		return;
	if ((call->route->flags & BRIDGE_ROUTE_SIGN_IN) != 0 &&
	    !server_take(call->server->sign_ins, call->exchange, address))
		return;
	server_hand_over(call->exchange, call->route);
}

static void
server_take_request(BridgeServer *self, BridgeExchange *exchange, SoupServerMessage *message)
{
	const BridgeRoute *route = NULL;
	ServerCall *call = NULL;

	if (!bridge_origin_is_host((const char *const *)self->host_names,
	                           bridge_exchange_get_header(exchange, "Host"))) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_WRONG_HOST, NULL, NULL);
		return;
	}
	if (!bridge_origin_admit(exchange, (const char *const *)self->origins))
		return;
	if (self->options.listener.proxies != NULL)
		bridge_peer_note_client(bridge_exchange_get_peer(exchange),
		                        self->options.listener.proxies, message);
	if (soup_server_message_is_options_ping(message)) {
		bridge_exchange_answer_empty(exchange, 204);
		return;
	}
	route = server_find_route(self, exchange);
	if (route == NULL)
		return;
	call = g_new0(ServerCall, 1);
	call->server = g_object_ref(self);
	call->exchange = g_object_ref(exchange);
	call->route = route;
	server_admit(call);
}

static void
server_request_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
                  gpointer user_data)
{
	BridgeServer *self = user_data;
	g_autoptr(BridgeExchange) exchange = bridge_exchange_new(message, self->options.context);

	server_take_request(self, exchange, message);
	bridge_exchange_await(exchange);
}

void
bridge_server_run(BridgeServer *self, BridgeExchange *command)
{
	const BridgeRoute *route = NULL;

	if (!server_take_identity(self, command))
		return;
	route = server_find_route(self, command);
	if (route == NULL)
		return;
	if ((route->flags & (BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_NO_COMMAND)) != 0)
		bridge_exchange_refuse(command, BRIDGE_PROBLEM_NOT_FOUND,
		                       "this is not for commands on a socket", NULL);
	else
		server_hand_over(command, route);
}

static void
server_finished_cb(SoupServer *soup, SoupServerMessage *message, gpointer user_data)
{
	BridgeServer *self = user_data;

	self->statuses[MIN(soup_server_message_get_status(message), SERVER_STATUS_MAX)]++;
}

void
bridge_server_foreach_status(BridgeServer *self, BridgeServerStatusFunc func, gpointer user_data)
{
	for (guint i = 0; i < G_N_ELEMENTS(self->statuses); i++)
		if (self->statuses[i] > 0)
			func(i, self->statuses[i], user_data);
}

/* ---- Making ---------------------------------------------------------------------------------- */

BridgeListener *
bridge_server_get_listener(BridgeServer *self)
{
	return self->listener;
}

void
bridge_server_stop(BridgeServer *self)
{
	bridge_listener_stop(self->listener);
}

static void
bridge_server_dispose(GObject *object)
{
	BridgeServer *self = BRIDGE_SERVER(object);

	g_clear_object(&self->listener);
	if (self->soup != NULL) {
		soup_server_remove_handler(self->soup, NULL);
		soup_server_remove_handler(self->soup, "*");
	}
	g_clear_object(&self->soup);
	G_OBJECT_CLASS(bridge_server_parent_class)->dispose(object);
}

static void
bridge_server_finalize(GObject *object)
{
	BridgeServer *self = BRIDGE_SERVER(object);

	g_clear_object(&self->options.accounts);
	g_clear_pointer(&self->requests, bridge_rate_limit_free);
	g_clear_pointer(&self->account_requests, bridge_rate_limit_free);
	g_clear_pointer(&self->sign_ins, bridge_rate_limit_free);
	g_clear_pointer(&self->account_sign_ins, bridge_rate_limit_free);
	g_strfreev(self->host_names);
	g_strfreev(self->origins);
	G_OBJECT_CLASS(bridge_server_parent_class)->finalize(object);
}

static void
bridge_server_class_init(BridgeServerClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = bridge_server_dispose;
	G_OBJECT_CLASS(klass)->finalize = bridge_server_finalize;
}

static void
bridge_server_init(BridgeServer *self)
{
}

static void
server_clear_limits(BridgeServer *self)
{
	g_clear_pointer(&self->requests, bridge_rate_limit_free);
	g_clear_pointer(&self->account_requests, bridge_rate_limit_free);
	g_clear_pointer(&self->sign_ins, bridge_rate_limit_free);
	g_clear_pointer(&self->account_sign_ins, bridge_rate_limit_free);
}

void
bridge_server_set_limits(BridgeServer *self, const BridgeLimitsConfig *limits)
{
	server_clear_limits(self);
	self->requests = bridge_rate_limit_new_per_second(limits->requests_per_second);
	self->account_requests =
		bridge_rate_limit_new_per_second(limits->account_requests_per_second);
	self->sign_ins = bridge_rate_limit_new_per_minute(limits->sign_ins_per_minute);
	self->account_sign_ins =
		bridge_rate_limit_new_per_minute(limits->account_sign_ins_per_minute);
}

void
bridge_server_set_names(BridgeServer *self, const char *const *host_names,
                        const char *const *origins)
{
	g_strfreev(self->host_names);
	g_strfreev(self->origins);
	self->host_names = g_strdupv((char **)host_names);
	self->origins = g_strdupv((char **)origins);
}

BridgeServer *
bridge_server_new(const BridgeServerOptions *options)
{
	BridgeServer *self = g_object_new(BRIDGE_TYPE_SERVER, NULL);

	self->options = *options;
	if (options->accounts != NULL)
		g_object_ref(self->options.accounts);
	self->host_names = g_strdupv((char **)options->host_names);
	self->origins = g_strdupv((char **)options->origins);
	if (options->limits != NULL)
		bridge_server_set_limits(self, options->limits);
	/* Each segment of a path is unescaped by itself. */
	self->soup = g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
	soup_server_add_handler(self->soup, NULL, server_request_cb, self, NULL);
	soup_server_add_handler(self->soup, "*", server_request_cb, self, NULL); /* OPTIONS */
	g_signal_connect_object(self->soup, "request-finished", G_CALLBACK(server_finished_cb),
	                        self, 0);
	self->listener = bridge_listener_new(self->soup, &options->listener);
	return self;
}
