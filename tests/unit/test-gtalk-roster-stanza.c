/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "contacts/gtalk-roster-stanza.h"

#include <string.h>

#include "harness/purple-boot.h"

#define TEST_ITEM(attributes)                                                                      \
	"<query xmlns='jabber:iq:roster' xmlns:x='google:roster' x:ext='2'><item " attributes      \
	"/></query>"

static const struct {
	const char *query;
	GTalkRosterContact contact;
} test_items[] = {
	{TEST_ITEM("jid='a@b' subscription='both'"), {.subscription = "both"}},
	{TEST_ITEM("jid='a@b' x:t='B'"), {.subscription = "none", .kind = GTALK_ROSTER_BLOCKED}},
	{TEST_ITEM("jid='a@b' x:t='h'"), {.subscription = "none", .kind = GTALK_ROSTER_HIDDEN}},
	{TEST_ITEM("jid='a@b' x:t='P' subscription='to'"),
         {.subscription = "to", .kind = GTALK_ROSTER_PINNED}},
	/* kinds that nobody knows, an attribute without the namespace, one of another */
	{TEST_ITEM("jid='a@b' x:t='Q'"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' x:t=''"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' x:t='BB'"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' t='B'"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' xmlns:y='urn:other' y:t='B'"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' subscription='love' ask='subscribe'"),
         {.subscription = "none", .asked = TRUE}},
	{TEST_ITEM("jid='a@b' x:w='26.4' x:mc='4' x:emc='5'"),
         {.subscription = "none", .weight = 26.4, .n_messages = 4, .n_mails = 5}},
	{TEST_ITEM("jid='a@b' x:w='nan' x:mc='-1' x:emc='99999999999'"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' x:w='1e999' x:mc='4.0' x:emc=''"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' x:w='1,5' x:mc='4x'"), {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' x:autosub='true' x:rejected='true' x:inv='A'"),
         {.subscription = "none", .automatic = TRUE, .rejected = TRUE, .invited = TRUE}},
	{TEST_ITEM("jid='a@b' x:autosub='false' x:rejected='1' x:inv='B'"),
         {.subscription = "none"}},
	{TEST_ITEM("jid='a@b' x:alias-for='c@b' x:profileurl='http://p.example/a'"),
         {.subscription = "none", .alias_for = "c@b", .profile_url = "http://p.example/a"}},
};

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_items); i++) {
		const GTalkRosterContact *expected = &test_items[i].contact;
		xmlnode *query = purple_boot_parse(test_items[i].query, -1);
		g_autoptr(GTalkRosterContact) contact =
			gtalk_roster_stanza_parse_item(xmlnode_get_child(query, "item"));

		g_test_message("%s", test_items[i].query);
		g_assert_cmpstr(contact->jid, ==, "a@b");
		g_assert_cmpstr(contact->subscription, ==, expected->subscription);
		g_assert_cmpint(contact->asked, ==, expected->asked);
		g_assert_cmpint(contact->kind, ==, expected->kind);
		g_assert_cmpfloat(contact->weight, ==, expected->weight);
		g_assert_cmpuint(contact->n_messages, ==, expected->n_messages);
		g_assert_cmpuint(contact->n_mails, ==, expected->n_mails);
		g_assert_cmpint(contact->automatic, ==, expected->automatic);
		g_assert_cmpint(contact->rejected, ==, expected->rejected);
		g_assert_cmpint(contact->invited, ==, expected->invited);
		g_assert_cmpstr(contact->alias_for, ==, expected->alias_for);
		g_assert_cmpstr(contact->profile_url, ==, expected->profile_url);
		xmlnode_free(query);
	}
}

static void
test_parse_name_and_groups(void)
{
	xmlnode *item = purple_boot_parse(
		"<item xmlns='jabber:iq:roster' jid='a@b' name='A &amp; B'><group>One</group>"
		"<group/><other/><group>Two &lt;</group></item>",
		-1);
	g_autoptr(GTalkRosterContact) contact = gtalk_roster_stanza_parse_item(item);

	g_assert_cmpstr(contact->name, ==, "A & B");
	g_assert_cmpstr(contact->groups[0], ==, "One");
	g_assert_cmpstr(contact->groups[1], ==, "Two <");
	g_assert_null(contact->groups[2]);
	xmlnode_free(item);
}

static void
test_parse_refuses_what_is_no_contact(void)
{
	g_autofree char *long_jid = g_strnfill(GTALK_ROSTER_JID_MAX_BYTES + 1, 'x');
	g_autofree char *too_long = g_strdup_printf("<item jid='%s'/>", long_jid);
	const char *const items[] = {"<item/>", "<item jid=''/>", too_long};

	for (gsize i = 0; i < G_N_ELEMENTS(items); i++) {
		xmlnode *item = purple_boot_parse(items[i], -1);

		g_assert_null(gtalk_roster_stanza_parse_item(item));
		xmlnode_free(item);
	}
}

