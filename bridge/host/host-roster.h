/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-roster.h: one account's roster as its server has it. libpurple's buddy list becomes slow
 * within shared groups and when there are many of them, so it sees every contact in exactly one
 * group that belongs to the account alone; the true groups are kept here, item by item and
 * verbatim, and put back into every roster set that libpurple sends.
 *
 * Works on stanzas in place and knows no connection. Main loop only. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define HOST_ROSTER_NAMESPACE "jabber:iq:roster"
#define HOST_ROSTER_NAME_MAX_BYTES 1023 /* of a JID's part and of a name, RFC 7622 */
#define HOST_ROSTER_GROUPS_MAX 64       /* of one contact; more is not told */

typedef struct _HostRoster HostRoster;

/**
 * HostRosterSink:
 * @contact: a{sv} of a "contact" event, floating
 * @removed: bare JID of a contact that is gone
 * @done: a whole roster has been told */
typedef struct {
	void (*contact)(gpointer user_data, GVariant *contact);
	void (*removed)(gpointer user_data, const char *jid);
	void (*done)(gpointer user_data);
} HostRosterSink;

/* @group: the private group's name */
HostRoster *
host_roster_new(const char *group, const HostRosterSink *sink, gpointer user_data);
void
host_roster_free(HostRoster *roster);

/**
 * host_roster_receive:
 * @iq: a stanza from the server; its items' groups are replaced by the private one
 * @own_jid: the account's JID, with or without resource
 *
 * Takes roster results that answer what host_roster_send() saw, and pushes of the own account;
 * leaves everything else alone. */
void
host_roster_receive(HostRoster *roster, xmlnode *iq, const char *own_jid);

/**
 * host_roster_send:
 * @iq: a stanza on its way to the server; in roster sets the true groups are put back */
void
host_roster_send(HostRoster *roster, xmlnode *iq);

/**
 * host_roster_build_set:
 * @name: (nullable): %NULL leaves it as it is
 * @groups: (nullable): all of them; %NULL leaves them as they are
 *
 * Returns: (transfer full): a roster set that makes the contact's entry so, made of the one that is
 * kept; host_roster_send() leaves it alone */
xmlnode *
host_roster_build_set(HostRoster *roster, const char *bare_jid, const char *name,
                      const char *const *groups);

/* Returns: (transfer full): a roster set that removes the contact: the server ends both
 * subscriptions (RFC 6121, section 2.5) */
xmlnode *
host_roster_build_remove(HostRoster *roster, const char *bare_jid);

/* Whether the account sees the contact's presence, or has asked to. */
gboolean
host_roster_is_subscribed(HostRoster *roster, const char *bare_jid);

gboolean
host_roster_has(HostRoster *roster, const char *bare_jid);

/* To be called for each presence of a contact. Servers answer for every contact that is not there,
 * and libpurple looks each up in all groups.
 *
 * Returns: FALSE if it says that a contact is away that never was there: neither news nor work */
gboolean
host_roster_note_presence(HostRoster *roster, const char *bare_jid, gboolean available);

G_END_DECLS
