/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-off-record-stanza.h"

#include "messages/gtalk-message.h"
#include "harness/purple-boot.h"

#define TEST_MESSAGE(attributes, content)                                                          \
	"<message xmlns='jabber:client' from='bob@talk.example/Work' " attributes ">" content      \
	"</message>"
#define TEST_NOSAVE(value) "<x xmlns='google:nosave' value='" value "'/>"
#define TEST_PREFIXED(value) "<nos:x value='" value "' xmlns:nos='google:nosave'/>"
#define TEST_ARCHIVE(otr)                                                                          \
	"<arc:record otr='" otr "' xmlns:arc='http://jabber.org/protocol/archive'/>"
#define TEST_QUERY(content) "<query xmlns='google:nosave'>" content "</query>"

static const struct {
	const char *message;
	GTalkRecord record;
	gboolean marked;
} test_marks[] = {
	{TEST_MESSAGE("", TEST_PREFIXED("enabled") TEST_ARCHIVE("true")), GTALK_RECORD_OFF, TRUE},
	{TEST_MESSAGE("", TEST_PREFIXED("disabled") TEST_ARCHIVE("false")), GTALK_RECORD_ON, TRUE},
	{TEST_MESSAGE("type='chat'", "<body>hi</body>" TEST_NOSAVE("enabled")), GTALK_RECORD_OFF,
         TRUE},
	{TEST_MESSAGE("", TEST_ARCHIVE("true")), GTALK_RECORD_OFF, TRUE},
	{TEST_MESSAGE("", TEST_ARCHIVE("require")), GTALK_RECORD_OFF, TRUE},
	{TEST_MESSAGE("", TEST_ARCHIVE("false")), GTALK_RECORD_ON, TRUE},
	/* the mark of google:nosave decides */
	{TEST_MESSAGE("", TEST_NOSAVE("enabled") TEST_ARCHIVE("false")), GTALK_RECORD_OFF, TRUE},
	{TEST_MESSAGE("", TEST_NOSAVE("what") TEST_ARCHIVE("true")), GTALK_RECORD_OFF, TRUE},
	{TEST_MESSAGE("", "<no-store xmlns='urn:xmpp:hints'/>"), GTALK_RECORD_OFF, FALSE},
	{TEST_MESSAGE("", "<no-permanent-store xmlns='urn:xmpp:hints'/>"), GTALK_RECORD_OFF, FALSE},
	{TEST_MESSAGE("", "<store xmlns='urn:xmpp:hints'/>"), GTALK_RECORD_UNKNOWN, FALSE},
	{TEST_MESSAGE("", "<no-copy xmlns='urn:xmpp:hints'/>"), GTALK_RECORD_UNKNOWN, FALSE},
	{TEST_MESSAGE("", TEST_NOSAVE("disabled") "<no-store xmlns='urn:xmpp:hints'/>"),
         GTALK_RECORD_ON, TRUE},
	{TEST_MESSAGE("", "<x value='enabled'/>"), GTALK_RECORD_UNKNOWN, FALSE},
	{TEST_MESSAGE("", "<x xmlns='google:nosave'/>"), GTALK_RECORD_UNKNOWN, FALSE},
	{TEST_MESSAGE("", TEST_NOSAVE("ENABLED")), GTALK_RECORD_UNKNOWN, FALSE},
	{TEST_MESSAGE("", ""), GTALK_RECORD_UNKNOWN, FALSE},
};

static void
test_mark(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_marks); i++) {
		xmlnode *message = xmlnode_from_str(test_marks[i].message, -1);

		g_assert_cmpint(gtalk_off_record_parse_mark(message), ==, test_marks[i].record);
		g_assert_cmpint(gtalk_off_record_find_mark(message) != GTALK_RECORD_UNKNOWN, ==,
		                test_marks[i].marked);
		xmlnode_free(message);
	}
}

static void
test_errors_say_nothing(void)
{
	xmlnode *message =
		xmlnode_from_str(TEST_MESSAGE("type='error'", TEST_NOSAVE("enabled")), -1);

	g_assert_cmpint(gtalk_off_record_parse_mark(message), ==, GTALK_RECORD_UNKNOWN);
	xmlnode_free(message);
}

