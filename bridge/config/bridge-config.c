/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-config.h"

#include <string.h>

#include "bridge-config-check.h"
#include "bridge-config-file.h"
#include "bridge-config-reader.h"
#include "base/bridge-jid.h"
#include "base/bridge-protocol.h"
#include "link/bridge-push-link.h"

#define CONFIG_DOMAIN_PREFIX "domain "

G_DEFINE_QUARK(bridge - config - error - quark, bridge_config_error)

/* What the file says, before anybody looks at it: targets of the tables below. */
typedef struct {
	BridgeDomainConfig public;
	char *domain;
	char *server;
	char **pins;
	guint port;
	guint registration;
	guint token_service;
	char *token_url;
	char *token_client_id;
	char *token_scope;
} BridgeConfigDomain;

struct _BridgeConfig {
	BridgeListenConfig listen;
	BridgeLimitsConfig limits;
	BridgeIdleConfig idle;
	BridgeLegacyConfig legacy;
	BridgePushConfig push;
	char *control_socket;
	char **monitor_addresses;
	char *store_path;
	guint key_source;
	char *key_file;
	char *key_password_file;
	char *instance;
	guint history_days;
	guint history_events;
	guint history_megabytes;
	guint accounts_per_host;
	guint sign_ins_per_second;
	guint hang_s;
	char **protocols;
	char **private_networks;
	char *host_program;
	char *ca_directory;
	GPtrArray *retired;  /* of BridgeConfig: what was borrowed before it was read anew */
	GHashTable *domains; /* char * -> BridgeConfigDomain */
	BridgeConfigDomain *fallback;
};

static const char *const bridge_config_key_sources[] = {"secret-service", "secret-file",
                                                        "systemd-credential", NULL};
static const char *const bridge_config_forwarded_headers[] = {"x-forwarded-for", "forwarded", NULL};
static const char *const bridge_config_token_services[] = {"none", "oauth2", "clientlogin", NULL};
static const char *const bridge_config_registrations[] = {"invite", "open", "closed", NULL};

/* ---- The keys -------------------------------------------------------------------------------- */

#define CONFIG_AT(member) G_STRUCT_OFFSET(BridgeConfig, member)
#define CONFIG_DOMAIN_AT(member) G_STRUCT_OFFSET(BridgeConfigDomain, member)

