/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include "bridge-legacy.h"

#include <string.h>

#include "api/bridge-origin.h"
#include "config/bridge-certificate.h"
#include "base/bridge-error.h"
#include "bridge-legacy-private.h"
#include "http/bridge-listener.h"
#include "http/bridge-rate-limit.h"
#include "legacy-contact.h"

#define LEGACY_IMAGES "/images/"
#define LEGACY_CONNECTIONS_MAX 2000
#define LEGACY_FIELDS_MAX 3
#define LEGACY_CRASH_REPORTS_MAX 10 /* at once, and as many an hour */
#define LEGACY_CRASH_REPORTS_KEY ""

struct _BridgeLegacy {
	GObject parent;
	BridgeConfig *config; /* borrowed */
	BridgeAccounts *accounts;
	LegacyPhones *phones;
	LegacyPush *push;
	LegacyLogins *logins;
	LegacyImages *images;
	BridgeProxies *proxies;
	SoupServer *soup;
	BridgeListener *listener;
	BridgeRateLimit *requests;         /* by phone, or by address */
	BridgeRateLimit *account_requests; /* by account */
	BridgeRateLimit *sign_ins;         /* by address */
	BridgeRateLimit *account_sign_ins; /* by account */
	BridgeRateLimit *crash_reports;
};

G_DEFINE_FINAL_TYPE(BridgeLegacy, bridge_legacy, G_TYPE_OBJECT)

typedef enum {
	LEGACY_ROUTE_TOKEN = 0,        /* needs the token of a phone */
	LEGACY_ROUTE_OPEN = 1 << 0,    /* needs none */
	LEGACY_ROUTE_SIGN_IN = 1 << 1, /* counts as an attempt to sign in */
	LEGACY_ROUTE_ACT = 1 << 2,     /* whoever asks for it is there: see bridge-idle.h */
} LegacyRouteFlags;

typedef struct {
	const char *path;
	LegacyRouteFlags flags;
	const char *fields[LEGACY_FIELDS_MAX]; /* that must be there */
	void (*handle)(LegacyExchange *exchange);
} LegacyRoute;

static const LegacyRoute legacy_routes[] = {
	{"/login",
         LEGACY_ROUTE_OPEN | LEGACY_ROUTE_SIGN_IN,
         {"username", "auth"},
         legacy_login_post},
	{"/key", LEGACY_ROUTE_TOKEN, {"token"}, legacy_key_post},
	{"/register", LEGACY_ROUTE_ACT, {"token", "url"}, legacy_register_post},
	{"/roster", LEGACY_ROUTE_TOKEN, {"token"}, legacy_roster_post},
	{"/messagequeue", LEGACY_ROUTE_TOKEN, {"token"}, legacy_queue_post},
	{"/message", LEGACY_ROUTE_ACT, {"token", "to", "body"}, legacy_message_post},
	{"/presence", LEGACY_ROUTE_ACT, {"token", "show"}, legacy_presence_post},
	{"/otr", LEGACY_ROUTE_TOKEN, {"token", "jid"}, legacy_otr_post},
	{"/notifications", LEGACY_ROUTE_TOKEN, {"token"}, legacy_notifications_post},
	{"/logout", LEGACY_ROUTE_TOKEN, {"token"}, legacy_logout_post},
	{"/crashreport", LEGACY_ROUTE_OPEN, {"exception"}, legacy_crash_report_post},
	{"/photo", LEGACY_ROUTE_TOKEN, {"token", "jid"}, legacy_photo_post},
};

BridgeAccounts *
bridge_legacy_get_accounts(BridgeLegacy *self)
{
	return self->accounts;
}

BridgeConfig *
bridge_legacy_get_config(BridgeLegacy *self)
{
	return self->config;
}

LegacyPhones *
bridge_legacy_get_phones(BridgeLegacy *self)
{
	return self->phones;
}

LegacyPush *
bridge_legacy_get_push(BridgeLegacy *self)
{
	return self->push;
}

LegacyLogins *
bridge_legacy_get_logins(BridgeLegacy *self)
{
	return self->logins;
}

LegacyImages *
bridge_legacy_get_images(BridgeLegacy *self)
{
	return self->images;
}

/* ---- Limits ---------------------------------------------------------------------------------- */

/* FALSE: too many; it is answered. Never 403, which would make the phone sign in anew. */
static gboolean
legacy_take(BridgeRateLimit *limit, LegacyExchange *exchange, const char *key)
{
	if (bridge_rate_limit_take(limit, key, g_get_monotonic_time(), NULL))
		return TRUE;
	legacy_exchange_refuse(exchange, 503);
	return FALSE;
}

static gboolean
legacy_take_address(BridgeRateLimit *limit, LegacyExchange *exchange)
{
	return legacy_take(limit, exchange, legacy_exchange_get_peer(exchange)->address);
}

