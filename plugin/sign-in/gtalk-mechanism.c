/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-mechanism.h"

#include <string.h>

#include <purple.h>

#include "core/gtalk-xml.h"
#include "gtalk.h"

#define GTALK_SCRAM_PREFIX "SCRAM-"
#define GTALK_CHANNEL_BINDING_SUFFIX "-PLUS"

typedef struct {
	const char *option;
	const char *name;
	GTalkSasl mechanism;
} GTalkTokenRow;

/* In the order of "auto". */
static const GTalkTokenRow gtalk_token_mechanisms[] = {
	{GTALK_MECHANISM_X_OAUTH2, "X-OAUTH2", GTALK_SASL_X_OAUTH2},
	{GTALK_MECHANISM_OAUTHBEARER, "OAUTHBEARER", GTALK_SASL_OAUTHBEARER},
	{GTALK_MECHANISM_X_GOOGLE_TOKEN, "X-GOOGLE-TOKEN", GTALK_SASL_X_GOOGLE_TOKEN},
};

gboolean
gtalk_mechanism_is_option(const char *option)
{
	for (guint i = 0; i < G_N_ELEMENTS(gtalk_token_mechanisms); i++) {
		if (g_strcmp0(option, gtalk_token_mechanisms[i].option) == 0)
			return TRUE;
	}
	return g_strcmp0(option, GTALK_MECHANISM_AUTO) == 0 ||
	       g_strcmp0(option, GTALK_MECHANISM_TOKEN) == 0 ||
	       g_strcmp0(option, GTALK_MECHANISM_PASSWORD) == 0;
}

gboolean
gtalk_mechanism_may_hold_token(const char *option)
{
	return g_strcmp0(option, GTALK_MECHANISM_PASSWORD) != 0;
}

gboolean
gtalk_mechanism_takes_password(const char *name)
{
	if (g_str_has_prefix(name, GTALK_SCRAM_PREFIX))
		return !g_str_has_suffix(name, GTALK_CHANNEL_BINDING_SUFFIX);
	return g_strcmp0(name, "PLAIN") == 0;
}

static gboolean
gtalk_mechanism_any_takes_password(const char *const *offered)
{
	for (guint i = 0; offered[i] != NULL; i++) {
		if (gtalk_mechanism_takes_password(offered[i]))
			return TRUE;
	}
	return FALSE;
}

GTalkSasl
gtalk_mechanism_choose(const char *option, const char *const *offered)
{
	gboolean automatic = g_strcmp0(option, GTALK_MECHANISM_AUTO) == 0;
	gboolean any_token = automatic || g_strcmp0(option, GTALK_MECHANISM_TOKEN) == 0;

	for (guint i = 0; i < G_N_ELEMENTS(gtalk_token_mechanisms); i++) {
		const GTalkTokenRow *row = &gtalk_token_mechanisms[i];

		if ((any_token || g_strcmp0(option, row->option) == 0) &&
		    g_strv_contains(offered, row->name))
			return row->mechanism;
	}
	if ((automatic || g_strcmp0(option, GTALK_MECHANISM_PASSWORD) == 0) &&
	    gtalk_mechanism_any_takes_password(offered))
		return GTALK_SASL_PASSWORD;
	return GTALK_SASL_NONE;
}

const char *
gtalk_mechanism_get_name(GTalkSasl mechanism)
{
	for (guint i = 0; i < G_N_ELEMENTS(gtalk_token_mechanisms); i++) {
		if (gtalk_token_mechanisms[i].mechanism == mechanism)
			return gtalk_token_mechanisms[i].name;
	}
	return NULL;
}

/* Tokens of all three kinds are visible ASCII (RFC 6750, 2.1, and what Google handed out). */
static gboolean
gtalk_mechanism_is_token(const char *token)
{
	if (token == NULL || *token == '\0')
		return FALSE;
	for (; *token != '\0'; token++) {
		if (!g_ascii_isgraph(*token))
			return FALSE;
	}
	return TRUE;
}

