/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-cursor.h"
#include "base/bridge-error.h"

static void
test_round_trip(void)
{
	const guint64 seqs[] = {0, 1, 1042, G_MAXINT64};

	for (guint i = 0; i < G_N_ELEMENTS(seqs); i++) {
		guint64 seq = 7;
		g_autofree char *cursor = bridge_cursor_format("k3", seqs[i]);
		g_autoptr(GError) error = NULL;

		g_assert_true(bridge_cursor_parse(cursor, "k3", &seq, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(seq, ==, seqs[i]);
	}
}

static void
test_refuses_noise(void)
{
	const char *noise[] = {"",
	                       ".",
	                       "k3",
	                       "k3.",
	                       ".1",
	                       "k3.-1",
	                       "k3.+1",
	                       "k3. 1",
	                       "k3.01",
	                       "k3.1x",
	                       "k3.1 ",
	                       "1042",
	                       "k3.0x10",
	                       "k3.9223372036854775808",
	                       "k3.99999999999999999999"};

	for (guint i = 0; i < G_N_ELEMENTS(noise); i++) {
		guint64 seq = 7;
		g_autoptr(GError) error = NULL;

		g_assert_false(bridge_cursor_parse(noise[i], "k3", &seq, &error));
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
		g_assert_cmpuint(seq, ==, 7);
	}
}

static void
test_refuses_an_endless_one(void)
{
	guint64 seq = 7;
	g_autofree char *epoch = g_strnfill(100000, 'k');
	g_autofree char *cursor = bridge_cursor_format(epoch, 1);
	g_autoptr(GError) error = NULL;

	g_assert_false(bridge_cursor_parse(cursor, "k3", &seq, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
}

static void
test_knows_another_epoch(void)
{
	const char *others[] = {"k2.1", "k33.1", "k.1", "K3.1"};

	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		guint64 seq = 7;
		g_autoptr(GError) error = NULL;

		g_assert_false(bridge_cursor_parse(others[i], "k3", &seq, &error));
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CURSOR_EXPIRED);
		g_assert_cmpuint(seq, ==, 7);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-cursor/round-trip", test_round_trip);
	g_test_add_func("/bridge-cursor/refuses-noise", test_refuses_noise);
	g_test_add_func("/bridge-cursor/refuses-an-endless-one", test_refuses_an_endless_one);
	g_test_add_func("/bridge-cursor/knows-another-epoch", test_knows_another_epoch);
	return g_test_run();
}
