/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-offline-stanza.h"
#include "harness/purple-boot.h"

#define TEST_ITEMS(content)                                                                        \
	"<iq type='result'><query xmlns='http://jabber.org/protocol/disco#items' "                 \
	"node='http://jabber.org/protocol/offline'>" content "</query></iq>"

static void
test_assert_text(xmlnode *iq, const char *expected)
{
	g_autofree char *text = xmlnode_to_str(iq, NULL);

	g_assert_cmpstr(text, ==, expected);
	xmlnode_free(iq);
}

static void
test_requests(void)
{
	static GTalkOfflineNode listed[] = {{(char *)"one"}, {(char *)"two"}, {(char *)"<three>"}};
	g_autoptr(GPtrArray) nodes = g_ptr_array_new();
	xmlnode *iq = xmlnode_new("iq");

	gtalk_offline_build_list(iq);
	test_assert_text(iq, "<iq><query xmlns='http://jabber.org/protocol/disco#items' "
	                     "node='http://jabber.org/protocol/offline'/></iq>");
	for (gsize i = 0; i < G_N_ELEMENTS(listed); i++)
		g_ptr_array_add(nodes, &listed[i]);
	iq = xmlnode_new("iq");
	gtalk_offline_build_items(iq, GTALK_OFFLINE_VIEW, nodes, 0, 2);
	test_assert_text(iq, "<iq><offline xmlns='http://jabber.org/protocol/offline'>"
	                     "<item action='view' node='one'/><item action='view' node='two'/>"
	                     "</offline></iq>");
	iq = xmlnode_new("iq");
	gtalk_offline_build_items(iq, GTALK_OFFLINE_REMOVE, nodes, 2, 100);
	test_assert_text(iq, "<iq><offline xmlns='http://jabber.org/protocol/offline'>"
	                     "<item action='remove' node='&lt;three&gt;'/></offline></iq>");
}

static const struct {
	const char *reply;
	const char *nodes;
} test_lists[] = {
	{TEST_ITEMS("<item jid='a@b' node='1' name='c@d'/><item jid='a@b' node='2'/>"),
         "1 c@d 2 -"},
	{TEST_ITEMS("<item jid='a@b'/><item xmlns='urn:other' node='3'/>"), ""},
	{TEST_ITEMS(""), ""},
	{"<iq type='result'/>", ""},
	{"<iq type='result'><query xmlns='urn:other'><item node='1'/></query></iq>", ""},
};

static void
test_list(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_lists); i++) {
		xmlnode *reply = xmlnode_from_str(test_lists[i].reply, -1);
		g_autoptr(GPtrArray) nodes = gtalk_offline_parse_list(reply);
		g_autoptr(GString) text = g_string_new(NULL);

		for (guint at = 0; at < nodes->len; at++) {
			const GTalkOfflineNode *node = g_ptr_array_index(nodes, at);

			g_string_append_printf(text, "%s%s %s", at > 0 ? " " : "", node->id,
			                       node->sender != NULL ? node->sender : "-");
		}
		g_assert_cmpstr(text->str, ==, test_lists[i].nodes);
		xmlnode_free(reply);
	}
}

static void
test_no_answer_lists_nothing(void)
{
	g_autoptr(GPtrArray) nodes = gtalk_offline_parse_list(NULL);

	g_assert_cmpuint(nodes->len, ==, 0);
}

static void
test_a_list_ends_somewhere(void)
{
	g_autoptr(GString) text =
		g_string_new("<iq><query xmlns='http://jabber.org/protocol/disco#items'>");
	g_autoptr(GPtrArray) nodes = NULL;
	xmlnode *reply = NULL;

	for (guint i = 0; i < GTALK_OFFLINE_NODES_MAX + 1; i++)
		g_string_append(text, "<item node='x'/>");
	g_string_append(text, "</query></iq>");
	reply = xmlnode_from_str(text->str, text->len);
	nodes = gtalk_offline_parse_list(reply);
	g_assert_cmpuint(nodes->len, ==, GTALK_OFFLINE_NODES_MAX);
	xmlnode_free(reply);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/offline-stanza/requests", test_requests);
	g_test_add_func("/offline-stanza/list", test_list);
	g_test_add_func("/offline-stanza/no-answer", test_no_answer_lists_nothing);
	g_test_add_func("/offline-stanza/list-ends", test_a_list_ends_somewhere);
	return g_test_run();
}
