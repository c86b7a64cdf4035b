/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "rooms/gtalk-groupchat-stanza.h"

#include <string.h>

#include "harness/purple-boot.h"

#define TEST_ROOM "private-chat-1@groupchat.talk.example"
#define TEST_PRESENCE(attributes, codes)                                                           \
	"<presence from='" TEST_ROOM "/ann' " attributes                                           \
	"><x xmlns='http://jabber.org/protocol/muc#user'>" codes "</x></presence>"
#define TEST_ERROR(condition)                                                                      \
	"<presence from='" TEST_ROOM "/ann' type='error'><error>"                                  \
	"<" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"

static void
test_rooms(void)
{
	g_autofree char *gmail = gtalk_groupchat_dup_server("GMail.com");
	g_autofree char *own = gtalk_groupchat_dup_server("talk.example");
	g_autofree char *one = gtalk_groupchat_dup_room_name();
	g_autofree char *other = gtalk_groupchat_dup_room_name();

	g_assert_cmpstr(gmail, ==, "groupchat.google.com");
	g_assert_cmpstr(own, ==, "groupchat.talk.example");
	g_assert_true(g_str_has_prefix(one, "private-chat-"));
	g_assert_cmpuint(strlen(one), ==, strlen("private-chat-") + 36);
	g_assert_cmpstr(one, !=, other);
	g_assert_true(gtalk_groupchat_is_private_room(TEST_ROOM));
	g_assert_true(gtalk_groupchat_is_private_room(TEST_ROOM "/ann"));
	g_assert_false(gtalk_groupchat_is_private_room("garden@conference.talk.example"));
	g_assert_false(gtalk_groupchat_is_private_room("private-chat-1"));
	g_assert_false(gtalk_groupchat_is_private_room(NULL));
}

static const struct {
	const char *presence;
	const char *nick;
	GTalkRoomNews news;
} test_presences[] = {
	{TEST_PRESENCE("", "<status code='110'/>"), "ann", GTALK_ROOM_ENTERED},
	{TEST_PRESENCE("", ""), "ann", GTALK_ROOM_ENTERED},
	{TEST_PRESENCE("", "<item/><status code='100'/><status code='110'/>"), "other",
         GTALK_ROOM_ENTERED},
	{TEST_PRESENCE("", ""), "other", GTALK_ROOM_OTHER},
	{TEST_PRESENCE("type='unavailable'", ""), "other", GTALK_ROOM_OTHER},
	{TEST_PRESENCE("type='unavailable'", "<status code='110'/>"), "ann", GTALK_ROOM_LEFT},
	{TEST_PRESENCE("type='unavailable'", "<status code='307'/>"), "ann", GTALK_ROOM_LEFT},
	{TEST_PRESENCE("type='unavailable'", "<status code='303'/><status code='110'/>"), "ann",
         GTALK_ROOM_OTHER},
	{TEST_PRESENCE("type='subscribe'", ""), "ann", GTALK_ROOM_NOTHING},
	{"<presence from='" TEST_ROOM "'/>", "ann", GTALK_ROOM_NOTHING},
	{"<presence/>", "ann", GTALK_ROOM_NOTHING},
	{TEST_ERROR("conflict"), "ann", GTALK_ROOM_CONFLICT},
	{TEST_ERROR("forbidden"), "ann", GTALK_ROOM_REFUSED},
	{"<presence type='error'/>", "ann", GTALK_ROOM_REFUSED},
};

static void
test_read_presence(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_presences); i++) {
		xmlnode *presence = xmlnode_from_str(test_presences[i].presence, -1);

		g_test_message("%s", test_presences[i].presence);
		g_assert_cmpint(gtalk_groupchat_read_presence(presence, test_presences[i].nick), ==,
		                test_presences[i].news);
		xmlnode_free(presence);
	}
}

static void
test_status(void)
{
	xmlnode *presence =
		xmlnode_from_str(TEST_PRESENCE("", "<status code='201'/><status code='110'/>"), -1);

	gtalk_groupchat_remove_status(presence, "201");
	g_assert_false(gtalk_groupchat_has_status(presence, "201"));
	g_assert_true(gtalk_groupchat_has_status(presence, "110"));
	gtalk_groupchat_add_status(presence, "210");
	g_assert_true(gtalk_groupchat_has_status(presence, "210"));
	xmlnode_free(presence);
}

#define TEST_INVITE(room, more)                                                                    \
	"<message to='" room "'><body>Come</body>"                                                 \
	"<x xmlns='http://jabber.org/protocol/muc#user'><invite to='bob@b'>" more                  \
	"</invite></x></message>"

static const struct {
	const char *message;
	gboolean stripped;
} test_invitations[] = {
	{TEST_INVITE(TEST_ROOM, "<reason>Come</reason>"), TRUE},
	{TEST_INVITE(TEST_ROOM, "<reason/>"), TRUE},
	{TEST_INVITE("garden@conference.b", "<reason>Come</reason>"), FALSE},
	{"<message to='bob@b'><body>Come</body><x xmlns='jabber:x:conference' jid='" TEST_ROOM
         "' reason='Come'/></message>",
         TRUE},
	{"<message to='bob@b'><body>Come</body><x xmlns='jabber:x:conference' jid='a@c.b' "
         "reason='Come'/></message>",
         FALSE},
	{"<message to='" TEST_ROOM "' type='groupchat'><body>Come</body></message>", FALSE},
};

