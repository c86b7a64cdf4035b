/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-undelivered.h: why a message came back (specification 5.1, 5.2), guessed from what is known
 * of the contact, since many reasons look the same on the wire; and the words for it. Pure. */
#pragma once

#include <glib.h>

#include "contacts/gtalk-subscriptions.h"
#include "gtalk.h"

G_BEGIN_DECLS

/* What is known when an error comes. */
typedef struct {
	const char *condition; /* RFC 6120 */
	gboolean says_blocked; /* the server says that the own account blocks the contact (XEP-0191)
	                        */
	gboolean is_denied;    /* the own list says so */
	gboolean is_room;
	gboolean is_there; /* the contact's presence is available */
	GTalkSubscription subscription;
	GTalkRecord record;
} GTalkUndeliveredFacts;

GTalkUndeliveredReason
gtalk_undelivered_find_reason(const GTalkUndeliveredFacts *facts);

/* All that the user is told, several lines of plain text; name: of the contact or room;
 * server_words and body may be NULL; (transfer full). */
char *
gtalk_undelivered_dup_text(GTalkUndeliveredReason reason, const char *name,
                           const char *server_words, const char *body);

G_END_DECLS