/* clang-format off */
static const BridgeConfigKey bridge_config_keys[] = {
	{"listen", "address", CONFIG_LIST, CONFIG_AT(listen.addresses), .check = bridge_config_check_listen_address},
	{"listen", "host-names", CONFIG_LIST, CONFIG_AT(listen.host_names), .check = bridge_config_check_host_name},
	{"listen", "origins", CONFIG_LIST, CONFIG_AT(listen.origins), .check = bridge_config_check_origin},
	{"listen", "trusted-proxies", CONFIG_LIST, CONFIG_AT(listen.trusted_proxies), .check = bridge_config_check_proxy},
	{"listen", "forwarded-header", CONFIG_WORD, CONFIG_AT(listen.forwarded_header), .words = bridge_config_forwarded_headers},
	{"listen", "tls-certificate", CONFIG_TEXT, CONFIG_AT(listen.tls_certificate), .check = bridge_config_check_path},
	{"listen", "tls-key", CONFIG_TEXT, CONFIG_AT(listen.tls_key), .check = bridge_config_check_path},
	{"listen", "max-connections", CONFIG_UINT, CONFIG_AT(listen.max_connections), 1, 100000},
	{"limits", "connections-per-address", CONFIG_UINT, CONFIG_AT(limits.connections_per_address), 1, 100000},
	{"limits", "requests-per-second", CONFIG_UINT, CONFIG_AT(limits.requests_per_second), 1, 100000},
	{"limits", "account-requests-per-second", CONFIG_UINT, CONFIG_AT(limits.account_requests_per_second), 1, 100000},
	{"limits", "sign-ins-per-minute", CONFIG_UINT, CONFIG_AT(limits.sign_ins_per_minute), 1, 100000},
	{"limits", "account-sign-ins-per-minute", CONFIG_UINT, CONFIG_AT(limits.account_sign_ins_per_minute), 1, 100000},
	{"limits", "devices-per-account", CONFIG_UINT, CONFIG_AT(limits.devices_per_account), 1, 10000},
	{"limits", "subscriptions-per-account", CONFIG_UINT, CONFIG_AT(limits.subscriptions_per_account), 1, 10000},
	{"limits", "readers-per-device", CONFIG_UINT, CONFIG_AT(limits.readers_per_device), 1, 100000},
	{"limits", "readers-per-account", CONFIG_UINT, CONFIG_AT(limits.readers_per_account), 1, 100000},
	{"limits", "readers-per-address", CONFIG_UINT, CONFIG_AT(limits.readers_per_address), 1, 100000},
	{"idle", "away-seconds", CONFIG_UINT, CONFIG_AT(idle.away_s), 0, 31536000},
	{"idle", "extended-away-seconds", CONFIG_UINT, CONFIG_AT(idle.extended_away_s), 0, 31536000},
	{"idle", "sign-out-seconds", CONFIG_UINT, CONFIG_AT(idle.sign_out_s), 0, 31536000},
	{"legacy", "address", CONFIG_LIST, CONFIG_AT(legacy.addresses), .check = bridge_config_check_legacy_address},
	{"legacy", "tls-certificate", CONFIG_TEXT, CONFIG_AT(legacy.tls_certificate), .check = bridge_config_check_path},
	{"legacy", "tls-key", CONFIG_TEXT, CONFIG_AT(legacy.tls_key), .check = bridge_config_check_path},
	{"legacy", "session-seconds", CONFIG_UINT, CONFIG_AT(legacy.session_s), 0, 31536000},
	{"legacy", "answer-seconds", CONFIG_UINT, CONFIG_AT(legacy.answer_s), 1, 25},
	{"legacy", "toast-text", CONFIG_BOOL, CONFIG_AT(legacy.toast_text)},
	{"control", "socket", CONFIG_TEXT, CONFIG_AT(control_socket), .check = bridge_config_check_socket_path},
	{"control", "monitor", CONFIG_LIST, CONFIG_AT(monitor_addresses), .check = bridge_config_check_address},
	{"store", "path", CONFIG_TEXT, CONFIG_AT(store_path), .check = bridge_config_check_path},
	{"store", "key-source", CONFIG_WORD, CONFIG_AT(key_source), .words = bridge_config_key_sources},
	{"store", "key-file", CONFIG_TEXT, CONFIG_AT(key_file), .check = bridge_config_check_path},
	{"store", "key-password-file", CONFIG_TEXT, CONFIG_AT(key_password_file), .check = bridge_config_check_path},
	{"store", "instance", CONFIG_TEXT, CONFIG_AT(instance), .check = bridge_config_check_instance},
	{"store", "history-days", CONFIG_UINT, CONFIG_AT(history_days), 1, 3650},
	{"store", "history-events", CONFIG_UINT, CONFIG_AT(history_events), 100, 1000000},
	{"store", "history-megabytes", CONFIG_UINT, CONFIG_AT(history_megabytes), 1, 1000000},
	{"hosts", "accounts-per-host", CONFIG_UINT, CONFIG_AT(accounts_per_host), 1, 1000},
	{"hosts", "sign-ins-per-second", CONFIG_UINT, CONFIG_AT(sign_ins_per_second), 1, 1000},
	{"hosts", "hang-seconds", CONFIG_UINT, CONFIG_AT(hang_s), 4, 3600},
	{"hosts", "private-networks", CONFIG_LIST, CONFIG_AT(private_networks), .check = bridge_config_check_network},
	{"hosts", "protocols", CONFIG_LIST, CONFIG_AT(protocols), .check = bridge_config_check_protocol},
	{"hosts", "program", CONFIG_TEXT, CONFIG_AT(host_program), .check = bridge_config_check_path},
	{"push", "types", CONFIG_LIST, CONFIG_AT(push.types), .check = bridge_config_check_push_type},
	{"push", "contact", CONFIG_TEXT, CONFIG_AT(push.contact), .check = bridge_config_check_contact},
	{"push", "fcm-account", CONFIG_TEXT, CONFIG_AT(push.fcm_account), .check = bridge_config_check_path},
	{"push", "fcm-url", CONFIG_TEXT, CONFIG_AT(push.fcm_url), .check = bridge_config_check_token_url},
	{"push", "fcm-token-url", CONFIG_TEXT, CONFIG_AT(push.fcm_token_url), .check = bridge_config_check_token_url},
	{"push", "apns-key", CONFIG_TEXT, CONFIG_AT(push.apns_key), .check = bridge_config_check_path},
	{"push", "apns-key-id", CONFIG_TEXT, CONFIG_AT(push.apns_key_id), .check = bridge_config_check_apple_name},
	{"push", "apns-team-id", CONFIG_TEXT, CONFIG_AT(push.apns_team_id), .check = bridge_config_check_apple_name},
	{"push", "apns-topic", CONFIG_TEXT, CONFIG_AT(push.apns_topic), .check = bridge_config_check_apple_app},
	{"push", "apns-url", CONFIG_TEXT, CONFIG_AT(push.apns_url), .check = bridge_config_check_token_url},
	{"push", "apns-sandbox-url", CONFIG_TEXT, CONFIG_AT(push.apns_sandbox_url), .check = bridge_config_check_token_url},
	{"push", "program", CONFIG_TEXT, CONFIG_AT(push.program), .check = bridge_config_check_path},
	{"push", "allow", CONFIG_LIST, CONFIG_AT(push.allow), .check = bridge_config_check_push_exception},
	{"push", "hosts", CONFIG_LIST, CONFIG_AT(push.hosts), .check = bridge_config_check_push_host},
	{"push", "mpns-certificate", CONFIG_TEXT, CONFIG_AT(push.mpns_certificate), .check = bridge_config_check_path},
	{"push", "mpns-key", CONFIG_TEXT, CONFIG_AT(push.mpns_key), .check = bridge_config_check_path},
	{"tls", "ca-directory", CONFIG_TEXT, CONFIG_AT(ca_directory), .check = bridge_config_check_path},
	{NULL},
};

