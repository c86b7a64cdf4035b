/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-command.h: a request that comes as a message on a socket, and the reply to it. What can be
 * asked, and what is answered, is what HTTP has:
 *
 *   {"ref": "7", "method": "POST", "path": "/v1/events/ack", "body": {"cursor": "k3.1042"}}
 *   {"ref": "7", "status": 204}
 *
 * Pure. */
#pragma once

#include "bridge-json.h"

G_BEGIN_DECLS

typedef struct {
	char *ref; /* what its reply is marked with, or NULL */
	char *method;
	char *path;
	char *query;    /* or NULL */
	JsonNode *body; /* an object, or NULL */
} BridgeCommand;

/**
 * bridge_command_parse:
 * @problem: (out) (transfer full): a reply that says what is wrong
 *
 * Returns: (nullable): %NULL if it is no command */
BridgeCommand *
bridge_command_parse(const char *text, gsize length, char **problem);
/* Wipes the body. */
void
bridge_command_free(BridgeCommand *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeCommand, bridge_command_free)

/* @ref, @retry_after (seconds) and @body (JSON): (nullable) */
char *
bridge_command_build_reply(const char *ref, guint status, const char *retry_after,
                           const char *body);

G_END_DECLS
