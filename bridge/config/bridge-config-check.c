/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-config-check.h"

#include <string.h>
#include <sys/un.h>

#include <gio/gio.h>

#include "link/bridge-grant.h"
#include "base/bridge-jid.h"
#include "base/bridge-protocol.h"
#include "link/bridge-push-link.h"
#include "link/bridge-push-url.h"

#define CONFIG_INSTANCE_BYTES_MAX 64
#define CONFIG_TOKEN_URL_BYTES_MAX 2048
#define CONFIG_TOKEN_WORD_BYTES_MAX 512
#define CONFIG_PIN_CHARS 64 /* SHA-256 in hex */
#define CONFIG_APPLE_NAME_CHARS 10
#define CONFIG_APPLE_APP_BYTES_MAX 155

char *
bridge_config_check_path(const char *value, const char **why)
{
	*why = "an absolute path is needed";
	return g_path_is_absolute(value) ? g_strdup(value) : NULL;
}

char *
bridge_config_check_socket_path(const char *value, const char **why)
{
	*why = "an absolute path of at most 107 bytes is needed";
	if (!g_path_is_absolute(value) ||
	    strlen(value) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return NULL;
	return g_strdup(value);
}

char *
bridge_config_check_address(const char *value, const char **why)
{
	g_autoptr(GSocketConnectable) connectable = NULL;
	g_autofree char *socket_path = NULL;
	const char *colon = strrchr(value, ':');

	if (g_str_has_prefix(value, "unix:")) {
		socket_path = bridge_config_check_socket_path(value + strlen("unix:"), why);
		return socket_path != NULL ? g_strdup(value) : NULL;
	}
	*why = "it looks like 127.0.0.1:8642, [::1]:8642 or unix:/absolute/path";
	if (colon == NULL || colon[1] == '\0')
		return NULL;
	connectable = g_network_address_parse(value, 0, NULL);
	if (connectable == NULL || !g_hostname_is_ip_address(g_network_address_get_hostname(
					   G_NETWORK_ADDRESS(connectable))))
		return NULL;
	return g_strdup(value);
}

static gboolean
bridge_config_is_named_socket(const char *value)
{
	return g_str_has_prefix(value, "systemd:") && strlen(value) > strlen("systemd:");
}

char *
bridge_config_check_listen_address(const char *value, const char **why)
{
	char *address = NULL;

	if (g_str_equal(value, "systemd") || bridge_config_is_named_socket(value))
		return g_strdup(value);
	address = bridge_config_check_address(value, why);
	if (address == NULL)
		*why = "it looks like 127.0.0.1:8642, [::1]:8642, unix:/absolute/path, systemd or "
		       "systemd:name";
	return address;
}

char *
bridge_config_check_legacy_address(const char *value, const char **why)
{
	char *address = NULL;

	if (bridge_config_is_named_socket(value))
		return g_strdup(value);
	address = bridge_config_check_address(value, why);
	if (address == NULL)
		*why = "it looks like 127.0.0.1:443, [::1]:443, unix:/absolute/path or "
		       "systemd:name";
	return address;
}

char *
bridge_config_check_host_name(const char *value, const char **why)
{
	*why = "a host name or address without a port is needed";
	return bridge_jid_normalise_domain(value, NULL);
}

char *
bridge_config_check_origin(const char *value, const char **why)
{
	g_autofree char *lower = g_ascii_strdown(value, -1);
	g_autoptr(GUri) uri = g_uri_parse(lower, G_URI_FLAGS_NONE, NULL);

	*why = "it looks like https://chat.example.org or http://localhost:3000";
	if (uri == NULL || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' ||
	    g_uri_get_userinfo(uri) != NULL || *g_uri_get_path(uri) != '\0' ||
	    g_uri_get_query(uri) != NULL || g_uri_get_fragment(uri) != NULL)
		return NULL;
	return g_steal_pointer(&lower);
}

char *
bridge_config_check_proxy(const char *value, const char **why)
{
	g_autoptr(GInetAddressMask) mask = NULL;

	*why = "an address, a network such as 10.0.0.0/8, or unix is needed";
	if (g_str_equal(value, "unix"))
		return g_strdup(value);
	mask = g_inet_address_mask_new_from_string(value, NULL);
	return mask != NULL ? g_strdup(value) : NULL;
}

char *
bridge_config_check_network(const char *value, const char **why)
{
	g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(value, NULL);

	*why = "a network such as 10.0.0.0/8 or an address is needed";
	return mask != NULL ? g_strdup(value) : NULL;
}

char *
bridge_config_check_server(const char *value, const char **why)
{
	*why = "a host name or IP address is needed (the port has a key of its own)";
	if (g_hostname_is_ip_address(value))
		return g_strdup(value);
	return bridge_jid_normalise_domain(value, NULL);
}

char *
bridge_config_check_instance(const char *value, const char **why)
{
	gsize length = strlen(value);

	*why = "1 to 64 of a-z, A-Z, 0-9, - and _ are allowed";
	if (length == 0 || length > CONFIG_INSTANCE_BYTES_MAX ||
	    strspn(value, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_") != length)
		return NULL;
	return g_strdup(value);
}

char *
bridge_config_check_protocol(const char *value, const char **why)
{
	*why = "googletalk, or irc or another of libpurple's protocols, without its prpl-, is "
	       "needed (googletalk speaks XMPP)";
	return bridge_protocol_is_name(value) ? g_strdup(value) : NULL;
}

/* As openssl prints it, with colons and in capitals, too. */
char *
bridge_config_check_pin(const char *value, const char **why)
{
	g_auto(GStrv) bytes = g_strsplit(value, ":", -1);
	g_autofree char *joined = g_strjoinv("", bytes);
	g_autofree char *pin = g_ascii_strdown(joined, -1);

	*why = "the SHA-256 of the certificate is needed, 64 hexadecimal digits";
	if (strlen(pin) != CONFIG_PIN_CHARS || strspn(pin, "0123456789abcdef") != CONFIG_PIN_CHARS)
		return NULL;
	return g_steal_pointer(&pin);
}

char *
bridge_config_check_token_url(const char *value, const char **why)
{
	g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);

	*why = "it looks like https://login.example.org/token";
	if (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "https") != 0 ||
	    g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' ||
	    g_uri_get_userinfo(uri) != NULL || g_uri_get_fragment(uri) != NULL ||
	    strlen(value) > CONFIG_TOKEN_URL_BYTES_MAX)
		return NULL;
	return g_strdup(value);
}

char *
bridge_config_check_token_word(const char *value, const char **why)
{
	*why = "1 to 512 printable ASCII characters are allowed";
	if (*value == '\0' || strlen(value) > CONFIG_TOKEN_WORD_BYTES_MAX ||
	    !bridge_grant_is_text(value))
		return NULL;
	return g_strdup(value);
}

char *
bridge_config_check_push_type(const char *value, const char **why)
{
	*why = "webpush, webhook, fcm, apns and mpns are known";
	return bridge_push_service_find(value) >= 0 ? g_strdup(value) : NULL;
}

char *
bridge_config_check_apple_name(const char *value, const char **why)
{
	gsize length = 0;

	*why = "ten letters and digits are needed";
	while (g_ascii_isalnum(value[length]))
		length++;
	return length == CONFIG_APPLE_NAME_CHARS && value[length] == '\0' ? g_strdup(value) : NULL;
}

char *
bridge_config_check_apple_app(const char *value, const char **why)
{
	gsize length = 0;

	*why = "it looks like org.example.app";
	while (g_ascii_isalnum(value[length]) || value[length] == '-' || value[length] == '.')
		length++;
	return length > 0 && length <= CONFIG_APPLE_APP_BYTES_MAX && value[length] == '\0'
	               ? g_strdup(value)
	               : NULL;
}

/* Push services refuse names that are nobody's. */
static gboolean
bridge_config_is_public_domain(const char *domain)
{
	static const char *const reserved[] = {".localhost", ".invalid", ".local", ".test"};

	for (guint i = 0; i < G_N_ELEMENTS(reserved); i++)
		if (g_str_has_suffix(domain, reserved[i]))
			return FALSE;
	return strchr(domain, '.') != NULL;
}

char *
bridge_config_check_contact(const char *value, const char **why)
{
	g_autoptr(GUri) uri = NULL;
	const char *at = strrchr(value, '@');

	*why = "it looks like mailto:push@example.org or https://example.org/contact";
	if (!bridge_grant_is_text(value))
		return NULL;
	if (g_str_has_prefix(value, "mailto:"))
		return at != NULL && bridge_config_is_public_domain(at + 1) ? g_strdup(value)
		                                                            : NULL;
	uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);
	if (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "https") != 0 ||
	    g_uri_get_host(uri) == NULL || !bridge_config_is_public_domain(g_uri_get_host(uri)))
		return NULL;
	return g_strdup(value);
}

