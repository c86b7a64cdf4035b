/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sign-in/gtalk-identity.h"

typedef struct {
	const char *username;
	const char *domain;
	const char *expected;
} CompleteCase;

static const CompleteCase complete_cases[] = {
	{"ann", "mail.example", "ann@mail.example"},
	{"ann@", "mail.example", "ann@mail.example"},
	{"ann/Desk", "mail.example", "ann@mail.example/Desk"},
	{"ann@/Desk", "mail.example", "ann@mail.example/Desk"},
	{"ann@/a@b/c", "mail.example", "ann@mail.example/a@b/c"},
	{"ann/a@b", "mail.example", "ann@mail.example/a@b"},
	{"\303\244nn", "talk.example", "\303\244nn@talk.example"},
	/* there is one */
	{"ann@talk.example", "mail.example", NULL},
	{"ann@talk.example/Desk", "mail.example", NULL},
	/* there is one, where the name is asked for */
	{"ann@talk.example@", "", "ann@talk.example"},
	{"ann@talk.example@/", "", "ann@talk.example/"},
	{"ann@talk.example@/Desk", "mail.example", "ann@talk.example/Desk"},
	{"ann@talk.example@other.example", "", NULL},
	{"ann@talk.example/a@", "", NULL},
	{"ann@@", "", NULL},
	/* nothing to complete */
	{"", "mail.example", NULL},
	{"@talk.example", "mail.example", NULL},
	{"@", "mail.example", NULL},
	{"/Desk", "mail.example", NULL},
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
