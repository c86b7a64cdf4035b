/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-roster-stanza.h: the extended attributes of roster items (google:roster, version 2), read
 * and written; pure. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk.h"

G_BEGIN_DECLS

#define GTALK_NS_ROSTER "jabber:iq:roster"
#define GTALK_NS_GOOGLE_ROSTER "google:roster"

#define GTALK_ROSTER_JID_MAX_BYTES 3071 /* RFC 7622 */
#define GTALK_ROSTER_NAME_MAX_BYTES 1023
#define GTALK_ROSTER_URL_MAX_BYTES 2048
#define GTALK_ROSTER_GROUPS_MAX 64
#define GTALK_ROSTER_COUNT_MAX 1000000 /* of messages or mails; Google went up to 5 */

/* The <query> of a roster result or push, NULL if @iq is neither. */
xmlnode *
gtalk_roster_stanza_find_query(const xmlnode *iq);

/* What @item says of a contact (transfer full), NULL without a usable address. What makes no sense
 * is left out; a removed item has the subscription "remove". */
GTalkRosterContact *
gtalk_roster_stanza_parse_item(const xmlnode *item);
void
gtalk_roster_contact_free(GTalkRosterContact *contact);

/* Neither subscribed nor asked, nor in a group where the user put them: the server fills the roster
 * with such people from the address book. Who is blocked without a subscription is one as well. */
gboolean
gtalk_roster_contact_is_stranger(const GTalkRosterContact *contact);
/* Whether a plain roster could not have told all of it. */
gboolean
gtalk_roster_contact_is_extended(const GTalkRosterContact *contact);

/* A roster set that gives the contact's entry this kind (transfer full). The entry is replaced as a
 * whole, so name (may be NULL) and groups (NULL-terminated, may be NULL) have to be what they are.
 */
xmlnode *
gtalk_roster_stanza_build_set(const char *jid, const char *name, const char *const *groups,
                              GTalkRosterKind kind);

/* Marks @item, an item in an outgoing roster set, with @kind, unless it is marked already. */
void
gtalk_roster_stanza_mark(xmlnode *item, GTalkRosterKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkRosterContact, gtalk_roster_contact_free)

G_END_DECLS
