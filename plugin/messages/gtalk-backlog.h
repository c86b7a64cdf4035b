/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-backlog.h: what comes live while the archive is being read waits here, so that what was
 * missed comes first and the order is that in which people spoke. Pure.
 *
 * The stanza of what waits is held, and no stanza may be held for long. When it is time, a message
 * with a stanza id goes on waiting without its hold, as it is in the archive too, which is going to
 * bring it, now or at the next sign-in: it is kept for the case that it came behind the archive's
 * last page. A message without one is nowhere else, so it has to leave. */
#pragma once

#include <glib.h>

#include "gtalk.h"

G_BEGIN_DECLS

#define GTALK_BACKLOG_MESSAGES_MAX 1000
#define GTALK_BACKLOG_BYTES_MAX (4 * 1024 * 1024) /* of text */

typedef struct _GTalkBacklog GTalkBacklog;

typedef struct {
	GTalkMessage message; /* its strings are owned */
	guint stanza;         /* the number of its stanza, which is held; 0: it is not */
} GTalkWaiting;

GTalkBacklog *
gtalk_backlog_new(void);
void
gtalk_backlog_free(GTalkBacklog *self);
void
gtalk_waiting_free(GTalkWaiting *waiting);

/* Puts a copy of @message at the end. FALSE if there is no room. */
gboolean
gtalk_backlog_push(GTalkBacklog *self, const GTalkMessage *message, guint stanza);

/* The first message, or NULL. This one and the following: (transfer full). */
GTalkWaiting *
gtalk_backlog_pop(GTalkBacklog *self);
/* The first message that is in no archive, or NULL. */
GTalkWaiting *
gtalk_backlog_pop_unarchived(GTalkBacklog *self);
/* Likewise, if it came before the one with @stanza_id. */
GTalkWaiting *
gtalk_backlog_pop_unarchived_before(GTalkBacklog *self, const char *stanza_id);

/* The message with @stanza_id, or NULL. */
GTalkWaiting *
gtalk_backlog_pop_archived(GTalkBacklog *self, const char *stanza_id);

/* Takes the hold of the first archived message that has one; returns the stanza's number, 0 if
 * there is none.
 */
guint
gtalk_backlog_take_hold(GTalkBacklog *self);

/* How many messages wait that are in the archive. */
guint
gtalk_backlog_count_archived(const GTalkBacklog *self);
/* How many cannot wait for long, because they are in no archive or their stanzas are held. */
guint
gtalk_backlog_count_pressing(const GTalkBacklog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkBacklog, gtalk_backlog_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkWaiting, gtalk_waiting_free)

G_END_DECLS
