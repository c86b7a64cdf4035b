/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-protocol.h"

#include <string.h>

#include "bridge-error.h"
#include "bridge-jid.h"

#define PROTOCOL_NAME_BYTES_MAX 32
#define PROTOCOL_IRC_NICK_BYTES_MAX 64 /* RFC 2812 has 9, networks have up to 32 */
#define PROTOCOL_ADDRESS_BYTES_MAX 1023

static const char *const protocol_xmpp_auth[] = {"token", "oauth2", "password", NULL};
static const char *const protocol_xmpp_mechanisms[] = {
	"auto", "token", "x-oauth2", "x-google-token", "oauthbearer", "password", NULL};
static const char *const protocol_password[] = {"password", NULL};

/* XMPP under names that libpurple has for it: they would go past all that googletalk ensures. */
static const char *const protocol_refused_names[] = {"jabber", "xmpp", "gtalk", NULL};

static gboolean
protocol_refuse(const char *why, GError **error)
{
	g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID, "not a chat address: %s", why);
	return FALSE;
}

/* ---- IRC ------------------------------------------------------------------------------------- */

/* RFC 2812, section 2.3.1, and what servers add to it, but nothing that has a meaning on the wire
 * or in front of a channel's name. */
static gboolean
protocol_irc_check_nick(const char *nick, GError **error)
{
	if (*nick == '\0' || strlen(nick) > PROTOCOL_IRC_NICK_BYTES_MAX)
		return protocol_refuse("a nickname of 1 to 64 bytes is needed", error);
	if (g_ascii_isdigit(*nick) || *nick == '-' || strchr("#&+!~$:", *nick) != NULL)
		return protocol_refuse("a nickname does not begin like that", error);
	for (const char *c = nick; *c != '\0'; c++)
		if (!g_ascii_isgraph(*c) || strchr("!@,*?/:", *c) != NULL)
			return protocol_refuse("a character that no nickname has", error);
	return TRUE;
}

/* Which of {}|^ and []\~ are the same is for each server to say: taking two people for one would
 * be worse than the other way round. */
static char *
protocol_irc_normalise_peer(const char *text, GError **error)
{
	return protocol_irc_check_nick(text, error) ? g_ascii_strdown(text, -1) : NULL;
}

static char *
protocol_irc_normalise_username(const char *text, GError **error)
{
	const char *at = strchr(text, '@');
	g_autofree char *typed = g_strndup(text, strcspn(text, "@"));
	g_autofree char *nick = protocol_irc_normalise_peer(typed, error);
	g_autofree char *domain = NULL;

	if (nick == NULL)
		return NULL;
	if (at == NULL) {
		protocol_refuse("it looks like nickname@irc.example.org", error);
		return NULL;
	}
	domain = bridge_jid_normalise_domain(at + 1, error);
	return domain != NULL ? g_strconcat(nick, "@", domain, NULL) : NULL;
}

static char *
protocol_irc_split(const char *address, char **resource)
{
	*resource = g_strdup("");
	return g_ascii_strdown(address, -1);
}

/* ---- Any other ------------------------------------------------------------------------------- */

static char *
protocol_other_normalise(const char *text, GError **error)
{
	g_autofree char *composed = NULL;

	if (*text == '\0' || strlen(text) > PROTOCOL_ADDRESS_BYTES_MAX ||
	    !g_utf8_validate(text, -1, NULL)) {
		protocol_refuse("1 to 1023 bytes of UTF-8 are needed", error);
		return NULL;
	}
	composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFC);
	for (const char *c = composed; *c != '\0'; c = g_utf8_next_char(c)) {
		if (g_unichar_isgraph(g_utf8_get_char(c)))
			continue;
		protocol_refuse("a space or an invisible character", error);
		return NULL;
	}
	return g_steal_pointer(&composed);
}

static char *
protocol_other_split(const char *address, char **resource)
{
	char *normal = protocol_other_normalise(address, NULL);

	*resource = g_strdup("");
	return normal != NULL ? normal : g_strdup(address);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static const BridgeProtocol protocols[] = {
	{BRIDGE_PROTOCOL_DEFAULT, "GTalk", protocol_xmpp_auth, protocol_xmpp_mechanisms, TRUE,
         bridge_jid_normalise, bridge_jid_normalise_peer, bridge_jid_split},
	/* Whoever comes first has a nickname, and most servers take any password. */
	{"irc", "IRC", protocol_password, protocol_password, FALSE, protocol_irc_normalise_username,
         protocol_irc_normalise_peer, protocol_irc_split},
	{NULL, NULL, protocol_password, protocol_password, FALSE, protocol_other_normalise,
         protocol_other_normalise, protocol_other_split},
};

gboolean
bridge_protocol_is_name(const char *name)
{
	gsize length = strlen(name);

	return length > 0 && length <= PROTOCOL_NAME_BYTES_MAX &&
	       strspn(name, G_CSET_a_2_z G_CSET_DIGITS "-") == length &&
	       !g_strv_contains(protocol_refused_names, name);
}

const BridgeProtocol *
bridge_protocol_get(const char *name)
{
	const BridgeProtocol *protocol = protocols;

	g_return_val_if_fail(name != NULL, NULL);

	while (protocol->name != NULL && !g_str_equal(protocol->name, name))
		protocol++;
	return protocol;
}

const char *
bridge_protocol_get_domain(const char *name, const char *username)
{
	const char *at = strrchr(username, '@');

	return at != NULL ? at + 1 : name;
}