gboolean
bridge_legacy_admit_sign_in(BridgeLegacy *self, LegacyExchange *exchange, const char *account)
{
	return legacy_take(self->account_sign_ins, exchange, account);
}

gboolean
bridge_legacy_admit_crash_report(BridgeLegacy *self)
{
	return bridge_rate_limit_take(self->crash_reports, LEGACY_CRASH_REPORTS_KEY,
	                              g_get_monotonic_time(), NULL);
}

/* ---- Whose token ----------------------------------------------------------------------------- */

typedef struct {
	BridgeLegacy *legacy;
	LegacyExchange *exchange;
	const LegacyRoute *route;
} LegacyCall;

static void
legacy_call_free(LegacyCall *call)
{
	g_object_unref(call->legacy);
	g_object_unref(call->exchange);
	g_free(call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyCall, legacy_call_free)

/* The chat server refuses what the account signs in with: the phone has to bring another. */
static gboolean
legacy_is_dead(BridgeAccount *account)
{
	return bridge_account_get_state(account) == BRIDGE_ACCOUNT_SIGNED_OUT &&
	       g_strcmp0(bridge_account_get_user_action(account), "sign-in-again") == 0;
}

static void
legacy_identified(LegacyCall *call, BridgeAccount *account, const BridgeDeviceRecord *device)
{
	BridgeLegacy *self = call->legacy;
	LegacyExchange *exchange = call->exchange;
	LegacyAccount *known = legacy_phones_find(self->phones, account);

	/* An app's token is none here. */
	if (known == NULL || legacy_account_find_phone(known, device->id) == NULL) {
		legacy_exchange_refuse(exchange, 403);
		return;
	}
	if (legacy_is_dead(account)) {
		legacy_phones_end_async(self->phones, account, device->id, NULL, NULL);
		legacy_exchange_refuse(exchange, 403);
		return;
	}
	legacy_exchange_set_identity(exchange, account, device->id);
	if (!legacy_take(self->requests, exchange, device->id) ||
	    !legacy_take(self->account_requests, exchange, bridge_account_get_id(account)))
		return;
	if ((call->route->flags & LEGACY_ROUTE_ACT) != 0) {
		legacy_phones_note_act(known, device->id);
		bridge_account_note_act(account);
	} else {
		bridge_account_note_device(account);
	}
	call->route->handle(exchange);
}

static void
legacy_authenticated_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyCall) call = user_data;
	g_autoptr(BridgeAccount) account = NULL;
	g_autoptr(BridgeDeviceRecord) device = NULL;
	g_autoptr(GError) error = NULL;

	if (bridge_accounts_authenticate_finish(BRIDGE_ACCOUNTS(source), result, &account, &device,
	                                        &error))
		legacy_identified(call, account, device);
	else if (legacy_take_address(call->legacy->requests, call->exchange))
		legacy_exchange_fail(call->exchange, error);
}

/* Takes @call. */
static void
legacy_authenticate(LegacyCall *call)
{
	BridgeAccounts *accounts = call->legacy->accounts;
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	g_autoptr(BridgeAccount) account = NULL;
	g_autoptr(BridgeDeviceRecord) device = NULL;

	bridge_accounts_hash_bearer(legacy_exchange_get(call->exchange, "token"), hash);
	if (!bridge_accounts_recognize(accounts, hash, &account, &device)) {
		bridge_accounts_authenticate_async(accounts, hash, legacy_authenticated_cb, call);
		return;
	}
	legacy_identified(call, account, device);
	legacy_call_free(call);
}

/* ---- On the way ------------------------------------------------------------------------------ */

static const LegacyRoute *
legacy_find_route(const char *path)
{
	for (guint i = 0; i < G_N_ELEMENTS(legacy_routes); i++)
		if (g_str_equal(legacy_routes[i].path, path))
			return &legacy_routes[i];
	return NULL;
}

static gboolean
legacy_has_fields(LegacyExchange *exchange, const LegacyRoute *route)
{
	for (guint i = 0; i < LEGACY_FIELDS_MAX && route->fields[i] != NULL; i++)
		if (legacy_exchange_get(exchange, route->fields[i]) == NULL)
			return FALSE;
	return TRUE;
}

static void
legacy_admit(BridgeLegacy *self, LegacyExchange *exchange, const LegacyRoute *route)
{
	LegacyCall *call = NULL;

	if ((route->flags & LEGACY_ROUTE_OPEN) != 0) {
		if (legacy_take_address(self->requests, exchange) &&
		    ((route->flags & LEGACY_ROUTE_SIGN_IN) == 0 ||
		     legacy_take_address(self->sign_ins, exchange)))
			route->handle(exchange);
		return;
	}
	call = g_new0(LegacyCall, 1);
	call->legacy = g_object_ref(self);
	call->exchange = g_object_ref(exchange);
	call->route = route;
	legacy_authenticate(call);
}

