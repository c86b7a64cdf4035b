/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "push-webhook.h"

/* What the libraries of Standard Webhooks are tested by. */
#define TEST_SECRET "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define TEST_ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TEST_TIME "1614265330"
#define TEST_BODY "{\"test\": 2432232314}"
#define TEST_SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static GBytes *
make_key(void)
{
	gsize length = 0;
	guchar *octets = g_base64_decode(TEST_SECRET, &length);

	return g_bytes_new_take(octets, length);
}

static void
test_signs_as_others_do(void)
{
	g_autoptr(GBytes) key = make_key();
	g_autoptr(GBytes) body = g_bytes_new_static(TEST_BODY, strlen(TEST_BODY));
	g_autofree char *signature = push_webhook_sign(TEST_ID, TEST_TIME, body, key);

	g_assert_cmpstr(signature, ==, TEST_SIGNATURE);
}

static void
test_signs_all_of_it(void)
{
	g_autoptr(GBytes) key = make_key();
	g_autoptr(GBytes) body = g_bytes_new_static(TEST_BODY, strlen(TEST_BODY));
	g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
	g_autofree char *of_another = push_webhook_sign("msg_x", TEST_TIME, body, key);
	g_autofree char *later = push_webhook_sign(TEST_ID, "1614265331", body, key);
	g_autofree char *empty = push_webhook_sign(TEST_ID, TEST_TIME, nothing, key);
	g_autofree char *by_another = push_webhook_sign(TEST_ID, TEST_TIME, body, body);

	g_assert_cmpstr(of_another, !=, TEST_SIGNATURE);
	g_assert_cmpstr(later, !=, TEST_SIGNATURE);
	g_assert_cmpstr(empty, !=, TEST_SIGNATURE);
	g_assert_cmpstr(by_another, !=, TEST_SIGNATURE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-webhook/signs-as-others-do", test_signs_as_others_do);
	g_test_add_func("/push-webhook/signs-all-of-it", test_signs_all_of_it);
	return g_test_run();
}
