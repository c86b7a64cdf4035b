/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What presence and vCards have of pictures. */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "host-avatar-stanza.h"

static void
fuzz_avatar(xmlnode *stanza)
{
	g_autoptr(GBytes) image = host_avatar_parse_image(stanza);
	g_autofree char *hash = host_avatar_parse_hash(stanza);
	g_autofree char *hidden = NULL;

	g_assert_true(hash == NULL || *hash == '\0' || strlen(hash) == HOST_AVATAR_HASH_CHARS);
	if (image != NULL) {
		g_assert_cmpuint(g_bytes_get_size(image), >, 0);
		g_assert_cmpuint(g_bytes_get_size(image), <=, HOST_AVATAR_BYTES_MAX);
	}
	host_avatar_hide(stanza);
	hidden = host_avatar_parse_hash(stanza);
	g_assert_null(hidden);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_avatar);
}
