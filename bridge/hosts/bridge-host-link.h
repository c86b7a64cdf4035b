/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-host-link.h: the conversation with one host process: authenticates it, configures it,
 * probes it, takes its events and calls its methods. It knows nothing of accounts.
 *
 *   STARTING -> READY           it answered Configure (deadline 60 s from its launch)
 *   STARTING/READY -> ENDING    bridge_host_link_end()
 *   any -> GONE                 the process or its link ended, it hung, or it broke the rules
 *
 * Signal "ready"; signal "gone" (const GError *error): each at most once, and after "gone" nothing
 * follows. Signal "deliver" (BridgeHostEvents *call, GVariant *events): whoever is interested calls
 * bridge_host_events_hold() within the handler and bridge_host_events_done() later.
 * Signal "probed" (GVariant *status). Signal "credential" (const char *account, const char
 * *mechanism, GBytes *credential): as KeepCredential. Main loop only. */
#pragma once

#include "bridge-host-events.h"
#include "bridge-host-process.h"
#include "bridge-link-generated.h"

G_BEGIN_DECLS

typedef enum {
	BRIDGE_HOST_LINK_STARTING,
	BRIDGE_HOST_LINK_READY,
	BRIDGE_HOST_LINK_ENDING,
	BRIDGE_HOST_LINK_GONE,
} BridgeHostLinkState;

#define BRIDGE_TYPE_HOST_LINK (bridge_host_link_get_type())
G_DECLARE_FINAL_TYPE(BridgeHostLink, bridge_host_link, BRIDGE, HOST_LINK, GObject)

/**
 * bridge_host_link_new:
 * @options: a{sv} of Host1.Configure
 * @probe_interval_ms: time between probes; twice as long without an answer means that it hangs */
BridgeHostLink *
bridge_host_link_new(GVariant *options, guint probe_interval_ms);

/* The process that was launched for it, or why there is none. Once. */
void
bridge_host_link_launched(BridgeHostLink *self, BridgeHostProcess *process, const GError *error);

BridgeHostLinkState
bridge_host_link_get_state(BridgeHostLink *self);

/* 0 when there is none, or none any more. */
GPid
bridge_host_link_get_pid(BridgeHostLink *self);

/* While READY; else NULL. */
BridgeLinkHost1 *
bridge_host_link_get_host(BridgeHostLink *self);

/* A Request while READY: an account's @command, see gtalk-bridge-link.xml. Its answer comes when
 * what it rests on has been delivered. */
void
bridge_host_link_request_async(BridgeHostLink *self, const char *account, const char *command,
                               GVariant *arguments, GAsyncReadyCallback callback,
                               gpointer user_data);
/* (transfer full): a{sv}. @error: #BridgeLinkError; %G_IO_ERROR_TIMED_OUT or another one when the
 * host hangs or has gone. */
GVariant *
bridge_host_link_request_finish(BridgeHostLink *self, GAsyncResult *result, GError **error);

/* Closes the link, which ends a host that works; 5 s later it is killed. */
void
bridge_host_link_end(BridgeHostLink *self);

G_END_DECLS
