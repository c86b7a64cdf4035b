/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-login-credential.h: what somebody shows to be let in, as the configuration of his domain
 * takes it: which credential the account is to have, and how a host signs in with it. Pure. */
#pragma once

#include "bridge-accounts.h"
#include "config/bridge-config.h"

G_BEGIN_DECLS

typedef struct {
	char *mechanism; /* as SignIn of the link has it */
	GBytes *secret;
} BridgeLoginCredential;

/**
 * bridge_login_credential_read:
 * @credential: filled on success; to be cleared
 *
 * Returns: %FALSE: BRIDGE_ERROR_INVALID, _ENROLMENT_REQUIRED (the domain is closed),
 * _PASSWORD_NOT_ALLOWED */
gboolean
bridge_login_credential_read(const BridgeLoginRequest *request, const BridgeDomainConfig *domain,
                             BridgeLoginCredential *credential, GError **error);

/* Becomes one that proves who shows it and uses nothing up: the access token alone, of a grant. */
void
bridge_login_credential_reduce(BridgeLoginCredential *credential);

void
bridge_login_credential_clear(BridgeLoginCredential *credential);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BridgeLoginCredential, bridge_login_credential_clear)

G_END_DECLS
