/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-settings.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "link/bridge-link.h"
#include "host-dialect.h"
#include "host-purple.h"
#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_SETTINGS_READ_TIMEOUT_MS 2000 /* the daemon writes before it sends */

void
host_settings_free(HostSettings *settings)
{
	g_free(settings->protocol_id);
	g_free(settings->address);
	g_free(settings->resource);
	g_free(settings->username);
	g_free(settings->mechanism);
	g_free(settings->token_url);
	g_free(settings->token_client_id);
	g_free(settings->token_scope);
	g_free(settings->server);
	g_strfreev(settings->pins);
	g_free(settings->archive_after);
	g_free(settings->archive_recent);
	g_free(settings->archive_since);
	g_clear_pointer(&settings->wanted, g_variant_unref);
	g_free(settings);
}

static gboolean
host_settings_refuse(GError **error, const char *member)
{
	g_set_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
	            "SignIn: \"%s\" is missing or not acceptable", member);
	return FALSE;
}

/* A string that can stand in a stanza. @value is untouched on failure. */
static gboolean
host_settings_take_string(GVariantDict *dict, const char *member, gsize max_bytes, char **value,
                          GError **error)
{
	g_autofree char *text = NULL;

	if (!g_variant_dict_contains(dict, member)) {
		*value = g_strdup("");
		return TRUE;
	}
	if (!g_variant_dict_lookup(dict, member, "s", &text) || strlen(text) > max_bytes ||
	    !host_text_is_xml(text))
		return host_settings_refuse(error, member);
	*value = g_steal_pointer(&text);
	return TRUE;
}

static gboolean
host_settings_take_protocol(HostSettings *settings, GVariantDict *dict, GError **error)
{
	const char *name = NULL;

	if (!g_variant_dict_lookup(dict, "protocol", "&s", &name))
		return host_settings_refuse(error, "protocol");
	settings->protocol_id = g_strdup(host_purple_find_protocol(name));
	settings->dialect = host_dialect_find(name);
	return settings->protocol_id != NULL || host_settings_refuse(error, "protocol");
}

static gboolean
host_settings_take_username(HostSettings *settings, GVariantDict *dict, GError **error)
{
	if (!host_settings_take_string(dict, "username", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->address, error) ||
	    !host_settings_take_string(dict, "resource", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->resource, error))
		return FALSE;
	return settings->dialect->is_username(settings->address) ||
	       host_settings_refuse(error, "username");
}

static gboolean
host_settings_take_secret(HostSettings *settings, const char *mechanism)
{
	if (g_str_equal(mechanism, BRIDGE_MECHANISM_REFRESH_TOKEN))
		settings->secret = HOST_SECRET_REFRESH_TOKEN;
	else if (g_str_equal(mechanism, BRIDGE_MECHANISM_SERVICE_PASSWORD))
		settings->secret = HOST_SECRET_SERVICE_PASSWORD;
	return settings->secret != HOST_SECRET_FOR_SERVER;
}

static gboolean
host_settings_take_mechanism(HostSettings *settings, GVariantDict *dict, GError **error)
{
	static const char *const known[] = {GTALK_MECHANISM_AUTO,
	                                    GTALK_MECHANISM_TOKEN,
	                                    GTALK_MECHANISM_X_OAUTH2,
	                                    GTALK_MECHANISM_X_GOOGLE_TOKEN,
	                                    GTALK_MECHANISM_OAUTHBEARER,
	                                    GTALK_MECHANISM_PASSWORD,
	                                    NULL};
	const char *name = GTALK_MECHANISM_AUTO;

	if (g_variant_dict_contains(dict, "mechanism") &&
	    !g_variant_dict_lookup(dict, "mechanism", "&s", &name))
		return host_settings_refuse(error, "mechanism");
	if (host_settings_take_secret(settings, name))
		name = GTALK_MECHANISM_TOKEN;
	if (!g_strv_contains(known, name))
		return host_settings_refuse(error, "mechanism");
	settings->mechanism = g_strdup(name);
	return TRUE;
}

static gboolean
host_settings_take_token_service(HostSettings *settings, GVariantDict *dict, GError **error)
{
	g_autofree char *kind = NULL;

	if (!host_settings_take_string(dict, "token-service", HOST_SETTINGS_JID_MAX_BYTES, &kind,
	                               error) ||
	    !host_settings_take_string(dict, "token-url", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->token_url, error) ||
	    !host_settings_take_string(dict, "token-client-id", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->token_client_id, error) ||
	    !host_settings_take_string(dict, "token-scope", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->token_scope, error))
		return FALSE;
	if (g_str_equal(kind, BRIDGE_TOKEN_SERVICE_OAUTH2))
		settings->token_service = HOST_TOKEN_SERVICE_OAUTH2;
	else if (g_str_equal(kind, BRIDGE_TOKEN_SERVICE_CLIENT_LOGIN))
		settings->token_service = HOST_TOKEN_SERVICE_CLIENT_LOGIN;
	else if (*kind != '\0')
		return host_settings_refuse(error, "token-service");
	return TRUE;
}

