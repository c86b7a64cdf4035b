/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <purple.h>

#include "harness/purple-boot.h"
#include "host-roster.h"

#define TEST_GROUP "private group"
#define TEST_OWN_JID "juliet@talk.example/balcony"

typedef struct {
	HostRoster *roster;
	GString *log; /* what the sink was told, a word each */
} TestRoster;

static void
test_contact(gpointer user_data, GVariant *contact)
{
	TestRoster *test = user_data;
	g_autoptr(GVariant) value = g_variant_ref_sink(contact);
	g_auto(GStrv) groups = NULL;
	const char *jid;
	const char *name;
	const char *subscription;
	gboolean ask;
	g_autofree char *joined = NULL;

	g_assert_true(g_variant_lookup(value, "jid", "&s", &jid));
	g_assert_true(g_variant_lookup(value, "name", "&s", &name));
	g_assert_true(g_variant_lookup(value, "groups", "^as", &groups));
	g_assert_true(g_variant_lookup(value, "subscription", "&s", &subscription));
	g_assert_true(g_variant_lookup(value, "ask", "b", &ask));
	joined = g_strjoinv("|", groups);
	g_string_append_printf(test->log, "%s;%s;%s;%s;%d\n", jid, name, joined, subscription, ask);
}

static void
test_removed(gpointer user_data, const char *jid)
{
	TestRoster *test = user_data;

	g_string_append_printf(test->log, "removed %s\n", jid);
}

static void
test_done(gpointer user_data)
{
	TestRoster *test = user_data;

	g_string_append(test->log, "done\n");
}

static void
test_roster_set_up(TestRoster *test, gconstpointer data)
{
	static const HostRosterSink sink = {test_contact, test_removed, test_done};

	test->log = g_string_new(NULL);
	test->roster = host_roster_new(TEST_GROUP, &sink, test);
}

static void
test_roster_tear_down(TestRoster *test, gconstpointer data)
{
	host_roster_free(test->roster);
	g_string_free(test->log, TRUE);
}

static xmlnode *
test_parse(const char *text)
{
	xmlnode *node = xmlnode_from_str(text, -1);

	g_assert_nonnull(node);
	return node;
}

static void
test_send(TestRoster *test, const char *text)
{
	xmlnode *iq = test_parse(text);

	host_roster_send(test->roster, iq);
	xmlnode_free(iq);
}

/* Returns: (transfer full): the stanza as the parent gets to see it */
static xmlnode *
test_receive(TestRoster *test, const char *text)
{
	xmlnode *iq = test_parse(text);

	host_roster_receive(test->roster, iq, TEST_OWN_JID);
	return iq;
}

static void
test_receive_and_drop(TestRoster *test, const char *text)
{
	xmlnode_free(test_receive(test, text));
}

static void
test_assert_log(TestRoster *test, const char *expected)
{
	g_assert_cmpstr(test->log->str, ==, expected);
	g_string_truncate(test->log, 0);
}

static char *
test_dup_groups(xmlnode *item)
{
	GString *groups = g_string_new(NULL);

	for (xmlnode *group = xmlnode_get_child(item, "group"); group != NULL;
	     group = xmlnode_get_next_twin(group)) {
		g_autofree char *name = xmlnode_get_data(group);
		g_string_append_printf(groups, "%s%s", groups->len > 0 ? "|" : "", name);
	}
	return g_string_free(groups, FALSE);
}

#define TEST_GET "<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>"
#define TEST_RESULT                                                                                \
	"<iq type='result' id='r1' to='" TEST_OWN_JID "'><query xmlns='jabber:iq:roster'>"         \
	"<item jid='romeo@talk.example' name='Romeo &amp; co' subscription='both'>"                \
	"<group>Friends</group><group>a &lt;b&gt; &quot;c&quot;</group></item>"                    \
	"<item jid='nurse@talk.example' subscription='none' ask='subscribe'/>"                     \
	"</query></iq>"

static void
test_result_is_told_and_flattened(TestRoster *test, gconstpointer data)
{
	xmlnode *iq;
	int n_items = 0;

	test_send(test, TEST_GET);
	iq = test_receive(test, TEST_RESULT);
	test_assert_log(test, "romeo@talk.example;Romeo & co;Friends|a <b> \"c\";both;0\n"
	                      "nurse@talk.example;;;none;1\n"
	                      "done\n");
	for (xmlnode *item = xmlnode_get_child(iq, "query/item"); item != NULL;
	     item = xmlnode_get_next_twin(item)) {
		g_autofree char *groups = test_dup_groups(item);
		g_assert_cmpstr(groups, ==, TEST_GROUP);
		n_items++;
	}
	g_assert_cmpint(n_items, ==, 2);
	g_assert_true(host_roster_has(test->roster, "romeo@talk.example"));
	g_assert_false(host_roster_has(test->roster, "tybalt@talk.example"));
	xmlnode_free(iq);
}