static void
test_strip_invitation(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_invitations); i++) {
		xmlnode *message = xmlnode_from_str(test_invitations[i].message, -1);
		g_autofree char *text = NULL;

		gtalk_groupchat_strip_invitation(message);
		text = xmlnode_to_str(message, NULL);
		g_assert_cmpint(strstr(text, "Come") == NULL, ==, test_invitations[i].stripped);
		g_assert_cmpint(strstr(text, "reason") == NULL || !test_invitations[i].stripped, ==,
		                TRUE);
		xmlnode_free(message);
	}
}

static void
test_build(void)
{
	xmlnode *message = gtalk_groupchat_build_invitation(TEST_ROOM, "bob@b");
	xmlnode *entry = gtalk_groupchat_build_entry(TEST_ROOM, "a & b");
	xmlnode *hidden = gtalk_groupchat_build_configuration(TEST_ROOM, TRUE);
	xmlnode *instant = gtalk_groupchat_build_configuration(TEST_ROOM, FALSE);

	g_assert_cmpstr(xmlnode_get_attrib(gtalk_groupchat_find_invitation(message), "to"), ==,
	                "bob@b");
	g_assert_cmpstr(xmlnode_get_attrib(message, "to"), ==, TEST_ROOM);
	g_assert_cmpstr(xmlnode_get_attrib(entry, "to"), ==, TEST_ROOM "/a & b");
	g_assert_nonnull(xmlnode_get_child(hidden, "query/x/field"));
	g_assert_nonnull(xmlnode_get_child(instant, "query/x"));
	g_assert_null(xmlnode_get_child(instant, "query/x/field"));
	xmlnode_free(message);
	xmlnode_free(entry);
	xmlnode_free(hidden);
	xmlnode_free(instant);
}

static const struct {
	const char *presence;
	const char *ext; /* afterwards */
} test_caps[] = {
	{"<presence><c xmlns='http://jabber.org/protocol/caps' node='n' ver='v'/></presence>",
         "pmuc-v1"},
	{"<presence><c xmlns='http://jabber.org/protocol/caps' ext=''/></presence>", "pmuc-v1"},
	{"<presence><c xmlns='http://jabber.org/protocol/caps' ext='voice-v1'/></presence>",
         "voice-v1 pmuc-v1"},
	{"<presence><c xmlns='http://jabber.org/protocol/caps' ext='pmuc-v1 a'/></presence>",
         "pmuc-v1 a"},
	{"<presence><c xmlns='urn:other'/></presence>", NULL},
};

static void
test_mark_caps(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_caps); i++) {
		xmlnode *presence = xmlnode_from_str(test_caps[i].presence, -1);

		gtalk_groupchat_mark_caps(presence);
		g_assert_cmpstr(xmlnode_get_attrib(xmlnode_get_child(presence, "c"), "ext"), ==,
		                test_caps[i].ext);
		xmlnode_free(presence);
	}
}

#define TEST_DISCO(attributes, node)                                                               \
	"<iq " attributes "><query xmlns='http://jabber.org/protocol/disco#info' node='" node      \
	"'/></iq>"

static void
test_mark_answer(void)
{
	static const struct {
		const char *iq;
		gboolean answered;
	} questions[] = {
		{TEST_DISCO("type='get' id='1' from='a@b/c'", "http://p.example#pmuc-v1"), TRUE},
		{TEST_DISCO("type='get' id='1'", "#pmuc-v1"), TRUE},
		{TEST_DISCO("type='get' id='1'", "http://p.example#voice-v1"), FALSE},
		{TEST_DISCO("type='set' id='1'", "http://p.example#pmuc-v1"), FALSE},
		{TEST_DISCO("type='result' id='1'", "http://p.example#pmuc-v1"), FALSE},
		{TEST_DISCO("type='get'", "http://p.example#pmuc-v1"), FALSE},
		{"<iq type='get' id='1'/>", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
		xmlnode *iq = xmlnode_from_str(questions[i].iq, -1);
		xmlnode *answer = gtalk_groupchat_build_mark_answer(iq);

		g_assert_cmpint(answer != NULL, ==, questions[i].answered);
		if (answer != NULL) {
			g_assert_cmpstr(xmlnode_get_attrib(answer, "id"), ==, "1");
			g_assert_cmpstr(xmlnode_get_attrib(answer, "to"), ==,
			                xmlnode_get_attrib(iq, "from"));
			xmlnode_free(answer);
		}
		xmlnode_free(iq);
	}
}

static const struct {
	const char *message;
	gboolean is_empty;
} test_topics[] = {
	{"<message type='groupchat'><subject/></message>", TRUE},
	{"<message type='groupchat'><subject></subject></message>", TRUE},
	{"<message type='groupchat'><subject>Verona</subject></message>", FALSE},
	{"<message type='groupchat'><subject/><body>Ho</body></message>", FALSE},
	{"<message type='groupchat'><body>Ho</body></message>", FALSE},
};

static void
test_empty_topics(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_topics); i++) {
		xmlnode *message = xmlnode_from_str(test_topics[i].message, -1);

		g_assert_cmpint(gtalk_groupchat_is_empty_topic(message), ==,
		                test_topics[i].is_empty);
		xmlnode_free(message);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/groupchat-stanza/rooms", test_rooms);
	g_test_add_func("/groupchat-stanza/read-presence", test_read_presence);
	g_test_add_func("/groupchat-stanza/status", test_status);
	g_test_add_func("/groupchat-stanza/strip-invitation", test_strip_invitation);
	g_test_add_func("/groupchat-stanza/empty-topics", test_empty_topics);
	g_test_add_func("/groupchat-stanza/build", test_build);
	g_test_add_func("/groupchat-stanza/mark-caps", test_mark_caps);
	g_test_add_func("/groupchat-stanza/mark-answer", test_mark_answer);
	return g_test_run();
}
