/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-problem.h: what the API says when it says no: RFC 9457 problem documents. One table gives
 * each problem its stable code, status, title and advice; another maps the core's errors to it.
 * Problems travel as GErrors of domain BRIDGE_PROBLEM. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_PROBLEM (bridge_problem_quark())
typedef enum {
	BRIDGE_PROBLEM_MALFORMED,
	BRIDGE_PROBLEM_TOKEN_MISSING,
	BRIDGE_PROBLEM_TOKEN_UNKNOWN,
	BRIDGE_PROBLEM_TOKEN_REVOKED,
	BRIDGE_PROBLEM_TICKET_UNKNOWN,
	BRIDGE_PROBLEM_ACCOUNT_ERASED,
	BRIDGE_PROBLEM_ENROLMENT_REQUIRED,
	BRIDGE_PROBLEM_PASSWORD_NOT_ALLOWED,
	BRIDGE_PROBLEM_WRONG_ORIGIN,
	BRIDGE_PROBLEM_ROOM_BANNED,
	BRIDGE_PROBLEM_ROOM_MEMBERS_ONLY,
	BRIDGE_PROBLEM_ROOM_PASSWORD,
	BRIDGE_PROBLEM_NOT_FOUND,
	BRIDGE_PROBLEM_ROOM_GONE,
	BRIDGE_PROBLEM_METHOD_NOT_ALLOWED,
	BRIDGE_PROBLEM_REQUEST_TIMEOUT,
	BRIDGE_PROBLEM_NOT_ONLINE,
	BRIDGE_PROBLEM_CONFLICT,
	BRIDGE_PROBLEM_NOT_SUPPORTED,
	BRIDGE_PROBLEM_ROOM_NICKNAME_TAKEN,
	BRIDGE_PROBLEM_TOO_MANY_DEVICES,
	BRIDGE_PROBLEM_TOO_MANY_SUBSCRIPTIONS,
	BRIDGE_PROBLEM_CURSOR_EXPIRED,
	BRIDGE_PROBLEM_BODY_TOO_LARGE,
	BRIDGE_PROBLEM_NOT_JSON,
	BRIDGE_PROBLEM_WRONG_HOST,
	BRIDGE_PROBLEM_NOT_ACCEPTABLE,
	BRIDGE_PROBLEM_CREDENTIALS_REFUSED,
	BRIDGE_PROBLEM_SERVER_REFUSED,
	BRIDGE_PROBLEM_UPGRADE_REQUIRED,
	BRIDGE_PROBLEM_RATE_LIMITED,
	BRIDGE_PROBLEM_TOO_MANY_READERS,
	BRIDGE_PROBLEM_HEAD_TOO_LARGE,
	BRIDGE_PROBLEM_INTERNAL,
	BRIDGE_PROBLEM_METHOD_UNKNOWN,
	BRIDGE_PROBLEM_ENCODING_UNKNOWN,
	BRIDGE_PROBLEM_SERVER_UNREACHABLE,
	BRIDGE_PROBLEM_CERTIFICATE_REFUSED,
	BRIDGE_PROBLEM_BUSY,
	BRIDGE_PROBLEM_SEALED,
	BRIDGE_PROBLEM_STORE,
	BRIDGE_PROBLEM_STORE_UNWRITABLE,
	BRIDGE_PROBLEM_TOO_MANY_CONNECTIONS,
	BRIDGE_PROBLEM_STOPPING,
	BRIDGE_PROBLEM_SIGN_IN_TIMED_OUT,
	BRIDGE_PROBLEM_SERVER_TIMED_OUT,
	BRIDGE_PROBLEM_HTTP_VERSION,
	BRIDGE_PROBLEM_COUNT
} BridgeProblemCode;

GQuark
bridge_problem_quark(void);

typedef struct {
	const char *code; /* stable; also the last part of the type */
	guint status;
	const char *title;
	gboolean retryable;
	const char *user_action; /* sign-in-again, ask-administrator, wait, or NULL */
	guint retry_after_s;     /* 429 and 503 always have one; 0 = none */
} BridgeProblem;

/* Never NULL: the row of a code. */
const BridgeProblem *
bridge_problem_get(BridgeProblemCode code);

/* What a status line says of any status. */
const char *
bridge_problem_get_reason(guint status);

/* Of a BRIDGE_PROBLEM or BRIDGE_ERROR; whatever else it is, is ours to mend: INTERNAL. */
BridgeProblemCode
bridge_problem_from_error(const GError *error);

/* One refused member of a request. */
typedef struct {
	char *pointer; /* RFC 6901; "?name" for a query parameter */
	char *detail;
} BridgeProblemField;

void
bridge_problem_field_free(BridgeProblemField *field);

/**
 * bridge_problem_build:
 * @detail: (nullable): a sentence on this very case
 * @fields: (nullable) (element-type BridgeProblemField): what was wrong where
 *
 * Returns: the problem document as JSON text */
char *
bridge_problem_build(BridgeProblemCode code, const char *detail, GPtrArray *fields);

/**
 * bridge_problem_build_response:
 * Returns: a whole HTTP/1.1 response that ends its connection, for what is refused before there is
 * a request to hand to libsoup */
char *
bridge_problem_build_response(BridgeProblemCode code, const char *detail);

G_END_DECLS