static const BridgeConfigKey bridge_config_domain_keys[] = {
	{"domain", "registration", CONFIG_WORD, CONFIG_DOMAIN_AT(registration), .words = bridge_config_registrations},
	{"domain", "passwords", CONFIG_BOOL, CONFIG_DOMAIN_AT(public.passwords)},
	{"domain", "server", CONFIG_TEXT, CONFIG_DOMAIN_AT(server), .check = bridge_config_check_server},
	{"domain", "port", CONFIG_UINT, CONFIG_DOMAIN_AT(port), 1, 65535},
	{"domain", "direct-tls", CONFIG_BOOL, CONFIG_DOMAIN_AT(public.direct_tls)},
	{"domain", "pins", CONFIG_LIST, CONFIG_DOMAIN_AT(pins), .check = bridge_config_check_pin},
	{"domain", "token-service", CONFIG_WORD, CONFIG_DOMAIN_AT(token_service), .words = bridge_config_token_services},
	{"domain", "token-url", CONFIG_TEXT, CONFIG_DOMAIN_AT(token_url), .check = bridge_config_check_token_url},
	{"domain", "token-client-id", CONFIG_TEXT, CONFIG_DOMAIN_AT(token_client_id), .check = bridge_config_check_token_word},
	{"domain", "token-scope", CONFIG_TEXT, CONFIG_DOMAIN_AT(token_scope), .check = bridge_config_check_token_word},
	{NULL},
};
/* clang-format on */

/* ---- Reading --------------------------------------------------------------------------------- */

static gboolean
bridge_config_has_group(const char *group)
{
	for (guint i = 0; bridge_config_keys[i].group != NULL; i++) {
		if (g_str_equal(bridge_config_keys[i].group, group))
			return TRUE;
	}
	return FALSE;
}

