/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-archive-query.h"
#include "harness/purple-boot.h"

#define TEST_FIN(content) "<iq type='result'><fin xmlns='urn:xmpp:mam:2'" content "</fin></iq>"
#define TEST_SET(content) "<set xmlns='http://jabber.org/protocol/rsm'>" content "</set>"

static const struct {
	GTalkArchiveQuery query;
	const char *expected;
} test_queries[] = {
	{{.query_id = "q1", .after = "a<&1"},
         "<iq><query xmlns='urn:xmpp:mam:2' queryid='q1'>"
         "<set xmlns='http://jabber.org/protocol/rsm'><max>50</max><after>a&lt;&amp;1</after></set>"
         "</query></iq>"},
	{{.query_id = "q2", .since_s = 1266564800},
         "<iq><query xmlns='urn:xmpp:mam:2' queryid='q2'><x xmlns='jabber:x:data' type='submit'>"
         "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>"
         "<field var='start'><value>2010-02-19T07:33:20Z</value></field></x>"
         "<set xmlns='http://jabber.org/protocol/rsm'><max>50</max></set></query></iq>"},
	{{.query_id = "q3", .since_s = 1266564800, .after = "b", .newest = TRUE},
         "<iq><query xmlns='urn:xmpp:mam:2' queryid='q3'>"
         "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max><before/></set></query></iq>"},
};

static void
test_build(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_queries); i++) {
		xmlnode *iq = xmlnode_new("iq");
		g_autofree char *text = NULL;

		gtalk_archive_query_build(iq, &test_queries[i].query);
		text = xmlnode_to_str(iq, NULL);
		g_assert_cmpstr(text, ==, test_queries[i].expected);
		xmlnode_free(iq);
	}
}

static const struct {
	const char *reply;
	gboolean ok;
	gboolean complete;
	const char *last;
} test_fins[] = {
	{TEST_FIN(" complete='true'>" TEST_SET("<first index='0'>a</first><last>b</last>")), TRUE,
         TRUE, "b"},
	{TEST_FIN(" complete='1'>" TEST_SET("<last>b</last>")), TRUE, TRUE, "b"},
	{TEST_FIN(">" TEST_SET("<first>a</first><last>b</last><count>9</count>")), TRUE, FALSE,
         "b"},
	{TEST_FIN(" complete='false'>" TEST_SET("")), TRUE, FALSE, NULL},
	{TEST_FIN(" complete='true'>"), TRUE, TRUE, NULL},
	{TEST_FIN(">" TEST_SET("<last/>")), TRUE, FALSE, NULL},
	{"<iq type='result'/>", FALSE, FALSE, NULL},
	{"<iq type='result'><fin xmlns='urn:xmpp:mam:1'/></iq>", FALSE, FALSE, NULL},
};

static void
test_parse_fin(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_fins); i++) {
		xmlnode *reply = xmlnode_from_str(test_fins[i].reply, -1);
		GTalkArchiveFin fin = {0};

		g_assert_nonnull(reply);
		g_assert_cmpint(gtalk_archive_query_parse_fin(reply, &fin), ==, test_fins[i].ok);
		g_assert_cmpint(fin.complete, ==, test_fins[i].complete);
		g_assert_cmpstr(fin.last, ==, test_fins[i].last);
		gtalk_archive_query_clear_fin(&fin);
		xmlnode_free(reply);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/archive-query/build", test_build);
	g_test_add_func("/archive-query/parse-fin", test_parse_fin);
	return g_test_run();
}
