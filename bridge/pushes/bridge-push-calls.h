/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-calls.h: the pushes that a push process has been given, until it says what came of
 * them: the daemon's end of the socket of gtalk-bridge-push-link.xml. Main loop only. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _BridgePushCalls BridgePushCalls;

typedef struct {
	/* Some were answered: there is room for others. May free it. */
	void (*answered)(gpointer user_data);
	/* Nothing will be answered any more. May free it. */
	void (*ended)(gpointer user_data, const GError *error);
} BridgePushCallsClient;

/* @fd: (out): the push process's end: (transfer full). NULL with @error: there is no socket.
 * @client: copied; @user_data: outlives it */
BridgePushCalls *
bridge_push_calls_new(const BridgePushCallsClient *client, gpointer user_data, int *fd,
                      GError **error);
/* What is under way fails: it is not known whether it was sent. */
void
bridge_push_calls_free(BridgePushCalls *self);

/* @push: of BRIDGE_PUSH_ORDER_TYPE; @task: (transfer full): returns the outcome, a{sv} (transfer
 * full), or an error: it is not known whether it was sent */
void
bridge_push_calls_begin(BridgePushCalls *self, const char *service, GVariant *push, GTask *task);
guint
bridge_push_calls_get_under_way(BridgePushCalls *self);
/* What began before @before_us, monotonic, fails. */
void
bridge_push_calls_expire(BridgePushCalls *self, gint64 before_us);

G_END_DECLS
