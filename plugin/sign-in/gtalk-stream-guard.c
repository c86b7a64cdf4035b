/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-stream-guard.h"

#include <string.h>

#include "core/gtalk-account-options.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-xml.h"
#include "gtalk-mechanism.h"

#define GTALK_FEATURES_MAX 200 /* real servers have a dozen; the tree's functions are quadratic */

#define GTALK_STREAM_HEADER "<stream:stream"
#define GTALK_STREAM_END "</stream:stream"

typedef enum {
	GTALK_STREAM_CLEAR,          /* connected; features may offer TLS */
	GTALK_STREAM_STARTTLS,       /* we asked for TLS */
	GTALK_STREAM_PROCEEDING,     /* the server agreed: from here to our next header anything in
	                                the clear is forged or mistaken */
	GTALK_STREAM_READY,          /* features are to offer mechanisms */
	GTALK_STREAM_AUTHENTICATING, /* our one <auth/> has gone out */
	GTALK_STREAM_AUTHENTICATED,  /* <success/>: our next header is due */
	GTALK_STREAM_RESTARTED,      /* features are to offer resource binding */
	GTALK_STREAM_OPEN,           /* stanzas */
	GTALK_STREAM_N_STATES,
} GTalkStreamState;

static const char *const gtalk_stream_state_names[GTALK_STREAM_N_STATES] = {
	"clear",          "starttls",      "proceeding", "ready",
	"authenticating", "authenticated", "restarted",  "open",
};

static const gboolean gtalk_stream_moves[GTALK_STREAM_N_STATES][GTALK_STREAM_N_STATES] = {
	[GTALK_STREAM_CLEAR] = {[GTALK_STREAM_STARTTLS] = TRUE, [GTALK_STREAM_READY] = TRUE},
	[GTALK_STREAM_STARTTLS] = {[GTALK_STREAM_PROCEEDING] = TRUE},
	[GTALK_STREAM_PROCEEDING] = {[GTALK_STREAM_READY] = TRUE},
	[GTALK_STREAM_READY] = {[GTALK_STREAM_AUTHENTICATING] = TRUE},
	[GTALK_STREAM_AUTHENTICATING] = {[GTALK_STREAM_AUTHENTICATED] = TRUE},
	[GTALK_STREAM_AUTHENTICATED] = {[GTALK_STREAM_RESTARTED] = TRUE},
	[GTALK_STREAM_RESTARTED] = {[GTALK_STREAM_OPEN] = TRUE},
};

typedef struct {
	GTalkStreamState state;
	gboolean secure;    /* TLS stands, and its certificate was accepted */
	gboolean needs_tls; /* no <auth/> without */
	gboolean opened;    /* our first header has been written */
} GTalkStreamGuard;

static void
gtalk_stream_guard_set_state(GTalkStreamGuard *self, GTalkStreamState state, const char *why)
{
	g_return_if_fail(gtalk_stream_moves[self->state][state]);

	purple_debug_misc("googletalk", "stream %s -> %s (%s)\n",
	                  gtalk_stream_state_names[self->state], gtalk_stream_state_names[state],
	                  why);
	self->state = state;
}

/* ---- Attaching ------------------------------------------------------------------------------ */

/* Settings of the inherited protocol that it reads again and again while it signs in. */
static void
gtalk_stream_guard_force_settings(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	const char *security =
		purple_account_get_string(account, "connection_security", "require_tls");

	if (!purple_strequal(security, "old_ssl"))
		purple_account_set_string(account, "connection_security", "require_tls");
	if (purple_account_get_bool(account, "auth_plain_in_clear", FALSE))
		purple_account_set_bool(account, "auth_plain_in_clear", FALSE);
}

static void
gtalk_stream_guard_check_settings(GTalkConnection *connection, GTalkStreamGuard *self)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	/* Its TLS is that of HTTP, which we do not witness. */
	if (self->needs_tls && *purple_account_get_string(account, "bosh_url", "") != '\0')
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
		                      _("The account cannot be connected over HTTP (BOSH)."));
}

