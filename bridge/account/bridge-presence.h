/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-presence.h: what the account shows of itself to its contacts, of what host/host-presence.h
 * tells. The choice is durable before anybody hears of it, and restored at each sign-in before the
 * first presence goes out. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

extern const BridgeAccountFeature bridge_presence_feature;

#define BRIDGE_PRESENCE_STATUS_BYTES_MAX 1024

typedef struct {
	char *show;   /* available, chat, away, xa, dnd */
	char *status; /* plain text, "" if none */
	gboolean invisible;
	char *shown; /* what contacts see now: as show, or unavailable */
} BridgePresence;

void
bridge_presence_free(BridgePresence *presence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePresence, bridge_presence_free)

/* NULL-terminated: what "show" may be. */
const char *const *
bridge_presence_get_shows(void);

/* Returns: (transfer full) */
BridgePresence *
bridge_account_dup_presence(BridgeAccount *self);

/**
 * bridge_account_set_presence_async:
 * @presence: "shown" is not looked at
 *
 * Finishes when it is durable and, if the account is online, when the chat server has been told: an
 * account that is not online shows it from its next sign-in on. BRIDGE_ERROR_UNSUPPORTED: the
 * server does not make the account invisible; it stays away from it until another presence is
 * chosen. */
void
bridge_account_set_presence_async(BridgeAccount *self, const BridgePresence *presence,
                                  GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_account_set_presence_finish(BridgeAccount *self, GAsyncResult *result, GError **error);
/* @idle: away or xa, which is shown instead of available and chat; "": no more. */
void
bridge_account_set_idle(BridgeAccount *self, const char *idle);

G_END_DECLS