static void
bridge_config_domain_free(BridgeConfigDomain *domain)
{
	g_free(domain->domain);
	g_free(domain->server);
	g_strfreev(domain->pins);
	g_free(domain->token_url);
	g_free(domain->token_client_id);
	g_free(domain->token_scope);
	g_free(domain);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeConfigDomain, bridge_config_domain_free)

static BridgeConfigDomain *
bridge_config_domain_new(char *name)
{
	BridgeConfigDomain *domain = g_new0(BridgeConfigDomain, 1);

	domain->domain = name;
	domain->server = g_strdup("");
	domain->pins = g_new0(char *, 1);
	domain->token_url = g_strdup("");
	domain->token_client_id = g_strdup("");
	domain->token_scope = g_strdup("");
	return domain;
}

/* Lets the borrowed view point at what was read. */
static void
bridge_config_domain_publish(BridgeConfigDomain *domain)
{
	domain->public.domain = domain->domain;
	domain->public.registration = (BridgeRegistration)domain->registration;
	domain->public.server = domain->server;
	domain->public.port = (guint16)domain->port;
	domain->public.pins = (const char *const *)domain->pins;
	domain->public.token_service = (BridgeTokenServiceKind)domain->token_service;
	domain->public.token_url = domain->token_url;
	domain->public.token_client_id = domain->token_client_id;
	domain->public.token_scope = domain->token_scope;
}

/* What does not go together. */
static gboolean
bridge_config_check_domain(const BridgeConfigDomain *domain, const BridgeConfigReader *reader,
                           GError **error)
{
	const char *key = NULL;
	const char *beside = NULL;

	if (domain->port != 0 && domain->server[0] == '\0') {
		key = "port";
		beside = "server";
	} else if (domain->token_service != BRIDGE_TOKEN_SERVICE_KIND_NONE &&
	           domain->token_url[0] == '\0') {
		key = "token-service";
		beside = "token-url";
	} else if (domain->token_service == BRIDGE_TOKEN_SERVICE_KIND_NONE &&
	           domain->token_url[0] != '\0') {
		key = "token-url";
		beside = "token-service";
	}
	if (key == NULL)
		return TRUE;
	g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
	            "%s: [%s] %s: it needs the key %s beside it", reader->path, reader->group, key,
	            beside);
	return FALSE;
}

static gboolean
bridge_config_read_domain(BridgeConfig *config, BridgeConfigReader *reader, GError **error)
{
	char *name =
		bridge_jid_normalise_domain(reader->group + strlen(CONFIG_DOMAIN_PREFIX), NULL);
	g_autoptr(BridgeConfigDomain) domain = NULL;

	if (name == NULL) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [%s]: this is not a domain name", reader->path, reader->group);
		return FALSE;
	}
	domain = bridge_config_domain_new(name);
	if (g_hash_table_contains(config->domains, name)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [%s]: the domain is there twice", reader->path, reader->group);
		return FALSE;
	}
	if (!bridge_config_reader_read_group(reader, bridge_config_domain_keys, "domain", domain,
	                                     error))
		return FALSE;
	if (!bridge_config_check_domain(domain, reader, error))
		return FALSE;
	bridge_config_domain_publish(domain);
	g_hash_table_insert(config->domains, name, g_steal_pointer(&domain));
	return TRUE;
}

/* Certificate and key: both or none. */
static gboolean
bridge_config_check_pair(const char *certificate, const char *key, const char *group,
                         const char *word, const char *path, GError **error)
{
	if ((certificate == NULL) == (key == NULL))
		return TRUE;
	g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
	            "%s: [%s] %s-%s: it is missing beside %s-%s", path, group, word,
	            key == NULL ? "key" : "certificate", word, key == NULL ? "certificate" : "key");
	return FALSE;
}

