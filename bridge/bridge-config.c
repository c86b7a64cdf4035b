/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-config.h"

#include <string.h>

#include "bridge-config-check.h"
#include "bridge-jid.h"

#define CONFIG_BYTES_MAX (1024 * 1024)
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
} BridgeConfigDomain;

struct _BridgeConfig {
	char **addresses;
	char **host_names;
	guint max_connections;
	guint connections_per_address;
	guint requests_per_second;
	guint sign_ins_per_minute;
	char *control_socket;
	char *store_path;
	guint key_source;
	char *key_file;
	char *key_password_file;
	char *instance;
	guint history_days;
	guint history_events;
	guint accounts_per_host;
	char *host_program;
	char *ca_directory;
	GHashTable *domains; /* char * -> BridgeConfigDomain */
	BridgeConfigDomain *fallback;
};

/* Turns one value into what is kept; NULL and @why (static) when it is not allowed. */
typedef char *(*BridgeConfigCheck)(const char *value, const char **why);

typedef enum {
	CONFIG_UINT, /* guint, min..max */
	CONFIG_BOOL, /* gboolean */
	CONFIG_WORD, /* guint: place in words */
	CONFIG_TEXT, /* char *, checked */
	CONFIG_LIST, /* char **, each checked; not empty */
} BridgeConfigType;

typedef struct {
	const char *group;
	const char *key;
	BridgeConfigType type;
	gsize offset;
	guint min;
	guint max;
	const char *const *words;
	BridgeConfigCheck check;
} BridgeConfigKey;

/* One value on its way in; names what an error message must name. */
typedef struct {
	GKeyFile *file;
	const char *path;
	const char *group;
	const BridgeConfigKey *key;
} BridgeConfigReader;

static const char *const bridge_config_key_sources[] = {"secret-service", "secret-file", NULL};
static const char *const bridge_config_registrations[] = {"invite", "open", "closed", NULL};

/* ---- The keys -------------------------------------------------------------------------------- */

#define CONFIG_AT(member) G_STRUCT_OFFSET(BridgeConfig, member)
#define CONFIG_DOMAIN_AT(member) G_STRUCT_OFFSET(BridgeConfigDomain, member)

/* clang-format off */
static const BridgeConfigKey bridge_config_keys[] = {
	{"listen", "address", CONFIG_LIST, CONFIG_AT(addresses), .check = bridge_config_check_address},
	{"listen", "host-names", CONFIG_LIST, CONFIG_AT(host_names), .check = bridge_config_check_host_name},
	{"listen", "max-connections", CONFIG_UINT, CONFIG_AT(max_connections), 1, 100000},
	{"limits", "connections-per-address", CONFIG_UINT, CONFIG_AT(connections_per_address), 1, 100000},
	{"limits", "requests-per-second", CONFIG_UINT, CONFIG_AT(requests_per_second), 1, 100000},
	{"limits", "sign-ins-per-minute", CONFIG_UINT, CONFIG_AT(sign_ins_per_minute), 1, 100000},
	{"control", "socket", CONFIG_TEXT, CONFIG_AT(control_socket), .check = bridge_config_check_socket_path},
	{"store", "path", CONFIG_TEXT, CONFIG_AT(store_path), .check = bridge_config_check_path},
	{"store", "key-source", CONFIG_WORD, CONFIG_AT(key_source), .words = bridge_config_key_sources},
	{"store", "key-file", CONFIG_TEXT, CONFIG_AT(key_file), .check = bridge_config_check_path},
	{"store", "key-password-file", CONFIG_TEXT, CONFIG_AT(key_password_file), .check = bridge_config_check_path},
	{"store", "instance", CONFIG_TEXT, CONFIG_AT(instance), .check = bridge_config_check_instance},
	{"store", "history-days", CONFIG_UINT, CONFIG_AT(history_days), 1, 3650},
	{"store", "history-events", CONFIG_UINT, CONFIG_AT(history_events), 100, 1000000},
	{"hosts", "accounts-per-host", CONFIG_UINT, CONFIG_AT(accounts_per_host), 1, 1000},
	{"hosts", "program", CONFIG_TEXT, CONFIG_AT(host_program), .check = bridge_config_check_path},
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
	{NULL},
};
/* clang-format on */

/* ---- Reading --------------------------------------------------------------------------------- */

static gboolean
bridge_config_refuse(const BridgeConfigReader *reader, const char *value, const char *why,
                     GError **error)
{
	g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
	            "%s: [%s] %s: \"%s\" is not allowed: %s", reader->path, reader->group,
	            reader->key->key, value, why);
	return FALSE;
}

