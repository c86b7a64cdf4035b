/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-subscriptions.h"

#include <string.h>

#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"

#define GTALK_SUBSCRIPTIONS_MAX 50000 /* contacts; no roster is that long */

typedef struct {
	GHashTable *contacts; /* key -> GTalkSubscription, but NONE; NULL while there are none */
	gboolean is_known;    /* the roster has come */
} GTalkSubscriptions;

static const struct {
	const char *name;
	GTalkSubscription subscription;
} gtalk_subscriptions_names[] = {
	{"none", GTALK_SUBSCRIPTION_NONE},
	{"to", GTALK_SUBSCRIPTION_TO},
	{"from", GTALK_SUBSCRIPTION_FROM},
	{"both", GTALK_SUBSCRIPTION_BOTH},
};

/* Who is not in the roster any more sees nothing either. */
static GTalkSubscription
gtalk_subscriptions_parse_item(const xmlnode *item)
{
	const char *name = xmlnode_get_attrib(item, "subscription");

	for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(gtalk_subscriptions_names); i++)
		if (strcmp(gtalk_subscriptions_names[i].name, name) == 0)
			return gtalk_subscriptions_names[i].subscription;
	return GTALK_SUBSCRIPTION_NONE;
}

static void
gtalk_subscriptions_enter(GHashTable *table, char *key, GTalkSubscription subscription)
{
	if (subscription == GTALK_SUBSCRIPTION_NONE) {
		g_hash_table_remove(table, key);
		g_free(key);
	} else if (g_hash_table_size(table) < GTALK_SUBSCRIPTIONS_MAX) {
		g_hash_table_insert(table, key, GINT_TO_POINTER(subscription));
	} else {
		g_free(key);
	}
}

void
gtalk_subscriptions_parse(const xmlnode *query, GHashTable *table)
{
	xmlnode *item = gtalk_xml_find_child(query, "item", GTALK_NS_ROSTER);

	for (; item != NULL; item = gtalk_xml_find_next(item, "item", GTALK_NS_ROSTER)) {
		const char *jid = xmlnode_get_attrib(item, "jid");
		char *key = jid != NULL ? gtalk_jid_dup_key(jid) : NULL;

		if (key != NULL)
			gtalk_subscriptions_enter(table, key, gtalk_subscriptions_parse_item(item));
	}
}

GTalkSubscription
gtalk_subscriptions_get(GTalkConnection *connection, const char *jid)
{
	GTalkSubscriptions *self =
		gtalk_connection_get_state(connection, &gtalk_subscriptions_unit);
	g_autofree char *key = gtalk_jid_dup_key(jid);
	gpointer subscription = NULL;

	if (!self->is_known)
		return GTALK_SUBSCRIPTION_UNKNOWN;
	if (key != NULL && self->contacts != NULL)
		subscription = g_hash_table_lookup(self->contacts, key);
	return subscription != NULL ? (GTalkSubscription)GPOINTER_TO_INT(subscription)
	                            : GTALK_SUBSCRIPTION_NONE;
}

gboolean
gtalk_subscriptions_is_seen_by(GTalkConnection *connection, const char *jid)
{
	GTalkSubscription subscription = gtalk_subscriptions_get(connection, jid);

	return subscription == GTALK_SUBSCRIPTION_FROM || subscription == GTALK_SUBSCRIPTION_BOTH;
}

static void
gtalk_subscriptions_take(GTalkSubscriptions *self, const xmlnode *query, gboolean is_whole)
{
	if (is_whole)
		g_clear_pointer(&self->contacts, g_hash_table_unref);
	if (self->contacts == NULL)
		self->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gtalk_subscriptions_parse(query, self->contacts);
	if (g_hash_table_size(self->contacts) == 0)
		g_clear_pointer(&self->contacts, g_hash_table_unref);
	self->is_known = TRUE;
}

/* The whole roster, or a change of it; nobody else's word counts. */
static gboolean
gtalk_subscriptions_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkSubscriptions *self = state;
	const char *type = NULL;
	xmlnode *query = NULL;

	query = gtalk_xml_find_child(*packet, "query", GTALK_NS_ROSTER);
	type = xmlnode_get_attrib(*packet, "type");
	if (query == NULL ||
	    !gtalk_connection_is_own_jid(connection, xmlnode_get_attrib(*packet, "from")))
		return FALSE;
	if (purple_strequal(type, "result") || purple_strequal(type, "set"))
		gtalk_subscriptions_take(self, query, *type == 'r');
	return FALSE;
}

static gpointer
gtalk_subscriptions_attach(GTalkConnection *connection)
{
	return g_new0(GTalkSubscriptions, 1);
}

static void
gtalk_subscriptions_detach(GTalkConnection *connection, gpointer state)
{
	GTalkSubscriptions *self = state;

	g_clear_pointer(&self->contacts, g_hash_table_unref);
	g_free(self);
}

const GTalkUnit gtalk_subscriptions_unit = {
	.name = "subscriptions",
	.attach = gtalk_subscriptions_attach,
	.detach = gtalk_subscriptions_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_subscriptions_receiving,
};
