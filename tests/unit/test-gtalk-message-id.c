/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-message-id.h"

#include "core/gtalk-xml.h"
#include "harness/purple-boot.h"

static void
test_own_ids_are_known(void)
{
	g_autofree char *id = gtalk_message_id_make("key", 42);
	g_autofree char *again = gtalk_message_id_make("key", 42);
	g_autofree char *other = gtalk_message_id_make("key", 43);

	g_assert_cmpstr(id, ==, again);
	g_assert_cmpstr(id, !=, other);
	g_assert_true(gtalk_message_id_check("key", id));
	g_assert_true(gtalk_message_id_check("key", other));
}

static void
test_foreign_ids_are_not(void)
{
	g_autofree char *id = gtalk_message_id_make("key", 42);

	g_assert_false(gtalk_message_id_check("another key", id));
	g_assert_false(gtalk_message_id_check("key", ""));
	g_assert_false(gtalk_message_id_check("key", "purple1a2b"));
	g_assert_false(gtalk_message_id_check("key", "0123456789abcdef0123456789abcdef"));
	g_assert_false(gtalk_message_id_check("key", "zzzzzzzzzzzzzzzz0123456789abcdef"));
	id[31] = id[31] == '0' ? '1' : '0';
	g_assert_false(gtalk_message_id_check("key", id));
}

static void
test_set_replaces_both(void)
{
	xmlnode *message =
		xmlnode_from_str("<message xmlns='jabber:client' id='purple1'><body>hi</body>"
	                         "<origin-id xmlns='urn:xmpp:sid:0' id='old'/></message>",
	                         -1);
	xmlnode *origin = NULL;

	gtalk_message_id_set(message, "new");
	origin = gtalk_xml_find_child(message, "origin-id", GTALK_NS_STANZA_ID);
	g_assert_cmpstr(xmlnode_get_attrib(message, "id"), ==, "new");
	g_assert_cmpstr(xmlnode_get_attrib(origin, "id"), ==, "new");
	g_assert_null(gtalk_xml_find_next(origin, "origin-id", GTALK_NS_STANZA_ID));
	xmlnode_free(message);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/message-id/own-ids-are-known", test_own_ids_are_known);
	g_test_add_func("/message-id/foreign-ids-are-not", test_foreign_ids_are_not);
	g_test_add_func("/message-id/set-replaces-both", test_set_replaces_both);
	return g_test_run();
}
