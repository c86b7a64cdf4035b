/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-problem.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "base/bridge-error.h"

#define PROBLEM_BUSY_RETRY_S 2      /* queues drain in moments */
#define PROBLEM_SEALED_RETRY_S 30   /* somebody has to unlock a keyring */
#define PROBLEM_CROWDED_RETRY_S 5   /* connections come and go */
#define PROBLEM_STOPPING_RETRY_S 10 /* a restart takes about that long */

#define AGAIN "sign-in-again"
#define ASK "ask-administrator"
#define WAIT "wait"

static const BridgeProblem problem_table[BRIDGE_PROBLEM_COUNT] = {
	[BRIDGE_PROBLEM_MALFORMED] = {"malformed", 400, "The request is malformed"},
	[BRIDGE_PROBLEM_TOKEN_MISSING] = {"token-missing", 401, "An access token is needed", FALSE,
                                          AGAIN},
	[BRIDGE_PROBLEM_TOKEN_UNKNOWN] = {"token-unknown", 401, "The access token is not known",
                                          FALSE, AGAIN},
	[BRIDGE_PROBLEM_TOKEN_REVOKED] = {"token-revoked", 401, "This device was signed out", FALSE,
                                          AGAIN},
	[BRIDGE_PROBLEM_TICKET_UNKNOWN] = {"ticket-unknown", 401, "The ticket is not valid"},
	[BRIDGE_PROBLEM_ACCOUNT_ERASED] = {"account-erased", 401, "The account was erased", FALSE,
                                           AGAIN},
	[BRIDGE_PROBLEM_ENROLMENT_REQUIRED] = {"enrolment-required", 403,
                                               "A valid enrolment code is needed", FALSE, ASK},
	[BRIDGE_PROBLEM_PASSWORD_NOT_ALLOWED] = {"password-not-allowed", 403,
                                                 "Passwords are not accepted for this domain",
                                                 FALSE, ASK},
	[BRIDGE_PROBLEM_WRONG_ORIGIN] = {"wrong-origin", 403,
                                         "Pages of this origin may not use the bridge", FALSE, ASK},
	[BRIDGE_PROBLEM_ROOM_BANNED] = {"room-banned", 403, "The account is banned from the room"},
	[BRIDGE_PROBLEM_ROOM_MEMBERS_ONLY] = {"room-members-only", 403,
                                              "Only members may enter the room"},
	[BRIDGE_PROBLEM_ROOM_PASSWORD] = {"room-password", 403, "The room wants another password"},
	[BRIDGE_PROBLEM_ROOM_GONE] = {"room-gone", 404, "There is no such room"},
	[BRIDGE_PROBLEM_NOT_FOUND] = {"not-found", 404, "There is no such thing here"},
	[BRIDGE_PROBLEM_METHOD_NOT_ALLOWED] = {"method-not-allowed", 405,
                                               "The resource does not take this method"},
	[BRIDGE_PROBLEM_REQUEST_TIMEOUT] = {"request-timeout", 408, "The request came too slowly",
                                            TRUE},
	[BRIDGE_PROBLEM_NOT_ONLINE] = {"not-online", 409, "The account is not online", TRUE, WAIT},
	[BRIDGE_PROBLEM_CONFLICT] = {"conflict", 409, "The id was used for another content"},
	[BRIDGE_PROBLEM_NOT_SUPPORTED] = {"not-supported", 409,
                                          "The account's chat server cannot do that"},
	[BRIDGE_PROBLEM_ROOM_NICKNAME_TAKEN] = {"room-nickname-taken", 409,
                                                "Somebody else has the nickname"},
	[BRIDGE_PROBLEM_TOO_MANY_DEVICES] = {"too-many-devices", 409,
                                             "The account has as many devices as it may have"},
	[BRIDGE_PROBLEM_TOO_MANY_SUBSCRIPTIONS] =
		{"too-many-subscriptions", 409,
                 "The account has as many subscriptions as it may have"},
	[BRIDGE_PROBLEM_CURSOR_EXPIRED] = {"cursor-expired", 410,
                                           "History does not reach back to this cursor"},
	[BRIDGE_PROBLEM_BODY_TOO_LARGE] = {"body-too-large", 413, "The body is too large"},
	[BRIDGE_PROBLEM_NOT_JSON] = {"not-json", 415, "The body must be application/json"},
	[BRIDGE_PROBLEM_WRONG_HOST] = {"wrong-host", 421, "The Host is not one of this bridge",
                                       FALSE, ASK},
	[BRIDGE_PROBLEM_NOT_ACCEPTABLE] = {"not-acceptable", 422, "A value is not acceptable"},
	[BRIDGE_PROBLEM_CREDENTIALS_REFUSED] = {"credentials-refused", 422,
                                                "The chat server refused the credentials", FALSE,
                                                AGAIN},
	[BRIDGE_PROBLEM_SERVER_REFUSED] = {"server-refused", 422,
                                           "The chat server refused the request"},
	[BRIDGE_PROBLEM_UPGRADE_REQUIRED] = {"upgrade-required", 426,
                                             "The resource is a WebSocket"},
	[BRIDGE_PROBLEM_RATE_LIMITED] = {"rate-limited", 429, "Too many requests", TRUE, WAIT, 1},
	[BRIDGE_PROBLEM_TOO_MANY_READERS] = {"too-many-readers", 429,
                                             "Too many event readers are open", TRUE, WAIT,
                                             PROBLEM_BUSY_RETRY_S},
	[BRIDGE_PROBLEM_HEAD_TOO_LARGE] = {"header-too-large", 431,
                                           "The request header is too large"},
	[BRIDGE_PROBLEM_INTERNAL] = {"internal", 500, "The bridge failed", FALSE, ASK},
	[BRIDGE_PROBLEM_METHOD_UNKNOWN] = {"method-unknown", 501, "The method is not known"},
	[BRIDGE_PROBLEM_ENCODING_UNKNOWN] = {"encoding-unknown", 501,
                                             "The transfer encoding is not known"},
	[BRIDGE_PROBLEM_SERVER_UNREACHABLE] = {"server-unreachable", 502,
                                               "The chat server cannot be reached", TRUE, WAIT},
	[BRIDGE_PROBLEM_CERTIFICATE_REFUSED] = {"certificate-refused", 502,
                                                "The chat server's certificate does not verify",
                                                FALSE, ASK},
	[BRIDGE_PROBLEM_BUSY] = {"busy", 503, "The bridge is busy", TRUE, WAIT,
                                 PROBLEM_BUSY_RETRY_S},
	[BRIDGE_PROBLEM_SEALED] = {"sealed", 503, "The bridge's keyring is not open", TRUE, ASK,
                                   PROBLEM_SEALED_RETRY_S},
	[BRIDGE_PROBLEM_STORE] = {"store", 503, "The bridge cannot read or write its store", TRUE,
                                  ASK, PROBLEM_SEALED_RETRY_S},
	[BRIDGE_PROBLEM_STORE_UNWRITABLE] = {"store-unwritable", 503,
                                             "The bridge cannot write its store now", TRUE, WAIT,
                                             PROBLEM_SEALED_RETRY_S},
	[BRIDGE_PROBLEM_TOO_MANY_CONNECTIONS] = {"too-many-connections", 503,
                                                 "The bridge has too many connections", TRUE, WAIT,
                                                 PROBLEM_CROWDED_RETRY_S},
	[BRIDGE_PROBLEM_STOPPING] = {"stopping", 503, "The bridge is stopping", TRUE, WAIT,
                                     PROBLEM_STOPPING_RETRY_S},
	[BRIDGE_PROBLEM_SIGN_IN_TIMED_OUT] = {"sign-in-timed-out", 504, "Signing in took too long",
                                              TRUE, WAIT},
	[BRIDGE_PROBLEM_SERVER_TIMED_OUT] = {"server-timed-out", 504,
                                             "The chat server did not answer in time", TRUE, WAIT},
	[BRIDGE_PROBLEM_HTTP_VERSION] = {"http-version", 505, "Only HTTP/1.1 and 1.0 are spoken"},
};

