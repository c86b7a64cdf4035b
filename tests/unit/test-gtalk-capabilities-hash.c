/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-capabilities-hash.h"

#include "harness/purple-boot.h"

#define TEST_QUERY(content)                                                                        \
	"<query xmlns='http://jabber.org/protocol/disco#info'>" content "</query>"
#define TEST_CAPS "<feature var='http://jabber.org/protocol/caps'/>"
#define TEST_DISCO                                                                                 \
	"<feature var='http://jabber.org/protocol/disco#info'/>"                                   \
	"<feature var='http://jabber.org/protocol/disco#items'/>"
#define TEST_MUC "<feature var='http://jabber.org/protocol/muc'/>"
#define TEST_IDENTITY "<identity category='client' name='Exodus 0.9.1' type='pc'/>"

static const struct {
	const char *query;
	const char *extra;
	const char *hash;
} test_hashes[] = {
	/* the example of XEP-0115, section 5.2, its features in any order */
	{TEST_QUERY(TEST_IDENTITY TEST_CAPS TEST_DISCO TEST_MUC), NULL,
         "QgayPKawpkPSDYmwT/WM94uAlu0="},
	{TEST_QUERY(TEST_MUC TEST_IDENTITY TEST_DISCO TEST_CAPS), NULL,
         "QgayPKawpkPSDYmwT/WM94uAlu0="},
	{TEST_QUERY(TEST_IDENTITY TEST_CAPS TEST_DISCO), "http://jabber.org/protocol/muc",
         "QgayPKawpkPSDYmwT/WM94uAlu0="},
	{TEST_QUERY(TEST_IDENTITY TEST_CAPS TEST_DISCO TEST_MUC), "http://jabber.org/protocol/muc",
         "QgayPKawpkPSDYmwT/WM94uAlu0="},
	{TEST_QUERY(TEST_IDENTITY "<x xmlns='jabber:x:data'/>"), NULL, NULL},
};

static void
test_make(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_hashes); i++) {
		xmlnode *query = xmlnode_from_str(test_hashes[i].query, -1);
		g_autofree char *hash = gtalk_capabilities_hash_make(query, test_hashes[i].extra);

		g_assert_cmpstr(hash, ==, test_hashes[i].hash);
		xmlnode_free(query);
	}
}

static void
test_odd_queries_have_some_hash(void)
{
	xmlnode *query = xmlnode_from_str(
		TEST_QUERY("<identity/><feature/><feature var='&lt;&amp;'/>text"), -1);
	g_autofree char *hash = gtalk_capabilities_hash_make(query, NULL);

	g_assert_nonnull(hash);
	xmlnode_free(query);
}

static void
test_add_feature(void)
{
	xmlnode *query = xmlnode_new("query");
	g_autofree char *text = NULL;

	gtalk_capabilities_hash_add_feature(query, "urn:xmpp:receipts");
	gtalk_capabilities_hash_add_feature(query, "urn:xmpp:receipts");
	text = xmlnode_to_str(query, NULL);
	g_assert_cmpstr(text, ==, "<query><feature var='urn:xmpp:receipts'/></query>");
	xmlnode_free(query);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-capabilities-hash/make", test_make);
	g_test_add_func("/gtalk-capabilities-hash/odd-queries-have-some-hash",
	                test_odd_queries_have_some_hash);
	g_test_add_func("/gtalk-capabilities-hash/add-feature", test_add_feature);
	return g_test_run();
}
