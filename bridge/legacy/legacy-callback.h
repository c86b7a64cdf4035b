/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-callback.h: what a phone registers: the address of its push channel and the contacts on
 * its start screen. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LEGACY_CALLBACK_BYTES_MAX 2048
#define LEGACY_TILES_MAX 64

typedef enum {
	LEGACY_CALLBACK_BROKEN, /* no address at all */
	LEGACY_CALLBACK_PLAIN,  /* http: nothing is ever sent there */
	LEGACY_CALLBACK_GOOD,
} LegacyCallback;

/* http or https, a host of lower-case letters, digits, dots and hyphens, perhaps a port and a path
 * in printable ASCII. */
LegacyCallback
legacy_callback_judge(const char *url);

/* (transfer full) (nullable): addresses, NULL-terminated; NULL if @text is no array of strings. Of
 * more than LEGACY_TILES_MAX the first ones count. */
char **
legacy_callback_parse_tiles(const char *text);

G_END_DECLS
