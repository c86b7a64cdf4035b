/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-subscriptions.h: who asks to see the account's presence (RFC 6121, section 3). libpurple is
 * not shown that: it would ask its user. The answer is the Request "contact-answer" of
 * host-contacts.h; until it comes the server says it again at every sign-in.
 *
 * Event "subscription-request": "jid" s (bare), "name" s (XEP-0172), "text" s; "" if there is none.
 * Event "subscription-withdrawn": "jid" s: asks no more. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

#define HOST_SUBSCRIPTIONS_NAME_MAX_BYTES 128
#define HOST_SUBSCRIPTIONS_TEXT_MAX_BYTES 512

extern const HostFeature host_subscriptions_feature;

G_END_DECLS
