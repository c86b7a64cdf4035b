/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy/legacy-contact.h"

#define HASH "9c1185a5c5e9fc54612808977ee8f548b2258d31"

static const char *const no_groups[] = {NULL};

static char *
build(BridgeRoster *roster)
{
	GString *lines = g_string_new(NULL);

	legacy_contact_append(lines, bridge_roster_get_contact(roster, "romeo@example.com"), FALSE);
	return g_string_free(lines, FALSE);
}

static BridgeRoster *
make(const char *name)
{
	BridgeRoster *roster = bridge_roster_new();

	bridge_roster_put(roster, "romeo@example.com", name, no_groups, "both", FALSE);
	return roster;
}

static void
test_offline_and_without_a_name(void)
{
	g_autoptr(BridgeRoster) roster = make("");
	g_autofree char *line = build(roster);

	g_assert_cmpstr(line, ==,
	                "{\"jid\":\"romeo@example.com\",\"sessions\":{},\"otr\":false}\n");
}

static void
test_each_resource_is_a_session(void)
{
	g_autoptr(BridgeRoster) roster = make("Romeo");
	g_autofree char *line = NULL;

	bridge_roster_set_presence(roster, "romeo@example.com", "orchard", "away", "back\nsoon", 0);
	bridge_roster_set_presence(roster, "romeo@example.com", "a\"}\n", "available", "", 5);
	bridge_roster_set_presence(roster, "romeo@example.com", "", "chat", "", -1);
	bridge_roster_set_avatar(roster, "romeo@example.com", HASH);
	line = build(roster);
	g_assert_cmpstr(line, ==,
	                "{\"jid\":\"romeo@example.com\",\"sessions\":{"
	                "\"romeo@example.com/a\\\"}\\n\":{\"jid\":\"romeo@example.com\"},"
	                "\"romeo@example.com/orchard\":{\"jid\":\"romeo@example.com\",\"show\":"
	                "\"away\",\"status\":\"back\\nsoon\"},"
	                "\"romeo@example.com\":{\"jid\":\"romeo@example.com\"}},"
	                "\"name\":\"Romeo\",\"photo\":\"" HASH "\",\"otr\":false}\n");
}

static void
test_a_path_is_no_picture(void)
{
	static const char *const hashes[] = {"../../evil", "", HASH "0",
	                                     "9C1185A5C5E9FC54612808977EE8F548B2258D31"};

	for (guint i = 0; i < G_N_ELEMENTS(hashes); i++) {
		g_autoptr(BridgeRoster) roster = make("R");
		g_autofree char *line = NULL;

		bridge_roster_set_avatar(roster, "romeo@example.com", hashes[i]);
		line = build(roster);
		g_assert_null(g_strstr_len(line, -1, "photo"));
	}
}

static void
test_a_stranger(void)
{
	g_autoptr(GString) lines = g_string_new("before\n");

	legacy_contact_append_stranger(lines, "nurse@example.com", TRUE);
	g_assert_cmpstr(lines->str, ==,
	                "before\n{\"jid\":\"nurse@example.com\",\"sessions\":{},\"otr\":true}\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/legacy-contact/offline-and-without-a-name",
	                test_offline_and_without_a_name);
	g_test_add_func("/legacy-contact/each-resource-is-a-session",
	                test_each_resource_is_a_session);
	g_test_add_func("/legacy-contact/a-path-is-no-picture", test_a_path_is_no_picture);
	g_test_add_func("/legacy-contact/a-stranger", test_a_stranger);
	return g_test_run();
}
