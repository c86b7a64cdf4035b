/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-message.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "harness/purple-boot.h"

#define TEST_OWN "ann@talk.example/Desk"
#define TEST_HEAD "xmlns='jabber:client' from='bob@talk.example/Work' to='ann@talk.example'"
#define TEST_MESSAGE(content) "<message " TEST_HEAD " type='chat' id='m1'>" content "</message>"
#define TEST_CARBON(from, kind, inner)                                                             \
	"<message xmlns='jabber:client' from='" from "' to='" TEST_OWN "'><" kind                  \
	" xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>" inner                 \
	"</forwarded></" kind "></message>"
#define TEST_SECOND_US G_GINT64_CONSTANT(1266564800000000) /* 2010-02-19T07:33:20Z */

static const GTalkMessageReader test_reader = {.own_jid = TEST_OWN, .stable_ids = TRUE};

static gboolean
test_parse(const char *text, xmlnode **stanza, GTalkParsedMessage *parsed)
{
	*stanza = xmlnode_from_str(text, -1);
	g_assert_nonnull(*stanza);
	return gtalk_message_parse(&test_reader, *stanza, parsed);
}

static void
test_live(void)
{
	xmlnode *stanza = NULL;
	GTalkParsedMessage parsed;

	g_assert_true(
		test_parse(TEST_MESSAGE("<body>hi &amp; <!-- -->bye</body>"), &stanza, &parsed));
	g_assert_cmpstr(parsed.message.body, ==, "hi & bye");
	g_assert_cmpstr(parsed.message.id, ==, "m1");
	g_assert_cmpstr(parsed.message.from, ==, "bob@talk.example/Work");
	g_assert_cmpstr(parsed.message.to, ==, "ann@talk.example");
	g_assert_cmpstr(parsed.message.type, ==, "chat");
	g_assert_null(parsed.message.stanza_id);
	g_assert_cmpint(parsed.message.time_us, ==, 0);
	g_assert_cmpint(parsed.message.direction, ==, GTALK_MESSAGE_RECEIVED);
	g_assert_cmpint(parsed.message.origin, ==, GTALK_MESSAGE_LIVE);
	g_assert_false(parsed.message.encrypted);
	gtalk_message_clear(&parsed);
	xmlnode_free(stanza);
}

static void
test_a_copy_outlives_its_stanza(void)
{
	xmlnode *stanza = NULL;
	GTalkParsedMessage parsed;
	GTalkMessage copy;

	g_assert_true(test_parse(TEST_MESSAGE("<body>hi</body>"), &stanza, &parsed));
	gtalk_message_copy(&parsed.message, &copy);
	gtalk_message_clear(&parsed);
	xmlnode_free(stanza);
	g_assert_cmpstr(copy.body, ==, "hi");
	g_assert_cmpstr(copy.id, ==, "m1");
	g_assert_cmpstr(copy.from, ==, "bob@talk.example/Work");
	g_assert_cmpstr(copy.to, ==, "ann@talk.example");
	g_assert_cmpstr(copy.type, ==, "chat");
	g_assert_null(copy.stanza_id);
	gtalk_message_clear_copy(&copy);
}