static gpointer
gtalk_stream_guard_attach(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	GTalkStreamGuard *self = g_new0(GTalkStreamGuard, 1);
	const char *mechanism = gtalk_account_options_get_mechanism(account);
	/* A copy: forcing the settings frees the account's own. */
	g_autofree char *security =
		g_strdup(purple_account_get_string(account, "connection_security", "require_tls"));

	self->needs_tls = gtalk_mechanism_may_hold_token(mechanism) ||
	                  !purple_strequal(security, "opportunistic_tls");
	if (self->needs_tls)
		gtalk_stream_guard_force_settings(connection);
	gtalk_stream_guard_check_settings(connection, self);
	/* Direct TLS: not a byte passes here before the handshake and the certificate. */
	if (purple_strequal(security, "old_ssl")) {
		self->secure = TRUE;
		gtalk_stream_guard_set_state(self, GTALK_STREAM_READY, "direct tls");
	}
	return self;
}

static void
gtalk_stream_guard_detach(GTalkConnection *connection, gpointer state)
{
	g_free(state);
}

/* ---- Receiving ------------------------------------------------------------------------------ */

static void
gtalk_stream_guard_remove_child(xmlnode *packet, const char *name)
{
	xmlnode *child;

	while ((child = xmlnode_get_child(packet, name)) != NULL)
		xmlnode_free(child);
}

/* Counts the elements in the whole tree, as far as they are too many. */
static guint
gtalk_stream_guard_count_elements(const xmlnode *node, guint n)
{
	for (const xmlnode *child = node->child; child != NULL && n <= GTALK_FEATURES_MAX;
	     child = child->next) {
		if (child->type == XMLNODE_TYPE_TAG)
			n = gtalk_stream_guard_count_elements(child, n + 1);
	}
	return n;
}

/* Of features in the clear nothing counts but the offer of TLS. */
static void
gtalk_stream_guard_keep_starttls(xmlnode *features)
{
	xmlnode *next;

	for (xmlnode *child = features->child; child != NULL; child = next) {
		next = child->next;
		if (child->type == XMLNODE_TYPE_TAG &&
		    !gtalk_xml_is(child, "starttls", GTALK_NS_TLS))
			xmlnode_free(child);
	}
}

static gboolean
gtalk_stream_guard_receive_clear_features(GTalkConnection *connection, GTalkStreamGuard *self,
                                          xmlnode *features)
{
	if (gtalk_xml_find_child(features, "starttls", GTALK_NS_TLS) != NULL) {
		gtalk_stream_guard_keep_starttls(features);
		return FALSE;
	}
	if (self->needs_tls) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR,
		                      _("The server does not offer encryption, so nothing was sent "
		                        "that proves who you are."));
		return TRUE;
	}
	gtalk_stream_guard_set_state(self, GTALK_STREAM_READY, "no tls offered");
	return FALSE;
}

static gboolean
gtalk_stream_guard_receive_mechanisms(GTalkConnection *connection, xmlnode *features)
{
	/* TLS is there, or not wanted: a second offer would send the inherited protocol back. */
	gtalk_stream_guard_remove_child(features, "starttls");
	if (gtalk_xml_find_child(features, "mechanisms", GTALK_NS_SASL) != NULL)
		return FALSE;
	/* A new account is made before it can be signed in to. */
	if (gtalk_connection_get_purpose(connection) == GTALK_PURPOSE_REGISTER)
		return FALSE;
	gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
	                      _("The server offers no way to sign in that this program can use "
	                        "safely."));
	return TRUE;
}

static gboolean
gtalk_stream_guard_receive_binding(GTalkConnection *connection, GTalkStreamGuard *self,
                                   xmlnode *features)
{
	gtalk_stream_guard_remove_child(features, "starttls");
	gtalk_stream_guard_remove_child(features, "mechanisms");
	if (gtalk_xml_find_child(features, "bind", GTALK_NS_BIND) == NULL) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
		                      _("The server signed you in but offers no session."));
		return TRUE;
	}
	gtalk_stream_guard_set_state(self, GTALK_STREAM_OPEN, "bind offered");
	return FALSE;
}

