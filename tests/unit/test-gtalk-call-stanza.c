/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "calls/gtalk-call-stanza.h"

#include "harness/purple-boot.h"

#define ANN "ann@talk.example/Desk"
#define SESSION(attributes, content)                                                               \
	"<iq type='set' id='1' from='" ANN                                                         \
	"'><session xmlns='http://www.google.com/session' " attributes ">" content                 \
	"</session></iq>"
#define NAMED "id='7' initiator='" ANN "' "

static const struct {
	const char *xml;
	gboolean is_session;
	GTalkCallType type;
	gboolean is_call;
	gboolean is_video;
} call_cases[] = {
	{SESSION(NAMED "type='initiate'",
                 "<description xmlns='http://www.google.com/session/phone'/>"),
         TRUE, GTALK_CALL_INITIATE, TRUE, FALSE},
	{SESSION(NAMED "type='initiate'",
                 "<description xmlns='http://www.google.com/session/video'/>"),
         TRUE, GTALK_CALL_INITIATE, TRUE, TRUE},
	{SESSION(NAMED "type='initiate'",
                 "<description xmlns='http://www.google.com/session/share'/>"),
         TRUE, GTALK_CALL_INITIATE, FALSE, FALSE},
	{SESSION(NAMED "type='initiate'", ""), TRUE, GTALK_CALL_INITIATE, FALSE, FALSE},
	{SESSION(NAMED "type='candidates'", ""), TRUE, GTALK_CALL_CANDIDATES, FALSE, FALSE},
	{SESSION(NAMED "type='accept'", ""), TRUE, GTALK_CALL_ACCEPT, FALSE, FALSE},
	{SESSION(NAMED "type='reject'", ""), TRUE, GTALK_CALL_REJECT, FALSE, FALSE},
	{SESSION(NAMED "type='terminate'", ""), TRUE, GTALK_CALL_TERMINATE, FALSE, FALSE},
	{SESSION(NAMED "type='transport-info'", ""), TRUE, GTALK_CALL_UNKNOWN, FALSE, FALSE},
	{SESSION(NAMED, ""), TRUE, GTALK_CALL_UNKNOWN, FALSE, FALSE},
	{SESSION("id='7' type='initiate'", ""), FALSE, 0, FALSE, FALSE},
	{SESSION("initiator='" ANN "' type='initiate'", ""), FALSE, 0, FALSE, FALSE},
	{SESSION("id='' initiator='" ANN "' type='initiate'", ""), FALSE, 0, FALSE, FALSE},
	{"<iq type='set' id='1'/>", FALSE, 0, FALSE, FALSE},
	{"<iq type='set' id='1'><session id='7' initiator='x' type='initiate'/></iq>", FALSE, 0,
         FALSE, FALSE},
};

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(call_cases); i++) {
		xmlnode *stanza = xmlnode_from_str(call_cases[i].xml, -1);
		GTalkCallSession session;

		g_test_message("%s", call_cases[i].xml);
		g_assert_true(gtalk_call_parse(stanza, &session) == call_cases[i].is_session);
		if (call_cases[i].is_session) {
			g_assert_cmpint(session.type, ==, call_cases[i].type);
			g_assert_cmpstr(session.id, ==, "7");
			g_assert_cmpstr(session.initiator, ==, ANN);
			g_assert_true(session.is_call == call_cases[i].is_call);
			g_assert_true(session.is_video == call_cases[i].is_video);
		}
		xmlnode_free(stanza);
	}
}

static void
test_jingle(void)
{
	static const struct {
		const char *xml;
		gboolean is_initiate;
	} cases[] = {
		{"<iq><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate'/></iq>", TRUE},
		{"<iq><jingle xmlns='urn:xmpp:jingle:1' action='session-accept'/></iq>", FALSE},
		{"<iq><jingle xmlns='urn:xmpp:jingle:1'/></iq>", FALSE},
		{"<iq><jingle xmlns='other' action='session-initiate'/></iq>", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		xmlnode *stanza = xmlnode_from_str(cases[i].xml, -1);

		g_assert_true(gtalk_call_is_jingle_initiate(stanza) == cases[i].is_initiate);
		xmlnode_free(stanza);
	}
}

static void
test_reject(void)
{
	const GTalkCallSession session = {.id = "7", .initiator = ANN};
	xmlnode *iq = gtalk_call_build_reject(&session, ANN);
	GTalkCallSession parsed;

	g_assert_true(gtalk_call_parse(iq, &parsed));
	g_assert_cmpint(parsed.type, ==, GTALK_CALL_REJECT);
	g_assert_cmpstr(parsed.id, ==, "7");
	g_assert_cmpstr(parsed.initiator, ==, ANN);
	g_assert_cmpstr(xmlnode_get_attrib(iq, "to"), ==, ANN);
	g_assert_cmpstr(xmlnode_get_attrib(iq, "type"), ==, "set");
	xmlnode_free(iq);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-call-stanza/parse", test_parse);
	g_test_add_func("/gtalk-call-stanza/jingle", test_jingle);
	g_test_add_func("/gtalk-call-stanza/reject", test_reject);
	return g_test_run();
}
