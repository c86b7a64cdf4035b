/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-invitation-stanza.h: what asks somebody to become a contact: subscription requests with a
 * text (google:subscribe) and suggested contacts (XEP-0144); pure. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk.h"

G_BEGIN_DECLS

#define GTALK_NS_GOOGLE_SUBSCRIBE "google:subscribe"
#define GTALK_NS_ROSTERX "http://jabber.org/protocol/rosterx"

#define GTALK_INVITATION_TEXT_MAX_BYTES 2000 /* for a few sentences */
#define GTALK_SUGGESTIONS_MAX 50             /* in one stanza; more is not read */

/* ---- Subscription requests ------------------------------------------------------------------ */

/* Adds the text to an outgoing @request: for the contact's client, and, if @with_mail, for the mail
 * that a Google server sends to somebody who has no account yet. name: the contact's, or NULL. */
void
gtalk_invitation_add(xmlnode *request, const char *name, const char *subject, const char *text,
                     gboolean with_mail);

/* The text that comes with a subscription request (transfer full), NULL if @presence is none or
 * says nothing. */
char *
gtalk_invitation_dup_text(const xmlnode *presence);

/* ---- Suggested contacts --------------------------------------------------------------------- */

/* Whom the <message> suggests to add (GTalkSuggestion, transfer full), NULL if nobody. */
GPtrArray *
gtalk_suggestion_parse(const xmlnode *message);

/* (transfer full) */
xmlnode *
gtalk_suggestion_build(const char *to, const GTalkSuggestion *const *suggestions);

/* suggestion may be NULL. */
void
gtalk_suggestion_free(GTalkSuggestion *suggestion);

G_END_DECLS
