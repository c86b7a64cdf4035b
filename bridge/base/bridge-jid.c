/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-jid.h"

#include <string.h>
#include <gio/gio.h>

#include "bridge-error.h"

/* RFC 7622, section 3.3.1: refused in a local part beside what no identifier may contain. */
#define JID_LOCAL_FORBIDDEN "\"&'/:<>@"

#define JID_PLAIN_BYTES_MAX 63 /* of a part; a label of a domain may be as long */

static gboolean
bridge_jid_refuse(const char *why, GError **error)
{
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID, "not a chat address: %s", why);
	return FALSE;
}

/* Letters, marks, numbers, punctuation, symbols: nothing that is invisible or unassigned. */
static gboolean
bridge_jid_is_visible(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_SPACE_SEPARATOR:
		return FALSE;
	default:
		return TRUE;
	}
}

static gboolean
bridge_jid_check_local(const char *local, GError **error)
{
	if (local[0] == '\0')
		return bridge_jid_refuse("nothing before the @", error);
	if (strlen(local) > BRIDGE_JID_PART_BYTES_MAX)
		return bridge_jid_refuse("too long", error);
	if (strpbrk(local, JID_LOCAL_FORBIDDEN) != NULL)
		return bridge_jid_refuse("a character that a user name must not have", error);
	for (const char *p = local; *p != '\0'; p = g_utf8_next_char(p)) {
		if (!bridge_jid_is_visible(g_utf8_get_char(p)))
			return bridge_jid_refuse("a space or an invisible character", error);
	}
	return TRUE;
}

/* Folding can denormalise and normalising can unfold, hence once more. */
static char *
bridge_jid_fold(const char *text)
{
	g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
	g_autofree char *folded = g_utf8_casefold(composed, -1);

	return g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC);
}

static char *
bridge_jid_normalise_local(const char *text, GError **error)
{
	g_autofree char *local = bridge_jid_fold(text);

	/* Before and after: compatibility forms can turn into forbidden characters. */
	if (!bridge_jid_check_local(text, error) || !bridge_jid_check_local(local, error))
		return NULL;
	return g_steal_pointer(&local);
}

static gboolean
bridge_jid_is_host_char(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
}

static gboolean
bridge_jid_check_ascii_domain(const char *ascii, GError **error)
{
	if (strlen(ascii) > 253)
		return bridge_jid_refuse("the domain is too long", error);
	if (ascii[0] == '.' || strstr(ascii, "..") != NULL)
		return bridge_jid_refuse("the domain has an empty label", error);
	for (const char *p = ascii; *p != '\0'; p++) {
		if (!bridge_jid_is_host_char(*p))
			return bridge_jid_refuse("the domain has a character that no domain has",
			                         error);
	}
	return TRUE;
}

static gboolean
bridge_jid_is_address_literal(const char *text)
{
	gsize length = strlen(text);
	g_autofree char *inner = NULL;

	if (length < 3 || text[0] != '[' || text[length - 1] != ']')
		return FALSE;
	inner = g_strndup(text + 1, length - 2);
	return g_hostname_is_ip_address(inner) && strchr(inner, '%') == NULL;
}

char *
bridge_jid_normalise_domain(const char *text, GError **error)
{
	g_autofree char *trimmed = NULL;
	g_autofree char *ascii = NULL;
	g_autofree char *domain = NULL;

	g_return_val_if_fail(text != NULL, NULL);

	if (!g_utf8_validate(text, -1, NULL) || strlen(text) > BRIDGE_JID_PART_BYTES_MAX) {
		bridge_jid_refuse("the domain is too long or not UTF-8", error);
		return NULL;
	}
	if (bridge_jid_is_address_literal(text))
		return g_ascii_strdown(text, -1);
	/* RFC 7622, section 3.2: a final dot is stripped before anything else. */
	trimmed = g_strndup(text, strlen(text) - (g_str_has_suffix(text, ".") ? 1 : 0));
	if (trimmed[0] == '\0') {
		bridge_jid_refuse("no domain", error);
		return NULL;
	}
	ascii = g_hostname_to_ascii(trimmed);
	if (ascii == NULL) {
		bridge_jid_refuse("the domain is not a domain name", error);
		return NULL;
	}
	if (!bridge_jid_check_ascii_domain(ascii, error))
		return NULL;
	domain = g_hostname_to_unicode(ascii);
	if (domain == NULL) {
		bridge_jid_refuse("the domain is not a domain name", error);
		return NULL;
	}
	return g_utf8_strdown(domain, -1);
}

