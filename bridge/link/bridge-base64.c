/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-base64.h"

#include <string.h>

static char *
bridge_base64_translate(const char *text, gsize length, const char *from, const char *to)
{
	char *translated = g_strndup(text, length);

	for (char *at = translated; *at != '\0'; at++) {
		const char *found = strchr(from, *at);

		if (found != NULL)
			*at = to[found - from];
	}
	return translated;
}

char *
bridge_base64_encode(gconstpointer octets, gsize length)
{
	g_autofree char *text = g_base64_encode(octets, length);

	return bridge_base64_translate(text, strcspn(text, "="), "+/", "-_");
}

GBytes *
bridge_base64_decode(const char *text)
{
	gsize length = strcspn(text, "=");
	gsize padding = strlen(text + length);
	g_autofree char *plain = bridge_base64_translate(text, length, "-_", "+/");
	g_autofree char *padded = NULL;
	g_autofree char *again = NULL;
	guchar *octets = NULL;
	gsize n_octets = 0;

	if (length % 4 == 1 || strspn(text + length, "=") != padding ||
	    (padding != 0 && (length + padding) % 4 != 0) || padding > 2)
		return NULL;
	padded = g_strconcat(plain, length % 4 == 2 ? "==" : length % 4 == 3 ? "=" : "", NULL);
	octets = g_base64_decode(padded, &n_octets);
	/* GLib skips what it does not know. */
	again = g_base64_encode(octets, n_octets);
	if (!g_str_equal(again, padded)) {
		g_free(octets);
		return NULL;
	}
	return g_bytes_new_take(octets, n_octets);
}
