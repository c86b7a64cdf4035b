/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-token.h: accounts whose tokens come from a token service. The plugin gets and renews them;
 * what the daemon has to keep of that goes back by KeepCredential whenever it changes.
 *
 * Wanted: "captcha-id" s, "captcha" s: what a person has read in a picture of the service's; it is
 * told once.
 *
 * Event "captcha": "id" s, "url" s: a person is to read that picture; then "state" is offline with
 * the reason "captcha". */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_token_feature;

/* Gives the account its secret, and its token service if it has one. Before it connects; after
 * everything else that its settings say. */
void
host_token_prepare(HostAccount *account, const HostSettings *settings, const char *credential);

/* Whether a picture is to be read first: see above. */
gboolean
host_token_is_captcha(HostAccount *account);

/* Whether its secret is for a token service. */
gboolean
host_token_is_used(HostAccount *account);

G_END_DECLS
