/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-carbons.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk.h"

xmlnode *
gtalk_carbons_find(const xmlnode *stanza)
{
	xmlnode *sent = NULL;

	for (xmlnode *child = stanza->child; child != NULL; child = child->next) {
		if (gtalk_xml_is(child, "received", GTALK_NS_CARBONS))
			return child;
		if (sent == NULL && gtalk_xml_is(child, "sent", GTALK_NS_CARBONS))
			sent = child;
	}
	return sent;
}

static void
gtalk_carbons_enabled_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	if (!gtalk_requests_is_result(reply))
		purple_debug_warning("gtalk",
		                     "the server offers carbons but did not enable them\n");
}

static void
gtalk_carbons_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	xmlnode *iq = NULL;

	if (connection == NULL || !gtalk_discovery_has(connection, GTALK_FEATURE_CARBONS))
		return;
	iq = gtalk_requests_new_iq("set", NULL);
	gtalk_xml_add_child(iq, "enable", GTALK_NS_CARBONS);
	gtalk_requests_send(connection, iq, gtalk_carbons_enabled_cb, NULL);
}

static void
gtalk_carbons_load(PurplePlugin *plugin)
{
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_carbons_features_cb), NULL);
}

const GTalkUnit gtalk_carbons_unit = {
	.name = "carbons",
	.load = gtalk_carbons_load,
};