static void
test_unasked_result_is_left_alone(TestRoster *test, gconstpointer data)
{
	test_receive_and_drop(test, TEST_RESULT);
	test_send(test, TEST_GET);
	test_receive_and_drop(test, "<iq type='result' id='other'><query xmlns='jabber:iq:roster'>"
	                            "<item jid='x@y'/></query></iq>");
	test_receive_and_drop(test,
	                      "<iq type='result' id='r1' from='tybalt@talk.example'>"
	                      "<query xmlns='jabber:iq:roster'><item jid='x@y'/></query></iq>");
	test_assert_log(test, "");
	test_receive_and_drop(test, "<iq type='result' id='r1' from='juliet@talk.example'/>");
	test_assert_log(test, "done\n");
}

static void
test_push_changes_and_removes(TestRoster *test, gconstpointer data)
{
	test_send(test, TEST_GET);
	test_receive_and_drop(test, TEST_RESULT);
	g_string_truncate(test->log, 0);
	test_receive_and_drop(
		test, "<iq type='set' id='p1'><query xmlns='jabber:iq:roster'><item "
		      "jid='romeo@talk.example' subscription='to'><group>Enemies</group></item>"
		      "</query></iq>");
	test_assert_log(test, "romeo@talk.example;;Enemies;to;0\n");
	test_receive_and_drop(test, "<iq type='set' id='p2' from='juliet@talk.example'><query "
	                            "xmlns='jabber:iq:roster'><item jid='romeo@talk.example' "
	                            "subscription='remove'/></query></iq>");
	test_assert_log(test, "removed romeo@talk.example\n");
	g_assert_false(host_roster_has(test->roster, "romeo@talk.example"));
}

/* RFC 6121 section 2.1.6: only the own account's server pushes. */
static void
test_foreign_push_is_left_alone(TestRoster *test, gconstpointer data)
{
	static const char *const senders[] = {"tybalt@talk.example", "juliet@talk.example.evil",
	                                      "juliet@talk.example/other", "talk.example",
	                                      "juliet@talk.exampl"};

	for (guint i = 0; i < G_N_ELEMENTS(senders); i++) {
		g_autofree char *text = g_strdup_printf(
			"<iq type='set' id='p' from='%s'><query xmlns='jabber:iq:roster'><item "
			"jid='x@y.example' "
			"subscription='both'><group>G</group></item></query></iq>",
			senders[i]);
		xmlnode *iq = test_receive(test, text);
		g_autofree char *groups = test_dup_groups(xmlnode_get_child(iq, "query/item"));

		g_assert_cmpstr(groups, ==, "G");
		xmlnode_free(iq);
	}
	test_assert_log(test, "");
}

static void
test_sets_carry_the_true_groups(TestRoster *test, gconstpointer data)
{
	xmlnode *known = test_parse("<iq type='set' id='s1'><query xmlns='jabber:iq:roster'><item "
	                            "jid='romeo@talk.example' name='R'><group>" TEST_GROUP
	                            "</group></item></query></iq>");
	xmlnode *unknown = test_parse(
		"<iq type='set' id='s2'><query xmlns='jabber:iq:roster'><item "
		"jid='new@talk.example'><group>" TEST_GROUP "</group></item></query></iq>");
	g_autofree char *known_groups = NULL;
	g_autofree char *unknown_groups = NULL;

	test_send(test, TEST_GET);
	test_receive_and_drop(test, TEST_RESULT);
	host_roster_send(test->roster, known);
	host_roster_send(test->roster, unknown);
	known_groups = test_dup_groups(xmlnode_get_child(known, "query/item"));
	unknown_groups = test_dup_groups(xmlnode_get_child(unknown, "query/item"));
	g_assert_cmpstr(known_groups, ==, "Friends|a <b> \"c\"");
	g_assert_cmpstr(unknown_groups, ==, "");
	xmlnode_free(known);
	xmlnode_free(unknown);
}

/* Prefixes are declared above the items. */
static void
test_foreign_attributes_do_no_harm(TestRoster *test, gconstpointer data)
{
	xmlnode *set = test_parse("<iq type='set' id='s1'><query xmlns='jabber:iq:roster'><item "
	                          "jid='romeo@talk.example' name='R'><group>" TEST_GROUP
	                          "</group></item></query></iq>");
	g_autofree char *groups = NULL;

	test_receive_and_drop(test, "<iq type='set' id='p'><query xmlns='jabber:iq:roster' "
	                            "xmlns:gr='google:roster' gr:ext='2'>"
	                            "<item jid='romeo@talk.example' gr:t='P' gr:w='2.5'>"
	                            "<group>Friends</group></item></query></iq>");
	host_roster_send(test->roster, set);
	groups = test_dup_groups(xmlnode_get_child(set, "query/item"));
	g_assert_cmpstr(groups, ==, "Friends");
	xmlnode_free(set);
}

