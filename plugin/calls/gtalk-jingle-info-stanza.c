/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-jingle-info-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "sign-in/gtalk-endpoint.h"
#include "sign-in/gtalk-mechanism.h"

#define GTALK_JINGLE_SERVERS_MAX 32
#define GTALK_JINGLE_TOKEN_MAX_BYTES 4096

static void
gtalk_jingle_server_free(gpointer data)
{
	GTalkMediaServer *server = data;

	g_free((char *)server->host);
	g_free(server);
}

/* 0 if there is none. */
static guint
gtalk_jingle_info_parse_port(const xmlnode *node, const char *name)
{
	const char *text = xmlnode_get_attrib(node, name);
	guint64 port = 0;

	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL))
		return 0;
	return (guint)port;
}

static GTalkMediaServer *
gtalk_jingle_info_parse_server(const xmlnode *node)
{
	const char *host = xmlnode_get_attrib(node, "host");
	GTalkMediaServer server = {.udp_port = gtalk_jingle_info_parse_port(node, "udp"),
	                           .tcp_port = gtalk_jingle_info_parse_port(node, "tcp"),
	                           .ssltcp_port = gtalk_jingle_info_parse_port(node, "tcpssl")};

	if (host == NULL || !gtalk_endpoint_is_server(host) ||
	    server.udp_port + server.tcp_port + server.ssltcp_port == 0)
		return NULL;
	server.host = g_strdup(host);
	return g_memdup2(&server, sizeof(server));
}

/* NULL-terminated; @parent may be NULL. */
static GTalkMediaServer **
gtalk_jingle_info_parse_servers(const xmlnode *parent)
{
	g_autoptr(GPtrArray) servers = g_ptr_array_new_with_free_func(gtalk_jingle_server_free);

	for (xmlnode *node = gtalk_xml_find_child(parent, "server", GTALK_NS_GOOGLE_JINGLE_INFO);
	     node != NULL && servers->len < GTALK_JINGLE_SERVERS_MAX;
	     node = gtalk_xml_find_next(node, "server", GTALK_NS_GOOGLE_JINGLE_INFO)) {
		GTalkMediaServer *server = gtalk_jingle_info_parse_server(node);

		if (server != NULL)
			g_ptr_array_add(servers, server);
	}
	g_ptr_array_set_free_func(servers, NULL);
	g_ptr_array_add(servers, NULL);
	return (GTalkMediaServer **)g_ptr_array_free(g_steal_pointer(&servers), FALSE);
}

/* What can stand in a header of HTTP. */
static char *
gtalk_jingle_info_parse_token(const xmlnode *relay)
{
	xmlnode *node = gtalk_xml_find_child(relay, "token", GTALK_NS_GOOGLE_JINGLE_INFO);
	char *token = node != NULL ? xmlnode_get_data(node) : NULL;
	gboolean is_good = token != NULL && strlen(g_strstrip(token)) > 0 &&
	                   strlen(token) <= GTALK_JINGLE_TOKEN_MAX_BYTES;

	for (const char *p = token; is_good && *p != '\0'; p++)
		is_good = g_ascii_isgraph(*p);
	if (!is_good)
		g_clear_pointer(&token, gtalk_mechanism_free_secret);
	return token;
}

GTalkJingleInfo *
gtalk_jingle_info_parse(const xmlnode *query)
{
	GTalkJingleInfo *self = g_new0(GTalkJingleInfo, 1);
	xmlnode *stun = gtalk_xml_find_child(query, "stun", GTALK_NS_GOOGLE_JINGLE_INFO);
	xmlnode *relay = gtalk_xml_find_child(query, "relay", GTALK_NS_GOOGLE_JINGLE_INFO);

	self->stun = (const GTalkMediaServer *const *)gtalk_jingle_info_parse_servers(stun);
	self->relays = (const GTalkMediaServer *const *)gtalk_jingle_info_parse_servers(relay);
	self->relay_token = gtalk_jingle_info_parse_token(relay);
	return self;
}

static void
gtalk_jingle_servers_free(const GTalkMediaServer *const *servers)
{
	for (guint i = 0; servers[i] != NULL; i++)
		gtalk_jingle_server_free((gpointer)servers[i]);
	g_free((gpointer)servers);
}

void
gtalk_jingle_info_free(GTalkJingleInfo *self)
{
	if (self == NULL)
		return;
	gtalk_jingle_servers_free(self->stun);
	gtalk_jingle_servers_free(self->relays);
	gtalk_mechanism_free_secret((char *)self->relay_token);
	g_free(self);
}

/* The first with a port for UDP, NULL if there is none. */
static const GTalkMediaServer *
gtalk_jingle_info_find_stun(const GTalkJingleInfo *self)
{
	guint i = 0;

	while (self->stun[i] != NULL && self->stun[i]->udp_port == 0)
		i++;
	return self->stun[i];
}

void
gtalk_jingle_info_reduce(const GTalkJingleInfo *self, xmlnode *query)
{
	const GTalkMediaServer *first = gtalk_jingle_info_find_stun(self);
	g_autofree char *port = NULL;
	xmlnode *next, *server;

	for (xmlnode *child = query->child; child != NULL; child = next) {
		next = child->next;
		if (child->type != XMLNODE_TYPE_ATTRIB)
			xmlnode_free(child);
	}
	if (first == NULL)
		return;
	port = g_strdup_printf("%u", first->udp_port);
	server =
		gtalk_xml_add_child(gtalk_xml_add_child(query, "stun", GTALK_NS_GOOGLE_JINGLE_INFO),
	                            "server", GTALK_NS_GOOGLE_JINGLE_INFO);
	xmlnode_set_attrib(server, "host", first->host);
	xmlnode_set_attrib(server, "udp", port);
}