/* What does not go together, or is not there. */
static gboolean
bridge_config_check_whole(BridgeConfig *config, GKeyFile *file, const char *path, GError **error)
{
	/* Where the key comes from is never guessed. */
	if (!g_key_file_has_key(file, "store", "key-source", NULL)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [store] key-source: it must be given: secret-service, "
		            "secret-file or systemd-credential",
		            path);
		return FALSE;
	}
	if (!bridge_config_check_pair(config->listen.tls_certificate, config->listen.tls_key,
	                              "listen", "tls", path, error) ||
	    !bridge_config_check_pair(config->legacy.tls_certificate, config->legacy.tls_key,
	                              "legacy", "tls", path, error) ||
	    !bridge_config_check_pair(config->push.mpns_certificate, config->push.mpns_key, "push",
	                              "mpns", path, error))
		return FALSE;
	if (!bridge_config_check_push(&config->push, path, error))
		return FALSE;
	if (config->key_source != BRIDGE_KEY_SOURCE_SECRET_FILE &&
	    (config->key_file != NULL || config->key_password_file != NULL)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [store] %s: it goes with key-source=secret-file only", path,
		            config->key_file != NULL ? "key-file" : "key-password-file");
		return FALSE;
	}
	return TRUE;
}

static gboolean
bridge_config_read_file(BridgeConfig *config, GKeyFile *file, const char *path, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	for (guint i = 0; groups[i] != NULL; i++) {
		BridgeConfigReader reader = {.file = file, .path = path, .group = groups[i]};
		gboolean good;

		if (g_str_has_prefix(groups[i], CONFIG_DOMAIN_PREFIX)) {
			good = bridge_config_read_domain(config, &reader, error);
		} else if (bridge_config_has_group(groups[i])) {
			good = bridge_config_reader_read_group(&reader, bridge_config_keys,
			                                       groups[i], config, error);
		} else {
			g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
			            "%s: [%s]: there is no such group", path, groups[i]);
			good = FALSE;
		}
		if (!good)
			return FALSE;
	}
	return bridge_config_check_whole(config, file, path, error);
}

static BridgeConfig *
bridge_config_new(void)
{
	BridgeConfig *config = g_new0(BridgeConfig, 1);

	config->listen.addresses = g_strsplit("127.0.0.1:8642", ";", -1);
	config->listen.host_names = g_strsplit("localhost;127.0.0.1;[::1]", ";", -1);
	config->listen.max_connections = 12000;
	config->limits.connections_per_address = 64;
	config->limits.requests_per_second = 20;
	config->limits.account_requests_per_second = 60;
	config->limits.sign_ins_per_minute = 20;
	config->limits.account_sign_ins_per_minute = 10;
	config->limits.devices_per_account = 32;
	config->limits.subscriptions_per_account = 20;
	config->limits.readers_per_device = 4;
	config->limits.readers_per_account = 64;
	config->limits.readers_per_address = 256;
	config->idle.away_s = 900;
	config->idle.extended_away_s = 3600;
	config->legacy.addresses = g_new0(char *, 1);
	config->legacy.session_s = 86400;
	config->legacy.answer_s = 20;
	config->legacy.toast_text = TRUE;
	config->monitor_addresses = g_new0(char *, 1);
	config->control_socket = bridge_config_build_control_socket();
	config->store_path =
		g_build_filename(g_get_user_data_dir(), "gtalk-bridge", "bridge.db", NULL);
	config->instance = g_strdup("default");
	config->history_days = 30;
	config->history_events = 10000;
	config->history_megabytes = 500;
	config->accounts_per_host = 100;
	config->sign_ins_per_second = 20; /* some 10 ms of a host's time and TLS each */
	config->hang_s = 20;
	config->private_networks = g_new0(char *, 1);
	config->protocols = g_strsplit(BRIDGE_PROTOCOL_DEFAULT, ";", -1);
	config->host_program = g_build_filename(LIBEXECDIR, "gtalk-bridge-host", NULL);
	config->push.types = g_new0(char *, 1);
	config->push.contact = g_strdup("");
	config->push.program = g_build_filename(LIBEXECDIR, "gtalk-bridge-push", NULL);
	config->push.apns_url = g_strdup(BRIDGE_PUSH_APNS_URL);
	config->push.apns_sandbox_url = g_strdup(BRIDGE_PUSH_APNS_SANDBOX_URL);
	config->push.fcm_url = g_strdup(BRIDGE_PUSH_FCM_URL);
	config->push.fcm_token_url = g_strdup(BRIDGE_PUSH_FCM_TOKEN_URL);
	config->push.allow = g_new0(char *, 1);
	config->push.hosts = g_new0(char *, 1);
	config->retired = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_config_free);
	config->domains = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                        (GDestroyNotify)bridge_config_domain_free);
	config->fallback = bridge_config_domain_new(g_strdup(""));
	bridge_config_domain_publish(config->fallback);
	return config;
}