char *
bridge_config_check_push_exception(const char *value, const char **why)
{
	*why = "it looks like push.example.lan:443=192.168.1.0/24";
	return bridge_push_exception_check(value) ? g_strdup(value) : NULL;
}

char *
bridge_config_check_push_host(const char *value, const char **why)
{
	gboolean below = g_str_has_prefix(value, "*.");
	g_autofree char *name = bridge_jid_normalise_domain(value + (below ? 2 : 0), NULL);

	*why = "it looks like push.example.net or *.example.net";
	return name != NULL ? g_strconcat(below ? "*." : "", name, NULL) : NULL;
}

gboolean
bridge_config_check_push(const BridgePushConfig *push, const char *path, GError **error)
{
	const struct {
		const char *service;
		const char *key;
		gboolean is_there;
	} needs[] = {
		{BRIDGE_PUSH_SERVICE_WEB, "contact", push->contact[0] != '\0'},
		{BRIDGE_PUSH_SERVICE_APNS, "apns-key-id", push->apns_key_id != NULL},
		{BRIDGE_PUSH_SERVICE_APNS, "apns-team-id", push->apns_team_id != NULL},
		{BRIDGE_PUSH_SERVICE_APNS, "apns-topic", push->apns_topic != NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(needs); i++)
		if (!needs[i].is_there &&
		    g_strv_contains((const char *const *)push->types, needs[i].service)) {
			g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
			            "%s: [push] types: %s needs the key %s beside it", path,
			            needs[i].service, needs[i].key);
			return FALSE;
		}
	return TRUE;
}
