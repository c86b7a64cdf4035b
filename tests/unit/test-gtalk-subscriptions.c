/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "contacts/gtalk-subscriptions.h"

#include "harness/purple-boot.h"

#define TEST_QUERY(content) "<query xmlns='jabber:iq:roster'>" content "</query>"

static void
test_parse(GHashTable *table, const char *text)
{
	xmlnode *query = xmlnode_from_str(text, -1);

	gtalk_subscriptions_parse(query, table);
	xmlnode_free(query);
}

static void
test_assert(GHashTable *table, const char *key, GTalkSubscription subscription)
{
	g_assert_cmpint(GPOINTER_TO_INT(g_hash_table_lookup(table, key)), ==, subscription);
}

static void
test_roster(void)
{
	g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	test_parse(table, TEST_QUERY("<item jid='Bob@talk.example' subscription='both'/>"
	                             "<item jid='to@x' subscription='to'/>"
	                             "<item jid='from@x' subscription='from'/>"
	                             "<item jid='none@x' subscription='none' ask='subscribe'/>"
	                             "<item jid='odd@x' subscription='sideways'/>"
	                             "<item jid='bare@x'/>"
	                             "<item subscription='both'/>"
	                             "<item xmlns='other' jid='other@x' subscription='both'/>"));
	/* a roster may be full of people who are nothing but known */
	g_assert_cmpuint(g_hash_table_size(table), ==, 3);
	test_assert(table, "bob@talk.example", GTALK_SUBSCRIPTION_BOTH);
	test_assert(table, "to@x", GTALK_SUBSCRIPTION_TO);
	test_assert(table, "from@x", GTALK_SUBSCRIPTION_FROM);
}

static void
test_changes(void)
{
	g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	test_parse(table, TEST_QUERY("<item jid='bob@x' subscription='to'/>"));
	test_parse(table, TEST_QUERY("<item jid='bob@x' subscription='both'/>"));
	test_assert(table, "bob@x", GTALK_SUBSCRIPTION_BOTH);
	test_parse(table, TEST_QUERY("<item jid='ann@x' subscription='from'/>"));
	test_parse(table, TEST_QUERY("<item jid='ann@x' subscription='none'/>"));
	g_assert_cmpuint(g_hash_table_size(table), ==, 1);
	test_parse(table, TEST_QUERY("<item jid='BOB@x' subscription='remove'/>"
	                             "<item jid='nobody@x' subscription='remove'/>"));
	g_assert_cmpuint(g_hash_table_size(table), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-subscriptions/roster", test_roster);
	g_test_add_func("/gtalk-subscriptions/changes", test_changes);
	return g_test_run();
}
