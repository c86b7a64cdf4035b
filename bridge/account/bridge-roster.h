/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-roster.h: an account's contacts with their presence, in memory: it is told anew at each
 * sign-in and says what changed since the one before. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_ROSTER_CONTACTS_MAX 10000 /* no person has more; a hostile server might */
#define BRIDGE_ROSTER_RESOURCES_MAX 50   /* of one contact */
#define BRIDGE_ROSTER_BLOCKED_MAX 10000  /* likewise, contacts or not */

typedef struct {
	char *jid;
	char *name; /* "" if none */
	char **groups;
	char *subscription; /* RFC 6121: none, to, from, both */
	gboolean ask;
	gboolean blocked;
	char *avatar; /* which picture: its hash; "" if there is none, NULL if nobody knows */
	char *show;   /* of the most available resource: available, chat, away, xa, dnd, unavailable
	               */
	char *status; /* "" if none */
} BridgeContact;

/* The hash; NULL if there is none, or nobody knows. */
const char *
bridge_contact_get_avatar(const BridgeContact *contact);

typedef struct _BridgeRoster BridgeRoster;

BridgeRoster *
bridge_roster_new(void);
void
bridge_roster_free(BridgeRoster *roster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeRoster, bridge_roster_free)

/* (element-type BridgeContact) borrowed, sorted by JID */
GPtrArray *
bridge_roster_get_contacts(BridgeRoster *roster);

/* NULL: no contact; borrowed */
const BridgeContact *
bridge_roster_get_contact(BridgeRoster *roster, const char *jid);

/* A roster is about to be told from its beginning. Everybody is unavailable until told otherwise.
 */
void
bridge_roster_begin(BridgeRoster *roster);

/* Returns: (transfer full) (element-type utf8): whom the roster that was just told does not name
 * any more */
GPtrArray *
bridge_roster_finish(BridgeRoster *roster);

/* Whether a roster has been told to its end: only after that a change is news. */
gboolean
bridge_roster_is_complete(BridgeRoster *roster);

/* Returns: (nullable): the contact if it is new or something changed, else %NULL */
const BridgeContact *
bridge_roster_put(BridgeRoster *roster, const char *jid, const char *name,
                  const char *const *groups, const char *subscription, gboolean ask);

/* Likewise. Who is blocked is told anew after each sign-in; until it is told to its end, who was
 * blocked before still is. Contacts or not: the one may be told before the other. */
const BridgeContact *
bridge_roster_set_blocked(BridgeRoster *roster, const char *jid, gboolean blocked);

/* It has been told to its end.
 *
 * Returns: (transfer container) (element-type BridgeContact): contacts who are blocked no more */
GPtrArray *
bridge_roster_finish_blocked(BridgeRoster *roster);

/* What was known before any was told. */
void
bridge_roster_remember_blocked(BridgeRoster *roster, const char *jid);

/* Likewise; @hash: "" for none. */
const BridgeContact *
bridge_roster_set_avatar(BridgeRoster *roster, const char *jid, const char *hash);

/* What was known before the roster was told for the first time: it is the contact's own when that
 * is told. */
void
bridge_roster_remember_avatar(BridgeRoster *roster, const char *jid, const char *hash);
/* (element-type utf8 utf8): of whom no roster has told yet; borrowed */
GHashTable *
bridge_roster_get_remembered_avatars(BridgeRoster *roster);

/* Returns: whether it was there */
gboolean
bridge_roster_remove(BridgeRoster *roster, const char *jid);

/* Returns: (nullable): the contact if what is shown of it changed, else %NULL (no contact too) */
const BridgeContact *
bridge_roster_set_presence(BridgeRoster *roster, const char *jid, const char *resource,
                           const char *show, const char *status, int priority);

/* @resource: "" where the contact has none */
typedef void (*BridgeResourceFunc)(const char *resource, const char *show, const char *status,
                                   gpointer user_data);
/* What it is available by, the most available first. */
void
bridge_contact_foreach_resource(const BridgeContact *contact, BridgeResourceFunc func,
                                gpointer user_data);

G_END_DECLS
