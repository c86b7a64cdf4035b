/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-apns-key.h"

#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "link/bridge-keepsake.h"

#define MINUTE_US (60 * (gint64)G_USEC_PER_SEC)
#define HOUR_US (60 * MINUTE_US)

static char *
make_pem(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	char *octets = NULL;
	char *pem;
	long length;

	g_assert_true(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
	length = BIO_get_mem_data(bio, &octets);
	pem = g_strndup(octets, (gsize)length);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return pem;
}

static PushApnsKey *
make_key(void)
{
	g_autofree char *pem = make_pem();
	g_autoptr(GError) error = NULL;
	PushApnsKey *key = push_apns_key_new(pem, "KEY4567890", "TEAM567890", &error);

	g_assert_no_error(error);
	return key;
}

static char *
dup_token(PushApnsKey *key, gint64 now_us)
{
	return g_strdup(push_apns_key_get_authorization(key, now_us, NULL));
}

static void
test_is_used_for_a_while(void)
{
	g_autoptr(PushApnsKey) key = make_key();
	g_autofree char *first = dup_token(key, HOUR_US);
	g_autofree char *later = dup_token(key, HOUR_US + 44 * MINUTE_US);
	g_autofree char *last = dup_token(key, HOUR_US + 45 * MINUTE_US);

	g_assert_true(g_str_has_prefix(first, "bearer "));
	g_assert_cmpstr(first, ==, later);
	g_assert_cmpstr(first, !=, last);
}

/* What comes of it is the same as before: the service would not take another one. */
static void
test_is_not_replaced_too_soon(void)
{
	g_autoptr(PushApnsKey) key = make_key();
	g_autofree char *first = dup_token(key, HOUR_US);
	gint64 soon_us = HOUR_US + 19 * MINUTE_US;
	gint64 late_us = HOUR_US + 20 * MINUTE_US;

	g_assert_false(push_apns_key_forget_token(key, soon_us, soon_us));
	g_assert_cmpstr(first, ==, push_apns_key_get_authorization(key, soon_us, NULL));
	g_assert_true(push_apns_key_forget_token(key, late_us, late_us));
	g_assert_cmpstr(first, !=, push_apns_key_get_authorization(key, late_us, NULL));
}

/* An attempt that began with the one before says nothing of the one that is there. */
static void
test_a_newer_one_stays(void)
{
	g_autoptr(PushApnsKey) key = make_key();
	g_autofree char *first = dup_token(key, 2 * HOUR_US);

	g_assert_true(push_apns_key_forget_token(key, HOUR_US, 4 * HOUR_US));
	g_assert_cmpstr(first, ==, push_apns_key_get_authorization(key, 2 * HOUR_US + 1, NULL));
}

/* That of the process before, if it is of the same key, and not old. */
static void
test_outlives_its_process(void)
{
	g_autofree char *pem = make_pem();
	g_autofree char *other_pem = make_pem();
	g_autoptr(PushApnsKey) first = push_apns_key_new(pem, "KEY4567890", "TEAM567890", NULL);
	g_autoptr(PushApnsKey) next = push_apns_key_new(pem, "KEY4567890", "TEAM567890", NULL);
	g_autoptr(PushApnsKey) other =
		push_apns_key_new(other_pem, "KEY4567890", "TEAM567890", NULL);
	int fd = bridge_keepsake_new(NULL);
	gint64 iat_s = g_get_real_time() / G_USEC_PER_SEC;
	g_autofree char *made = NULL;
	g_autofree char *kept = NULL;
	g_auto(GStrv) words = NULL;
	g_autofree char *old = NULL;

	push_apns_key_keep_in(first, dup(fd), HOUR_US);
	made = dup_token(first, HOUR_US);
	push_apns_key_keep_in(next, dup(fd), 9 * HOUR_US);
	g_assert_cmpstr(push_apns_key_get_authorization(next, 9 * HOUR_US, NULL), ==, made);
	/* Its age is known, too. */
	g_assert_cmpstr(push_apns_key_get_authorization(next, 9 * HOUR_US + 45 * MINUTE_US, NULL),
	                !=, made);
	kept = bridge_keepsake_read(fd);
	words = g_strsplit(kept, " ", -1);
	g_assert_null(strstr(made, words[2]));
	push_apns_key_keep_in(other, dup(fd), HOUR_US);
	g_assert_null(strstr(push_apns_key_get_authorization(other, HOUR_US, NULL), words[2]));

	for (guint i = 0; i < 3; i++) {
		g_autoptr(PushApnsKey) late =
			push_apns_key_new(pem, "KEY4567890", "TEAM567890", NULL);
		const gint64 issued_s[] = {iat_s - 44 * 60, iat_s - 46 * 60, iat_s + 3600};

		g_free(old);
		old = g_strdup_printf("%" G_GINT64_FORMAT " %s old", issued_s[i], words[1]);
		g_assert_true(bridge_keepsake_write(fd, old));
		push_apns_key_keep_in(late, dup(fd), HOUR_US);
		g_assert_cmpint(g_str_equal(push_apns_key_get_authorization(late, HOUR_US, NULL),
		                            "bearer old"),
		                ==, i == 0);
	}
	close(fd);
}

static void
test_a_keepsake_is_a_line(void)
{
	g_autofree char *longest = g_strnfill(BRIDGE_KEEPSAKE_CHARS_MAX, 'x');
	g_autofree char *longer = g_strnfill(BRIDGE_KEEPSAKE_CHARS_MAX + 1, 'x');
	g_autofree char *text = NULL;
	int fd = bridge_keepsake_new(NULL);

	g_assert_null(bridge_keepsake_read(fd));
	g_assert_true(bridge_keepsake_write(fd, longest));
	g_assert_false(bridge_keepsake_write(fd, longer));
	g_assert_false(bridge_keepsake_write(fd, "two\nlines"));
	text = bridge_keepsake_read(fd);
	g_assert_cmpstr(text, ==, longest);
	g_assert_cmpint(ftruncate(fd, 1), ==, -1);
	close(fd);
}

static void
test_needs_a_key_and_names(void)
{
	g_autofree char *pem = make_pem();
	static const struct {
		const char *key_id;
		const char *team_id;
	} bad[] = {{"", "TEAM567890"},
	           {"KEY4567890", "TEAM"},
	           {"KEY45678901", "TEAM567890"},
	           {"KEY456789\"", "TEAM567890"}};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(push_apns_key_new(pem, bad[i].key_id, bad[i].team_id, &error));
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
	}
	g_assert_null(push_apns_key_new("no key", "KEY4567890", "TEAM567890", NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-apns-key/is-used-for-a-while", test_is_used_for_a_while);
	g_test_add_func("/push-apns-key/is-not-replaced-too-soon", test_is_not_replaced_too_soon);
	g_test_add_func("/push-apns-key/a-newer-one-stays", test_a_newer_one_stays);
	g_test_add_func("/push-apns-key/outlives-its-process", test_outlives_its_process);
	g_test_add_func("/push-apns-key/a-keepsake-is-a-line", test_a_keepsake_is_a_line);
	g_test_add_func("/push-apns-key/needs-a-key-and-names", test_needs_a_key_and_names);
	return g_test_run();
}
