/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-url.h: which URLs may be pushed to. An endpoint is a stranger's word: it is https on
 * a public host, and nothing that leads back to this machine or its neighbours. Names are judged
 * here, the addresses that they lead to where they are connected to (push/push-guard.h). Pure.
 *
 * An administrator's exceptions are texts, each "HOST:PORT=NETWORK": that host at that port is
 * allowed, whatever it is called, and leads to addresses of that network. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_PUSH_URL_BYTES_MAX 2048

typedef struct {
	GPtrArray *exceptions; /* of BridgePushException */
	char **hosts;          /* the only ones, "*." for all below; empty: any */
} BridgePushRules;

typedef struct {
	char *host; /* lower case */
	guint16 port;
	GInetAddressMask *network;
} BridgePushException;

/* @allow, @hosts: NULL-terminated; what makes no sense is left out: the configuration has checked
 * it. */
BridgePushRules *
bridge_push_rules_new(const char *const *allow, const char *const *hosts);
void
bridge_push_rules_free(BridgePushRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushRules, bridge_push_rules_free)

/* Whether it is an exception as above. */
gboolean
bridge_push_exception_check(const char *text);

/* NULL: there is none for that host and port. */
const BridgePushException *
bridge_push_rules_find(const BridgePushRules *rules, const char *host, guint16 port);

/**
 * bridge_push_url_parse:
 * @error: G_IO_ERROR_PERMISSION_DENIED, with words for the person who gave it
 *
 * Returns: (transfer full): normalised: lower-case host without a final dot, a port, a path */
GUri *
bridge_push_url_parse(const BridgePushRules *rules, const char *text, GError **error);

G_END_DECLS