static void
test_nothing_to_show(void)
{
	static const char *const stanzas[] = {
		TEST_MESSAGE(""),
		TEST_MESSAGE("<body/>"),
		TEST_MESSAGE("<body xmlns='urn:other'>no</body>"),
		TEST_MESSAGE("<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
		TEST_MESSAGE(
			"<encrypted xmlns='eu.siacs.conversations.axolotl'><header/></encrypted>"),
		"<message " TEST_HEAD " type='error' id='m1'><body>hi</body><error/></message>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(stanzas); i++) {
		xmlnode *stanza = NULL;
		GTalkParsedMessage parsed;

		g_assert_false(test_parse(stanzas[i], &stanza, &parsed));
		xmlnode_free(stanza);
	}
}

static const struct {
	const char *attributes;
	const char *from;
	const char *to;
	const char *type;
	GTalkMessageDirection direction;
} test_addressed[] = {
	{"from='bob@talk.example' type='groupchat'", "bob@talk.example", TEST_OWN, "groupchat",
         GTALK_MESSAGE_RECEIVED},
	{"from='bob@talk.example' type='nonsense'", "bob@talk.example", TEST_OWN, "normal",
         GTALK_MESSAGE_RECEIVED},
	{"from='bob@talk.example' type='headline'", "bob@talk.example", TEST_OWN, "headline",
         GTALK_MESSAGE_RECEIVED},
	{"", TEST_OWN, TEST_OWN, "normal", GTALK_MESSAGE_RECEIVED},
	{"from='ANN@talk.example/Phone' to='bob@talk.example'", "ANN@talk.example/Phone",
         "bob@talk.example", "normal", GTALK_MESSAGE_SENT},
	/* a note to oneself came here */
	{"from='ann@talk.example/Phone' to='ann@talk.example'", "ann@talk.example/Phone",
         "ann@talk.example", "normal", GTALK_MESSAGE_RECEIVED},
	{"from='ann@talk.example.evil' to='bob@talk.example'", "ann@talk.example.evil",
         "bob@talk.example", "normal", GTALK_MESSAGE_RECEIVED},
};

static void
test_addresses(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_addressed); i++) {
		g_autofree char *text = g_strdup_printf(
			"<message xmlns='jabber:client' %s><body>x</body></message>",
			test_addressed[i].attributes);
		xmlnode *stanza = NULL;
		GTalkParsedMessage parsed;

		g_assert_true(test_parse(text, &stanza, &parsed));
		g_assert_cmpstr(parsed.message.from, ==, test_addressed[i].from);
		g_assert_cmpstr(parsed.message.to, ==, test_addressed[i].to);
		g_assert_cmpstr(parsed.message.type, ==, test_addressed[i].type);
		g_assert_cmpint(parsed.message.direction, ==, test_addressed[i].direction);
		gtalk_message_clear(&parsed);
		xmlnode_free(stanza);
	}
}

static const struct {
	const char *content;
	gboolean stable_ids;
	const char *stanza_id;
} test_ids[] = {
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example' id='s1'/>", TRUE, "s1"},
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example' id='s1'/>", FALSE, NULL},
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='bob@talk.example' id='evil'/>", TRUE, NULL},
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example/Desk' id='evil'/>", TRUE, NULL},
	{"<stanza-id xmlns='urn:xmpp:sid:0' id='evil'/>", TRUE, NULL},
	{"<stanza-id xmlns='urn:other' by='ann@talk.example' id='evil'/>", TRUE, NULL},
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='room@talk.example' id='r'/>"
         "<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example' id='s2'/>",
         TRUE, "s2"},
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example' id=''/>", TRUE, NULL},
	{"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example'/>", TRUE, NULL},
};

static void
test_stanza_id(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_ids); i++) {
		g_autofree char *text = g_strdup_printf("<message %s><body>x</body>%s</message>",
		                                        TEST_HEAD, test_ids[i].content);
		xmlnode *stanza = xmlnode_from_str(text, -1);
		GTalkMessageReader reader = {TEST_OWN, test_ids[i].stable_ids};
		GTalkParsedMessage parsed;

		g_assert_true(gtalk_message_parse(&reader, stanza, &parsed));
		g_assert_cmpstr(parsed.message.stanza_id, ==, test_ids[i].stanza_id);
		g_assert_null(parsed.message.id);
		gtalk_message_clear(&parsed);
		xmlnode_free(stanza);
	}
}

static void
test_origin_id_stands_in(void)
{
	xmlnode *stanza = NULL;
	GTalkParsedMessage parsed;

	g_assert_true(test_parse("<message " TEST_HEAD "><body>x</body>"
	                         "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>",
	                         &stanza, &parsed));
	g_assert_cmpstr(parsed.message.id, ==, "o1");
	gtalk_message_clear(&parsed);
	xmlnode_free(stanza);
}

static void
test_overlong_id_is_left_out(void)
{
	g_autofree char *id = g_strnfill(2000, 'x');
	g_autofree char *text =
		g_strdup_printf("<message %s id='%s'><body>x</body></message>", TEST_HEAD, id);
	xmlnode *stanza = NULL;
	GTalkParsedMessage parsed;

	g_assert_true(test_parse(text, &stanza, &parsed));
	g_assert_null(parsed.message.id);
	gtalk_message_clear(&parsed);
	xmlnode_free(stanza);
}

