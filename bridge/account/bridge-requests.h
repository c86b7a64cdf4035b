/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-requests.h: questions of an account that wait for a person. They are kept over restarts,
 * told once, and closed by an answer, by another client, by whoever asked, or by time.
 *
 *   subscription   somebody asks to see the account's presence: approve, deny
 *   room-invite    somebody invites into a room: accept, decline
 *   sign-in-again  the chat server refuses the credentials: closed by a sign-in with others
 *   captcha        the account's token service wants a picture read: answered by what it shows */
#pragma once

#include "bridge-account-feature.h"
#include "bridge-events.h"

G_BEGIN_DECLS

#define BRIDGE_REQUESTS_MAX 50       /* of an account; of what comes beyond servers remind */
#define BRIDGE_REQUESTS_ROOMS_MAX 20 /* of those, invitations: of what comes beyond nobody does */

extern const BridgeAccountFeature bridge_requests_feature;

/* (transfer container) (element-type BridgeRequest): those that are open, oldest first; borrowed */
GPtrArray *
bridge_requests_list(BridgeAccount *account);
/* NULL: no such request is open */
const BridgeRequest *
bridge_requests_find(BridgeAccount *account, const char *id);

/* Somebody has answered a contact's request for a subscription, if there was one; the chat server
 * is about to be told. @answer: static */
void
bridge_requests_note_answer(BridgeAccount *account, const char *jid, const char *answer);
/* The chat server has been told: the request is closed. */
void
bridge_requests_close_subscription(BridgeAccount *account, const char *jid);

/* Whoever invites has been told that nobody will come. @id: of the request */
void
bridge_requests_note_declined(BridgeAccount *account, const char *id);
gboolean
bridge_requests_is_captcha(const BridgeRequest *request);
/* Closes that one and signs in with @read, once. */
void
bridge_requests_answer_captcha(BridgeAccount *account, const BridgeRequest *request,
                               const char *read);

/* ---- For the account ------------------------------------------------------------------------- */

/* The room was entered: whoever invites into it has been answered. */
void
bridge_requests_close_invitation(BridgeAccount *account, BridgeWrite *write, const char *room);
/* The roster says so: somebody with a subscription asks for none. */
void
bridge_requests_note_contact(BridgeAccount *account, BridgeWrite *write, const char *jid,
                             const char *subscription);
/* It was signed out, and only other credentials help. */
void
bridge_requests_ask_to_sign_in(BridgeAccount *account, BridgeWrite *write);

G_END_DECLS
