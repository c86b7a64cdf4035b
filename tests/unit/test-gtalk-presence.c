/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pure parts of the gate, of the invisible command and of the links of saved statuses. */
#include "config.h"

#include "core/gtalk-xml.h"
#include "status/gtalk-invisible.h"
#include "status/gtalk-presence.h"
#include "status/gtalk-status-links.h"
#include "harness/purple-boot.h"

static void
test_check(xmlnode *node, const char *expected)
{
	g_autofree char *text = xmlnode_to_str(node, NULL);

	g_assert_cmpstr(text, ==, expected);
	xmlnode_free(node);
}

static const struct {
	const char *before;
	const char *after;
} test_stripped[] = {
	{"<presence><show>dnd</show><status>x</status><priority>1</priority></presence>",
         "<presence><priority>1</priority></presence>"},
	{"<presence><show>chat</show></presence>", "<presence/>"},
	{"<presence><show>away</show><status>x</status></presence>",
         "<presence><show>away</show><status>x</status></presence>"},
	{"<presence><show>xa</show></presence>", "<presence><show>xa</show></presence>"},
	{"<presence><status>\xe2\x99\xab Verdi</status></presence>",
         "<presence><status>\xe2\x99\xab Verdi</status></presence>"},
	{"<presence><show/><status/></presence>", "<presence/>"},
};

static void
test_shared_says_the_rest(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_stripped); i++) {
		xmlnode *presence = xmlnode_from_str(test_stripped[i].before, -1);

		gtalk_presence_strip_shared(presence);
		test_check(presence, test_stripped[i].after);
	}
}

static void
test_neutral_tells_nothing(void)
{
	xmlnode *presence =
		xmlnode_from_str("<presence><show>away</show><c xmlns='caps'/>text</presence>", -1);

	g_assert_true(gtalk_presence_is_broadcast(presence));
	gtalk_presence_neutralise(presence, "talk.example");
	g_assert_false(gtalk_presence_is_broadcast(presence));
	test_check(presence, "<presence type='unavailable' to='talk.example'/>");
}

static void
test_invisible_command(void)
{
	xmlnode *iq = xmlnode_new("iq");

	gtalk_invisible_build(iq, GTALK_NS_INVISIBLE, TRUE);
	test_check(iq, "<iq><invisible xmlns='urn:xmpp:invisible:1' probe='true'/></iq>");
	iq = xmlnode_new("iq");
	gtalk_invisible_build(iq, GTALK_NS_INVISIBLE_OLD, TRUE);
	test_check(iq, "<iq><invisible xmlns='urn:xmpp:invisible:0'/></iq>");
	iq = xmlnode_new("iq");
	gtalk_invisible_build(iq, GTALK_NS_INVISIBLE, FALSE);
	test_check(iq, "<iq><visible xmlns='urn:xmpp:invisible:1'/></iq>");
}

static void
test_links_are_kept(void)
{
	static const char text[] = "1290268800 busy made Deadline on Friday\n"
				   "1290268801 available found At the harbour";
	g_autoptr(GPtrArray) links = gtalk_status_links_parse(text);
	g_autofree char *again = gtalk_status_links_dup_text(links);

	g_assert_cmpstr(again, ==, text);
	g_assert_true(gtalk_status_links_find(links, TRUE, "Deadline on Friday")->is_ours);
	g_assert_false(gtalk_status_links_find_created(links, 1290268801)->is_ours);
	g_assert_null(gtalk_status_links_find(links, FALSE, "Deadline on Friday"));
}

static void
test_senseless_links_are_left_out(void)
{
	static const char *const texts[] = {
		NULL,           "", "\n\n", "x busy made y", "-1 busy made y", "1 busy made",
		"1 busy made ", "1"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) links = gtalk_status_links_parse(texts[i]);

		g_assert_cmpuint(links->len, ==, 0);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-presence/shared-says-the-rest", test_shared_says_the_rest);
	g_test_add_func("/gtalk-presence/neutral-tells-nothing", test_neutral_tells_nothing);
	g_test_add_func("/gtalk-presence/invisible-command", test_invisible_command);
	g_test_add_func("/gtalk-presence/links-are-kept", test_links_are_kept);
	g_test_add_func("/gtalk-presence/senseless-links-are-left-out",
	                test_senseless_links_are_left_out);
	return g_test_run();
}
