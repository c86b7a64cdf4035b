/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-request.h: one Request of the daemon on its way to its one answer. Whoever answers later
 * keeps a reference; by then it may have ended without him: the account is gone, or the deadline
 * has passed. Answers after the end are dropped. Main loop only. */
#pragma once

#include <gio/gio.h>

#include "link/bridge-link.h"

G_BEGIN_DECLS

#define HOST_REQUEST_DEADLINE_S 25 /* less than the daemon's own patience with a host */

typedef struct _HostRequest HostRequest;

/* @answer: (nullable): the a{sv} of the answer; else @error is set */
typedef void (*HostRequestDone)(GVariant *answer, const GError *error, gpointer user_data);

/* @done: called once */
HostRequest *
host_request_new(HostRequestDone done, gpointer user_data);
HostRequest *
host_request_ref(HostRequest *request);
/* With the last one it fails, if it was not answered. */
void
host_request_unref(HostRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostRequest, host_request_unref)

gboolean
host_request_is_open(HostRequest *request);

/* @answer: (nullable) (transfer floating): a{sv}; %NULL: nothing but success */
void
host_request_answer(HostRequest *request, GVariant *answer);
/* @sentence: for a person */
void
host_request_fail(HostRequest *request, BridgeLinkError code, const char *sentence);

G_END_DECLS
