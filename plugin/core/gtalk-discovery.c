/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-discovery.h"

#include <string.h>

#include "gtalk-jid.h"
#include "gtalk-requests.h"
#include "gtalk-stream-management.h"
#include "gtalk-xml.h"
#include "gtalk.h"

#define GTALK_DISCOVERY_QUESTIONS 2 /* to the domain and to the account */

typedef struct {
	GTalkDiscoveryFound found;
	guint8 n_open;          /* questions without an answer */
	gboolean needs_session; /* nothing may be asked before it stands */
	gboolean has_asked_account;
} GTalkDiscovery;

/* By their place in the set; all that can be found. */
static const char *const gtalk_discovery_names[] = {
	GTALK_FEATURE_GOOGLE,
	GTALK_FEATURE_ROSTER,
	GTALK_FEATURE_OFF_RECORD,
	GTALK_FEATURE_ARCHIVE,
	GTALK_FEATURE_STABLE_IDS,
	GTALK_FEATURE_CARBONS,
	GTALK_FEATURE_OFFLINE_STORAGE,
	GTALK_FEATURE_SUGGESTIONS,
	GTALK_FEATURE_MAIL,
	GTALK_FEATURE_SETTINGS,
	GTALK_FEATURE_JINGLE_INFO,
	GTALK_FEATURE_SHARED_STATUS,
	GTALK_FEATURE_QUEUE,
	GTALK_FEATURE_INVISIBLE,
	GTALK_FEATURE_INVISIBLE_OLD,
	GTALK_FEATURE_STREAM_MANAGEMENT,
};

/* Only who keeps an archive and makes ids can say so: the account, not its domain. */
static const struct {
	GTalkDiscoveryEntity entity;
	const char *var;
	const char *feature;
} gtalk_discovery_vars[] = {
	{GTALK_DISCOVERY_ACCOUNT, GTALK_NS_MAM, GTALK_FEATURE_ARCHIVE},
	{GTALK_DISCOVERY_ACCOUNT, GTALK_NS_STANZA_ID, GTALK_FEATURE_STABLE_IDS},
	{GTALK_DISCOVERY_ACCOUNT, GTALK_NS_CARBONS, GTALK_FEATURE_CARBONS},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_CARBONS, GTALK_FEATURE_CARBONS},
	{GTALK_DISCOVERY_ACCOUNT, GTALK_NS_OFFLINE, GTALK_FEATURE_OFFLINE_STORAGE},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_GOOGLE_NOSAVE, GTALK_FEATURE_OFF_RECORD},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_GOOGLE_ARCHIVE "#otr", GTALK_FEATURE_OFF_RECORD},
	{GTALK_DISCOVERY_DOMAIN, "google:roster", GTALK_FEATURE_ROSTER},
	{GTALK_DISCOVERY_DOMAIN, "http://jabber.org/protocol/rosterx", GTALK_FEATURE_SUGGESTIONS},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_GOOGLE_MAIL, GTALK_FEATURE_MAIL},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_GOOGLE_SETTING, GTALK_FEATURE_SETTINGS},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_GOOGLE_JINGLE_INFO, GTALK_FEATURE_JINGLE_INFO},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_SHARED_STATUS, GTALK_FEATURE_SHARED_STATUS},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_QUEUE, GTALK_FEATURE_QUEUE},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_INVISIBLE, GTALK_FEATURE_INVISIBLE},
	{GTALK_DISCOVERY_DOMAIN, GTALK_NS_INVISIBLE_OLD, GTALK_FEATURE_INVISIBLE_OLD},
};

/* Nothing if @feature is none of ours. Asked for every stanza, mostly with the very string that is
 * in the table. */
static GTalkDiscoveryFound
gtalk_discovery_get_bit(const char *feature)
{
	for (guint i = 0; i < G_N_ELEMENTS(gtalk_discovery_names); i++)
		if (gtalk_discovery_names[i] == feature)
			return 1u << i;
	for (guint i = 0; i < G_N_ELEMENTS(gtalk_discovery_names); i++)
		if (strcmp(gtalk_discovery_names[i], feature) == 0)
			return 1u << i;
	return 0;
}

static GTalkDiscoveryFound
gtalk_discovery_parse_var(const char *var, GTalkDiscoveryEntity entity)
{
	GTalkDiscoveryFound found = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_discovery_vars); i++)
		if (gtalk_discovery_vars[i].entity == entity &&
		    purple_strequal(gtalk_discovery_vars[i].var, var))
			found |= gtalk_discovery_get_bit(gtalk_discovery_vars[i].feature);
	if (entity == GTALK_DISCOVERY_DOMAIN && g_str_has_prefix(var, "google:"))
		found |= gtalk_discovery_get_bit(GTALK_FEATURE_GOOGLE);
	return found;
}

static gboolean
gtalk_discovery_is_google(const xmlnode *query)
{
	xmlnode *identity = gtalk_xml_find_child(query, "identity", GTALK_NS_DISCO_INFO);

	for (; identity != NULL;
	     identity = gtalk_xml_find_next(identity, "identity", GTALK_NS_DISCO_INFO))
		if (purple_strequal(xmlnode_get_attrib(identity, "category"), "server") &&
		    purple_strequal(xmlnode_get_attrib(identity, "name"), "Google Talk"))
			return TRUE;
	return FALSE;
}

