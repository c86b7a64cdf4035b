/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-grant.h: the credential of an account that signs in by tokens of an OAuth 2.0 token
 * endpoint: what daemon and host tell each other, and what is stored, as one text. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_GRANT_BYTES_MAX (32 * 1024)

/* No member is NULL; all but the refresh token may be empty. */
typedef struct {
	char *refresh_token;
	char *client_id;
	char *access_token; /* the newest that is known */
	gint64 expires_s;   /* of that, since the epoch; 0: not known */
} BridgeGrant;

/* Whether @text can be a token or a client id: visible ASCII and, in a client id, blanks
 * (RFC 6749, appendix A). */
gboolean
bridge_grant_is_text(const char *text);

/* (transfer full): secret: to be wiped. The members are as bridge_grant_is_text() wants them. */
char *
bridge_grant_build(const BridgeGrant *grant);

/* NULL: that is none. Free with bridge_grant_free(), which wipes. */
BridgeGrant *
bridge_grant_parse(const char *text);
void
bridge_grant_free(BridgeGrant *grant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeGrant, bridge_grant_free)

G_END_DECLS