static gboolean
gtalk_mechanism_is_jid(const char *jid)
{
	if (jid == NULL || *jid == '\0' || !g_utf8_validate(jid, -1, NULL))
		return FALSE;
	for (; *jid != '\0'; jid++) {
		if (g_ascii_iscntrl(*jid))
			return FALSE;
	}
	return TRUE;
}

/* RFC 5801, 4: in the header "," and "=" of an authorization identity are "=2C" and "=3D". */
static void
gtalk_mechanism_append_escaped(GString *message, const char *authzid)
{
	for (; *authzid != '\0'; authzid++) {
		if (*authzid == ',')
			g_string_append(message, "=2C");
		else if (*authzid == '=')
			g_string_append(message, "=3D");
		else
			g_string_append_c(message, *authzid);
	}
}

/* RFC 7628, 3.1. */
static void
gtalk_mechanism_append_bearer(GString *message, const char *bare_jid, const char *token)
{
	g_string_append(message, "n,a=");
	gtalk_mechanism_append_escaped(message, bare_jid);
	g_string_append(message, ",\001auth=Bearer ");
	g_string_append(message, token);
	g_string_append(message, "\001\001");
}

/* The framing of PLAIN (RFC 4616), which Google's two mechanisms share. */
static void
gtalk_mechanism_append_plain(GString *message, const char *bare_jid, const char *token)
{
	g_string_append_c(message, '\0');
	g_string_append(message, bare_jid);
	g_string_append_c(message, '\0');
	g_string_append(message, token);
}

char *
gtalk_mechanism_build_response(GTalkSasl mechanism, const char *bare_jid, const char *token)
{
	GString *message;
	char *encoded;

	g_return_val_if_fail(gtalk_mechanism_get_name(mechanism) != NULL, NULL);

	if (!gtalk_mechanism_is_token(token) || !gtalk_mechanism_is_jid(bare_jid))
		return NULL;
	/* Large enough from the start: growing would leave copies behind. */
	message = g_string_sized_new(strlen(token) + 3 * strlen(bare_jid) + 64);
	if (mechanism == GTALK_SASL_OAUTHBEARER)
		gtalk_mechanism_append_bearer(message, bare_jid, token);
	else
		gtalk_mechanism_append_plain(message, bare_jid, token);
	encoded = g_base64_encode((const guchar *)message->str, message->len);
	explicit_bzero(message->str, message->len);
	g_string_free(message, TRUE);
	return encoded;
}

static void
gtalk_mechanism_remove_content(xmlnode *node)
{
	xmlnode *next;

	for (xmlnode *child = node->child; child != NULL; child = next) {
		next = child->next;
		if (child->type == XMLNODE_TYPE_ATTRIB)
			continue;
		if (child->type == XMLNODE_TYPE_DATA && child->data != NULL)
			explicit_bzero(child->data, child->data_sz);
		xmlnode_free(child);
	}
}

void
gtalk_mechanism_rewrite_auth(xmlnode *auth, GTalkSasl mechanism, const char *response)
{
	gtalk_mechanism_remove_content(auth);
	xmlnode_set_attrib(auth, "mechanism", gtalk_mechanism_get_name(mechanism));
	if (mechanism == GTALK_SASL_X_OAUTH2) {
		xmlnode_set_attrib(auth, "xmlns:auth", GTALK_NS_GOOGLE_AUTH);
		xmlnode_set_attrib(auth, "auth:service", "oauth2");
	}
	xmlnode_insert_data(auth, response, -1);
}

void
gtalk_mechanism_promise_full_bind_result(xmlnode *auth)
{
	xmlnode_set_attrib(auth, "xmlns:ga", GTALK_NS_GOOGLE_AUTH);
	xmlnode_set_attrib(auth, "ga:client-uses-full-bind-result", "true");
	xmlnode_set_attrib(auth, "ga:allow-non-google-login", "true");
}

void
gtalk_mechanism_free_secret(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	g_free(secret);
}