static gboolean
host_settings_take_server(HostSettings *settings, GVariantDict *dict, GError **error)
{
	const char *security = "starttls";
	guint16 port = 0;

	if (!host_settings_take_string(dict, "server", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->server, error))
		return FALSE;
	if (g_variant_dict_contains(dict, "port") &&
	    !g_variant_dict_lookup(dict, "port", "q", &port))
		return host_settings_refuse(error, "port");
	if (g_variant_dict_contains(dict, "security") &&
	    !g_variant_dict_lookup(dict, "security", "&s", &security))
		return host_settings_refuse(error, "security");
	settings->direct_tls = g_str_equal(security, "direct");
	if (!settings->direct_tls && !g_str_equal(security, "starttls"))
		return host_settings_refuse(error, "security");
	settings->port = port != 0 ? port : settings->dialect->get_port(settings->direct_tls);
	return TRUE;
}

static gboolean
host_settings_take_pins(HostSettings *settings, GVariantDict *dict, GError **error)
{
	if (!g_variant_dict_contains(dict, "pins"))
		return TRUE;
	if (!g_variant_dict_lookup(dict, "pins", "^as", &settings->pins) ||
	    g_strv_length(settings->pins) > HOST_SETTINGS_PINS_MAX)
		return host_settings_refuse(error, "pins");
	return TRUE;
}

static gboolean
host_settings_take_archive(HostSettings *settings, GVariantDict *dict, GError **error)
{
	gint64 since = 0;

	if (!host_settings_take_string(dict, "archive-after", HOST_SETTINGS_JID_MAX_BYTES,
	                               &settings->archive_after, error) ||
	    !host_settings_take_string(dict, "archive-recent", HOST_SETTINGS_ARCHIVE_MAX_BYTES,
	                               &settings->archive_recent, error))
		return FALSE;
	if (g_variant_dict_contains(dict, "archive-since") &&
	    (!g_variant_dict_lookup(dict, "archive-since", "x", &since) || since < 0))
		return host_settings_refuse(error, "archive-since");
	settings->archive_since =
		since > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, since) : g_strdup("");
	return TRUE;
}

static gboolean
host_settings_take_wanted(HostSettings *settings, GVariantDict *dict, GError **error)
{
	if (!g_variant_dict_contains(dict, "wanted"))
		return TRUE;
	settings->wanted = g_variant_dict_lookup_value(dict, "wanted", G_VARIANT_TYPE_VARDICT);
	return settings->wanted != NULL || host_settings_refuse(error, "wanted");
}

HostSettings *
host_settings_parse(GVariant *settings, GError **error)
{
	g_autoptr(HostSettings) parsed = g_new0(HostSettings, 1);
	g_autoptr(GVariantDict) dict = g_variant_dict_new(settings);

	if (!host_settings_take_protocol(parsed, dict, error) ||
	    !host_settings_take_username(parsed, dict, error) ||
	    !host_settings_take_mechanism(parsed, dict, error) ||
	    !host_settings_take_token_service(parsed, dict, error) ||
	    !host_settings_take_server(parsed, dict, error) ||
	    !host_settings_take_pins(parsed, dict, error) ||
	    !host_settings_take_archive(parsed, dict, error) ||
	    !host_settings_take_wanted(parsed, dict, error))
		return NULL;
	parsed->username = parsed->dialect->build_username(parsed);
	return g_steal_pointer(&parsed);
}

/* Returns: bytes read, 0 at the end, or -1 if that takes too long */
static gssize
host_settings_read(int fd, char *buffer, gsize length)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	gssize n_read;

	do {
		if (poll(&poll_fd, 1, HOST_SETTINGS_READ_TIMEOUT_MS) <= 0)
			return -1;
		n_read = read(fd, buffer, length);
	} while (n_read < 0 && errno == EINTR);
	return n_read;
}

char *
host_settings_read_credential(int fd, GError **error)
{
	gsize size = HOST_SETTINGS_CREDENTIAL_MAX_BYTES + 1;
	char *credential = g_malloc0(size + 1);
	gsize length = 0;
	gssize n_read;

	(void)lseek(fd, 0, SEEK_SET); /* a memory file stands where its writer left it */
	while ((n_read = host_settings_read(fd, credential + length, size - length)) > 0)
		length += (gsize)n_read;
	if (n_read == 0 && length > 0 && length < size && strlen(credential) == length &&
	    g_utf8_validate(credential, (gssize)length, NULL))
		return credential;
	explicit_bzero(credential, size);
	g_free(credential);
	g_set_error_literal(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID,
	                    "SignIn: the credential is empty, too long, not text or does not come");
	return NULL;
}

void
host_settings_free_credential(char *credential)
{
	if (credential == NULL)
		return;
	explicit_bzero(credential, strlen(credential));
	g_free(credential);
}
