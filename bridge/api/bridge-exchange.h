/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-exchange.h: one request and its one answer. A handler gets it borrowed; who answers later
 * keeps a reference. One that is let go unanswered answers itself as our own failure.
 *
 * An answer may be a stream: it is begun, written piece by piece, each after the one before has
 * left, and ended. Or the connection leaves HTTP.
 *
 * A command that came on a socket (bridge-command.h) is an exchange as well: it has no header, and
 * its answer is a reply. */
#pragma once

#include <libsoup/soup.h>

#include "account/bridge-accounts.h"
#include "bridge-command.h"
#include "bridge-json.h"
#include "http/bridge-channel.h"
#include "http/bridge-peer.h"
#include "http/bridge-rate-limit.h"

G_BEGIN_DECLS

#define BRIDGE_TYPE_EXCHANGE (bridge_exchange_get_type())
G_DECLARE_FINAL_TYPE(BridgeExchange, bridge_exchange, BRIDGE, EXCHANGE, GObject)

/**
 * bridge_exchange_new:
 * @message: with its whole request
 * @context: (nullable): what the handlers of this server work on; borrowed */
BridgeExchange *
bridge_exchange_new(SoupServerMessage *message, gpointer context);

/* libsoup's handler returns: unless it is answered, or parked, libsoup waits for the answer. */
void
bridge_exchange_await(BridgeExchange *self);

/* @text: (nullable): JSON */
typedef void (*BridgeReplyFunc)(BridgeExchange *command, guint status, const char *text,
                                gpointer user_data);

/**
 * bridge_exchange_new_command:
 * @command: (transfer full)
 * @peer: of the socket
 * @reply: called once; @user_data lives until then */
BridgeExchange *
bridge_exchange_new_command(BridgeCommand *command, BridgePeer *peer, gpointer context,
                            BridgeReplyFunc reply, gpointer user_data);

/* ---- The request ----------------------------------------------------------------------------- */

gpointer
bridge_exchange_get_context(BridgeExchange *self);
const char *
bridge_exchange_get_method(BridgeExchange *self);
const char *
bridge_exchange_get_path(BridgeExchange *self); /* as sent, escapes and all */
const char *
bridge_exchange_get_header(BridgeExchange *self, const char *name); /* or NULL */
/* Whether the client has what @tag names already (If-None-Match). */
gboolean
bridge_exchange_is_known(BridgeExchange *self, const char *tag);
const char *
bridge_exchange_get_address(BridgeExchange *self); /* key for limits */
BridgePeer *
bridge_exchange_get_peer(BridgeExchange *self);
/* What the reply to a command is marked with, or NULL. */
const char *
bridge_exchange_get_ref(BridgeExchange *self);
/* Seconds, as the answer has it, or NULL. */
const char *
bridge_exchange_get_retry_after(BridgeExchange *self);
/* Cancelled when the client has gone: whoever waits stops waiting. */
GCancellable *
bridge_exchange_get_gone(BridgeExchange *self);
/* What a "{name}" of the route's path stands for, or NULL. */
const char *
bridge_exchange_get_parameter(BridgeExchange *self);
void
bridge_exchange_take_parameter(BridgeExchange *self, char *value);

/* FALSE: the query cannot be read; it is answered. */
gboolean
bridge_exchange_parse_query(BridgeExchange *self);
const char *
bridge_exchange_get_query(BridgeExchange *self, const char *name); /* or NULL */
/* FALSE: no number in the range; it is answered. */
gboolean
bridge_exchange_get_query_uint(BridgeExchange *self, const char *name, guint minimum, guint maximum,
                               guint fallback, guint *value);

/* FALSE: it is no JSON object; it is answered. */
gboolean
bridge_exchange_parse_body(BridgeExchange *self);
JsonNode *
bridge_exchange_get_body(BridgeExchange *self);

/* Whose token it was; NULL before that is known and where none is needed. */
BridgeAccount *
bridge_exchange_get_account(BridgeExchange *self);
const BridgeDeviceRecord *
bridge_exchange_get_device(BridgeExchange *self);
void
bridge_exchange_take_identity(BridgeExchange *self, BridgeAccount *account,
                              BridgeDeviceRecord *device);

/* ---- The answer ------------------------------------------------------------------------------ */

void
bridge_exchange_set_header(BridgeExchange *self, const char *name, const char *value);
void
bridge_exchange_set_rate(BridgeExchange *self, const BridgeRateState *state);

void
bridge_exchange_refuse_rate(BridgeExchange *self, const BridgeRateState *state);

void
bridge_exchange_answer(BridgeExchange *self, guint status, JsonBuilder *builder);
/* @text: (transfer full): JSON */
void
bridge_exchange_answer_text(BridgeExchange *self, guint status, char *text);
/* @text: (transfer full): of another @content_type */
void
bridge_exchange_answer_plain(BridgeExchange *self, const char *content_type, char *text);
/* Likewise octets; of a BRIDGE_ROUTE_NO_COMMAND only. */
void
bridge_exchange_answer_bytes(BridgeExchange *self, const char *content_type, GBytes *bytes);
void
bridge_exchange_answer_empty(BridgeExchange *self, guint status);

/* @detail and @fields as bridge_problem_build() has them. */
void
bridge_exchange_refuse(BridgeExchange *self, BridgeProblemCode code, const char *detail,
                       GPtrArray *fields);
/* A failure of the core or of a parser. */
void
bridge_exchange_fail(BridgeExchange *self, const GError *error);
/* TRUE if all that was read from it was well; else it is answered. */
gboolean
bridge_exchange_check_reader(BridgeExchange *self, BridgeJsonReader *reader);

/* It will take a while: waits without libsoup, which has a price for that. FALSE: it cannot. */
gboolean
bridge_exchange_park(BridgeExchange *self);

/**
 * bridge_exchange_begin_stream:
 * @drained: called when all that was written has left, perhaps before
 * bridge_exchange_write_stream() returns; not after the end
 *
 * Returns: FALSE if it cannot be, and is answered */
gboolean
bridge_exchange_begin_stream(BridgeExchange *self, const char *content_type,
                             void (*drained)(gpointer user_data), gpointer user_data);
/* @text: (transfer full); only when what was written before has left */
void
bridge_exchange_write_stream(BridgeExchange *self, GString *text);
void
bridge_exchange_end_stream(BridgeExchange *self);

/**
 * bridge_exchange_switch:
 * @head: (out) (transfer full): 101 with the header fields that were set, to be written first
 *
 * Returns: (transfer full) (nullable): what follows goes through it; %NULL: it cannot be, and is
 * answered */
BridgeChannel *
bridge_exchange_switch(BridgeExchange *self, char **head);

G_END_DECLS