static const BridgeProblemCode problem_of_error[] = {
	[BRIDGE_ERROR_INVALID] = BRIDGE_PROBLEM_NOT_ACCEPTABLE,
	[BRIDGE_ERROR_ENROLMENT_REQUIRED] = BRIDGE_PROBLEM_ENROLMENT_REQUIRED,
	[BRIDGE_ERROR_PASSWORD_NOT_ALLOWED] = BRIDGE_PROBLEM_PASSWORD_NOT_ALLOWED,
	[BRIDGE_ERROR_CREDENTIALS_REFUSED] = BRIDGE_PROBLEM_CREDENTIALS_REFUSED,
	[BRIDGE_ERROR_SERVER_UNREACHABLE] = BRIDGE_PROBLEM_SERVER_UNREACHABLE,
	[BRIDGE_ERROR_CERTIFICATE_REFUSED] = BRIDGE_PROBLEM_CERTIFICATE_REFUSED,
	[BRIDGE_ERROR_TIMED_OUT] = BRIDGE_PROBLEM_SIGN_IN_TIMED_OUT,
	[BRIDGE_ERROR_NOT_ONLINE] = BRIDGE_PROBLEM_NOT_ONLINE,
	[BRIDGE_ERROR_UNSUPPORTED] = BRIDGE_PROBLEM_NOT_SUPPORTED,
	[BRIDGE_ERROR_REFUSED] = BRIDGE_PROBLEM_SERVER_REFUSED,
	[BRIDGE_ERROR_NO_ANSWER] = BRIDGE_PROBLEM_SERVER_TIMED_OUT,
	[BRIDGE_ERROR_CONFLICT] = BRIDGE_PROBLEM_CONFLICT,
	[BRIDGE_ERROR_ROOM_BANNED] = BRIDGE_PROBLEM_ROOM_BANNED,
	[BRIDGE_ERROR_ROOM_MEMBERS_ONLY] = BRIDGE_PROBLEM_ROOM_MEMBERS_ONLY,
	[BRIDGE_ERROR_ROOM_PASSWORD] = BRIDGE_PROBLEM_ROOM_PASSWORD,
	[BRIDGE_ERROR_ROOM_NICKNAME_TAKEN] = BRIDGE_PROBLEM_ROOM_NICKNAME_TAKEN,
	[BRIDGE_ERROR_ROOM_GONE] = BRIDGE_PROBLEM_ROOM_GONE,
	[BRIDGE_ERROR_TOO_MANY_DEVICES] = BRIDGE_PROBLEM_TOO_MANY_DEVICES,
	[BRIDGE_ERROR_TOO_MANY_SUBSCRIPTIONS] = BRIDGE_PROBLEM_TOO_MANY_SUBSCRIPTIONS,
	[BRIDGE_ERROR_CURSOR_EXPIRED] = BRIDGE_PROBLEM_CURSOR_EXPIRED,
	[BRIDGE_ERROR_NOT_FOUND] = BRIDGE_PROBLEM_NOT_FOUND,
	[BRIDGE_ERROR_BUSY] = BRIDGE_PROBLEM_BUSY,
	[BRIDGE_ERROR_SEALED] = BRIDGE_PROBLEM_SEALED,
	[BRIDGE_ERROR_STORE] = BRIDGE_PROBLEM_STORE,
	[BRIDGE_ERROR_STORE_UNWRITABLE] = BRIDGE_PROBLEM_STORE_UNWRITABLE,
	[BRIDGE_ERROR_TOKEN_UNKNOWN] = BRIDGE_PROBLEM_TOKEN_UNKNOWN,
	[BRIDGE_ERROR_TOKEN_REVOKED] = BRIDGE_PROBLEM_TOKEN_REVOKED,
	[BRIDGE_ERROR_ACCOUNT_ERASED] = BRIDGE_PROBLEM_ACCOUNT_ERASED,
};

