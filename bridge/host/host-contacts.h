/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-contacts.h: changes to the roster (RFC 6121), by stanzas of our own: libpurple knows one
 * group of a contact only. What comes of them are "contact" and "contact-removed" events, which
 * are told before the answer.
 *
 * Request "contact-put": "jid" s (bare), "name" s (missing: as it is), "groups" as (all of them;
 *   missing: as they are); adds a contact who is not there, and asks for the subscription unless
 *   there is one or it has been asked for.
 * Request "contact-remove": "jid" s; ends the subscriptions in both directions.
 * Request "contact-answer": "jid" s, "answer" s (approve, deny): may the contact see the account's
 *   presence (deny: no more); the answer has
 *   "jid" s, as asked. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_contacts_feature;

/* "jid" of @arguments: of somebody else, without resource. NULL: @request has failed. */
const char *
host_contacts_find_jid(HostAccount *account, GVariantDict *arguments, HostRequest *request);

/* Answers @request, with "jid", when all has come that belongs to what was sent before. */
void
host_contacts_settle(HostAccount *account, const char *jid, HostRequest *request);

G_END_DECLS
