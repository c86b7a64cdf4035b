/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who verifies what is signed: tests/integration/test_push_crypto.py. */
#include "config.h"

#include <string.h>

#include "link/bridge-base64.h"
#include "push-vapid.h"

#define VAPID_PRIVATE "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
#define VAPID_PUBLIC                                                                               \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define VAPID_ORIGIN "https://push.example.net"
#define VAPID_NOW_S 1453480768
#define VAPID_HOUR_S 3600

static PushVapid *
new_vapid(void)
{
	g_autoptr(GBytes) private_octets = bridge_base64_decode(VAPID_PRIVATE);
	g_autoptr(GBytes) public_octets = bridge_base64_decode(VAPID_PUBLIC);
	g_autoptr(GError) error = NULL;
	PushVapid *vapid =
		push_vapid_new(private_octets, public_octets, "mailto:push@example.org", &error);

	g_assert_no_error(error);
	return vapid;
}

static char *
dup_authorization(PushVapid *vapid, const char *origin, gint64 now_s)
{
	g_autoptr(GError) error = NULL;
	const char *value = push_vapid_get_authorization(vapid, origin, now_s, &error);

	g_assert_no_error(error);
	return g_strdup(value);
}

static void
test_says_for_whom_and_until_when(void)
{
	g_autoptr(PushVapid) vapid = new_vapid();
	g_autofree char *value = dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S);
	g_auto(GStrv) parts = NULL;
	g_autoptr(GBytes) header = NULL;
	g_autoptr(GBytes) claims = NULL;
	g_autoptr(GBytes) signature = NULL;
	const char expected[] = "{\"aud\":\"" VAPID_ORIGIN "\",\"exp\":1453523968,"
				"\"sub\":\"mailto:push@example.org\"}";

	g_assert_true(g_str_has_prefix(value, "vapid t="));
	g_assert_true(g_str_has_suffix(value, ", k=" VAPID_PUBLIC));
	*strstr(value, ", k=") = '\0';
	parts = g_strsplit(value + strlen("vapid t="), ".", -1);
	g_assert_cmpuint(g_strv_length(parts), ==, 3);
	header = bridge_base64_decode(parts[0]);
	claims = bridge_base64_decode(parts[1]);
	signature = bridge_base64_decode(parts[2]);
	g_assert_cmpmem(g_bytes_get_data(header, NULL), g_bytes_get_size(header),
	                "{\"typ\":\"JWT\",\"alg\":\"ES256\"}", 27);
	g_assert_cmpmem(g_bytes_get_data(claims, NULL), g_bytes_get_size(claims), expected,
	                strlen(expected));
	g_assert_cmpuint(g_bytes_get_size(signature), ==, 64);
}

static void
test_is_used_for_ten_hours(void)
{
	g_autoptr(PushVapid) vapid = new_vapid();
	g_autofree char *first = dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S);
	g_autofree char *later =
		dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S + 10 * VAPID_HOUR_S);
	g_autofree char *too_late =
		dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S + 10 * VAPID_HOUR_S + 1);
	g_autofree char *elsewhere =
		dup_authorization(vapid, VAPID_ORIGIN ":8443", VAPID_NOW_S + 10 * VAPID_HOUR_S + 1);

	g_assert_cmpstr(first, ==, later);
	g_assert_cmpstr(first, !=, too_late);
	g_assert_cmpstr(elsewhere, !=, too_late);
}

static void
test_is_signed_anew(void)
{
	g_autoptr(PushVapid) vapid = new_vapid();
	g_autofree char *first = dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S);
	g_autofree char *put_back =
		dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S - VAPID_HOUR_S);
	g_autofree char *after = NULL;

	g_assert_cmpstr(first, !=, put_back);
	push_vapid_forget(vapid, VAPID_ORIGIN);
	after = dup_authorization(vapid, VAPID_ORIGIN, VAPID_NOW_S - VAPID_HOUR_S);
	g_assert_cmpstr(after, !=, put_back);
}

static void
test_needs_a_key(void)
{
	g_autoptr(GBytes) private_octets = g_bytes_new_static("short", 5);
	g_autoptr(GBytes) public_octets = bridge_base64_decode(VAPID_PUBLIC);
	g_autoptr(GError) error = NULL;

	g_assert_null(push_vapid_new(private_octets, public_octets, "mailto:a@b.example", &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-vapid/says-for-whom-and-until-when",
	                test_says_for_whom_and_until_when);
	g_test_add_func("/push-vapid/is-used-for-ten-hours", test_is_used_for_ten_hours);
	g_test_add_func("/push-vapid/is-signed-anew", test_is_signed_anew);
	g_test_add_func("/push-vapid/needs-a-key", test_needs_a_key);
	return g_test_run();
}
