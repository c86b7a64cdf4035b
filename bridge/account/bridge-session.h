/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-session.h: one sign-in of an account: its place in a host, from SignIn to SignOut or loss.
 *
 * A session begins on probation: what its host reports is held back, unanswered, but for the
 * verdict: did the sign-in succeed. Then it is given to the account that it proved itself for
 * (bridge_session_release), which gets everything from the beginning, in order; or it is ended. So
 * the first messages of a new account are neither lost nor stored before the account is. Main loop
 * only. */
#pragma once

#include "config/bridge-config.h"
#include "hosts/bridge-supervisor.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_SESSION (bridge_session_get_type())
G_DECLARE_FINAL_TYPE(BridgeSession, bridge_session, BRIDGE, SESSION, GObject)

typedef struct {
	/* As BridgeHostClient, with the session that it comes from. */
	void (*events)(gpointer user_data, BridgeSession *session, BridgeHostEvents *call,
	               GVariant *events);
	/* The last thing that comes, if it comes. */
	void (*lost)(gpointer user_data, BridgeSession *session, const GError *error);
	void (*suspicion)(gpointer user_data, BridgeSession *session,
	                  const BridgeBlackBoxNote *note);
	void (*traffic)(gpointer user_data, BridgeSession *session, gint64 time_us);
	/* The credential that it signed in with has become another one, which is to be kept. */
	void (*credential)(gpointer user_data, BridgeSession *session, const char *mechanism,
	                   GBytes *credential);
} BridgeSessionOwner;

/* (nullable): what was to be kept in place of the credential, of @mechanism, since there was no
 * owner; borrowed */
GBytes *
bridge_session_get_new_credential(BridgeSession *self, const char **mechanism);

/* Called once: @reason: NULL when it is online, else BRIDGE_REASON_* or BRIDGE_REASON_HOST_LOST,
 * and the session has ended. */
typedef void (*BridgeSessionVerdict)(BridgeSession *session, const char *reason, const char *detail,
                                     gpointer user_data);

/**
 * bridge_session_new:
 * @record: whose credential, mechanism and resource to sign in with; copied
 * @archive_since_s: where to begin in the archive if the record does not know; 0: nowhere */
BridgeSession *
bridge_session_new(BridgeSupervisor *supervisor, const BridgeAccountRecord *record,
                   const BridgeDomainConfig *domain, BridgePlace place, gint64 archive_since_s);

/* Whether it only looks where the archive ends, and wants nothing of what is there. */
gboolean
bridge_session_begins_at_end(BridgeSession *self);

/* Begins on probation. The verdict may be awaited only before the release or the end. */
void
bridge_session_begin(BridgeSession *self, BridgeSessionVerdict verdict, gpointer user_data);

/* Gives it an owner, who gets at once what was held back. Without a verdict being awaited it may be
 * called before anything has happened. */
void
bridge_session_release(BridgeSession *self, const BridgeSessionOwner *owner, gpointer user_data);

/* Signs out; what the owner is still told until the callback is to be kept as before. A session on
 * probation drops what it held. */
void
bridge_session_end_async(BridgeSession *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_session_end_finish(BridgeSession *self, GAsyncResult *result, GError **error);

/* As bridge_supervisor_send_async(). */
void
bridge_session_send_async(BridgeSession *self, const char *id, const char *to, const char *body,
                          GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_session_send_finish(BridgeSession *self, GAsyncResult *result, GError **error);

/* As bridge_supervisor_request_async(). */
void
bridge_session_request_async(BridgeSession *self, const char *command, GVariant *arguments,
                             GAsyncReadyCallback callback, gpointer user_data);
GVariant *
bridge_session_request_finish(BridgeSession *self, GAsyncResult *result, GError **error);

/* The account's own number of the host's stream @host_stream; @last: the highest in use, raised
 * when another is needed. */
guint64
bridge_session_map_stream(BridgeSession *self, guint32 host_stream, guint64 *last);

/* Whether it has its place in a host: not after the end, nor after the loss. */
gboolean
bridge_session_is_seated(BridgeSession *self);

const char *
bridge_session_get_resource(BridgeSession *self);

G_END_DECLS
