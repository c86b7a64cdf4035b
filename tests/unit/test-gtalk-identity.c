/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gtalk-identity.h"

typedef struct {
	const char *username;
	const char *domain;
	const char *expected;
} CompleteCase;

static const CompleteCase complete_cases[] = {
	{"ann", "gmail.com", "ann@gmail.com"},
	{"ann@", "gmail.com", "ann@gmail.com"},
	{"ann/Desk", "gmail.com", "ann@gmail.com/Desk"},
	{"ann@/Desk", "gmail.com", "ann@gmail.com/Desk"},
	{"ann@/a@b/c", "gmail.com", "ann@gmail.com/a@b/c"},
	{"ann/a@b", "gmail.com", "ann@gmail.com/a@b"},
	{"\303\244nn", "talk.example", "\303\244nn@talk.example"},
	/* there is one */
	{"ann@talk.example", "gmail.com", NULL},
	{"ann@talk.example/Desk", "gmail.com", NULL},
	/* nothing to complete */
	{"", "gmail.com", NULL},
	{"@talk.example", "gmail.com", NULL},
	{"@", "gmail.com", NULL},
	{"/Desk", "gmail.com", NULL},
	/* no domain */
	{"ann", "", NULL},
	{"ann", "a@b", NULL},
	{"ann", "talk.example/x", NULL},
	{"ann", "talk example", NULL},
};

static void
test_complete(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(complete_cases); i++) {
		const CompleteCase *row = &complete_cases[i];
		g_autofree char *complete = gtalk_identity_complete(row->username, row->domain);

		g_test_message("%s, %s", row->username, row->domain);
		g_assert_cmpstr(complete, ==, row->expected);
	}
}

static void
assert_translated(const char *jid, const char *expected)
{
	g_autofree char *translated =
		gtalk_identity_translate(jid, "ann@mail.example", "ann@talk.example/Desk0A1B2C3D");

	g_assert_cmpstr(translated, ==, expected);
}

static void
test_translate(void)
{
	assert_translated("ann@mail.example", "ann@talk.example");
	assert_translated("Ann@Mail.Example", "ann@talk.example");
	assert_translated("ann@mail.example/Phone", "ann@talk.example/Phone");
	assert_translated("ann@mail.example/a/b@c", "ann@talk.example/a/b@c");
	assert_translated("ann@talk.example", NULL);
	assert_translated("bob@mail.example", NULL);
	assert_translated("annn@mail.example", NULL);
	assert_translated("mail.example", NULL);
	assert_translated("", NULL);
	assert_translated("\377", NULL);
	assert_translated(NULL, NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-identity/complete", test_complete);
	g_test_add_func("/gtalk-identity/translate", test_translate);
	return g_test_run();
}
