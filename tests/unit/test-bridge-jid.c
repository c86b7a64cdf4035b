/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-error.h"
#include "base/bridge-jid.h"

static void
test_normalises(void)
{
	const char *cases[][2] = {
		{"juliet@example.org", "juliet@example.org"},
		{"Juliet@Example.ORG", "juliet@example.org"},
		{"juliet@example.org/balcony", "juliet@example.org"},
		{"juliet@example.org/b@lc/ony", "juliet@example.org"},
		{"juliet@example.org.", "juliet@example.org"},
		{"\xc3\x84rger@example.org", "\xc3\xa4rger@example.org"},
		{"a\xcc\x88rger@example.org", "\xc3\xa4rger@example.org"},
		{"\xef\xbc\xaauliet@example.org", "juliet@example.org"}, /* fullwidth J */
		{"juliet@B\xc3\xbc"
	         "cher.example",
	         "juliet@b\xc3\xbc"
	         "cher.example"},
		{"juliet@xn--bcher-kva.example", "juliet@b\xc3\xbc"
	                                         "cher.example"},
		{"juliet@[::1]", "juliet@[::1]"},
		{"juliet@127.0.0.1", "juliet@127.0.0.1"},
		{"a+b%c=d~e@localhost", "a+b%c=d~e@localhost"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *jid = bridge_jid_normalise(cases[i][0], &error);

		g_assert_no_error(error);
		g_assert_cmpstr(jid, ==, cases[i][1]);
	}
}

static void
test_is_stable(void)
{
	const char *cases[] = {"\xce\xa3\xce\x91\xce\xa3@example.org", /* sigma, final */
	                       "Stra\303\237e@example.org", "\xc4\xb0stanbul@example.org"};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *once = bridge_jid_normalise(cases[i], NULL);
		g_autofree char *twice = NULL;

		g_assert_nonnull(once);
		twice = bridge_jid_normalise(once, NULL);
		g_assert_cmpstr(twice, ==, once);
	}
}

static void
test_refuses_what_is_no_address(void)
{
	const char *cases[] = {
		"",
		"juliet",
		"@",
		"@example.org",
		"juliet@",
		"juliet@/balcony",
		"example.org",
		"/",
		"juliet@example.org@capulet.example",
		"jul iet@example.org",
		"jul\tiet@example.org",
		"jul\niet@example.org",
		"jul\"iet@example.org",
		"jul&iet@example.org",
		"jul'iet@example.org",
		"jul:iet@example.org",
		"jul<iet@example.org",
		"jul>iet@example.org",
		"juliet@exa mple.org",
		"juliet@example..org",
		"juliet@.org",
		"juliet@example.org:5222",
		"juliet@exa\"mple.org",
		"juliet@[::1",
		"juliet@[::1%lo]",
		"juliet@[example.org]",
		"\xff@example.org",
		"juliet@\xff",
		"jul\xc2\xadiet@example.org",     /* soft hyphen */
		"jul\xe2\x80\x8biet@example.org", /* zero width space */
		"jul\xe2\x80\xaeiet@example.org", /* right-to-left override */
		"jul\xc2\xa0iet@example.org",
		"jul\xef\xbc\xa0iet@example.org", /* fullwidth @ */
		"jul\xee\x80\x80iet@example.org", /* private use */
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *jid = bridge_jid_normalise(cases[i], &error);

		g_assert_null(jid);
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	}
}

static void
test_limits_each_part(void)
{
	g_autofree char *local = g_strnfill(BRIDGE_JID_PART_BYTES_MAX + 1, 'x');
	g_autofree char *domain = g_strnfill(254, 'x');
	g_autofree char *long_local = g_strconcat(local, "@example.org", NULL);
	g_autofree char *long_domain = g_strconcat("juliet@", domain, NULL);
	g_autofree char *huge = g_strnfill(1 << 20, '@');

	g_assert_null(bridge_jid_normalise(long_local, NULL));
	g_assert_null(bridge_jid_normalise(long_domain, NULL));
	g_assert_null(bridge_jid_normalise(huge, NULL));
	local[BRIDGE_JID_PART_BYTES_MAX] = '\0';
	g_free(long_local);
	long_local = g_strconcat(local, "@example.org", NULL);
	g_free(huge);
	huge = bridge_jid_normalise(long_local, NULL);
	g_assert_cmpstr(huge, ==, long_local);
}

static void
test_a_peer_may_be_a_domain(void)
{
	g_autofree char *component = bridge_jid_normalise_peer("Echo.Example.org", NULL);
	g_autofree char *person = bridge_jid_normalise_peer("Romeo@example.org/orchard", NULL);

	g_assert_cmpstr(component, ==, "echo.example.org");
	g_assert_cmpstr(person, ==, "romeo@example.org");
	g_assert_null(bridge_jid_normalise_peer("@example.org", NULL));
	g_assert_null(bridge_jid_normalise_peer("", NULL));
}

static void
test_split_loses_nothing(void)
{
	const char *cases[][3] = {
		{"Romeo@Example.org/Or/chard", "romeo@example.org", "Or/chard"},
		{"romeo@example.org", "romeo@example.org", ""},
		{"example.org", "example.org", ""},
		{"o dd@example.org/x", "o dd@example.org", "x"},
		{"", "", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *resource = NULL;
		g_autofree char *bare = bridge_jid_split(cases[i][0], &resource);

		g_assert_cmpstr(bare, ==, cases[i][1]);
		g_assert_cmpstr(resource, ==, cases[i][2]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-jid/normalises", test_normalises);
	g_test_add_func("/bridge-jid/is-stable", test_is_stable);
	g_test_add_func("/bridge-jid/refuses-what-is-no-address", test_refuses_what_is_no_address);
	g_test_add_func("/bridge-jid/limits-each-part", test_limits_each_part);
	g_test_add_func("/bridge-jid/a-peer-may-be-a-domain", test_a_peer_may_be_a_domain);
	g_test_add_func("/bridge-jid/split-loses-nothing", test_split_loses_nothing);
	return g_test_run();
}
