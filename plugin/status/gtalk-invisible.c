/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-invisible.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk.h"

static const char *
gtalk_invisible_find_namespace(GTalkConnection *connection)
{
	if (gtalk_discovery_has(connection, GTALK_FEATURE_INVISIBLE))
		return GTALK_NS_INVISIBLE;
	if (gtalk_discovery_has(connection, GTALK_FEATURE_INVISIBLE_OLD))
		return GTALK_NS_INVISIBLE_OLD;
	return NULL;
}

gboolean
gtalk_invisible_is_offered(GTalkConnection *connection)
{
	return gtalk_invisible_find_namespace(connection) != NULL;
}

void
gtalk_invisible_build(xmlnode *iq, const char *xmlns, gboolean is_invisible)
{
	xmlnode *command = gtalk_xml_add_child(iq, is_invisible ? "invisible" : "visible", xmlns);

	/* The contacts' presence still has to come. */
	if (is_invisible && purple_strequal(xmlns, GTALK_NS_INVISIBLE))
		xmlnode_set_attrib(command, "probe", "true");
}

static void
gtalk_invisible_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkInvisibleFunc callback = (GTalkInvisibleFunc)user_data;

	callback(connection, gtalk_requests_is_result(reply));
}

void
gtalk_invisible_send(GTalkConnection *connection, gboolean is_invisible,
                     GTalkInvisibleFunc callback)
{
	xmlnode *iq = gtalk_requests_new_iq("set", NULL);

	gtalk_invisible_build(iq, gtalk_invisible_find_namespace(connection), is_invisible);
	gtalk_requests_send(connection, iq, gtalk_invisible_reply_cb, callback);
}
