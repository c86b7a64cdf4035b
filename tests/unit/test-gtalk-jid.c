/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/gtalk-jid.h"

static const struct {
	const char *one;
	const char *other;
	gboolean equal;
} test_pairs[] = {
	{"ann@talk.example", "ann@talk.example", TRUE},
	{"ann@talk.example/Desk", "ann@talk.example", TRUE},
	{"ann@talk.example/Desk", "ann@talk.example/Phone", TRUE},
	{"Ann@Talk.Example", "ann@talk.example", TRUE},
	{"ann@talk.example", "ann@talk.example.evil", FALSE},
	{"ann@talk.example.evil/x", "ann@talk.example/x", FALSE},
	{"ann@talk.example", "bob@talk.example", FALSE},
	{"ann", "ann@talk.example", FALSE},
	{"talk.example", "talk.example/x", TRUE},
	{"", "", TRUE},
	{"", "a", FALSE},
	{"J\xc3\x9cRGEN@talk.example", "j\xc3\xbcrgen@talk.example/x", TRUE},
	{"ju\xcc\x88rgen@talk.example", "j\xc3\xbcrgen@talk.example", TRUE},
	{"j\xc3\xbcrgen@talk.example", "jurgen@talk.example", FALSE},
	{"ann@talk.example/\xc3\xbc", "ann@talk.example/\xff", TRUE},
	{"ann\xff@talk.example", "ann\xff@talk.example", FALSE},
};

static void
test_equal_bare(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_pairs); i++) {
		g_test_message("pair %" G_GSIZE_FORMAT, i);
		g_assert_cmpint(gtalk_jid_equal_bare(test_pairs[i].one, test_pairs[i].other), ==,
		                test_pairs[i].equal);
		g_assert_cmpint(gtalk_jid_equal_bare(test_pairs[i].other, test_pairs[i].one), ==,
		                test_pairs[i].equal);
	}
}

static void
test_parts(void)
{
	g_autofree char *bare = gtalk_jid_dup_bare("ann@talk.example/De/sk@x");
	g_autofree char *domain = gtalk_jid_dup_domain("ann@talk.example/De/sk@x");
	g_autofree char *alone = gtalk_jid_dup_domain("talk.example");

	g_assert_cmpstr(bare, ==, "ann@talk.example");
	g_assert_cmpstr(domain, ==, "talk.example");
	g_assert_cmpstr(alone, ==, "talk.example");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jid/equal-bare", test_equal_bare);
	g_test_add_func("/jid/parts", test_parts);
	return g_test_run();
}
