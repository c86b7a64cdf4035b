/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-exchange.h: one request of an old phone and its one answer: text, octets, or lines that
 * leave piece by piece. A handler gets it borrowed; who answers later keeps a reference. One that
 * is let go unanswered answers itself as our own failure. Phones decide by how an error's body
 * begins: none is ever empty. */
#pragma once

#include <libsoup/soup.h>

#include "account/bridge-account.h"
#include "http/bridge-peer.h"
#include "legacy-form.h"

G_BEGIN_DECLS

#define LEGACY_TYPE_EXCHANGE (legacy_exchange_get_type())
G_DECLARE_FINAL_TYPE(LegacyExchange, legacy_exchange, LEGACY, EXCHANGE, GObject)

/**
 * legacy_exchange_new:
 * @message: with its whole request
 * @context: what the handlers work on; borrowed
 * @patience_ms: from now on, until it has to be answered */
LegacyExchange *
legacy_exchange_new(SoupServerMessage *message, gpointer context, guint patience_ms);

/* libsoup's handler returns: unless it is answered, libsoup waits for the answer. */
void
legacy_exchange_await(LegacyExchange *self);

/* ---- The request ----------------------------------------------------------------------------- */

gpointer
legacy_exchange_get_context(LegacyExchange *self);
const char *
legacy_exchange_get_method(LegacyExchange *self);
/* With what may be behind it: the old proxy compares it as a whole. (transfer full) */
char *
legacy_exchange_dup_path(LegacyExchange *self);
const char *
legacy_exchange_get_host(LegacyExchange *self);
gboolean
legacy_exchange_has_header(LegacyExchange *self, const char *name);
BridgePeer *
legacy_exchange_get_peer(LegacyExchange *self);

/* Milliseconds, at least 1. */
guint
legacy_exchange_get_rest_ms(LegacyExchange *self);

/* FALSE: the body is no form; it is answered. */
gboolean
legacy_exchange_parse_form(LegacyExchange *self);
const char *
legacy_exchange_get(LegacyExchange *self, const char *field);
LegacyForm *
legacy_exchange_get_form(LegacyExchange *self);

/* Whose token it was; NULL where none is needed. Borrowed. */
BridgeAccount *
legacy_exchange_get_account(LegacyExchange *self);
const char *
legacy_exchange_get_phone(LegacyExchange *self); /* its device's id */
void
legacy_exchange_set_identity(LegacyExchange *self, BridgeAccount *account, const char *phone);

/* ---- The answer ------------------------------------------------------------------------------ */

gboolean
legacy_exchange_is_answered(LegacyExchange *self);
/* 200; @text: may be empty */
void
legacy_exchange_answer(LegacyExchange *self, const char *content_type, const char *text);
void
legacy_exchange_answer_bytes(LegacyExchange *self, const char *content_type, GBytes *bytes);
/* @status: 400, 401, 403, 404, 405, 413, 500, 503 */
void
legacy_exchange_refuse(LegacyExchange *self, guint status);
/* A failure of the core. */
void
legacy_exchange_fail(LegacyExchange *self, const GError *error);
/* For the connection, which refuses what never becomes a request. */
char *
legacy_exchange_build_refusal(BridgeProblemCode code, const char *detail);

typedef struct {
	/* What was written before has left, nothing before the first time: writes, or ends; now or
	 * later. */
	void (*more)(LegacyExchange *exchange, gpointer user_data);
	/* Once. @whole: all of it was written out to the client */
	void (*ended)(LegacyExchange *exchange, gboolean whole, gpointer user_data);
} LegacyLines;

/* 200. @lines: static */
void
legacy_exchange_begin_lines(LegacyExchange *self, const char *content_type,
                            const LegacyLines *lines, gpointer user_data);
/* @text: (transfer full): not empty */
void
legacy_exchange_write_lines(LegacyExchange *self, GString *text);
void
legacy_exchange_end_lines(LegacyExchange *self);
/* Breaks off, so that the phone knows that something is missing. */
void
legacy_exchange_break_lines(LegacyExchange *self);

G_END_DECLS