static gboolean
bridge_config_read_uint(const BridgeConfigReader *reader, const char *value, guint *target,
                        GError **error)
{
	guint64 number = 0;
	g_autofree char *why = NULL;

	if (g_ascii_string_to_unsigned(value, 10, reader->key->min, reader->key->max, &number,
	                               NULL)) {
		*target = (guint)number;
		return TRUE;
	}
	why = g_strdup_printf("a number from %u to %u is needed", reader->key->min,
	                      reader->key->max);
	return bridge_config_refuse(reader, value, why, error);
}

static gboolean
bridge_config_read_bool(const BridgeConfigReader *reader, const char *value, gboolean *target,
                        GError **error)
{
	if (!g_str_equal(value, "true") && !g_str_equal(value, "false"))
		return bridge_config_refuse(reader, value, "true or false is needed", error);
	*target = g_str_equal(value, "true");
	return TRUE;
}

static gboolean
bridge_config_read_word(const BridgeConfigReader *reader, const char *value, guint *target,
                        GError **error)
{
	g_autofree char *words = NULL;
	g_autofree char *why = NULL;

	for (guint i = 0; reader->key->words[i] != NULL; i++) {
		if (g_str_equal(value, reader->key->words[i])) {
			*target = i;
			return TRUE;
		}
	}
	words = g_strjoinv(", ", (char **)reader->key->words);
	why = g_strdup_printf("one of %s is needed", words);
	return bridge_config_refuse(reader, value, why, error);
}

static gboolean
bridge_config_read_text(const BridgeConfigReader *reader, const char *value, char **target,
                        GError **error)
{
	const char *why = NULL;
	char *checked = reader->key->check(value, &why);

	if (checked == NULL)
		return bridge_config_refuse(reader, value, why, error);
	g_free(*target);
	*target = checked;
	return TRUE;
}

static gboolean
bridge_config_read_list(const BridgeConfigReader *reader, const char *value, char ***target,
                        GError **error)
{
	g_auto(GStrv) items = g_key_file_get_string_list(reader->file, reader->group,
	                                                 reader->key->key, NULL, NULL);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; items != NULL && items[i] != NULL; i++) {
		char *item = NULL;

		if (!bridge_config_read_text(reader, g_strstrip(items[i]), &item, error))
			return FALSE;
		g_ptr_array_add(list, item);
	}
	if (list->len == 0)
		return bridge_config_refuse(reader, value, "the list is empty", error);
	g_ptr_array_add(list, NULL);
	g_strfreev(*target);
	*target = (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
	return TRUE;
}

static gboolean
bridge_config_read_value(const BridgeConfigReader *reader, gpointer base, GError **error)
{
	gpointer target = G_STRUCT_MEMBER_P(base, reader->key->offset);
	g_autofree char *value =
		g_key_file_get_string(reader->file, reader->group, reader->key->key, NULL);

	if (value == NULL)
		return bridge_config_refuse(reader, "", "it is not UTF-8 or has a broken escape",
		                            error);
	g_strstrip(value);
	switch (reader->key->type) {
	case CONFIG_UINT:
		return bridge_config_read_uint(reader, value, target, error);
	case CONFIG_BOOL:
		return bridge_config_read_bool(reader, value, target, error);
	case CONFIG_WORD:
		return bridge_config_read_word(reader, value, target, error);
	case CONFIG_TEXT:
		return bridge_config_read_text(reader, value, target, error);
	case CONFIG_LIST:
		return bridge_config_read_list(reader, value, target, error);
	}
	g_return_val_if_reached(FALSE);
}

static const BridgeConfigKey *
bridge_config_find_key(const BridgeConfigKey *keys, const char *group, const char *key)
{
	for (; keys->group != NULL; keys++) {
		if (g_str_equal(keys->group, group) && g_str_equal(keys->key, key))
			return keys;
	}
	return NULL;
}

static gboolean
bridge_config_has_group(const char *group)
{
	for (guint i = 0; bridge_config_keys[i].group != NULL; i++) {
		if (g_str_equal(bridge_config_keys[i].group, group))
			return TRUE;
	}
	return FALSE;
}

/* @table_group: what @keys call the group; the file may call it "domain example.org". */
static gboolean
bridge_config_read_group(BridgeConfigReader *reader, const BridgeConfigKey *keys,
                         const char *table_group, gpointer base, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(reader->file, reader->group, NULL, NULL);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		reader->key = bridge_config_find_key(keys, table_group, names[i]);
		if (reader->key == NULL) {
			g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
			            "%s: [%s] %s: there is no such key", reader->path,
			            reader->group, names[i]);
			return FALSE;
		}
		if (!bridge_config_read_value(reader, base, error))
			return FALSE;
	}
	return TRUE;
}