static void
test_strangers(void)
{
	static const struct {
		const char *item;
		gboolean stranger;
	} items[] = {
		{"<item jid='a@b'/>", TRUE},
		{"<item jid='a@b' subscription='none'/>", TRUE},
		{"<item jid='a@b' subscription='none' ask='subscribe'/>", FALSE},
		{"<item jid='a@b' subscription='from'/>", FALSE},
		{"<item jid='a@b' subscription='remove'/>", FALSE},
		{"<item xmlns='jabber:iq:roster' jid='a@b'><group>G</group></item>", FALSE},
		{"<item xmlns='jabber:iq:roster' xmlns:g='google:roster' jid='a@b' g:t='B'>"
	         "<group>G</group></item>",
	         TRUE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(items); i++) {
		xmlnode *item = purple_boot_parse(items[i].item, -1);
		g_autoptr(GTalkRosterContact) contact = gtalk_roster_stanza_parse_item(item);

		g_assert_cmpint(gtalk_roster_contact_is_stranger(contact), ==, items[i].stranger);
		xmlnode_free(item);
	}
}

static void
test_find_query(void)
{
	static const struct {
		const char *stanza;
		gboolean found;
	} stanzas[] = {
		{"<iq type='result'><query xmlns='jabber:iq:roster'/></iq>", TRUE},
		{"<iq type='set'><query xmlns='jabber:iq:roster'/></iq>", TRUE},
		{"<iq type='get'><query xmlns='jabber:iq:roster'/></iq>", FALSE},
		{"<iq><query xmlns='jabber:iq:roster'/></iq>", FALSE},
		{"<iq type='set'><query xmlns='jabber:iq:other'/></iq>", FALSE},
		{"<message type='set'><query xmlns='jabber:iq:roster'/></message>", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(stanzas); i++) {
		xmlnode *stanza = purple_boot_parse(stanzas[i].stanza, -1);

		g_assert_cmpint(gtalk_roster_stanza_find_query(stanza) != NULL, ==,
		                stanzas[i].found);
		xmlnode_free(stanza);
	}
}

static void
test_build_set(void)
{
	static const char *const groups[] = {"Work", "A & B", NULL};
	xmlnode *iq =
		gtalk_roster_stanza_build_set("eve@b", "Eve <3", groups, GTALK_ROSTER_BLOCKED);
	g_autofree char *text = xmlnode_to_str(iq, NULL);
	xmlnode *parsed = purple_boot_parse(text, -1);
	xmlnode *query = gtalk_roster_stanza_find_query(parsed);
	g_autoptr(GTalkRosterContact) contact =
		gtalk_roster_stanza_parse_item(xmlnode_get_child(query, "item"));

	g_assert_cmpstr(xmlnode_get_attrib_with_namespace(query, "ext", GTALK_NS_GOOGLE_ROSTER), ==,
	                "2");
	g_assert_cmpint(contact->kind, ==, GTALK_ROSTER_BLOCKED);
	g_assert_cmpstr(contact->name, ==, "Eve <3");
	g_assert_cmpstr(contact->groups[0], ==, "Work");
	g_assert_cmpstr(contact->groups[1], ==, "A & B");
	xmlnode_free(parsed);
	xmlnode_free(iq);
}

static void
test_build_normal(void)
{
	xmlnode *iq = gtalk_roster_stanza_build_set("eve@b", NULL, NULL, GTALK_ROSTER_NORMAL);
	g_autofree char *text = xmlnode_to_str(iq, NULL);

	g_assert_null(strstr(text, "gr:t"));
	g_assert_nonnull(strstr(text, "gr:ext='2'"));
	xmlnode_free(iq);
}

static void
test_mark(void)
{
	xmlnode *iq = purple_boot_parse("<iq type='set'><query xmlns='jabber:iq:roster'>"
	                                "<item jid='a@b' name='A'/></query></iq>",
	                                -1);
	xmlnode *item = xmlnode_get_child(iq, "query/item");

	gtalk_roster_stanza_mark(item, GTALK_ROSTER_NORMAL);
	g_assert_null(xmlnode_get_attrib(item, "gr:t"));
	gtalk_roster_stanza_mark(item, GTALK_ROSTER_PINNED);
	g_assert_cmpstr(xmlnode_get_attrib(item, "gr:t"), ==, "P");
	g_assert_cmpstr(xmlnode_get_attrib(item->parent, "gr:ext"), ==, "2");
	gtalk_roster_stanza_mark(item, GTALK_ROSTER_BLOCKED); /* who marked first knew better */
	g_assert_cmpstr(xmlnode_get_attrib(item, "gr:t"), ==, "P");
	xmlnode_free(iq);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/roster-stanza/parse", test_parse);
	g_test_add_func("/roster-stanza/parse-name-and-groups", test_parse_name_and_groups);
	g_test_add_func("/roster-stanza/parse-refuses", test_parse_refuses_what_is_no_contact);
	g_test_add_func("/roster-stanza/strangers", test_strangers);
	g_test_add_func("/roster-stanza/find-query", test_find_query);
	g_test_add_func("/roster-stanza/build-set", test_build_set);
	g_test_add_func("/roster-stanza/build-normal", test_build_normal);
	g_test_add_func("/roster-stanza/mark", test_mark);
	return g_test_run();
}