static const struct {
	const char *content;
	gint64 time_us;
} test_times[] = {
	{"<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:20Z'/>", TEST_SECOND_US},
	{"<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:20.123Z'/>",
         TEST_SECOND_US + 123000},
	{"<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T08:33:20+01:00'/>", TEST_SECOND_US},
	{"<x xmlns='jabber:x:delay' stamp='20100219T07:33:20'/>", TEST_SECOND_US},
	{"<time xmlns='google:timestamp' ms='1266564800123'/>", TEST_SECOND_US + 123000},
	{"<x xmlns='jabber:x:delay' stamp='20100219T07:33:20'/>"
         "<time xmlns='google:timestamp' ms='1266564800123'/>",
         TEST_SECOND_US + 123000},
	{"<time xmlns='google:timestamp' ms='1266564800123'/>"
         "<x xmlns='jabber:x:delay' stamp='20100219T07:33:20'/>",
         TEST_SECOND_US + 123000},
	{"<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:25Z'/>"
         "<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:20Z'/>"
         "<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:30Z'/>",
         TEST_SECOND_US},
	{"<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>", 0},
	{"<delay xmlns='urn:xmpp:delay'/>", 0},
	{"<delay xmlns='urn:xmpp:delay' stamp='1910-02-19T07:33:20Z'/>", 0},
	{"<time xmlns='google:timestamp' ms='-5'/>", 0},
	{"<time xmlns='google:timestamp' ms='99999999999999999999'/>", 0},
	{"<time xmlns='google:timestamp' ms='12x'/>", 0},
};

static void
test_time(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_times); i++) {
		g_autofree char *text = g_strdup_printf("<message %s><body>x</body>%s</message>",
		                                        TEST_HEAD, test_times[i].content);
		xmlnode *stanza = NULL;
		GTalkParsedMessage parsed;

		g_test_message("%s", test_times[i].content);
		g_assert_true(test_parse(text, &stanza, &parsed));
		g_assert_cmpint(parsed.message.time_us, ==, test_times[i].time_us);
		gtalk_message_clear(&parsed);
		xmlnode_free(stanza);
	}
}

static const struct {
	const char *content;
	gboolean encrypted;
	const char *body;
} test_encryptions[] = {
	{"<body>fallback</body><encrypted "
         "xmlns='eu.siacs.conversations.axolotl'><payload>x</payload>"
         "</encrypted>",
         TRUE, "fallback"},
	{"<encrypted xmlns='eu.siacs.conversations.axolotl'><payload>x</payload></encrypted>", TRUE,
         GTALK_MESSAGE_ENCRYPTED_BODY},
	{"<encrypted xmlns='urn:xmpp:omemo:2'><payload>x</payload></encrypted>", TRUE,
         GTALK_MESSAGE_ENCRYPTED_BODY},
	{"<body>pgp</body><x xmlns='jabber:x:encrypted'>noise</x>", TRUE, "pgp"},
	{"<openpgp xmlns='urn:xmpp:openpgp:0'>noise</openpgp>", TRUE, GTALK_MESSAGE_ENCRYPTED_BODY},
	{"<body>see</body><encryption xmlns='urn:xmpp:eme:0' namespace='urn:new'/>", TRUE, "see"},
	{"<body>?OTR:AAMDnoise.</body>", TRUE, GTALK_MESSAGE_ENCRYPTED_BODY},
	{"<body>?OTRv23? let us talk</body>", TRUE, GTALK_MESSAGE_ENCRYPTED_BODY},
	{"<body>?OTR</body>", FALSE, "?OTR"},
	{"<body>?OTRANTO is a town</body>", FALSE, "?OTRANTO is a town"},
	{"<body>plain</body><encrypted xmlns='urn:other'/>", FALSE, "plain"},
};

static void
test_encrypted(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_encryptions); i++) {
		g_autofree char *text = g_strdup_printf("<message %s>%s</message>", TEST_HEAD,
		                                        test_encryptions[i].content);
		xmlnode *stanza = NULL;
		GTalkParsedMessage parsed;

		g_assert_true(test_parse(text, &stanza, &parsed));
		g_assert_cmpint(parsed.message.encrypted, ==, test_encryptions[i].encrypted);
		g_assert_cmpstr(parsed.message.body, ==, test_encryptions[i].body);
		gtalk_message_clear(&parsed);
		xmlnode_free(stanza);
	}
}

#define TEST_TO_BOB                                                                                \
	"<message xmlns='jabber:client' from='ann@talk.example/Phone' to='bob@talk.example'>"      \
	"<body>from the phone</body></message>"
#define TEST_FROM_BOB                                                                              \
	"<message xmlns='jabber:client' from='bob@talk.example/x' to='ann@talk.example/Phone'>"    \
	"<body>to the phone</body>"                                                                \
	"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example' id='s1'/></message>"