static void
bridge_config_domain_free(BridgeConfigDomain *domain)
{
	g_free(domain->domain);
	g_free(domain->server);
	g_strfreev(domain->pins);
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
	if (!bridge_config_read_group(reader, bridge_config_domain_keys, "domain", domain, error))
		return FALSE;
	if (domain->port != 0 && domain->server[0] == '\0') {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [%s] port: it needs the key server beside it", reader->path,
		            reader->group);
		return FALSE;
	}
	bridge_config_domain_publish(domain);
	g_hash_table_insert(config->domains, name, g_steal_pointer(&domain));
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
			good = bridge_config_read_group(&reader, bridge_config_keys, groups[i],
			                                config, error);
		} else {
			g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
			            "%s: [%s]: there is no such group", path, groups[i]);
			good = FALSE;
		}
		if (!good)
			return FALSE;
	}
	/* Where the key comes from is never guessed. */
	if (!g_key_file_has_key(file, "store", "key-source", NULL)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [store] key-source: it must be given: secret-service or "
		            "secret-file",
		            path);
		return FALSE;
	}
	if (config->key_source == BRIDGE_KEY_SOURCE_SECRET_SERVICE &&
	    (config->key_file != NULL || config->key_password_file != NULL)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: [store] %s: it goes with key-source=secret-file only", path,
		            config->key_file != NULL ? "key-file" : "key-password-file");
		return FALSE;
	}
	return TRUE;
}

static BridgeConfig *
bridge_config_new(void)
{
	BridgeConfig *config = g_new0(BridgeConfig, 1);

	config->addresses = g_strsplit("127.0.0.1:8642", ";", -1);
	config->host_names = g_strsplit("localhost;127.0.0.1;[::1]", ";", -1);
	config->max_connections = 1000;
	config->connections_per_address = 64;
	config->requests_per_second = 20;
	config->sign_ins_per_minute = 20;
	config->control_socket = bridge_config_build_control_socket();
	config->store_path =
		g_build_filename(g_get_user_data_dir(), "gtalk-bridge", "bridge.db", NULL);
	config->instance = g_strdup("default");
	config->history_days = 30;
	config->history_events = 10000;
	config->accounts_per_host = 100;
	config->host_program = g_build_filename(LIBEXECDIR, "gtalk-bridge-host", NULL);
	config->domains = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                        (GDestroyNotify)bridge_config_domain_free);
	config->fallback = bridge_config_domain_new(g_strdup(""));
	bridge_config_domain_publish(config->fallback);
	return config;
}

static gboolean
bridge_config_load_file(GKeyFile *file, const char *path, GError **error)
{
	gsize length = 0;
	g_autofree char *text = NULL;
	g_autoptr(GError) cause = NULL;

	if (!g_file_get_contents(path, &text, &length, &cause)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_UNREADABLE, "%s",
		            cause->message);
		return FALSE;
	}
	if (length > CONFIG_BYTES_MAX) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
		            "%s: larger than 1 MiB: this is not a configuration", path);
		return FALSE;
	}
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID, "%s: %s", path,
		            cause->message);
		return FALSE;
	}
	return TRUE;
}

BridgeConfig *
bridge_config_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(BridgeConfig) config = NULL;

	g_return_val_if_fail(path != NULL, NULL);

	if (!bridge_config_load_file(file, path, error))
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
	g_strfreev(config->addresses);
	g_strfreev(config->host_names);
	g_free(config->control_socket);
	g_free(config->store_path);
	g_free(config->key_file);
	g_free(config->key_password_file);
	g_free(config->instance);
	g_free(config->host_program);
	g_free(config->ca_directory);
	g_hash_table_unref(config->domains);
	bridge_config_domain_free(config->fallback);
	g_free(config);
}

/* ---- What it says ---------------------------------------------------------------------------- */

const char *const *
bridge_config_get_listen_addresses(BridgeConfig *config)
{
	return (const char *const *)config->addresses;
}

const char *const *
bridge_config_get_host_names(BridgeConfig *config)
{
	return (const char *const *)config->host_names;
}

guint
bridge_config_get_max_connections(BridgeConfig *config)
{
	return config->max_connections;
}

guint
bridge_config_get_connections_per_address(BridgeConfig *config)
{
	return config->connections_per_address;
}

guint
bridge_config_get_requests_per_second(BridgeConfig *config)
{
	return config->requests_per_second;
}

guint
bridge_config_get_sign_ins_per_minute(BridgeConfig *config)
{
	return config->sign_ins_per_minute;
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

guint
bridge_config_get_accounts_per_host(BridgeConfig *config)
{
	return config->accounts_per_host;
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