static gboolean
gtalk_stream_guard_receive_features(GTalkConnection *connection, GTalkStreamGuard *self,
                                    xmlnode *features)
{
	if (gtalk_stream_guard_count_elements(features, 0) > GTALK_FEATURES_MAX) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
		                      _("The server offers more than any server has."));
		return TRUE;
	}
	if (self->state == GTALK_STREAM_CLEAR &&
	    gtalk_stream_guard_receive_clear_features(connection, self, features))
		return TRUE;
	switch (self->state) {
	case GTALK_STREAM_CLEAR:
		return FALSE;
	case GTALK_STREAM_READY:
		return gtalk_stream_guard_receive_mechanisms(connection, features);
	case GTALK_STREAM_RESTARTED:
		return gtalk_stream_guard_receive_binding(connection, self, features);
	default:
		return TRUE;
	}
}

static gboolean
gtalk_stream_guard_receive_tls(GTalkConnection *connection, GTalkStreamGuard *self, xmlnode *packet)
{
	if (self->state != GTALK_STREAM_STARTTLS)
		return TRUE;
	if (purple_strequal(packet->name, "proceed")) {
		gtalk_stream_guard_set_state(self, GTALK_STREAM_PROCEEDING, "proceed");
		return FALSE;
	}
	gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR,
	                      _("The server offered encryption and then refused it."));
	return TRUE;
}

/* By name alone, as the inherited protocol tells them. */
static gboolean
gtalk_stream_guard_is_stanza(xmlnode *packet)
{
	return strcmp(packet->name, "message") == 0 || strcmp(packet->name, "presence") == 0 ||
	       strcmp(packet->name, "iq") == 0;
}

/* Stanzas before there is a session: only what a registration needs. */
static gboolean
gtalk_stream_guard_receive_stanza(GTalkConnection *connection, GTalkStreamGuard *self,
                                  xmlnode *packet)
{
	if (self->state == GTALK_STREAM_OPEN)
		return !purple_strequal(packet->name, "iq") &&
		       gtalk_connection_get_bound_jid(connection) == NULL;
	return !(self->state == GTALK_STREAM_READY && purple_strequal(packet->name, "iq") &&
	         gtalk_connection_get_purpose(connection) == GTALK_PURPOSE_REGISTER);
}

static gboolean
gtalk_stream_guard_judge(GTalkConnection *connection, GTalkStreamGuard *self, xmlnode *packet)
{
	const char *xmlns = xmlnode_get_namespace(packet);

	if (self->state == GTALK_STREAM_PROCEEDING)
		return TRUE;
	if (gtalk_stream_guard_is_stanza(packet))
		return gtalk_stream_guard_receive_stanza(connection, self, packet);
	if (purple_strequal(xmlns, GTALK_NS_STREAMS))
		return purple_strequal(packet->name, "features") &&
		       gtalk_stream_guard_receive_features(connection, self, packet);
	if (purple_strequal(xmlns, GTALK_NS_TLS))
		return gtalk_stream_guard_receive_tls(connection, self, packet);
	if (purple_strequal(xmlns, GTALK_NS_SASL))
		return self->state != GTALK_STREAM_AUTHENTICATING;
	return gtalk_connection_get_bound_jid(connection) == NULL;
}

static gboolean
gtalk_stream_guard_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkStreamGuard *self = state;
	gboolean swallowed = gtalk_stream_guard_judge(connection, self, *packet);

	if (swallowed)
		purple_debug_warning("googletalk", "kept back <%s/> in a stream that is %s\n",
		                     (*packet)->name, gtalk_stream_state_names[self->state]);
	else if (gtalk_xml_is(*packet, "success", GTALK_NS_SASL))
		gtalk_stream_guard_set_state(self, GTALK_STREAM_AUTHENTICATED, "success");
	return swallowed;
}

