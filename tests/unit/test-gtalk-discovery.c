/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/gtalk-discovery.h"

#include "gtalk.h"
#include "harness/purple-boot.h"

#define TEST_REPLY(content)                                                                        \
	"<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>" content          \
	"</query></iq>"

static const struct {
	const char *reply;
	GTalkDiscoveryEntity entity;
	const char *features; /* sorted */
} test_replies[] = {
	{TEST_REPLY("<feature var='urn:xmpp:mam:2'/><feature var='urn:xmpp:sid:0'/>"),
         GTALK_DISCOVERY_ACCOUNT, "archive stanza-ids"},
	/* what a domain says of an archive is about the domain's own */
	{TEST_REPLY("<feature var='urn:xmpp:mam:2'/><feature var='urn:xmpp:sid:0'/>"),
         GTALK_DISCOVERY_DOMAIN, ""},
	{TEST_REPLY("<feature var='urn:xmpp:carbons:2'/>"), GTALK_DISCOVERY_DOMAIN, "carbons"},
	{TEST_REPLY("<feature var='urn:xmpp:carbons:2'/>"), GTALK_DISCOVERY_ACCOUNT, "carbons"},
	{TEST_REPLY("<identity category='server' type='im' name='Google Talk'/>"),
         GTALK_DISCOVERY_DOMAIN, "google"},
	{TEST_REPLY("<identity category='server' type='im' name='Prosody'/>"
                    "<feature var='google:extdisco'/>"),
         GTALK_DISCOVERY_DOMAIN, "google"},
	{TEST_REPLY("<identity category='client' name='Google Talk'/>"), GTALK_DISCOVERY_DOMAIN,
         ""},
	{TEST_REPLY("<feature/><feature var=''/><identity/>"), GTALK_DISCOVERY_DOMAIN, ""},
	{"<iq type='result'/>", GTALK_DISCOVERY_ACCOUNT, ""},
	{"<iq type='result'><query xmlns='jabber:iq:roster'><feature var='urn:xmpp:mam:2'/>"
         "</query></iq>",
         GTALK_DISCOVERY_ACCOUNT, ""},
};

static int
test_compare(gconstpointer one, gconstpointer other)
{
	return g_strcmp0(*(const char *const *)one, *(const char *const *)other);
}

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_replies); i++) {
		xmlnode *reply = xmlnode_from_str(test_replies[i].reply, -1);
		g_autofree const char **names = gtalk_discovery_new_names(
			gtalk_discovery_parse(reply, test_replies[i].entity));
		g_autofree char *joined = NULL;

		qsort(names, g_strv_length((char **)names), sizeof(char *), test_compare);
		joined = g_strjoinv(" ", (char **)names);
		g_assert_cmpstr(joined, ==, test_replies[i].features);
		xmlnode_free(reply);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/discovery/parse", test_parse);
	return g_test_run();
}