BridgeConfig *
bridge_config_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(BridgeConfig) config = NULL;

	g_return_val_if_fail(path != NULL, NULL);

	if (!bridge_config_file_load(file, path, error))
		return NULL;
	config = bridge_config_new();
	if (!bridge_config_read_file(config, file, path, error))
		return NULL;
	return g_steal_pointer(&config);
}

void
bridge_config_free(BridgeConfig *config)
{
	if (config == NULL)
		return;
	g_ptr_array_unref(config->retired);
	for (const BridgeConfigKey *key = bridge_config_keys; key->group != NULL; key++)
		bridge_config_key_clear(key, config);
	g_hash_table_unref(config->domains);
	bridge_config_domain_free(config->fallback);
	g_free(config);
}

/* ---- Reading it anew ------------------------------------------------------------------------- */

static gboolean
bridge_config_can_change(const BridgeConfigKey *key)
{
	return g_str_equal(key->group, "limits") || g_str_equal(key->group, "idle") ||
	       g_str_equal(key->key, "host-names") || g_str_equal(key->key, "origins") ||
	       g_str_equal(key->key, "session-seconds") ||
	       g_str_equal(key->key, "answer-seconds") || g_str_equal(key->key, "toast-text");
}

static void
bridge_config_change_keys(BridgeConfig *config, BridgeConfig *fresh, GPtrArray *kept)
{
	for (const BridgeConfigKey *key = bridge_config_keys; key->group != NULL; key++) {
		if (bridge_config_key_is_equal(key, config, fresh))
			continue;
		if (bridge_config_can_change(key))
			bridge_config_key_swap(key, config, fresh);
		else
			g_ptr_array_add(kept, g_strdup_printf("[%s] %s", key->group, key->key));
	}
}

/* An account's server is part of what it is known by. */
static void
bridge_config_keep_server(BridgeConfig *config, BridgeConfig *fresh, const char *name,
                          GPtrArray *kept)
{
	const BridgeDomainConfig *old = bridge_config_get_domain(config, name);
	BridgeConfigDomain *domain = g_hash_table_lookup(fresh->domains, name);
	const BridgeDomainConfig *present = bridge_config_get_domain(fresh, name);

	if (g_str_equal(old->server, present->server) && old->port == present->port)
		return;
	g_ptr_array_add(kept, g_strdup_printf("[domain %s] server", name));
	if (domain == NULL) {
		domain = bridge_config_domain_new(g_strdup(name));
		g_hash_table_insert(fresh->domains, domain->domain, domain);
	}
	g_free(domain->server);
	domain->server = g_strdup(old->server);
	domain->port = old->port;
	bridge_config_domain_publish(domain);
}

static void
bridge_config_keep_servers(BridgeConfig *config, BridgeConfig *fresh, BridgeConfigUsed used,
                           gpointer user_data, GPtrArray *kept)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTable *const tables[] = {config->domains, fresh->domains};
	GHashTableIter iter;
	gpointer name;

	for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_hash_table_iter_init(&iter, tables[i]);
		while (g_hash_table_iter_next(&iter, &name, NULL))
			g_hash_table_add(names, g_strdup(name));
	}
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (used(name, user_data))
			bridge_config_keep_server(config, fresh, name, kept);
}

