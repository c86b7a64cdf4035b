/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-receipts.h"

#include "harness/purple-boot.h"

#define TEST_MESSAGE(attributes, content)                                                          \
	"<message xmlns='jabber:client' " attributes ">" content "</message>"
#define TEST_REQUEST "<request xmlns='urn:xmpp:receipts'/>"

static const struct {
	const char *message;
	gboolean asked;
	const char *received;
} test_messages[] = {
	{TEST_MESSAGE("id='m1'", "<body>hi</body>" TEST_REQUEST), TRUE, NULL},
	/* without an id there is nothing to name it by */
	{TEST_MESSAGE("", "<body>hi</body>" TEST_REQUEST), FALSE, NULL},
	{TEST_MESSAGE("id=''", TEST_REQUEST), FALSE, NULL},
	{TEST_MESSAGE("id='m1'", "<body>hi</body>"), FALSE, NULL},
	{TEST_MESSAGE("id='m1'", "<request xmlns='urn:other'/>"), FALSE, NULL},
	{TEST_MESSAGE("id='m2'", "<received xmlns='urn:xmpp:receipts' id='m1'/>"), FALSE, "m1"},
	/* no receipt of a receipt */
	{TEST_MESSAGE("id='m2'", "<received xmlns='urn:xmpp:receipts' id='m1'/>" TEST_REQUEST),
         FALSE, "m1"},
	{TEST_MESSAGE("id='m2'", "<received xmlns='urn:xmpp:receipts'/>"), FALSE, NULL},
	{TEST_MESSAGE("id='m2'", "<received xmlns='urn:xmpp:receipts' id=''/>"), FALSE, NULL},
	{TEST_MESSAGE("id='m2'", "<received xmlns='urn:xmpp:carbons:2' id='m1'/>"), FALSE, NULL},
};

static void
test_parse(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_messages); i++) {
		xmlnode *message = xmlnode_from_str(test_messages[i].message, -1);

		g_assert_cmpint(gtalk_receipts_is_asked(message), ==, test_messages[i].asked);
		g_assert_cmpstr(gtalk_receipts_find_received(message), ==,
		                test_messages[i].received);
		xmlnode_free(message);
	}
}

static void
test_overlong_ids(void)
{
	xmlnode *message = xmlnode_from_str(
		TEST_MESSAGE("id='m1'", "<received xmlns='urn:xmpp:receipts' id='m1'/>"), -1);
	g_autofree char *id = g_strnfill(2000, 'x');

	xmlnode_set_attrib(xmlnode_get_child(message, "received"), "id", id);
	g_assert_null(gtalk_receipts_find_received(message));
	xmlnode_free(message);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-receipts/parse", test_parse);
	g_test_add_func("/gtalk-receipts/overlong-ids", test_overlong_ids);
	return g_test_run();
}