/* Hidden contacts are kept by the plugin. */
static void
test_true_groups_of_unknown_items_stay(TestRoster *test, gconstpointer data)
{
	xmlnode *set =
		test_parse("<iq type='set' id='s1'><query xmlns='jabber:iq:roster'><item "
	                   "jid='hidden@talk.example'><group>Friends</group><group>" TEST_GROUP
	                   "</group></item></query></iq>");
	g_autofree char *groups = NULL;

	host_roster_send(test->roster, set);
	groups = test_dup_groups(xmlnode_get_child(set, "query/item"));
	g_assert_cmpstr(groups, ==, "Friends");
	xmlnode_free(set);
}

static void
test_absence_of_the_absent_is_no_news(TestRoster *test, gconstpointer data)
{
	test_send(test, TEST_GET);
	test_receive_and_drop(test, TEST_RESULT);
	g_assert_false(host_roster_note_presence(test->roster, "romeo@talk.example", FALSE));
	g_assert_true(host_roster_note_presence(test->roster, "romeo@talk.example", TRUE));
	g_assert_true(host_roster_note_presence(test->roster, "romeo@talk.example", FALSE));
	g_assert_true(host_roster_note_presence(test->roster, "romeo@talk.example", FALSE));
	g_assert_false(host_roster_note_presence(test->roster, "nurse@talk.example", FALSE));
	/* Rooms and strangers are libpurple's business. */
	g_assert_true(host_roster_note_presence(test->roster, "room@chat.example", FALSE));
	g_assert_true(host_roster_note_presence(test->roster, "room@chat.example", TRUE));
}

static void
test_odd_items_harm_nobody(TestRoster *test, gconstpointer data)
{
	test_receive_and_drop(test, "<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
	                            "<item/><item jid=''/><other jid='a@b'/>"
	                            "<item jid='a@b'><group/><group>x</group></item>"
	                            "<item jid='gone@b' subscription='remove'/></query></iq>");
	test_assert_log(test, "a@b;;x;none;0\n");
	test_receive_and_drop(test, "<iq type='set' id='p'/>");
	test_receive_and_drop(test, "<iq/>");
	test_receive_and_drop(test, "<message><query xmlns='jabber:iq:roster'/></message>");
	test_assert_log(test, "");
}

/* @set: (transfer full): as it leaves */
static void
test_assert_set(TestRoster *test, xmlnode *set, const char *expected)
{
	g_autofree char *groups = NULL;
	g_autofree char *told = NULL;
	xmlnode *item;

	host_roster_send(test->roster, set);
	item = xmlnode_get_child(set, "query/item");
	groups = test_dup_groups(item);
	told = g_strdup_printf("%s;%s;%s;%s", xmlnode_get_attrib(item, "jid"),
	                       xmlnode_get_attrib(item, "name"), groups,
	                       xmlnode_get_attrib(item, "subscription"));
	g_assert_cmpstr(told, ==, expected);
	g_assert_null(xmlnode_get_attrib(item, "ask"));
	xmlnode_free(set);
}

static void
test_own_sets_are_made_of_what_is_kept(TestRoster *test, gconstpointer data)
{
	static const char *const groups[] = {"B", "A", NULL};
	static const char *const none[] = {NULL};
	static const char *const romeo = "romeo@talk.example";

	test_send(test, TEST_GET);
	test_receive_and_drop(test, TEST_RESULT);
	test_assert_set(test, host_roster_build_set(test->roster, romeo, "R", NULL),
	                "romeo@talk.example;R;Friends|a <b> \"c\";(null)");
	test_assert_set(test, host_roster_build_set(test->roster, romeo, NULL, groups),
	                "romeo@talk.example;Romeo & co;B|A;(null)");
	test_assert_set(test, host_roster_build_set(test->roster, romeo, "", none),
	                "romeo@talk.example;(null);;(null)");
	test_assert_set(test, host_roster_build_set(test->roster, "new@b.example", "N", groups),
	                "new@b.example;N;B|A;(null)");
	test_assert_set(test, host_roster_build_remove(test->roster, romeo),
	                "romeo@talk.example;(null);;remove");
	g_assert_true(host_roster_is_subscribed(test->roster, romeo));
	g_assert_true(host_roster_is_subscribed(test->roster, "nurse@talk.example"));
	g_assert_false(host_roster_is_subscribed(test->roster, "new@b.example"));
}

#define TEST_ADD(name, function)                                                                   \
	g_test_add("/host-roster/" name, TestRoster, NULL, test_roster_set_up, function,           \
	           test_roster_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	TEST_ADD("result", test_result_is_told_and_flattened);
	TEST_ADD("unasked-result", test_unasked_result_is_left_alone);
	TEST_ADD("push", test_push_changes_and_removes);
	TEST_ADD("foreign-push", test_foreign_push_is_left_alone);
	TEST_ADD("set", test_sets_carry_the_true_groups);
	TEST_ADD("foreign-attributes", test_foreign_attributes_do_no_harm);
	TEST_ADD("set-of-unknown", test_true_groups_of_unknown_items_stay);
	TEST_ADD("own-sets", test_own_sets_are_made_of_what_is_kept);
	TEST_ADD("absence", test_absence_of_the_absent_is_no_news);
	TEST_ADD("odd-items", test_odd_items_harm_nobody);
	return g_test_run();
}