char **
bridge_config_reload(BridgeConfig *config, const char *path, BridgeConfigUsed used,
                     gpointer user_data, GError **error)
{
	g_autoptr(GPtrArray) kept = NULL;
	BridgeConfig *fresh = bridge_config_load(path, error);
	GHashTable *domains = NULL;

	if (fresh == NULL)
		return NULL;
	kept = g_ptr_array_new();
	bridge_config_change_keys(config, fresh, kept);
	bridge_config_keep_servers(config, fresh, used, user_data, kept);
	domains = config->domains;
	config->domains = fresh->domains;
	fresh->domains = domains;
	g_ptr_array_add(config->retired, fresh);
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&kept), FALSE);
}

/* ---- What it says ---------------------------------------------------------------------------- */

const BridgeListenConfig *
bridge_config_get_listen(BridgeConfig *config)
{
	return &config->listen;
}

const BridgeLimitsConfig *
bridge_config_get_limits(BridgeConfig *config)
{
	return &config->limits;
}

const BridgeIdleConfig *
bridge_config_get_idle(BridgeConfig *config)
{
	return &config->idle;
}

const BridgeLegacyConfig *
bridge_config_get_legacy(BridgeConfig *config)
{
	return &config->legacy;
}

const BridgePushConfig *
bridge_config_get_push(BridgeConfig *config)
{
	return &config->push;
}

char *
bridge_config_build_control_socket(void)
{
	return g_build_filename(g_get_user_runtime_dir(), "gtalk-bridge", "control", NULL);
}

const char *
bridge_config_get_control_socket(BridgeConfig *config)
{
	return config->control_socket;
}

const char *const *
bridge_config_get_monitor_addresses(BridgeConfig *config)
{
	return (const char *const *)config->monitor_addresses;
}

const char *
bridge_config_get_store_path(BridgeConfig *config)
{
	return config->store_path;
}

BridgeKeySource
bridge_config_get_key_source(BridgeConfig *config)
{
	return (BridgeKeySource)config->key_source;
}

const char *
bridge_config_get_key_file(BridgeConfig *config)
{
	return config->key_file;
}

const char *
bridge_config_get_key_password_file(BridgeConfig *config)
{
	return config->key_password_file;
}

const char *
bridge_config_get_instance(BridgeConfig *config)
{
	return config->instance;
}

guint
bridge_config_get_history_days(BridgeConfig *config)
{
	return config->history_days;
}

guint
bridge_config_get_history_events(BridgeConfig *config)
{
	return config->history_events;
}

guint64
bridge_config_get_history_bytes(BridgeConfig *config)
{
	return config->history_megabytes * (guint64)1024 * 1024;
}

guint
bridge_config_get_accounts_per_host(BridgeConfig *config)
{
	return config->accounts_per_host;
}

guint
bridge_config_get_sign_ins_per_second(BridgeConfig *config)
{
	return config->sign_ins_per_second;
}

guint
bridge_config_get_hang_s(BridgeConfig *config)
{
	return config->hang_s;
}

const char *const *
bridge_config_get_private_networks(BridgeConfig *config)
{
	return (const char *const *)config->private_networks;
}

const char *const *
bridge_config_get_protocols(BridgeConfig *config)
{
	return (const char *const *)config->protocols;
}

const char *
bridge_config_get_host_program(BridgeConfig *config)
{
	return config->host_program;
}

const char *
bridge_config_get_ca_directory(BridgeConfig *config)
{
	return config->ca_directory;
}

const BridgeDomainConfig *
bridge_config_get_domain(BridgeConfig *config, const char *domain)
{
	const BridgeConfigDomain *found;

	g_return_val_if_fail(domain != NULL, NULL);

	found = g_hash_table_lookup(config->domains, domain);
	return found != NULL ? &found->public : &config->fallback->public;
}

GPtrArray *
bridge_config_list_domains(BridgeConfig *config)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer domain;

	g_hash_table_iter_init(&iter, config->domains);
	while (g_hash_table_iter_next(&iter, NULL, &domain))
		g_ptr_array_add(list, &((BridgeConfigDomain *)domain)->public);
	return list;
}
