/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-grant.h"

#include <string.h>

static void
test_round_trip(void)
{
	const BridgeGrant grant = {(char *)"1/refresh", (char *)"a client", (char *)"ya29.access",
	                           1790000000};
	const BridgeGrant bare = {(char *)"r", (char *)"", (char *)"", 0};
	g_autofree char *text = bridge_grant_build(&grant);
	g_autofree char *bare_text = bridge_grant_build(&bare);
	g_autoptr(BridgeGrant) read = bridge_grant_parse(text);
	g_autoptr(BridgeGrant) bare_read = bridge_grant_parse(bare_text);

	g_assert_nonnull(read);
	g_assert_cmpstr(read->refresh_token, ==, grant.refresh_token);
	g_assert_cmpstr(read->client_id, ==, grant.client_id);
	g_assert_cmpstr(read->access_token, ==, grant.access_token);
	g_assert_cmpint(read->expires_s, ==, grant.expires_s);
	g_assert_nonnull(bare_read);
	g_assert_cmpstr(bare_read->refresh_token, ==, "r");
	g_assert_cmpstr(bare_read->access_token, ==, "");
}

static void
test_refuses(void)
{
	const char *cases[] = {"",
	                       "r",
	                       "r\n\n",
	                       "\nc\na\n0",
	                       "r\nc\na\n",
	                       "r\nc\na\n-1",
	                       "r\nc\na\n1x",
	                       "r\nc\na\n99999999999999999999",
	                       "r\nc\na\n0\n",
	                       "r\tr\nc\na\n0",
	                       "r\nc\na\x7f\n0",
	                       "r\nc\xc3\xa9\na\n0"};
	g_autofree char *long_token = g_strnfill(BRIDGE_GRANT_BYTES_MAX, 'r');
	g_autofree char *too_long = g_strconcat(long_token, "\nc\na\n0", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_null(bridge_grant_parse(cases[i]));
	g_assert_null(bridge_grant_parse(too_long));
	bridge_grant_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-grant/round-trip", test_round_trip);
	g_test_add_func("/bridge-grant/refuses", test_refuses);
	return g_test_run();
}
