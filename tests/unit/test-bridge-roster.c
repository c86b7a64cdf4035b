/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "account/bridge-roster.h"

static const char *const test_no_groups[] = {NULL};

static const BridgeContact *
test_put(BridgeRoster *roster, const char *jid, const char *name)
{
	return bridge_roster_put(roster, jid, name, test_no_groups, "both", FALSE);
}

static void
test_only_changes_are_news(void)
{
	const char *const groups[] = {"Verona", NULL};
	g_autoptr(BridgeRoster) roster = bridge_roster_new();

	g_assert_nonnull(test_put(roster, "a@x", "A"));
	g_assert_null(test_put(roster, "a@x", "A"));
	g_assert_nonnull(test_put(roster, "a@x", "B"));
	g_assert_nonnull(bridge_roster_put(roster, "a@x", "B", groups, "both", FALSE));
	g_assert_null(bridge_roster_put(roster, "a@x", "B", groups, "both", FALSE));
	g_assert_nonnull(bridge_roster_put(roster, "a@x", "B", groups, "to", FALSE));
	g_assert_nonnull(bridge_roster_put(roster, "a@x", "B", groups, "to", TRUE));
	g_assert_true(bridge_roster_remove(roster, "a@x"));
	g_assert_false(bridge_roster_remove(roster, "a@x"));
}

static void
test_is_sorted(void)
{
	const char *jids[] = {"m@x", "a@x", "z@x", "b@x", "y@x"};
	g_autoptr(BridgeRoster) roster = bridge_roster_new();
	GPtrArray *contacts = bridge_roster_get_contacts(roster);

	for (guint i = 0; i < G_N_ELEMENTS(jids); i++)
		test_put(roster, jids[i], "");
	g_assert_cmpuint(contacts->len, ==, G_N_ELEMENTS(jids));
	for (guint i = 1; i < contacts->len; i++) {
		const BridgeContact *before = g_ptr_array_index(contacts, i - 1);
		const BridgeContact *after = g_ptr_array_index(contacts, i);

		g_assert_cmpstr(before->jid, <, after->jid);
	}
}

static void
test_who_is_not_named_is_gone(void)
{
	g_autoptr(BridgeRoster) roster = bridge_roster_new();
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GPtrArray) removed = NULL;

	bridge_roster_begin(roster);
	test_put(roster, "a@x", "");
	test_put(roster, "b@x", "");
	g_assert_false(bridge_roster_is_complete(roster));
	none = bridge_roster_finish(roster);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_true(bridge_roster_is_complete(roster));
	bridge_roster_begin(roster);
	test_put(roster, "b@x", "");
	removed = bridge_roster_finish(roster);
	g_assert_cmpuint(removed->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(removed, 0), ==, "a@x");
	g_assert_cmpuint(bridge_roster_get_contacts(roster)->len, ==, 1);
}

static void
test_best_resource_shows(void)
{
	g_autoptr(BridgeRoster) roster = bridge_roster_new();
	const BridgeContact *contact;

	test_put(roster, "a@x", "");
	contact = bridge_roster_set_presence(roster, "a@x", "phone", "away", "out", 5);
	g_assert_cmpstr(contact->show, ==, "away");
	g_assert_null(bridge_roster_set_presence(roster, "a@x", "desk", "chat", "in", 1));
	contact = bridge_roster_set_presence(roster, "a@x", "desk", "chat", "in", 5);
	g_assert_cmpstr(contact->show, ==, "chat");
	g_assert_cmpstr(contact->status, ==, "in");
	contact = bridge_roster_set_presence(roster, "a@x", "desk", "unavailable", "", 0);
	g_assert_cmpstr(contact->show, ==, "away");
	contact = bridge_roster_set_presence(roster, "a@x", "", "unavailable", "", 0);
	g_assert_cmpstr(contact->show, ==, "unavailable");
	g_assert_null(bridge_roster_set_presence(roster, "stranger@x", "r", "chat", "", 0));
	/* A new session: nobody is there until told otherwise. */
	bridge_roster_set_presence(roster, "a@x", "desk", "chat", "in", 5);
	bridge_roster_begin(roster);
	contact = g_ptr_array_index(bridge_roster_get_contacts(roster), 0);
	g_assert_cmpstr(contact->show, ==, "unavailable");
	g_assert_cmpstr(contact->status, ==, "");
}

static void
test_has_limits(void)
{
	g_autoptr(BridgeRoster) roster = bridge_roster_new();

	for (guint i = 0; i < BRIDGE_ROSTER_CONTACTS_MAX + 10; i++) {
		g_autofree char *jid = g_strdup_printf("%05u@x", i);

		test_put(roster, jid, "");
	}
	g_assert_cmpuint(bridge_roster_get_contacts(roster)->len, ==, BRIDGE_ROSTER_CONTACTS_MAX);
	for (guint i = 0; i < BRIDGE_ROSTER_RESOURCES_MAX + 10; i++) {
		g_autofree char *resource = g_strdup_printf("%u", i);

		bridge_roster_set_presence(roster, "00001@x", resource, "away", "", (int)i);
	}
	/* The one with the highest priority was one too many. */
	for (guint i = 0; i < BRIDGE_ROSTER_RESOURCES_MAX; i++) {
		g_autofree char *resource = g_strdup_printf("%u", i);

		bridge_roster_set_presence(roster, "00001@x", resource, "unavailable", "", 0);
	}
	g_assert_cmpstr(
		((BridgeContact *)g_ptr_array_index(bridge_roster_get_contacts(roster), 1))->show,
		==, "unavailable");
}

