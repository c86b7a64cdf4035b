/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "status/gtalk-kept-presence.h"
#include "harness/purple-boot.h"

static void
test_put(GTalkKeptPresence *kept, const char *from, const char *type)
{
	xmlnode *presence = xmlnode_new("presence");

	xmlnode_set_attrib(presence, "from", from);
	if (type != NULL)
		xmlnode_set_attrib(presence, "type", type);
	gtalk_kept_presence_put(kept, presence);
	xmlnode_free(presence);
}

/* As "from type", "" if there is none. */
static char *
test_take(GTalkKeptPresence *kept, const char *jid)
{
	xmlnode *presence = gtalk_kept_presence_take(kept, jid);
	const char *type = presence != NULL ? xmlnode_get_attrib(presence, "type") : NULL;
	char *text = NULL;

	if (presence == NULL)
		return g_strdup("");
	text = g_strdup_printf("%s %s", xmlnode_get_attrib(presence, "from"),
	                       type != NULL ? type : "available");
	xmlnode_free(presence);
	return text;
}

static void
test_keeps_the_newest_of_each(void)
{
	static const char *const expected[] = {"a@x/1 unavailable", "a@x/2 available",
	                                       "b@x/1 available", ""};
	GTalkKeptPresence *kept = gtalk_kept_presence_new();

	test_put(kept, "a@x/1", NULL);
	test_put(kept, "a@x/2", NULL);
	test_put(kept, "b@x/1", NULL);
	test_put(kept, "a@x/1", "unavailable");
	g_assert_cmpuint(gtalk_kept_presence_get_size(kept), ==, 3);
	g_assert_true(gtalk_kept_presence_has(kept, "a@x/2"));
	g_assert_false(gtalk_kept_presence_has(kept, "a@x/3"));
	for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_autofree char *taken = test_take(kept, NULL);

		g_assert_cmpstr(taken, ==, expected[i]);
	}
	gtalk_kept_presence_free(kept);
}

static void
test_gives_one_contacts(void)
{
	GTalkKeptPresence *kept = gtalk_kept_presence_new();
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	test_put(kept, "a@x/1", NULL);
	test_put(kept, "b@x/1", NULL);
	g_assert_true(gtalk_kept_presence_has_contact(kept, "b@x/other"));
	first = test_take(kept, "b@x");
	second = test_take(kept, "b@x");
	g_assert_cmpstr(first, ==, "b@x/1 available");
	g_assert_cmpstr(second, ==, "");
	g_assert_false(gtalk_kept_presence_has_contact(kept, "b@x"));
	g_assert_true(gtalk_kept_presence_has_contact(kept, "a@x"));
	gtalk_kept_presence_free(kept);
}

static const struct {
	const char *text;
	gboolean is_news;
} test_packets[] = {
	{"<presence from='a@x/1'/>", TRUE},
	{"<presence from='a@x/1' type='unavailable'/>", TRUE},
	{"<presence from='a@x' type='unavailable'/>", FALSE},
	{"<presence from='a@x/1' type='subscribe'/>", FALSE},
	{"<presence from='a@x/1' type='error'/>", FALSE},
	{"<presence/>", FALSE},
	{"<presence xmlns='other' from='a@x/1'/>", FALSE},
	{"<presence from='r@x/n'><x xmlns='http://jabber.org/protocol/muc#user'/></presence>",
         FALSE},
	{"<message from='a@x/1'/>", FALSE},
	{"<iq from='a@x/1'/>", FALSE},
};

static void
test_knows_news(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_packets); i++) {
		xmlnode *packet = xmlnode_from_str(test_packets[i].text, -1);

		g_assert_cmpint(gtalk_kept_presence_is_news(packet), ==, test_packets[i].is_news);
		xmlnode_free(packet);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-kept-presence/keeps-the-newest-of-each",
	                test_keeps_the_newest_of_each);
	g_test_add_func("/gtalk-kept-presence/gives-one-contacts", test_gives_one_contacts);
	g_test_add_func("/gtalk-kept-presence/knows-news", test_knows_news);
	return g_test_run();
}
