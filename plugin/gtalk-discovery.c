/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-discovery.h"

#include <string.h>

#include "gtalk-jid.h"
#include "gtalk-offline-stanza.h"
#include "gtalk-requests.h"
#include "gtalk-stream-management.h"
#include "gtalk-xml.h"
#include "gtalk.h"

typedef struct {
	GHashTable *found; /* a set of GTALK_FEATURE_*, static strings; NULL once all are known */
	char **features;   /* NULL until then; looked at for every stanza */
	guint n_open;      /* questions without an answer */
} GTalkDiscovery;

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

static void
gtalk_discovery_parse_var(const char *var, GTalkDiscoveryEntity entity, GHashTable *features)
{
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_discovery_vars); i++)
		if (gtalk_discovery_vars[i].entity == entity &&
		    purple_strequal(gtalk_discovery_vars[i].var, var))
			g_hash_table_add(features, (gpointer)gtalk_discovery_vars[i].feature);
	if (entity == GTALK_DISCOVERY_DOMAIN && g_str_has_prefix(var, "google:"))
		g_hash_table_add(features, (gpointer)GTALK_FEATURE_GOOGLE);
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

void
gtalk_discovery_parse(const xmlnode *reply, GTalkDiscoveryEntity entity, GHashTable *features)
{
	xmlnode *query = gtalk_xml_find_child(reply, "query", GTALK_NS_DISCO_INFO);
	xmlnode *feature = gtalk_xml_find_child(query, "feature", GTALK_NS_DISCO_INFO);

	for (; feature != NULL;
	     feature = gtalk_xml_find_next(feature, "feature", GTALK_NS_DISCO_INFO)) {
		const char *var = xmlnode_get_attrib(feature, "var");

		if (var != NULL)
			gtalk_discovery_parse_var(var, entity, features);
	}
	if (entity == GTALK_DISCOVERY_DOMAIN && gtalk_discovery_is_google(query))
		g_hash_table_add(features, (gpointer)GTALK_FEATURE_GOOGLE);
}

static gpointer
gtalk_discovery_attach(GTalkConnection *connection)
{
	GTalkDiscovery *self = g_new0(GTalkDiscovery, 1);

	self->found = g_hash_table_new(g_str_hash, g_str_equal);
	return self;
}

static void
gtalk_discovery_detach(GTalkConnection *connection, gpointer state)
{
	GTalkDiscovery *self = state;

	g_clear_pointer(&self->found, g_hash_table_unref);
	g_free(self->features);
	g_free(self);
}

static void
gtalk_discovery_finish(GTalkConnection *connection, GTalkDiscovery *self)
{
	if (gtalk_stream_management_is_used(connection))
		g_hash_table_add(self->found, (gpointer)GTALK_FEATURE_STREAM_MANAGEMENT);
	self->features = (char **)g_hash_table_get_keys_as_array(self->found, NULL);
	g_clear_pointer(&self->found, g_hash_table_unref);
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_FEATURES,
	                   gtalk_connection_get_purple(connection), self->features);
}

static void
gtalk_discovery_take_reply(GTalkConnection *connection, const xmlnode *reply,
                           GTalkDiscoveryEntity entity)
{
	GTalkDiscovery *self = gtalk_connection_get_state(connection, &gtalk_discovery_unit);

	if (gtalk_requests_is_result(reply))
		gtalk_discovery_parse(reply, entity, self->found);
	if (--self->n_open == 0)
		gtalk_discovery_finish(connection, self);
}

static void
gtalk_discovery_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	gtalk_discovery_take_reply(connection, reply, GPOINTER_TO_INT(user_data));
}

static void
gtalk_discovery_ask(GTalkConnection *connection, const char *to, GTalkDiscoveryEntity entity)
{
	xmlnode *iq = gtalk_requests_new_iq("get", to);

	gtalk_xml_add_child(iq, "query", GTALK_NS_DISCO_INFO);
	gtalk_requests_send(connection, iq, gtalk_discovery_reply_cb, GINT_TO_POINTER(entity));
}

static void
gtalk_discovery_established(GTalkConnection *connection, gpointer state)
{
	GTalkDiscovery *self = state;
	const char *jid = gtalk_connection_get_bound_jid(connection);
	g_autofree char *domain = gtalk_jid_dup_domain(jid);
	g_autofree char *bare = gtalk_jid_dup_bare(jid);

	self->n_open = 2;
	gtalk_discovery_ask(connection, domain, GTALK_DISCOVERY_DOMAIN);
	gtalk_discovery_ask(connection, bare, GTALK_DISCOVERY_ACCOUNT);
}

gboolean
gtalk_discovery_is_done(GTalkConnection *connection)
{
	GTalkDiscovery *self = gtalk_connection_get_state(connection, &gtalk_discovery_unit);

	return self != NULL && self->features != NULL;
}

gboolean
gtalk_discovery_has(GTalkConnection *connection, const char *feature)
{
	GTalkDiscovery *self = gtalk_connection_get_state(connection, &gtalk_discovery_unit);

	if (self == NULL)
		return FALSE;
	if (self->features == NULL)
		return g_hash_table_contains(self->found, feature);
	for (char **known = self->features; *known != NULL; known++) {
		if (**known == *feature && strcmp(*known, feature) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
gtalk_discovery_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_FEATURES, purple_marshal_VOID__POINTER_POINTER,
	                       NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
}

const GTalkUnit gtalk_discovery_unit = {
	.name = "discovery",
	.load = gtalk_discovery_load,
	.attach = gtalk_discovery_attach,
	.detach = gtalk_discovery_detach,
	.established = gtalk_discovery_established,
};
