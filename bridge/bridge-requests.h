/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-requests.h: questions of an account that wait for a person. They are kept over restarts,
 * told once, and closed by an answer, by another client, by whoever asked, or by time.
 *
 *   subscription   somebody asks to see the account's presence: approve, deny
 *   sign-in-again  the chat server refuses the credentials: closed by a sign-in with others
 *
 * (A captcha is no type: only token services ask for one, and the bridge uses none.) */
#pragma once

#include "bridge-account-feature.h"
#include "bridge-events.h"

G_BEGIN_DECLS

#define BRIDGE_REQUESTS_MAX 50 /* of an account; of what comes beyond servers remind */

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

/* ---- For the account ------------------------------------------------------------------------- */

/* The roster says so: somebody with a subscription asks for none. */
void
bridge_requests_note_contact(BridgeAccount *account, BridgeWrite *write, const char *jid,
                             const char *subscription);
/* It was signed out, and only other credentials help. */
void
bridge_requests_ask_to_sign_in(BridgeAccount *account, BridgeWrite *write);

G_END_DECLS