static void
test_avatars(void)
{
	g_autoptr(BridgeRoster) roster = bridge_roster_new();
	GHashTable *remembered = bridge_roster_get_remembered_avatars(roster);
	g_autoptr(GPtrArray) none = NULL;

	bridge_roster_remember_avatar(roster, "a@x", "1");
	bridge_roster_remember_avatar(roster, "gone@x", "2");
	bridge_roster_begin(roster);
	test_put(roster, "a@x", "");
	test_put(roster, "b@x", "");
	g_assert_cmpuint(g_hash_table_size(remembered), ==, 1);
	none = bridge_roster_finish(roster);
	g_assert_cmpuint(g_hash_table_size(remembered), ==, 0);
	g_assert_cmpstr(bridge_contact_get_avatar(bridge_roster_get_contact(roster, "a@x")), ==,
	                "1");
	g_assert_null(bridge_roster_set_avatar(roster, "a@x", "1"));
	g_assert_null(bridge_roster_set_avatar(roster, "nobody@x", "1"));
	g_assert_nonnull(bridge_roster_set_avatar(roster, "a@x", "3"));
	g_assert_nonnull(bridge_roster_set_avatar(roster, "a@x", ""));
	g_assert_null(bridge_contact_get_avatar(bridge_roster_get_contact(roster, "a@x")));
	/* that somebody has none is no news to who knew of none */
	g_assert_null(bridge_roster_set_avatar(roster, "b@x", ""));
	g_assert_nonnull(bridge_roster_set_avatar(roster, "b@x", "4"));
}

static gboolean
test_is_blocked(BridgeRoster *roster, const char *jid)
{
	return bridge_roster_get_contact(roster, jid)->blocked;
}

static guint
test_finish_blocked(BridgeRoster *roster)
{
	g_autoptr(GPtrArray) unblocked = bridge_roster_finish_blocked(roster);

	return unblocked->len;
}

static void
test_blocked_before_and_now(void)
{
	g_autoptr(BridgeRoster) roster = bridge_roster_new();

	bridge_roster_remember_blocked(roster, "a@x");
	bridge_roster_remember_blocked(roster, "b@x");
	bridge_roster_begin(roster);
	test_put(roster, "a@x", "");
	test_put(roster, "b@x", "");
	/* told before the contact, and of a stranger */
	g_assert_null(bridge_roster_set_blocked(roster, "c@x", TRUE));
	g_assert_null(bridge_roster_set_blocked(roster, "stranger@x", TRUE));
	test_put(roster, "c@x", "");
	g_assert_true(test_is_blocked(roster, "c@x"));
	/* no news: neither who still is, nor who is told in two parts */
	g_assert_null(bridge_roster_set_blocked(roster, "a@x", TRUE));
	g_assert_null(bridge_roster_set_blocked(roster, "a@x", FALSE));
	g_assert_true(test_is_blocked(roster, "a@x"));
	g_assert_null(bridge_roster_set_blocked(roster, "a@x", TRUE));
	g_assert_true(test_is_blocked(roster, "b@x"));
	g_assert_cmpuint(test_finish_blocked(roster), ==, 1);
	g_assert_true(test_is_blocked(roster, "a@x"));
	g_assert_false(test_is_blocked(roster, "b@x"));
	/* the end told, each change is news */
	g_assert_nonnull(bridge_roster_set_blocked(roster, "a@x", FALSE));
	g_assert_null(bridge_roster_set_blocked(roster, "a@x", FALSE));
	g_assert_nonnull(bridge_roster_set_blocked(roster, "b@x", TRUE));
	g_assert_null(bridge_roster_set_blocked(roster, "b@x", TRUE));
	/* whom the next session does not name */
	bridge_roster_begin(roster);
	g_assert_true(test_is_blocked(roster, "b@x"));
	g_assert_null(bridge_roster_set_blocked(roster, "c@x", TRUE));
	g_assert_cmpuint(test_finish_blocked(roster), ==, 1);
	g_assert_false(test_is_blocked(roster, "b@x"));
	g_assert_true(test_is_blocked(roster, "c@x"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-roster/only-changes-are-news", test_only_changes_are_news);
	g_test_add_func("/bridge-roster/is-sorted", test_is_sorted);
	g_test_add_func("/bridge-roster/who-is-not-named-is-gone", test_who_is_not_named_is_gone);
	g_test_add_func("/bridge-roster/best-resource-shows", test_best_resource_shows);
	g_test_add_func("/bridge-roster/has-limits", test_has_limits);
	g_test_add_func("/bridge-roster/avatars", test_avatars);
	g_test_add_func("/bridge-roster/blocked-before-and-now", test_blocked_before_and_now);
	return g_test_run();
}