/* The order of the checks is the contract's: path, method, fields, token. */
static void
legacy_route(BridgeLegacy *self, LegacyExchange *exchange)
{
	g_autofree char *path = legacy_exchange_dup_path(exchange);
	const LegacyRoute *route = legacy_find_route(path);

	if (route == NULL) {
		const char *hash =
			g_str_has_prefix(path, LEGACY_IMAGES) ? path + strlen(LEGACY_IMAGES) : "";

		if (!legacy_contact_is_hash(hash))
			legacy_exchange_refuse(exchange, 404);
		else if (legacy_take_address(self->requests, exchange))
			legacy_image_get(exchange, hash);
	} else if (!g_str_equal(legacy_exchange_get_method(exchange), "POST")) {
		legacy_exchange_refuse(exchange, 405);
	} else if (legacy_exchange_parse_form(exchange)) {
		if (legacy_has_fields(exchange, route))
			legacy_admit(self, exchange, route);
		else
			legacy_exchange_refuse(exchange, 400);
	}
}

static gboolean
legacy_knows_host(BridgeLegacy *self, const char *host)
{
	const BridgeListenConfig *listen = bridge_config_get_listen(self->config);

	return bridge_origin_is_host((const char *const *)listen->host_names, host);
}

static void
legacy_request_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
                  gpointer user_data)
{
	BridgeLegacy *self = user_data;
	guint answer_s = bridge_config_get_legacy(self->config)->answer_s;
	g_autoptr(LegacyExchange) exchange = legacy_exchange_new(message, self, answer_s * 1000);

	bridge_peer_note_client(legacy_exchange_get_peer(exchange), self->proxies, message);
	/* A form is what any page can make a browser send; phones do not tell of an origin. */
	if (!legacy_knows_host(self, legacy_exchange_get_host(exchange)) ||
	    legacy_exchange_has_header(exchange, "Origin"))
		legacy_exchange_refuse(exchange, 400);
	else
		legacy_route(self, exchange);
	legacy_exchange_await(exchange);
}

/* ---- What calls share ------------------------------------------------------------------------ */

LegacyAccount *
legacy_call_get_account(LegacyExchange *exchange)
{
	BridgeLegacy *self = legacy_exchange_get_context(exchange);

	return legacy_phones_find(self->phones, legacy_exchange_get_account(exchange));
}

LegacyPhone *
legacy_call_get_phone(LegacyExchange *exchange)
{
	LegacyAccount *account = legacy_call_get_account(exchange);

	return account != NULL
	               ? legacy_account_find_phone(account, legacy_exchange_get_phone(exchange))
	               : NULL;
}

static void
legacy_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (legacy_account_keep_finish(BRIDGE_ACCOUNT(source), result, &error))
		legacy_exchange_answer(exchange, "text/plain", "");
	else
		legacy_exchange_fail(exchange, error);
}

void
legacy_call_keep(LegacyExchange *exchange, LegacyAccount *account)
{
	legacy_account_keep_async(account, legacy_kept_cb, g_object_ref(exchange));
}

/* ---- Listening ------------------------------------------------------------------------------- */

gboolean
bridge_legacy_reload_certificate(BridgeLegacy *self, GError **error)
{
	const BridgeLegacyConfig *legacy = bridge_config_get_legacy(self->config);
	const BridgeListenConfig *listen = bridge_config_get_listen(self->config);
	gboolean own = legacy->tls_certificate != NULL;
	const char *path = own ? legacy->tls_certificate : listen->tls_certificate;
	g_autoptr(GTlsCertificate) certificate = NULL;

	if (path == NULL)
		return TRUE;
	certificate = bridge_certificate_load(path, own ? legacy->tls_key : listen->tls_key, error);
	if (certificate == NULL) {
		g_prefix_error(error, "[%s] tls-certificate, tls-key: ", own ? "legacy" : "listen");
		return FALSE;
	}
	bridge_listener_set_certificate(self->listener, certificate);
	return TRUE;
}

gboolean
bridge_legacy_listen(BridgeLegacy *self, BridgeActivation *activation, GError **error)
{
	char **addresses = bridge_config_get_legacy(self->config)->addresses;

	if (!bridge_legacy_reload_certificate(self, error))
		return FALSE;
	for (guint i = 0; addresses[i] != NULL; i++)
		if (!bridge_listener_add_configured(self->listener, activation, addresses[i],
		                                    error)) {
			g_prefix_error(error, "[legacy] address: ");
			return FALSE;
		}
	return TRUE;
}

char **
bridge_legacy_dup_addresses(BridgeLegacy *self)
{
	return bridge_listener_dup_addresses(self->listener);
}

