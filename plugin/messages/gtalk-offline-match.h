/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-offline-match.h: which of the messages in a server's offline storage its archive has, too.
 * Pure.
 *
 * A list of that storage (XEP-0013) tells no archive ids, only who sent each message; but ejabberd
 * names each by the time at which it stored it, right after the archive did. So a message in
 * storage is taken for one in the archive if that is of the same sender and of that time, and no
 * other one in storage is that already. What is named otherwise, or was not archived (a receipt, a
 * message that asks not to be, one for which the archive has no room), matches none. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GTALK_OFFLINE_MATCH_MAX 10000 /* messages noted; the rest match none */
#define GTALK_OFFLINE_MATCH_US (2 * (gint64)G_USEC_PER_SEC) /* between archive and storage */

typedef struct _GTalkOfflineMatch GTalkOfflineMatch;

GTalkOfflineMatch *
gtalk_offline_match_new(void);
void
gtalk_offline_match_free(GTalkOfflineMatch *self);

/* The archive has a message of @sender, a full JID, that came at @time_us, since the epoch. A
 * second one that equals it is the same. */
void
gtalk_offline_match_note(GTalkOfflineMatch *self, const char *sender, gint64 time_us);

/* Whether a message of @sender (nullable) that is stored as @node is one of those; it is none any
 * more then. To be asked for older ones first. */
gboolean
gtalk_offline_match_take(GTalkOfflineMatch *self, const char *node, const char *sender);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkOfflineMatch, gtalk_offline_match_free)

G_END_DECLS
