/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-call-stanza.h"

#include <string.h>

#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"

#define GTALK_CALL_ID_MAX_BYTES 256   /* clients use numbers of ten digits or so */
#define GTALK_CALL_JID_MAX_BYTES 3071 /* RFC 6122, 2.1 */

static const struct {
	const char *name;
	GTalkCallType type;
} gtalk_call_types[] = {
	{"initiate", GTALK_CALL_INITIATE},   {"candidates", GTALK_CALL_CANDIDATES},
	{"accept", GTALK_CALL_ACCEPT},       {"reject", GTALK_CALL_REJECT},
	{"terminate", GTALK_CALL_TERMINATE},
};

static GTalkCallType
gtalk_call_parse_type(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(gtalk_call_types); i++) {
		if (g_strcmp0(gtalk_call_types[i].name, name) == 0)
			return gtalk_call_types[i].type;
	}
	return GTALK_CALL_UNKNOWN;
}

gboolean
gtalk_call_parse(const xmlnode *stanza, GTalkCallSession *out)
{
	xmlnode *session = gtalk_xml_find_child(stanza, "session", GTALK_NS_GOOGLE_SESSION);
	const char *id = session != NULL ? xmlnode_get_attrib(session, "id") : NULL;
	const char *initiator = session != NULL ? xmlnode_get_attrib(session, "initiator") : NULL;

	if (id == NULL || *id == '\0' || strlen(id) > GTALK_CALL_ID_MAX_BYTES ||
	    initiator == NULL || *initiator == '\0' || strlen(initiator) > GTALK_CALL_JID_MAX_BYTES)
		return FALSE;
	out->type = gtalk_call_parse_type(xmlnode_get_attrib(session, "type"));
	out->id = id;
	out->initiator = initiator;
	out->is_video = gtalk_xml_find_child(session, "description", GTALK_NS_GOOGLE_VIDEO) != NULL;
	out->is_call = out->is_video ||
	               gtalk_xml_find_child(session, "description", GTALK_NS_GOOGLE_PHONE) != NULL;
	return TRUE;
}

gboolean
gtalk_call_is_jingle_initiate(const xmlnode *stanza)
{
	xmlnode *jingle = gtalk_xml_find_child(stanza, "jingle", GTALK_NS_JINGLE);

	return jingle != NULL &&
	       g_strcmp0(xmlnode_get_attrib(jingle, "action"), "session-initiate") == 0;
}

xmlnode *
gtalk_call_build_reject(const GTalkCallSession *session, const char *to)
{
	xmlnode *iq = gtalk_requests_new_iq("set", to);
	xmlnode *node = gtalk_xml_add_child(iq, "session", GTALK_NS_GOOGLE_SESSION);

	xmlnode_set_attrib(node, "type", "reject");
	xmlnode_set_attrib(node, "id", session->id);
	xmlnode_set_attrib(node, "initiator", session->initiator);
	return iq;
}