static const struct {
	const char *stanza;
	gboolean genuine;
	GTalkMessageDirection direction;
} test_carbons[] = {
	{TEST_CARBON("ann@talk.example", "sent", TEST_TO_BOB), TRUE, GTALK_MESSAGE_SENT},
	{TEST_CARBON("ann@talk.example", "received", TEST_FROM_BOB), TRUE, GTALK_MESSAGE_RECEIVED},
	{TEST_CARBON("bob@talk.example", "sent", TEST_TO_BOB), FALSE, 0},
	{TEST_CARBON("bob@talk.example/x", "received", TEST_FROM_BOB), FALSE, 0},
	{TEST_CARBON("ann@talk.example/Phone", "sent", TEST_TO_BOB), FALSE, 0},
	{TEST_CARBON("ann@talk.example.evil", "sent", TEST_TO_BOB), FALSE, 0},
	{TEST_CARBON("talk.example", "sent", TEST_TO_BOB), FALSE, 0},
	/* the server would not say that the own account sent what another one did */
	{TEST_CARBON("ann@talk.example", "sent", TEST_FROM_BOB), FALSE, 0},
	{TEST_CARBON("ann@talk.example", "received", ""), FALSE, 0},
	{TEST_CARBON("ann@talk.example", "received", "<message xmlns='urn:x'><body/></message>"),
         FALSE, 0},
};

static void
test_carbon(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_carbons); i++) {
		xmlnode *stanza = xmlnode_from_str(test_carbons[i].stanza, -1);
		xmlnode *carbon = gtalk_xml_find_child(stanza, NULL, GTALK_NS_CARBONS);
		GTalkParsedMessage parsed = {0};

		g_assert_nonnull(carbon);
		g_test_message("%s", test_carbons[i].stanza);
		g_assert_cmpint(gtalk_message_parse_carbon(&test_reader, stanza, carbon, &parsed),
		                ==, test_carbons[i].genuine);
		if (test_carbons[i].genuine) {
			g_assert_cmpint(parsed.message.origin, ==, GTALK_MESSAGE_CARBON);
			g_assert_cmpint(parsed.message.direction, ==, test_carbons[i].direction);
		}
		gtalk_message_clear(&parsed);
		xmlnode_free(stanza);
	}
}

static void
test_carbon_without_from_is_forged(void)
{
	xmlnode *stanza =
		xmlnode_from_str(TEST_CARBON("ann@talk.example", "sent", TEST_TO_BOB), -1);
	xmlnode *carbon = gtalk_xml_find_child(stanza, NULL, GTALK_NS_CARBONS);
	GTalkParsedMessage parsed;

	xmlnode_remove_attrib(stanza, "from");
	g_assert_false(gtalk_message_parse_carbon(&test_reader, stanza, carbon, &parsed));
	xmlnode_free(stanza);
}

static void
test_archived(void)
{
	xmlnode *stanza = xmlnode_from_str(
		"<message><result xmlns='urn:xmpp:mam:2' queryid='q' id='a1'>"
		"<forwarded xmlns='urn:xmpp:forward:0'>"
		"<delay xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:20Z'/>"
		"<message xmlns='jabber:client' from='ann@talk.example/Old' to='bob@talk.example'"
		" id='m7'><body>sent by me</body>"
		"<delay xmlns='urn:xmpp:delay' stamp='2001-01-01T00:00:00Z'/></message>"
		"</forwarded></result></message>",
		-1);
	GTalkParsedMessage parsed;

	g_assert_true(gtalk_message_parse_archived(
		&test_reader, gtalk_xml_find_child(stanza, "result", GTALK_NS_MAM), &parsed));
	g_assert_cmpint(parsed.message.origin, ==, GTALK_MESSAGE_ARCHIVE);
	g_assert_cmpint(parsed.message.direction, ==, GTALK_MESSAGE_SENT);
	g_assert_cmpstr(parsed.message.stanza_id, ==, "a1");
	g_assert_cmpstr(parsed.message.id, ==, "m7");
	/* the archive's own word, not one that anybody may have put into the message */
	g_assert_cmpint(parsed.message.time_us, ==, TEST_SECOND_US);
	gtalk_message_clear(&parsed);
	xmlnode_free(stanza);
}

