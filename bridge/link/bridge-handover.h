/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-handover.h: how a secret crosses the link: by the descriptor of a sealed memory file,
 * never in a message. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * bridge_handover_write:
 * Returns: a sealed memory file that holds the @length bytes of @secret, at its beginning; -1 with
 * @error set on failure */
int
bridge_handover_write(const char *secret, gsize length, GError **error);

/**
 * bridge_handover_read:
 * @fd: (transfer none): a sealed memory file: nothing else can be trusted not to block
 *
 * Returns: (transfer full): what it holds, text of 1 to @bytes_max bytes: to be wiped; %NULL with
 * @error set on failure */
char *
bridge_handover_read(int fd, gsize bytes_max, GError **error);

G_END_DECLS
