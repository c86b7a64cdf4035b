/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-kept-presence.h: presence of contacts that waits, the newest of each full JID, in the order
 * in which they first came. Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_KEPT_PRESENCE_MAX 100

typedef struct _GTalkKeptPresence GTalkKeptPresence;

GTalkKeptPresence *
gtalk_kept_presence_new(void);
void
gtalk_kept_presence_free(GTalkKeptPresence *kept);

/* Whether @packet is such news: available or unavailable, from somebody with a resource, and not
 * from a room, whose participants are a conversation's. */
gboolean
gtalk_kept_presence_is_news(const xmlnode *packet);

/* Keeps a copy in the place of an older one. */
void
gtalk_kept_presence_put(GTalkKeptPresence *kept, const xmlnode *presence);

guint
gtalk_kept_presence_get_size(const GTalkKeptPresence *kept);

/* Whether there is one of that full JID. */
gboolean
gtalk_kept_presence_has(const GTalkKeptPresence *kept, const char *full_jid);

/* Whether there is any of the bare JID of @jid. */
gboolean
gtalk_kept_presence_has_contact(const GTalkKeptPresence *kept, const char *jid);

/* The first of all, or of the bare JID of @jid if that is not NULL; (transfer full), NULL if there
 * is none. */
xmlnode *
gtalk_kept_presence_take(GTalkKeptPresence *kept, const char *jid);

G_END_DECLS
