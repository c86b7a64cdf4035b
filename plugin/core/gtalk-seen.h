/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-seen.h: remembers the newest few thousand ids, to know a repetition. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GTalkSeen GTalkSeen;

GTalkSeen *
gtalk_seen_new(guint capacity);
void
gtalk_seen_free(GTalkSeen *self);

/* Remembers @id, forgetting the oldest one if it is full. FALSE if it was there already. */
gboolean
gtalk_seen_add(GTalkSeen *self, const char *id);
/* Likewise a message of that archive id and sender (nullable; its bare JID counts): ejabberd's ids
 * are times, and those of two people's messages may be the same. */
gboolean
gtalk_seen_add_message(GTalkSeen *self, const char *id, const char *sender);
gboolean
gtalk_seen_has_message(const GTalkSeen *self, const char *id, const char *sender);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkSeen, gtalk_seen_free)

G_END_DECLS