/* ---- Sending -------------------------------------------------------------------------------- */

gboolean
gtalk_stream_guard_may_authenticate(GTalkConnection *connection)
{
	GTalkStreamGuard *self = gtalk_connection_get_state(connection, &gtalk_stream_guard_unit);

	return self->state == GTALK_STREAM_READY && (self->secure || !self->needs_tls);
}

gboolean
gtalk_stream_guard_is_talking(GTalkConnection *connection)
{
	GTalkStreamGuard *self = gtalk_connection_get_state(connection, &gtalk_stream_guard_unit);

	return self->opened && self->state != GTALK_STREAM_PROCEEDING;
}

/* The writer would log what it is kept from writing. */
static void
gtalk_stream_guard_empty(xmlnode *packet)
{
	while (packet->child != NULL)
		xmlnode_free(packet->child);
}

static void
gtalk_stream_guard_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	xmlnode *query = gtalk_xml_find_child(packet, "query", GTALK_NS_IQ_AUTH);

	if (query != NULL) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
		                      _("The server offers no way to sign in that this program can "
		                        "use safely."));
		gtalk_stream_guard_empty(packet);
		return;
	}
	if (!gtalk_xml_is(packet, "auth", GTALK_NS_SASL))
		return;
	if (!gtalk_stream_guard_may_authenticate(connection)) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR,
		                      _("The connection is not encrypted, so nothing was sent that "
		                        "proves who you are."));
		gtalk_stream_guard_empty(packet);
		return;
	}
	gtalk_stream_guard_set_state(state, GTALK_STREAM_AUTHENTICATING, "auth");
}

static gboolean
gtalk_stream_guard_is_harmless_text(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0' || g_str_has_prefix(text, "<?xml ") ||
	       g_str_has_prefix(text, GTALK_STREAM_HEADER) ||
	       g_str_has_prefix(text, GTALK_STREAM_END) || g_str_has_prefix(text, "<starttls ");
}

/* The inherited protocol writes its header when it has connected, when TLS stands with a
 * certificate that was accepted, and behind <success/>. */
static void
gtalk_stream_guard_follow_text(GTalkStreamGuard *self, const char *text)
{
	if (g_str_has_prefix(text, "<starttls ") && self->state == GTALK_STREAM_CLEAR) {
		gtalk_stream_guard_set_state(self, GTALK_STREAM_STARTTLS, "asked for tls");
		return;
	}
	if (!g_str_has_prefix(text, GTALK_STREAM_HEADER))
		return;
	self->opened = TRUE;
	if (self->state == GTALK_STREAM_PROCEEDING) {
		self->secure = TRUE;
		gtalk_stream_guard_set_state(self, GTALK_STREAM_READY, "header within tls");
	} else if (self->state == GTALK_STREAM_AUTHENTICATED) {
		gtalk_stream_guard_set_state(self, GTALK_STREAM_RESTARTED, "header");
	}
}

static gboolean
gtalk_stream_guard_sending_text(GTalkConnection *connection, gpointer state, const char *text)
{
	GTalkStreamGuard *self = state;

	gtalk_stream_guard_follow_text(self, text);
	if (self->secure || !self->needs_tls || gtalk_stream_guard_is_harmless_text(text))
		return TRUE;
	gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR,
	                      _("The connection is not encrypted, so nothing was sent that proves "
	                        "who you are."));
	return FALSE;
}

const GTalkUnit gtalk_stream_guard_unit = {
	.name = "stream-guard",
	.attach = gtalk_stream_guard_attach,
	.detach = gtalk_stream_guard_detach,
	.receives = GTALK_ARRIVES_ALL,
	.receiving = gtalk_stream_guard_receiving,
	.sending = gtalk_stream_guard_sending,
	.sending_text = gtalk_stream_guard_sending_text,
};