static gsize
bridge_jid_count_plain(const char *text)
{
	gsize length = 0;

	while (g_ascii_islower(text[length]) || g_ascii_isdigit(text[length]) ||
	       text[length] == '-' || text[length] == '.')
		length++;
	return length;
}

/* Most addresses are in their normal form and plainly so; TRUE spares them the tables of Unicode.
 * FALSE means nothing. */
static gboolean
bridge_jid_is_plain(const char *bare)
{
	gsize local = bridge_jid_count_plain(bare);
	const char *domain = bare + local + 1;
	gsize length;

	if (local == 0 || local > JID_PLAIN_BYTES_MAX || bare[local] != '@')
		return FALSE;
	length = bridge_jid_count_plain(domain);
	return length > 0 && length <= JID_PLAIN_BYTES_MAX && domain[length] == '\0' &&
	       domain[0] != '.' && domain[length - 1] != '.' && strstr(domain, "..") == NULL &&
	       strstr(domain, "xn--") == NULL;
}

static char *
bridge_jid_normalise_bare(const char *bare, gboolean needs_local, GError **error)
{
	const char *at = strchr(bare, '@');
	g_autofree char *local_typed = NULL;
	g_autofree char *local = NULL;
	g_autofree char *domain = NULL;

	if (bridge_jid_is_plain(bare))
		return g_strdup(bare);
	if (at == NULL) {
		if (needs_local) {
			bridge_jid_refuse("it looks like name@example.org", error);
			return NULL;
		}
		return bridge_jid_normalise_domain(bare, error);
	}
	local_typed = g_strndup(bare, at - bare);
	local = bridge_jid_normalise_local(local_typed, error);
	if (local == NULL)
		return NULL;
	domain = bridge_jid_normalise_domain(at + 1, error);
	if (domain == NULL)
		return NULL;
	return g_strconcat(local, "@", domain, NULL);
}

static char *
bridge_jid_normalise_text(const char *text, gboolean needs_local, GError **error)
{
	const char *slash;
	g_autofree char *bare = NULL;

	if (strlen(text) > 3 * BRIDGE_JID_PART_BYTES_MAX + 2 || !g_utf8_validate(text, -1, NULL)) {
		bridge_jid_refuse("too long or not UTF-8", error);
		return NULL;
	}
	/* RFC 7622, section 3.1: the resource begins at the first slash, and only then the at. */
	slash = strchr(text, '/');
	bare = slash != NULL ? g_strndup(text, slash - text) : g_strdup(text);
	return bridge_jid_normalise_bare(bare, needs_local, error);
}

char *
bridge_jid_normalise(const char *text, GError **error)
{
	g_return_val_if_fail(text != NULL, NULL);

	return bridge_jid_normalise_text(text, TRUE, error);
}

char *
bridge_jid_normalise_peer(const char *text, GError **error)
{
	g_return_val_if_fail(text != NULL, NULL);

	return bridge_jid_normalise_text(text, FALSE, error);
}

char *
bridge_jid_split(const char *jid, char **resource)
{
	const char *slash;
	g_autofree char *bare = NULL;
	char *normal;

	g_return_val_if_fail(jid != NULL && resource != NULL, NULL);

	slash = strchr(jid, '/');
	*resource = g_strdup(slash != NULL ? slash + 1 : "");
	bare = slash != NULL ? g_strndup(jid, slash - jid) : g_strdup(jid);
	normal = bridge_jid_normalise_bare(bare, FALSE, NULL);
	return normal != NULL ? normal : g_steal_pointer(&bare);
}
