/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-xml.h: small pure helpers over libpurple's xmlnode, and the names that go over the wire.
 *
 * They run for every stanza, so they look and compare and allocate nothing where a "find" or "is"
 * says so; xmlnode_get_child_with_namespace() splits its argument each time. */
#pragma once

#include <string.h>

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_NS_CLIENT "jabber:client"
#define GTALK_NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define GTALK_NS_STREAMS "http://etherx.jabber.org/streams"
#define GTALK_NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define GTALK_NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define GTALK_NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"
#define GTALK_NS_SESSION "urn:ietf:params:xml:ns:xmpp-session"
#define GTALK_NS_IQ_AUTH "jabber:iq:auth"
#define GTALK_NS_GOOGLE_AUTH "http://www.google.com/talk/protocol/auth"
#define GTALK_NS_DISCO_INFO "http://jabber.org/protocol/disco#info"
#define GTALK_NS_ROSTER "jabber:iq:roster"
#define GTALK_NS_BLOCKING_ERRORS "urn:xmpp:blocking:errors"
#define GTALK_NS_RECEIPTS "urn:xmpp:receipts"
#define GTALK_NS_DATA_FORM "jabber:x:data"
#define GTALK_NS_RSM "http://jabber.org/protocol/rsm"
#define GTALK_NS_MAM "urn:xmpp:mam:2"
#define GTALK_NS_SM "urn:xmpp:sm:3"
#define GTALK_NS_CARBONS "urn:xmpp:carbons:2"
#define GTALK_NS_FORWARD "urn:xmpp:forward:0"
#define GTALK_NS_STANZA_ID "urn:xmpp:sid:0"
#define GTALK_NS_OFFLINE "http://jabber.org/protocol/offline"
#define GTALK_NS_DELAY "urn:xmpp:delay"
#define GTALK_NS_TIME "urn:xmpp:time"
#define GTALK_NS_DELAY_LEGACY "jabber:x:delay"
#define GTALK_NS_HINTS "urn:xmpp:hints"
#define GTALK_NS_JINGLE "urn:xmpp:jingle:1"
#define GTALK_NS_GOOGLE_SESSION "http://www.google.com/session"
#define GTALK_NS_GOOGLE_PHONE "http://www.google.com/session/phone"
#define GTALK_NS_GOOGLE_VIDEO "http://www.google.com/session/video"
#define GTALK_NS_GOOGLE_JINGLE_INFO "google:jingleinfo"
#define GTALK_NS_GOOGLE_NOSAVE "google:nosave"
#define GTALK_NS_GOOGLE_ARCHIVE "http://jabber.org/protocol/archive"
#define GTALK_NS_GOOGLE_TIMESTAMP "google:timestamp"
#define GTALK_NS_GOOGLE_SETTING "google:setting"
#define GTALK_NS_GOOGLE_MAIL "google:mail:notify"
#define GTALK_NS_GOOGLE_METADATA "google:metadata"
#define GTALK_NS_SHARED_STATUS "google:shared-status"
#define GTALK_NS_QUEUE "google:queue"
#define GTALK_NS_CSI "urn:xmpp:csi:0"
#define GTALK_NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define GTALK_NS_INVISIBLE "urn:xmpp:invisible:1"
#define GTALK_NS_INVISIBLE_OLD "urn:xmpp:invisible:0"
#define GTALK_NS_PING "urn:xmpp:ping"

/* gtalk_xml_is() behind the first letter. */
gboolean
gtalk_xml_matches(const xmlnode *node, const char *name, const char *xmlns);

/* Whether node is the element name (NULL for any) in namespace xmlns; no namespace at all (a node
 * made here, not parsed) passes for jabber:client. Asked dozens of times for each stanza, and
 * nearly always it is something else, with another first letter. */
static inline gboolean
gtalk_xml_is(const xmlnode *node, const char *name, const char *xmlns)
{
	if (name != NULL && node->name != NULL && *node->name != *name)
		return FALSE;
	return gtalk_xml_matches(node, name, xmlns);
}

/* As xmlnode_get_attrib(), by one look at each node: for what runs for every stanza. */
static inline const char *
gtalk_xml_get_attribute(const xmlnode *node, const char *name)
{
	for (const xmlnode *child = node->child; child != NULL; child = child->next) {
		if (child->type == XMLNODE_TYPE_ATTRIB && *child->name == *name &&
		    strcmp(child->name, name) == 0)
			return child->data;
	}
	return NULL;
}

/* The first child element called name in xmlns (both as in gtalk_xml_is, name may be NULL for any),
 * or NULL. parent may be NULL. */
xmlnode *
gtalk_xml_find_child(const xmlnode *parent, const char *name, const char *xmlns);

/* The next sibling element like that one, or NULL. */
xmlnode *
gtalk_xml_find_next(const xmlnode *child, const char *name, const char *xmlns);

/* A letter's place in a set of initials. */
#define GTALK_XML_INITIAL(letter) (1u << ((letter)&31))

/* With what letters the names of its child elements begin that have a namespace (what is in none of
 * these is not there): one look at each instead of one for each name that is looked for. */
static inline guint32
gtalk_xml_get_initials(const xmlnode *node)
{
	guint32 initials = 0;

	for (const xmlnode *child = node->child; child != NULL; child = child->next)
		if (child->type == XMLNODE_TYPE_TAG && child->xmlns != NULL && child->name != NULL)
			initials |= GTALK_XML_INITIAL(*child->name);
	return initials;
}

/* As xmlnode_get_data(), by one allocation. (transfer full), or NULL. */
char *
gtalk_xml_dup_text(const xmlnode *node);

/* Whether node is a <message>, <presence> or <iq> of this stream (not a nonza). */
gboolean
gtalk_xml_is_stanza(const xmlnode *node);

/* A new child element. */
xmlnode *
gtalk_xml_add_child(xmlnode *parent, const char *name, const char *xmlns);

/* A new child element that holds text; xmlns NULL inherits. */
void
gtalk_xml_add_text(xmlnode *parent, const char *name, const char *xmlns, const char *text);

G_END_DECLS