GTalkDiscoveryFound
gtalk_discovery_parse(const xmlnode *reply, GTalkDiscoveryEntity entity)
{
	xmlnode *query = gtalk_xml_find_child(reply, "query", GTALK_NS_DISCO_INFO);
	xmlnode *feature = gtalk_xml_find_child(query, "feature", GTALK_NS_DISCO_INFO);
	GTalkDiscoveryFound found = 0;

	for (; feature != NULL;
	     feature = gtalk_xml_find_next(feature, "feature", GTALK_NS_DISCO_INFO)) {
		const char *var = xmlnode_get_attrib(feature, "var");

		if (var != NULL)
			found |= gtalk_discovery_parse_var(var, entity);
	}
	if (entity == GTALK_DISCOVERY_DOMAIN && gtalk_discovery_is_google(query))
		found |= gtalk_discovery_get_bit(GTALK_FEATURE_GOOGLE);
	return found;
}

const char **
gtalk_discovery_new_names(GTalkDiscoveryFound found)
{
	const char **names = g_new0(const char *, G_N_ELEMENTS(gtalk_discovery_names) + 1);
	guint n = 0;

	for (guint i = 0; i < G_N_ELEMENTS(gtalk_discovery_names); i++)
		if (found & (1u << i))
			names[n++] = gtalk_discovery_names[i];
	return names;
}

static gpointer
gtalk_discovery_attach(GTalkConnection *connection)
{
	GTalkDiscovery *self = g_new0(GTalkDiscovery, 1);

	self->n_open = GTALK_DISCOVERY_QUESTIONS;
	return self;
}

static void
gtalk_discovery_detach(GTalkConnection *connection, gpointer state)
{
	g_free(state);
}

static GTalkDiscovery *
gtalk_discovery_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_discovery_unit);
}

static void
gtalk_discovery_finish(GTalkConnection *connection, GTalkDiscovery *self)
{
	g_autofree const char **names = NULL;

	if (gtalk_stream_management_is_used(connection))
		self->found |= gtalk_discovery_get_bit(GTALK_FEATURE_STREAM_MANAGEMENT);
	names = gtalk_discovery_new_names(self->found);
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_FEATURES,
	                   gtalk_connection_get_purple(connection), names);
}

static void
gtalk_discovery_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkDiscovery *self = gtalk_discovery_find(connection);

	if (gtalk_requests_is_result(reply))
		self->found |= gtalk_discovery_parse(reply, GPOINTER_TO_INT(user_data));
	if (--self->n_open == 0)
		gtalk_discovery_finish(connection, self);
}

static void
gtalk_discovery_ask(GTalkConnection *connection, const char *to, GTalkDiscoveryEntity entity)
{
	xmlnode *iq = gtalk_requests_new_iq("get", to);

	gtalk_xml_add_child(iq, "query", GTALK_NS_DISCO_INFO);
	gtalk_requests_send(connection, iq, gtalk_discovery_reply_cb, GINT_TO_POINTER(entity));
}

static void
gtalk_discovery_ask_account(GTalkConnection *connection, GTalkDiscovery *self)
{
	g_autofree char *bare = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(connection));

	if (self->has_asked_account)
		return;
	self->has_asked_account = TRUE;
	gtalk_discovery_ask(connection, bare, GTALK_DISCOVERY_ACCOUNT);
}

/* RFC 3921 section 3; since RFC 6121 the session is a formality, and a server says so. */
static gboolean
gtalk_discovery_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkDiscovery *self = state;
	xmlnode *session = NULL;

	if (!gtalk_xml_is(*packet, "features", GTALK_NS_STREAMS))
		return FALSE;
	session = gtalk_xml_find_child(*packet, "session", GTALK_NS_SESSION);
	self->needs_session = session != NULL &&
	                      gtalk_xml_find_child(session, "optional", GTALK_NS_SESSION) == NULL;
	return FALSE;
}

/* The account's answer is the longest of all that come at a sign-in. Alone on the line it leaves a
 * smaller buffer behind in the TLS library, which keeps its largest one for good, than together
 * with the answers to what the inherited protocol asks as soon as the session stands. */
static void
gtalk_discovery_bound_cb(PurpleConnection *gc, const char *full_jid, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkDiscovery *self = connection != NULL ? gtalk_discovery_find(connection) : NULL;

	if (self != NULL && !self->needs_session)
		gtalk_discovery_ask_account(connection, self);
}

static void
gtalk_discovery_established(GTalkConnection *connection, gpointer state)
{
	g_autofree char *domain = gtalk_jid_dup_domain(gtalk_connection_get_bound_jid(connection));

	gtalk_discovery_ask(connection, domain, GTALK_DISCOVERY_DOMAIN);
	gtalk_discovery_ask_account(connection, state);
}

gboolean
gtalk_discovery_is_done(GTalkConnection *connection)
{
	GTalkDiscovery *self = gtalk_discovery_find(connection);

	return self != NULL && self->n_open == 0;
}

gboolean
gtalk_discovery_has(GTalkConnection *connection, const char *feature)
{
	GTalkDiscovery *self = gtalk_discovery_find(connection);

	return self != NULL && (self->found & gtalk_discovery_get_bit(feature)) != 0;
}

static void
gtalk_discovery_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_FEATURES, purple_marshal_VOID__POINTER_POINTER,
	                       NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
	purple_signal_connect(plugin, GTALK_SIGNAL_BOUND, plugin,
	                      PURPLE_CALLBACK(gtalk_discovery_bound_cb), NULL);
}

const GTalkUnit gtalk_discovery_unit = {
	.name = "discovery",
	.load = gtalk_discovery_load,
	.attach = gtalk_discovery_attach,
	.detach = gtalk_discovery_detach,
	.established = gtalk_discovery_established,
	.receives = GTALK_ARRIVES_OTHER,
	.receiving = gtalk_discovery_receiving,
};
