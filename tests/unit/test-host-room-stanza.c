/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-boot.h"
#include "host-room-stanza.h"

#define USER(inside) "<x xmlns='http://jabber.org/protocol/muc#user'>" inside "</x>"
#define FROM "from='room@muc.example/ann' to='ann@example.org/here'"
#define ITEM(inside) "<item affiliation='none' role='none'>" inside "</item>"

static void
read_presence(const char *text, HostRoomPresence *read)
{
	xmlnode *presence = xmlnode_from_str(text, -1);

	g_assert_nonnull(presence);
	host_room_presence_read(presence, "ann", read);
	xmlnode_free(presence);
}

static void
test_entering(void)
{
	const struct {
		const char *text;
		HostRoomPresenceKind kind;
		const char *nick;
		gboolean created;
	} cases[] = {
		{"<presence " FROM ">" USER("<status code='110'/>") "</presence>",
	         HOST_ROOM_PRESENCE_ENTERED, "ann", FALSE},
		{"<presence " FROM ">" USER("<status code='201'/>") "</presence>",
	         HOST_ROOM_PRESENCE_ENTERED, "ann", TRUE},
		{"<presence from='r@m/anne'>" USER("<status code='110'/>") "</presence>",
	         HOST_ROOM_PRESENCE_ENTERED, "anne", FALSE},
		{"<presence from='r@m/ben'>" USER("") "</presence>", HOST_ROOM_PRESENCE_OTHER, NULL,
	         FALSE},
		{"<presence from='r@m'/>", HOST_ROOM_PRESENCE_OTHER, NULL, FALSE},
		{"<presence/>", HOST_ROOM_PRESENCE_OTHER, NULL, FALSE},
		{"<presence " FROM " type='unavailable'>" USER(
			 "<item nick='anne'/><status code='303'/>") "</presence>",
	         HOST_ROOM_PRESENCE_ENTERED, "anne", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(HostRoomPresence) read = {0};

		read_presence(cases[i].text, &read);
		g_assert_cmpint(read.kind, ==, cases[i].kind);
		g_assert_cmpstr(read.nick, ==, cases[i].nick);
		g_assert_cmpint(read.created, ==, cases[i].created);
		g_assert_null(read.reason);
	}
}

static void
test_leaving(void)
{
	const struct {
		const char *inside;
		const char *reason;
		const char *detail;
	} cases[] = {
		{ITEM("") "<status code='110'/>", HOST_ROOM_LEFT, NULL},
		{ITEM("<reason>Away!</reason>") "<status code='307'/>", HOST_ROOM_KICKED, "Away!"},
		{ITEM("") "<status code='307'/><status code='333'/>", HOST_ROOM_DISCONNECTED, NULL},
		{ITEM("") "<status code='301'/><status code='307'/>", HOST_ROOM_BANNED, NULL},
		{ITEM("") "<status code='322'/>", HOST_ROOM_MEMBERS_ONLY, NULL},
		{ITEM("") "<status code='332'/>", HOST_ROOM_DISCONNECTED, NULL},
		{ITEM("") "<destroy><reason>Closed</reason></destroy>", HOST_ROOM_GONE, "Closed"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(HostRoomPresence) read = {0};
		g_autofree char *text = g_strdup_printf(
			"<presence " FROM " type='unavailable'>" USER("%s") "</presence>",
			cases[i].inside);

		read_presence(text, &read);
		g_assert_cmpint(read.kind, ==, HOST_ROOM_PRESENCE_LEFT);
		g_assert_cmpstr(read.reason, ==, cases[i].reason);
		g_assert_cmpstr(read.detail, ==, cases[i].detail);
	}
}

static void
test_another_client_leaves(void)
{
	g_auto(HostRoomPresence) read = {0};

	read_presence("<presence " FROM " type='unavailable'>" USER(
			      "<item jid='ann@example.org/there' role='none'/>") "</presence>",
	              &read);
	g_assert_cmpint(read.kind, ==, HOST_ROOM_PRESENCE_OTHER);
}

static void
test_another_room(void)
{
	g_auto(HostRoomPresence) read = {0};

	read_presence("<presence " FROM
	              " type='unavailable'>" USER("<destroy jid='new@muc.example'/>") "</presence>",
	              &read);
	g_assert_cmpstr(read.alternative, ==, "new@muc.example");
}

static void
test_refusals(void)
{
	const struct {
		const char *condition;
		const char *reason;
	} cases[] = {
		{"forbidden", HOST_ROOM_BANNED},
		{"registration-required", HOST_ROOM_MEMBERS_ONLY},
		{"not-authorized", HOST_ROOM_PASSWORD},
		{"conflict", HOST_ROOM_NICKNAME_TAKEN},
		{"not-acceptable", HOST_ROOM_NICKNAME_REFUSED},
		{"item-not-found", HOST_ROOM_NOT_FOUND},
		{"gone", HOST_ROOM_GONE},
		{"service-unavailable", HOST_ROOM_UNAVAILABLE},
		{"remote-server-not-found", HOST_ROOM_UNREACHABLE},
		{"not-allowed", HOST_ROOM_NOT_ALLOWED},
		{"jid-malformed", HOST_ROOM_REFUSED},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(HostRoomPresence) read = {0};
		g_autofree char *text = g_strdup_printf(
			"<presence from='r@m' type='error'><error type='auth'><%s "
			"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
			"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>No</text></error></presence>",
			cases[i].condition);

		read_presence(text, &read);
		g_assert_cmpint(read.kind, ==, HOST_ROOM_PRESENCE_REFUSED);
		g_assert_cmpstr(read.reason, ==, cases[i].reason);
		g_assert_cmpstr(read.detail, ==, "No");
	}
}

static void
test_a_new_room_is_hidden(void)
{
	xmlnode *presence =
		xmlnode_from_str("<presence " FROM
	                         ">" USER("<status code='110'/><status code='201'/>") "</presence>",
	                         -1);
	g_auto(HostRoomPresence) read = {0};

	host_room_presence_hide_created(presence);
	host_room_presence_hide_created(presence);
	host_room_presence_read(presence, NULL, &read);
	g_assert_cmpint(read.kind, ==, HOST_ROOM_PRESENCE_ENTERED);
	g_assert_false(read.created);
	xmlnode_free(presence);
}

static void
test_declining(void)
{
	xmlnode *message =
		host_room_build_decline("room@muc.example", "ben@example.org", "No & no");
	g_autofree char *text = xmlnode_to_str(message, NULL);

	g_assert_cmpstr(
		text, ==,
		"<message to='room@muc.example'><x "
		"xmlns='http://jabber.org/protocol/muc#user'><decline "
		"to='ben@example.org'><reason>No &amp; no</reason></decline></x></message>");
	xmlnode_free(message);
}

#define REPLY(condition)                                                                           \
	"<iq type='error' " FROM "><error type='cancel'><" condition                               \
	" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"

static void
test_whether_the_room_knows_us(void)
{
	const struct {
		const char *text;
		gboolean known;
	} cases[] = {
		{"<iq type='result' " FROM "/>", TRUE},   {REPLY("service-unavailable"), TRUE},
		{REPLY("feature-not-implemented"), TRUE}, {REPLY("item-not-found"), TRUE},
		{REPLY("remote-server-not-found"), TRUE}, {REPLY("remote-server-timeout"), TRUE},
		{REPLY("not-acceptable"), FALSE},         {REPLY("not-allowed"), FALSE},
		{"<iq type='error' " FROM "/>", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		xmlnode *reply = xmlnode_from_str(cases[i].text, -1);

		g_assert_cmpint(host_room_knows_us(reply), ==, cases[i].known);
		xmlnode_free(reply);
	}
}

static void
test_a_goodbye(void)
{
	xmlnode *goodbye =
		host_room_build_goodbye("ann@example.org/here", "room@muc.example", "ann");
	g_auto(HostRoomPresence) read = {0};

	host_room_presence_read(goodbye, "ann", &read);
	g_assert_cmpint(read.kind, ==, HOST_ROOM_PRESENCE_LEFT);
	g_assert_cmpstr(read.reason, ==, HOST_ROOM_DISCONNECTED);
	xmlnode_free(goodbye);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/host-room-stanza/entering", test_entering);
	g_test_add_func("/host-room-stanza/leaving", test_leaving);
	g_test_add_func("/host-room-stanza/another-client", test_another_client_leaves);
	g_test_add_func("/host-room-stanza/another-room", test_another_room);
	g_test_add_func("/host-room-stanza/refusals", test_refusals);
	g_test_add_func("/host-room-stanza/new-room", test_a_new_room_is_hidden);
	g_test_add_func("/host-room-stanza/declining", test_declining);
	g_test_add_func("/host-room-stanza/known", test_whether_the_room_knows_us);
	g_test_add_func("/host-room-stanza/goodbye", test_a_goodbye);
	return g_test_run();
}