static void
test_message_has_the_mark(void)
{
	const GTalkMessageReader reader = {.own_jid = "ann@talk.example/Desk"};
	xmlnode *stanza = xmlnode_from_str(
		TEST_MESSAGE("type='chat'", "<body>hi</body>" TEST_NOSAVE("enabled")), -1);
	GTalkParsedMessage parsed;

	g_assert_true(gtalk_message_parse(&reader, stanza, &parsed));
	g_assert_cmpint(parsed.message.record, ==, GTALK_RECORD_OFF);
	gtalk_message_clear(&parsed);
	xmlnode_free(stanza);
}

static const struct {
	const char *query;
	const char *items; /* jid=record(source), separated by spaces */
} test_lists[] = {
	{TEST_QUERY("<item jid='bob@talk.example' value='enabled'/>"
                    "<item jid='eve@other.example' value='disabled'/>"),
         "bob@talk.example=2() eve@other.example=1()"},
	{TEST_QUERY("<item xmlns='google:nosave' jid='bob@talk.example/Work' value='enabled' "
                    "source='ann@talk.example/Desk'/>"),
         "bob@talk.example=2(ann@talk.example)"},
	{TEST_QUERY(""), ""},
	{TEST_QUERY("<item/><item jid='' value='enabled'/><item jid='/x' value='enabled'/>"
                    "<item jid='bob@talk.example'/><item jid='bob@talk.example' value='2'/>"
                    "<item xmlns='other' jid='bob@talk.example' value='enabled'/>text"),
         ""},
};

static char *
test_print(const GPtrArray *items)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < items->len; i++) {
		const GTalkOffRecordItem *item = g_ptr_array_index(items, i);

		g_string_append_printf(text, "%s%s=%d(%s)", i > 0 ? " " : "", item->jid,
		                       item->record, item->source != NULL ? item->source : "");
	}
	return g_string_free(text, FALSE);
}

static void
test_list(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_lists); i++) {
		xmlnode *query = xmlnode_from_str(test_lists[i].query, -1);
		g_autoptr(GPtrArray) items = gtalk_off_record_parse_items(query);
		g_autofree char *printed = test_print(items);

		g_assert_cmpstr(printed, ==, test_lists[i].items);
		xmlnode_free(query);
	}
}

static void
test_long_lists_and_addresses_end(void)
{
	GString *text = g_string_new("<query xmlns='google:nosave'>");
	g_autofree char *address = g_strnfill(4000, 'a');
	g_autoptr(GPtrArray) items = NULL;
	xmlnode *query = NULL;

	g_string_append_printf(text, "<item jid='%s' value='enabled'/>", address);
	for (guint i = 0; i < 10001; i++)
		g_string_append_printf(text, "<item jid='c%u@x' value='enabled'/>", i);
	g_string_append(text, "</query>");
	query = xmlnode_from_str(text->str, -1);
	items = gtalk_off_record_parse_items(query);
	g_assert_cmpuint(items->len, ==, 10000);
	xmlnode_free(query);
	g_string_free(text, TRUE);
}

static void
test_build(void)
{
	xmlnode *iq = xmlnode_new("iq");
	xmlnode *message = xmlnode_new("message");
	g_autofree char *request = NULL;
	g_autofree char *hinted = NULL;

	gtalk_off_record_build_set(iq, "bob@talk.example", TRUE);
	request = xmlnode_to_str(iq, NULL);
	g_assert_cmpstr(request, ==,
	                "<iq><query xmlns='google:nosave'><item jid='bob@talk.example' "
	                "value='enabled'/></query></iq>");
	gtalk_off_record_add_hint(message);
	gtalk_off_record_add_hint(message);
	hinted = xmlnode_to_str(message, NULL);
	g_assert_cmpstr(hinted, ==, "<message><no-store xmlns='urn:xmpp:hints'/></message>");
	xmlnode_free(iq);
	xmlnode_free(message);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-off-record-stanza/mark", test_mark);
	g_test_add_func("/gtalk-off-record-stanza/errors-say-nothing", test_errors_say_nothing);
	g_test_add_func("/gtalk-off-record-stanza/message-has-the-mark", test_message_has_the_mark);
	g_test_add_func("/gtalk-off-record-stanza/list", test_list);
	g_test_add_func("/gtalk-off-record-stanza/long-lists-and-addresses-end",
	                test_long_lists_and_addresses_end);
	g_test_add_func("/gtalk-off-record-stanza/build", test_build);
	return g_test_run();
}
