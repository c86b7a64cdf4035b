/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-error.h"
#include "base/bridge-protocol.h"

static void
test_names(void)
{
	g_assert_true(bridge_protocol_is_name("googletalk"));
	g_assert_true(bridge_protocol_is_name("irc"));
	g_assert_true(bridge_protocol_is_name("a-protocol-7"));
	g_assert_false(bridge_protocol_is_name(""));
	g_assert_false(bridge_protocol_is_name("IRC"));
	g_assert_false(bridge_protocol_is_name("../irc"));
	/* XMPP without what googletalk ensures */
	g_assert_false(bridge_protocol_is_name("jabber"));
	g_assert_false(bridge_protocol_is_name("xmpp"));
	g_assert_false(bridge_protocol_is_name("gtalk"));
}

static void
test_what_a_sign_in_proves(void)
{
	g_assert_true(bridge_protocol_get("googletalk")->proves);
	g_assert_false(bridge_protocol_get("irc")->proves);
	g_assert_false(bridge_protocol_get("simple")->proves);
	g_assert_true(g_strv_contains(bridge_protocol_get("googletalk")->mechanisms, "x-oauth2"));
	g_assert_false(g_strv_contains(bridge_protocol_get("irc")->mechanisms, "token"));
}

typedef struct {
	const char *protocol;
	const char *typed;
	const char *username; /* NULL: refused */
	const char *peer;     /* NULL: refused */
} TestAddress;

static void
test_check_normal(const char *expected, char *(*normalise)(const char *, GError **),
                  const char *typed)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *normal = normalise(typed, &error);

	g_assert_cmpstr(normal, ==, expected);
	if (expected == NULL)
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
	else
		g_assert_no_error(error);
}

static void
test_addresses(void)
{
	static const TestAddress cases[] = {
		{"googletalk", "Juliet@Example.org/x", "juliet@example.org", "juliet@example.org"},
		{"googletalk", "example.org", NULL, "example.org"},
		{"irc", "Juliet@IRC.example", "juliet@irc.example", NULL},
		{"irc", "Romeo[x]\\^", NULL, "romeo[x]\\^"},
		{"irc", "[a]@irc.example", "[a]@irc.example", NULL},
		{"irc", "", NULL, NULL},
		{"irc", "@irc.example", NULL, NULL},
		{"irc", "9x", NULL, NULL},
		{"irc", "-x", NULL, NULL},
		{"irc", "#channel", NULL, NULL},
		{"irc", "a b", NULL, NULL},
		{"irc", "a\r\nQUIT", NULL, NULL},
		{"irc", "a,b", NULL, NULL},
		{"irc", "a!b", NULL, NULL},
		{"irc", "j\303\274liet", NULL, NULL},
		{"simple", "Juliet@Example.org", "Juliet@Example.org", "Juliet@Example.org"},
		{"simple", "12345", "12345", "12345"},
		{"simple", "a b", NULL, NULL},
		{"simple", "a\xff", NULL, NULL},
		{"simple", "", NULL, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const BridgeProtocol *protocol = bridge_protocol_get(cases[i].protocol);

		test_check_normal(cases[i].username, protocol->normalise_username, cases[i].typed);
		test_check_normal(cases[i].peer, protocol->normalise_peer, cases[i].typed);
	}
}

static void
test_what_a_server_wrote(void)
{
	static const char *const cases[][4] = {
		{"googletalk", "Romeo@Example.org/orchard", "romeo@example.org", "orchard"},
		{"irc", "Romeo[x]", "romeo[x]", ""},
		{"irc", "irc.server.example", "irc.server.example", ""},
		{"simple", "Romeo/x", "Romeo/x", ""},
		{"simple", "o dd", "o dd", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *resource = NULL;
		g_autofree char *bare =
			bridge_protocol_get(cases[i][0])->split(cases[i][1], &resource);

		g_assert_cmpstr(bare, ==, cases[i][2]);
		g_assert_cmpstr(resource, ==, cases[i][3]);
	}
}

static void
test_domain_of(void)
{
	g_assert_cmpstr(bridge_protocol_get_domain("irc", "a@irc.example"), ==, "irc.example");
	g_assert_cmpstr(bridge_protocol_get_domain("gg", "12345"), ==, "gg");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-protocol/names", test_names);
	g_test_add_func("/bridge-protocol/what-a-sign-in-proves", test_what_a_sign_in_proves);
	g_test_add_func("/bridge-protocol/addresses", test_addresses);
	g_test_add_func("/bridge-protocol/what-a-server-wrote", test_what_a_server_wrote);
	g_test_add_func("/bridge-protocol/domain-of", test_domain_of);
	return g_test_run();
}
