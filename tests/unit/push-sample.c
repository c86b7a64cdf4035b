/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Encrypts and signs for other implementations to open and verify; octets are base64url.
 *
 *   push-sample encrypt DEVICE-KEY AUTH   each line of the input, to a line of the output
 *   push-sample vapid PRIVATE PUBLIC      likewise for origins */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/bridge-base64.h"
#include "push-encryption.h"
#include "push-vapid.h"

#define SAMPLE_LINE_BYTES_MAX 8192

static char *
sample_encrypt(PushEncryption *encryption, GBytes *device, GBytes *auth, const char *line)
{
	g_autoptr(GBytes) plain = bridge_base64_decode(line);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) body = NULL;

	body = push_encryption_encrypt(encryption, device, auth, plain,
	                               push_encryption_pad(g_bytes_get_size(plain)), &error);
	if (body == NULL)
		g_error("%s", error->message);
	return bridge_base64_encode(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
}

static char *
sample_sign(PushVapid *vapid, const char *origin)
{
	g_autoptr(GError) error = NULL;
	const char *value = push_vapid_get_authorization(
		vapid, origin, g_get_real_time() / G_USEC_PER_SEC, &error);

	if (value == NULL)
		g_error("%s", error->message);
	return g_strdup(value);
}

int
main(int argc, char **argv)
{
	char line[SAMPLE_LINE_BYTES_MAX];
	g_autoptr(GBytes) first = argc == 4 ? bridge_base64_decode(argv[2]) : NULL;
	g_autoptr(GBytes) second = argc == 4 ? bridge_base64_decode(argv[3]) : NULL;
	g_autoptr(PushEncryption) encryption = push_encryption_new(NULL);
	g_autoptr(PushVapid) vapid = NULL;

	if (first == NULL || second == NULL)
		return EXIT_FAILURE;
	if (g_str_equal(argv[1], "vapid"))
		vapid = push_vapid_new(first, second, "mailto:push@example.org", NULL);
	while (fgets(line, sizeof line, stdin) != NULL) {
		g_autofree char *text = NULL;

		line[strcspn(line, "\n")] = '\0';
		text = vapid != NULL ? sample_sign(vapid, line)
		                     : sample_encrypt(encryption, first, second, line);
		puts(text);
	}
	return EXIT_SUCCESS;
}