G_DEFINE_QUARK(bridge_problem, bridge_problem)

const BridgeProblem *
bridge_problem_get(BridgeProblemCode code)
{
	g_return_val_if_fail((guint)code < BRIDGE_PROBLEM_COUNT,
	                     &problem_table[BRIDGE_PROBLEM_INTERNAL]);
	return &problem_table[code];
}

BridgeProblemCode
bridge_problem_from_error(const GError *error)
{
	if (error->domain == BRIDGE_PROBLEM)
		return error->code;
	if (error->domain == BRIDGE_ERROR && (guint)error->code < G_N_ELEMENTS(problem_of_error))
		return problem_of_error[error->code];
	return BRIDGE_PROBLEM_INTERNAL;
}

void
bridge_problem_field_free(BridgeProblemField *field)
{
	g_free(field->pointer);
	g_free(field->detail);
	g_free(field);
}

static void
problem_build_fields(JsonBuilder *builder, GPtrArray *fields)
{
	json_builder_set_member_name(builder, "errors");
	json_builder_begin_array(builder);
	for (guint i = 0; i < fields->len; i++) {
		const BridgeProblemField *field = g_ptr_array_index(fields, i);

		json_builder_begin_object(builder);
		json_builder_set_member_name(builder, "pointer");
		json_builder_add_string_value(builder, field->pointer);
		json_builder_set_member_name(builder, "detail");
		json_builder_add_string_value(builder, field->detail);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

char *
bridge_problem_build(BridgeProblemCode code, const char *detail, GPtrArray *fields)
{
	const BridgeProblem *problem = bridge_problem_get(code);
	g_autofree char *type = g_strconcat("/problems/", problem->code, NULL);
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonNode) root = NULL;

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "type");
	json_builder_add_string_value(builder, type);
	json_builder_set_member_name(builder, "code");
	json_builder_add_string_value(builder, problem->code);
	json_builder_set_member_name(builder, "title");
	json_builder_add_string_value(builder, problem->title);
	json_builder_set_member_name(builder, "status");
	json_builder_add_int_value(builder, problem->status);
	if (detail != NULL) {
		json_builder_set_member_name(builder, "detail");
		json_builder_add_string_value(builder, detail);
	}
	json_builder_set_member_name(builder, "retryable");
	json_builder_add_boolean_value(builder, problem->retryable);
	if (problem->user_action != NULL) {
		json_builder_set_member_name(builder, "user_action");
		json_builder_add_string_value(builder, problem->user_action);
	}
	if (fields != NULL && fields->len > 0)
		problem_build_fields(builder, fields);
	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	return json_to_string(root, FALSE);
}

const char *
bridge_problem_get_reason(guint status)
{
	/* what libsoup calls an unknown error */
	static const struct {
		guint status;
		const char *reason;
	} reasons[] = {
		{421, "Misdirected Request"},
		{426, "Upgrade Required"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return soup_status_get_phrase(status);
}

char *
bridge_problem_build_response(BridgeProblemCode code, const char *detail)
{
	const BridgeProblem *problem = bridge_problem_get(code);
	g_autofree char *body = bridge_problem_build(code, detail, NULL);
	GString *response = g_string_new(NULL);

	g_string_append_printf(response, "HTTP/1.1 %u %s\r\n", problem->status,
	                       bridge_problem_get_reason(problem->status));
	g_string_append(response, "Content-Type: application/problem+json\r\n"
	                          "Cache-Control: no-store\r\n"
	                          "Connection: close\r\n");
	if (problem->retry_after_s > 0)
		g_string_append_printf(response, "Retry-After: %u\r\n", problem->retry_after_s);
	g_string_append_printf(response, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	return g_string_free(response, FALSE);
}
