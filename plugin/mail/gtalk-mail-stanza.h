/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-mail-stanza.h: builds the question for mail and reads the answer (google:mail:notify).
 * Pure. What is malformed is left out, never fatal: a thread without an id, a link that is none. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk.h"

G_BEGIN_DECLS

#define GTALK_MAIL_THREADS_MAX 100 /* the service listed about thirty */
#define GTALK_MAIL_SENDERS_MAX 16  /* of one thread */

typedef struct {
	gint64 newer_than_ms;   /* only threads changed after it; 0: any */
	guint64 newer_than_tid; /* only threads newer than it; 0: any */
	const char *search; /* in the server's language of searches; NULL: unread in the inbox */
} GTalkMailQuery;

/* Puts the question into @iq. */
void
gtalk_mail_query_build(xmlnode *iq, const GTalkMailQuery *query);

/* The answer in @reply, an <iq> of type result; NULL if there is none. is_whole and is_new are the
 * caller's to fill in. */
GTalkMailbox *
gtalk_mailbox_parse(const xmlnode *reply);

void
gtalk_mailbox_free(GTalkMailbox *mailbox);

/* The thread at @index, to fill in is_new. */
GTalkMailThread *
gtalk_mailbox_get_thread(GTalkMailbox *mailbox, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkMailbox, gtalk_mailbox_free)

G_END_DECLS
