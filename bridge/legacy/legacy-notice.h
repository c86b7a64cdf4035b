/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-notice.h: where a phone's app opens from a toast or a tile. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A chat, as the app itself writes its address when it pins the tile: letters, digits and -_.!*'()
 * stay, a blank is +, all else is escaped in lower case. */
char *
legacy_notice_build_tile(const char *jid);
/* Likewise for a toast, where any percent-encoding does. */
char *
legacy_notice_build_page(const char *jid);

G_END_DECLS
