/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-outbox.h: remembers the newest messages that were sent, so that what is heard of one later
 * (it came back, it arrived) can be told with its text. Pure; empty, it costs nothing. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GTALK_OUTBOX_MESSAGES_MAX 64
#define GTALK_OUTBOX_TEXT_MAX_BYTES (64 * 1024) /* of all texts together, at least of one */

typedef struct {
	char *id;
	char *to;   /* bare or full */
	char *text; /* plain */
	gint64 sent_us;
	gboolean was_away; /* the contact was not there when it was sent */
} GTalkOutboxMessage;

typedef struct {
	GQueue messages; /* oldest first */
	gsize text_bytes;
} GTalkOutbox;

void
gtalk_outbox_init(GTalkOutbox *self);
void
gtalk_outbox_clear(GTalkOutbox *self);

/* All but the numbers is copied. The oldest ones are forgotten when there are too many. */
void
gtalk_outbox_add(GTalkOutbox *self, const GTalkOutboxMessage *message);

/* The newest message with @id that was sent to @jid (any resource of it), or NULL; borrowed until
 * the next change. */
const GTalkOutboxMessage *
gtalk_outbox_find(const GTalkOutbox *self, const char *id, const char *jid);

/* Forgets one that was found. */
void
gtalk_outbox_remove(GTalkOutbox *self, const GTalkOutboxMessage *message);

G_END_DECLS