void
bridge_legacy_stop(BridgeLegacy *self)
{
	bridge_listener_stop(self->listener);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
legacy_clear_limits(BridgeLegacy *self)
{
	g_clear_pointer(&self->requests, bridge_rate_limit_free);
	g_clear_pointer(&self->account_requests, bridge_rate_limit_free);
	g_clear_pointer(&self->sign_ins, bridge_rate_limit_free);
	g_clear_pointer(&self->account_sign_ins, bridge_rate_limit_free);
}

static void
legacy_set_limits(BridgeLegacy *self, const BridgeLimitsConfig *limits)
{
	legacy_clear_limits(self);
	self->requests = bridge_rate_limit_new_per_second(limits->requests_per_second);
	self->account_requests =
		bridge_rate_limit_new_per_second(limits->account_requests_per_second);
	self->sign_ins = bridge_rate_limit_new_per_minute(limits->sign_ins_per_minute);
	self->account_sign_ins =
		bridge_rate_limit_new_per_minute(limits->account_sign_ins_per_minute);
}

void
bridge_legacy_reconfigure(BridgeLegacy *self)
{
	const BridgeLimitsConfig *limits = bridge_config_get_limits(self->config);

	legacy_set_limits(self, limits);
	bridge_listener_set_max_per_address(self->listener, limits->connections_per_address);
}

static void
bridge_legacy_dispose(GObject *object)
{
	BridgeLegacy *self = BRIDGE_LEGACY(object);

	g_clear_object(&self->listener);
	if (self->soup != NULL)
		soup_server_remove_handler(self->soup, NULL);
	g_clear_object(&self->soup);
	g_clear_pointer(&self->logins, legacy_logins_free);
	g_clear_pointer(&self->images, legacy_images_free);
	g_clear_pointer(&self->push, legacy_push_free);
	g_clear_pointer(&self->phones, legacy_phones_free);
	g_clear_object(&self->accounts);
	G_OBJECT_CLASS(bridge_legacy_parent_class)->dispose(object);
}

static void
bridge_legacy_finalize(GObject *object)
{
	BridgeLegacy *self = BRIDGE_LEGACY(object);

	legacy_clear_limits(self);
	bridge_rate_limit_free(self->crash_reports);
	bridge_proxies_free(self->proxies);
	G_OBJECT_CLASS(bridge_legacy_parent_class)->finalize(object);
}

static void
bridge_legacy_class_init(BridgeLegacyClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = bridge_legacy_dispose;
	G_OBJECT_CLASS(klass)->finalize = bridge_legacy_finalize;
}

static void
bridge_legacy_init(BridgeLegacy *self)
{
}

/* Beside those of the own API. */
static guint
legacy_get_max_connections(const BridgeListenConfig *listen)
{
	guint wanted = MIN(listen->max_connections, LEGACY_CONNECTIONS_MAX);
	guint fitting = bridge_listener_reserve_files(listen->max_connections + wanted);

	return fitting > listen->max_connections ? fitting - listen->max_connections : 1;
}

static BridgeListener *
legacy_make_listener(BridgeLegacy *self)
{
	const BridgeListenConfig *listen = bridge_config_get_listen(self->config);
	BridgeListenerOptions options = {
		.max_connections = legacy_get_max_connections(listen),
		.max_per_address = bridge_config_get_limits(self->config)->connections_per_address,
		.proxies = self->proxies,
		.audience = BRIDGE_LISTENER_ANYBODY,
		.deadlines = BRIDGE_LISTENER_DEADLINES,
		.refusal = legacy_exchange_build_refusal};

	/* A path is compared as it was sent. */
	self->soup = g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
	soup_server_add_handler(self->soup, NULL, legacy_request_cb, self, NULL);
	return bridge_listener_new(self->soup, &options);
}

BridgeLegacy *
bridge_legacy_new(BridgeConfig *config, BridgeAccounts *accounts, BridgePush *push)
{
	BridgeLegacy *self = g_object_new(BRIDGE_TYPE_LEGACY, NULL);
	const BridgeListenConfig *listen = bridge_config_get_listen(config);

	self->config = config;
	self->accounts = g_object_ref(accounts);
	self->phones = legacy_phones_new(accounts, push, config);
	self->push = legacy_push_new(push, self->phones, accounts, config);
	self->logins = legacy_logins_new();
	self->images = legacy_images_new();
	self->proxies = bridge_proxies_new((const char *const *)listen->trusted_proxies,
	                                   (BridgeForwardedHeader)listen->forwarded_header);
	self->crash_reports =
		bridge_rate_limit_new(LEGACY_CRASH_REPORTS_MAX, LEGACY_CRASH_REPORTS_MAX / 3600.0);
	legacy_set_limits(self, bridge_config_get_limits(config));
	self->listener = legacy_make_listener(self);
	return self;
}
