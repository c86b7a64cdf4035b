/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-supervisor.h: host processes. Starts them as they are needed (from one warm template),
 * spreads accounts over them, probes each, kills one that hangs, and tells the owner of each
 * account what its host says, or that the host is gone. It knows nothing of what the events mean.
 *
 * A place in a host is asked for by sign_in and given back by sign_out, or lost. Main loop only. */
#pragma once

#include <gio/gio.h>

#include "bridge-host-events.h"
#include "link/bridge-link.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_SUPERVISOR (bridge_supervisor_get_type())
G_DECLARE_FINAL_TYPE(BridgeSupervisor, bridge_supervisor, BRIDGE, SUPERVISOR, GObject)

typedef struct {
	/* Events of one account out of one batch. The batch is answered when every account
	 * that had part in it has called bridge_host_events_done() (or _fail()). */
	void (*events)(gpointer user_data, BridgeHostEvents *call, GVariant *events /* a(tssv) */);
	/* The host died or was killed, or the account was refused a place (@error). It has no place
	 * any more. */
	void (*lost)(gpointer user_data, const GError *error);
	/* Last real stanza, from the probe (every 15 s). */
	void (*traffic)(gpointer user_data, gint64 time_us);
	/* As KeepCredential of the link; @credential: text, of BRIDGE_GRANT_BYTES_MAX at most. */
	void (*credential)(gpointer user_data, const char *mechanism, GBytes *credential);
	/* NULL: not wanted. Before "lost", when the host died over one account's stanza and wrote
	 * down which: @note, or NULL if it was another account's. */
	void (*suspicion)(gpointer user_data, const BridgeBlackBoxNote *note);
} BridgeHostClient;

/* Starts a host: returns a BridgeHostProcess by @task, or an error. */
typedef void (*BridgeHostLaunch)(GTask *task, gpointer launch_data);

typedef struct {
	const char *program; /* gtalk-bridge-host */
	guint accounts_per_host;
	const char *ca_directory;     /* or NULL */
	const char *const *protocols; /* that hosts load; NULL: the one they have by themselves */
	const char *const *private_networks; /* that hosts may connect to; NULL: none */
	/* The rest is for tests; 0 and NULL: from a warm template, every 15 s, after 60 s. */
	BridgeHostLaunch launch;
	gpointer launch_data;
	guint probe_interval_ms;
	guint idle_ms; /* how long a host without accounts is kept */
} BridgeSupervisorOptions;

BridgeSupervisor *
bridge_supervisor_new(const BridgeSupervisorOptions *options);

/* How an account is placed. */
typedef enum {
	BRIDGE_PLACE_SHARED,
	BRIDGE_PLACE_ALONE, /* it was active when a host died */
} BridgePlace;

/**
 * bridge_supervisor_sign_in:
 * @account_id: names the place; it must not have one
 * @settings: the a{sv} of Host1.SignIn
 * @credential: written to a memfd, never to a message
 *
 * Returns at once. Nothing but client->lost() follows if it fails. */
void
bridge_supervisor_sign_in(BridgeSupervisor *self, const char *account_id, BridgePlace place,
                          GVariant *settings, GBytes *credential, const BridgeHostClient *client,
                          gpointer user_data);

/* Signs out; after the callback nothing more comes for the account, not even client->lost(). An
 * account that is not there is no error. */
void
bridge_supervisor_sign_out_async(BridgeSupervisor *self, const char *account_id,
                                 GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_supervisor_sign_out_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error);

/* Errors: BRIDGE_LINK_ERROR_*, or G_IO_ERROR when the host went away: then it is not known whether
 * it was sent. */
void
bridge_supervisor_send_async(BridgeSupervisor *self, const char *account_id, const char *id,
                             const char *to, const char *body, GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
bridge_supervisor_send_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error);

/* As the Request of the link; the same errors.
 * @arguments: a{sv}. Returns: (transfer full): the answer, a{sv} */
void
bridge_supervisor_request_async(BridgeSupervisor *self, const char *account_id, const char *command,
                                GVariant *arguments, GAsyncReadyCallback callback,
                                gpointer user_data);
GVariant *
bridge_supervisor_request_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error);

/* Ends every host; finishes when all are gone (5 s, then SIGKILL). */
void
bridge_supervisor_stop_async(BridgeSupervisor *self, GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
bridge_supervisor_stop_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error);

/* Process ids of the hosts that run now (element-type GPid); for gtalk-bridgectl and tests. */
GArray *
bridge_supervisor_dup_host_pids(BridgeSupervisor *self);

G_END_DECLS
