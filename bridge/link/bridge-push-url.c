/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-url.h"

#include <string.h>

#include "bridge-push-link.h"

#define PUSH_URL_PORT 443
#define PUSH_URL_HOST_BYTES_MAX 253
/* As libsoup parses them: what is escaped stays so. */
#define PUSH_URL_FLAGS                                                                             \
	(G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY |         \
	 G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

/* Names that never are of a public host (RFC 6761, 6762, 7686, 8375, and custom). */
static const char *const push_url_private_suffixes[] = {
	"localhost", "local", "internal", "home.arpa", "onion", "test", "invalid", "lan", "corp",
};

/* ---- Exceptions ------------------------------------------------------------------------------ */

static void
bridge_push_exception_free(BridgePushException *exception)
{
	g_free(exception->host);
	g_clear_object(&exception->network);
	g_free(exception);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushException, bridge_push_exception_free)

static BridgePushException *
bridge_push_exception_parse(const char *text)
{
	g_autoptr(BridgePushException) exception = g_new0(BridgePushException, 1);
	const char *equals = strrchr(text, '=');
	g_autofree char *place = equals != NULL ? g_strndup(text, (gsize)(equals - text)) : NULL;
	char *colon = place != NULL ? strrchr(place, ':') : NULL;
	guint64 port = 0;

	if (colon == NULL || colon == place)
		return NULL;
	*colon = '\0';
	if (!g_ascii_string_to_unsigned(colon + 1, 10, 1, G_MAXUINT16, &port, NULL))
		return NULL;
	exception->network = g_inet_address_mask_new_from_string(equals + 1, NULL);
	exception->host = g_ascii_strdown(place, -1);
	exception->port = (guint16)port;
	return exception->network != NULL ? g_steal_pointer(&exception) : NULL;
}

gboolean
bridge_push_exception_check(const char *text)
{
	g_autoptr(BridgePushException) exception = bridge_push_exception_parse(text);

	return exception != NULL;
}

BridgePushRules *
bridge_push_rules_new(const char *const *allow, const char *const *hosts)
{
	BridgePushRules *rules = g_new0(BridgePushRules, 1);

	rules->exceptions =
		g_ptr_array_new_with_free_func((GDestroyNotify)bridge_push_exception_free);
	rules->hosts = g_strdupv((char **)hosts);
	for (; allow != NULL && *allow != NULL; allow++) {
		BridgePushException *exception = bridge_push_exception_parse(*allow);

		if (exception != NULL)
			g_ptr_array_add(rules->exceptions, exception);
	}
	return rules;
}

void
bridge_push_rules_free(BridgePushRules *rules)
{
	g_ptr_array_unref(rules->exceptions);
	g_strfreev(rules->hosts);
	g_free(rules);
}

const BridgePushException *
bridge_push_rules_find(const BridgePushRules *rules, const char *host, guint16 port)
{
	for (guint i = 0; i < rules->exceptions->len; i++) {
		const BridgePushException *exception = g_ptr_array_index(rules->exceptions, i);

		if (exception->port == port && g_str_equal(exception->host, host))
			return exception;
	}
	return NULL;
}

/* ---- URLs ------------------------------------------------------------------------------------ */

/* "a.b" and what ends with ".a.b" */
static gboolean
bridge_push_url_is_below(const char *host, const char *suffix)
{
	gsize length = strlen(host);
	gsize n_suffix = strlen(suffix);

	return length >= n_suffix && g_str_equal(host + length - n_suffix, suffix) &&
	       (length == n_suffix || host[length - n_suffix - 1] == '.');
}

static gboolean
bridge_push_url_is_public(const char *host)
{
	if (strchr(host, '.') == NULL || g_hostname_is_ip_address(host))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(push_url_private_suffixes); i++)
		if (bridge_push_url_is_below(host, push_url_private_suffixes[i]))
			return FALSE;
	return TRUE;
}

/* What is anybody's to name are not the hosts that know us by our certificate: a connection of his
 * without it would be resumed by ours. */
static gboolean
bridge_push_url_is_listed(const BridgePushRules *rules, const char *host)
{
	if (rules->hosts == NULL || rules->hosts[0] == NULL)
		return !bridge_push_url_is_below(host, BRIDGE_PUSH_MPNS_DOMAIN);
	for (guint i = 0; rules->hosts[i] != NULL; i++) {
		const char *listed = rules->hosts[i];

		if (g_str_has_prefix(listed, "*.") ? bridge_push_url_is_below(host, listed + 2)
		                                   : g_str_equal(host, listed))
			return TRUE;
	}
	return FALSE;
}

static gboolean
bridge_push_url_is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (!g_ascii_isgraph(*text))
			return FALSE;
	return TRUE;
}

static const char *
bridge_push_url_find_fault(const BridgePushRules *rules, GUri *uri, const char *host, int port)
{
	const BridgePushException *exception = NULL;

	if (g_strcmp0(g_uri_get_scheme(uri), "https") != 0)
		return "it must be an https URL";
	if (g_uri_get_userinfo(uri) != NULL || g_uri_get_fragment(uri) != NULL)
		return "it must have neither a user name nor a fragment";
	if (*host == '\0' || strlen(host) > PUSH_URL_HOST_BYTES_MAX)
		return "it must name a host";
	if (port > 0)
		exception = bridge_push_rules_find(rules, host, (guint16)port);
	if (exception != NULL)
		return NULL;
	if (port != PUSH_URL_PORT)
		return "this bridge pushes to port 443 only";
	if (!bridge_push_url_is_public(host))
		return "it must be on a host that is public by its name";
	return bridge_push_url_is_listed(rules, host) ? NULL
	                                              : "this bridge does not push to that host";
}

static char *
bridge_push_url_dup_host(GUri *uri)
{
	const char *given = g_uri_get_host(uri);
	char *host = g_ascii_strdown(given != NULL ? given : "", -1);
	gsize length = strlen(host);

	if (length > 1 && host[length - 1] == '.')
		host[length - 1] = '\0';
	return host;
}

GUri *
bridge_push_url_parse(const BridgePushRules *rules, const char *text, GError **error)
{
	g_autoptr(GUri) uri = NULL;
	g_autofree char *host = NULL;
	const char *fault = "it must be an https URL";
	const char *path;
	int port = 0;

	if (strlen(text) <= BRIDGE_PUSH_URL_BYTES_MAX && bridge_push_url_is_printable(text))
		uri = g_uri_parse(text, PUSH_URL_FLAGS, NULL);
	if (uri != NULL) {
		host = bridge_push_url_dup_host(uri);
		port = g_uri_get_port(uri) == -1 ? PUSH_URL_PORT : g_uri_get_port(uri);
		fault = bridge_push_url_find_fault(rules, uri, host, port);
	}
	if (fault != NULL) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, fault);
		return NULL;
	}
	path = g_uri_get_path(uri);
	return g_uri_build(PUSH_URL_FLAGS, "https", NULL, host, port, *path != '\0' ? path : "/",
	                   g_uri_get_query(uri), NULL);
}
