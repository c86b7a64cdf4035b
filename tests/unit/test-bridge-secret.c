/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gio.h>

#include "base/bridge-secret.h"

static void
test_tokens(void)
{
	g_autofree char *one = bridge_secret_make_token();
	g_autofree char *two = bridge_secret_make_token();
	g_autofree char *id = bridge_secret_make_id();

	g_assert_cmpuint(strlen(one), ==, 43); /* 256 bits */
	g_assert_cmpuint(strspn(one, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_"), ==, 43);
	g_assert_cmpstr(one, !=, two);
	g_assert_cmpuint(strlen(id), ==, 32);
	g_assert_cmpuint(strspn(id, "0123456789abcdef"), ==, 32);
}

static void
test_equal(void)
{
	g_autoptr(GBytes) a = bridge_secret_new("secret");
	g_autoptr(GBytes) same = g_bytes_new_static("secret", 6);
	g_autoptr(GBytes) longer = bridge_secret_new("secrets");
	g_autoptr(GBytes) other = bridge_secret_new("Secret");

	g_assert_true(bridge_secret_equal(a, same));
	g_assert_false(bridge_secret_equal(a, longer));
	g_assert_false(bridge_secret_equal(a, other));
}

static void
test_hash(void)
{
	/* FIPS 180-2, "abc" */
	const guint8 expected[BRIDGE_SECRET_HASH_BYTES] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
		0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];

	bridge_secret_hash("abc", hash);
	g_assert_cmpmem(hash, sizeof hash, expected, sizeof expected);
}

static void
test_to_fd(void)
{
	g_autoptr(GBytes) secret = bridge_secret_new("secret");
	char buffer[16];
	g_autoptr(GError) error = NULL;
	int fd = bridge_secret_to_fd(secret, &error);

	g_assert_no_error(error);
	g_assert_cmpint(read(fd, buffer, sizeof buffer), ==, 6);
	g_assert_cmpmem(buffer, 6, "secret", 6);
	/* Sealed. */
	g_assert_cmpint(write(fd, "x", 1), ==, -1);
	g_assert_cmpint(ftruncate(fd, 0), ==, -1);
	close(fd);
	bridge_secret_free_text(NULL);
}

static void
test_from_fd(void)
{
	g_autoptr(GBytes) secret = bridge_secret_new("secret");
	g_autoptr(GBytes) back = NULL;
	g_autoptr(GError) error = NULL;
	int fd = bridge_secret_to_fd(secret, NULL);
	int plain = memfd_create("plain", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ends[2];

	back = bridge_secret_from_fd(fd, 6, &error);
	g_assert_no_error(error);
	g_assert_true(g_bytes_equal(back, secret));
	g_assert_null(bridge_secret_from_fd(fd, 5, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
	/* Whoever can still write could let the reader wait, or read another thing. */
	g_assert_cmpint(write(plain, "secret", 6), ==, 6);
	g_assert_null(bridge_secret_from_fd(plain, 6, NULL));
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_null(bridge_secret_from_fd(ends[0], 6, NULL));
	close(ends[0]);
	close(ends[1]);
	close(plain);
	close(fd);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-secret/tokens", test_tokens);
	g_test_add_func("/bridge-secret/equal", test_equal);
	g_test_add_func("/bridge-secret/hash", test_hash);
	g_test_add_func("/bridge-secret/to-fd", test_to_fd);
	g_test_add_func("/bridge-secret/from-fd", test_from_fd);
	return g_test_run();
}