static const struct {
	const char *stanza;
	gboolean ok;
	const char *condition;
	const char *text;
} test_bounces[] = {
	{"<message xmlns='jabber:client' type='error' id='m1'><body>x</body><error code='503' "
         "type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
         "</error></message>",
         TRUE, "service-unavailable", NULL},
	{"<message xmlns='jabber:client' type='error' id='m1'><error>"
         "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>gone fishing</text>"
         "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
         TRUE, "gone", "gone fishing"},
	{"<message xmlns='jabber:client' type='error' id='m1'><error>"
         "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no more</text></error></message>",
         TRUE, "undefined-condition", "no more"},
	{"<message xmlns='jabber:client' type='error' id='m1'/>", TRUE, "undefined-condition",
         NULL},
	{"<message xmlns='jabber:client' type='error'><error/></message>", FALSE, NULL, NULL},
	{"<message xmlns='jabber:client' type='chat' id='m1'><error/></message>", FALSE, NULL,
         NULL},
};

static void
test_bounce(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_bounces); i++) {
		xmlnode *stanza = xmlnode_from_str(test_bounces[i].stanza, -1);
		GTalkBounce bounce = {0};

		g_assert_cmpint(gtalk_message_parse_bounce(&test_reader, stanza, &bounce), ==,
		                test_bounces[i].ok);
		g_assert_cmpstr(bounce.condition, ==, test_bounces[i].condition);
		g_assert_cmpstr(bounce.text, ==, test_bounces[i].text);
		gtalk_message_clear_bounce(&bounce);
		xmlnode_free(stanza);
	}
}

static void
test_bounce_tells_whom_and_what(void)
{
	xmlnode *stanza = xmlnode_from_str(
		"<message xmlns='jabber:client' type='error' id='m1' from='bob@talk.example'>"
		"<body>Are you there?</body>"
		"<stanza-id xmlns='urn:xmpp:sid:0' by='ann@talk.example' id='a1'/>"
		"<error><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
		"<blocked xmlns='urn:xmpp:blocking:errors'/></error></message>",
		-1);
	GTalkBounce bounce;

	g_assert_true(gtalk_message_parse_bounce(&test_reader, stanza, &bounce));
	g_assert_cmpstr(bounce.from, ==, "bob@talk.example");
	g_assert_cmpstr(bounce.body, ==, "Are you there?");
	g_assert_cmpstr(bounce.stanza_id, ==, "a1");
	g_assert_true(bounce.says_blocked);
	gtalk_message_clear_bounce(&bounce);
	xmlnode_free(stanza);
}

static void
test_set_time_leaves_one(void)
{
	xmlnode *stanza = xmlnode_from_str(
		TEST_MESSAGE("<delay xmlns='urn:xmpp:delay' stamp='2012-01-01T00:00:00Z'/>"
	                     "<body>hi</body><x xmlns='jabber:x:delay' stamp='20120101T00:00:00'/>"
	                     "<time xmlns='google:timestamp' ms='7'/><x xmlns='other'/>"),
		-1);
	g_autofree char *text = NULL;

	g_assert_true(gtalk_message_is_delayed(stanza));
	gtalk_message_set_time(stanza, TEST_SECOND_US + 123000);
	text = xmlnode_to_str(stanza, NULL);
	g_assert_nonnull(strstr(text, "<body>hi</body><x xmlns='other'/><delay "
	                              "xmlns='urn:xmpp:delay' stamp='2010-02-19T07:33:20Z'/>"));
	g_assert_null(strstr(text, "2012"));
	g_assert_null(strstr(text, "google"));
	xmlnode_free(stanza);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/message/live", test_live);
	g_test_add_func("/message/copy", test_a_copy_outlives_its_stanza);
	g_test_add_func("/message/nothing-to-show", test_nothing_to_show);
	g_test_add_func("/message/addresses", test_addresses);
	g_test_add_func("/message/stanza-id", test_stanza_id);
	g_test_add_func("/message/origin-id-stands-in", test_origin_id_stands_in);
	g_test_add_func("/message/overlong-id-is-left-out", test_overlong_id_is_left_out);
	g_test_add_func("/message/time", test_time);
	g_test_add_func("/message/encrypted", test_encrypted);
	g_test_add_func("/message/carbon", test_carbon);
	g_test_add_func("/message/carbon-without-from-is-forged",
	                test_carbon_without_from_is_forged);
	g_test_add_func("/message/archived", test_archived);
	g_test_add_func("/message/bounce", test_bounce);
	g_test_add_func("/message/bounce-tells-whom-and-what", test_bounce_tells_whom_and_what);
	g_test_add_func("/message/set-time-leaves-one", test_set_time_leaves_one);
	return g_test_run();
}
