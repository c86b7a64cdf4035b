/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-process.h: the daemon's hold of gtalk-bridge-push: starts it when something is to be
 * sent, again when it ended, and kills it when it hangs. What was under way then fails, and whoever
 * asked sends it again; what was not yet given to it waits for the next one. Main loop only. */
#pragma once

#include "bridge-push-token.h"

G_BEGIN_DECLS

typedef struct {
	const char *program;
	const char *contact;      /* "" for none */
	const char *ca_directory; /* or NULL */
	const char *const *allow;
	const char *const *hosts;
	const char *fcm_url; /* or NULL, as the next: the vendor's */
	const char *fcm_token_url;
	const char *apns_url; /* or NULL, as the rest of them: it does not speak HTTP/2 */
	const char *apns_sandbox_url;
	const char *apns_key_id;
	const char *apns_team_id;
	const char *apns_topic;
	GHashTable *credentials; /* BRIDGE_PUSH_CREDENTIAL_*, but VAPID -> GBytes; or NULL */
	BridgePushToken *token;  /* or NULL */
	guint deadline_ms;       /* of an attempt */
	guint probe_interval_ms; /* twice as long without an answer means that it hangs */
} BridgePushProcessOptions;

#define BRIDGE_TYPE_PUSH_PROCESS (bridge_push_process_get_type())
G_DECLARE_FINAL_TYPE(BridgePushProcess, bridge_push_process, BRIDGE, PUSH_PROCESS, GObject)

/* @options: copied, @credentials and @token kept; @push_key: of bridge_store_get_push_key() */
BridgePushProcess *
bridge_push_process_new(const BridgePushProcessOptions *options, const guint8 *push_key);

/**
 * bridge_push_process_send_async:
 * @push: of BRIDGE_PUSH_ORDER_TYPE (transfer floating)
 *
 * Finishes with the outcome, of BRIDGE_PUSH_OUTCOME_TYPE; G_IO_ERROR_BUSY: it was not sent, as the
 * process is not there; any other error: it is not known whether it was. */
void
bridge_push_process_send_async(BridgePushProcess *self, const char *service, GVariant *push,
                               GAsyncReadyCallback callback, gpointer user_data);
GVariant *
bridge_push_process_send_finish(BridgePushProcess *self, GAsyncResult *result, GError **error);

/* 0: none runs */
GPid
bridge_push_process_get_pid(BridgePushProcess *self);
/* How often one was started. */
guint
bridge_push_process_get_starts(BridgePushProcess *self);

/* Ends it; nothing can be sent any more. */
void
bridge_push_process_stop(BridgePushProcess *self);

G_END_DECLS
