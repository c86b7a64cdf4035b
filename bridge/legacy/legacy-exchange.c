/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include "legacy-exchange.h"

#include <string.h>

#include "base/bridge-error.h"
#include "http/bridge-problem.h"

#define EXCHANGE_TEXT "text/plain"

struct _LegacyExchange {
	GObject parent;
	SoupServerMessage *message;
	BridgePeer *peer;
	gpointer context; /* borrowed */
	LegacyForm *form;
	BridgeAccount *account;
	char *phone;

	gint64 deadline_us; /* monotonic */
	gboolean answered;
	gboolean connected; /* libsoup still knows the message */
	gboolean paused;    /* and waits for the answer */

	const LegacyLines *lines; /* NULL: no lines, or they have ended */
	gpointer lines_data;
	gboolean whole;
};

G_DEFINE_FINAL_TYPE(LegacyExchange, legacy_exchange, G_TYPE_OBJECT)

/* What phones have always been told, word for word. */
static const struct {
	guint status;
	const char *reason;
} exchange_refusals[] = {
	{400, "Bad Request"},       {401, "Authentication Required"}, {403, "Forbidden"},
	{404, "Not found"},         {405, "Method not supported"},    {408, "Request Timeout"},
	{413, "Content Too Large"}, {500, "Internal Server Error"},   {503, "Service Unavailable"},
};

static const char *
exchange_get_reason(guint status)
{
	for (guint i = 0; i < G_N_ELEMENTS(exchange_refusals); i++)
		if (exchange_refusals[i].status == status)
			return exchange_refusals[i].reason;
	return bridge_problem_get_reason(status);
}

static char *
exchange_build_refusal_body(guint status)
{
	return g_strdup_printf("%u - %s", status, exchange_get_reason(status));
}

/* ---- The request ----------------------------------------------------------------------------- */

gpointer
legacy_exchange_get_context(LegacyExchange *self)
{
	return self->context;
}

const char *
legacy_exchange_get_method(LegacyExchange *self)
{
	return soup_server_message_get_method(self->message);
}

char *
legacy_exchange_dup_path(LegacyExchange *self)
{
	GUri *uri = soup_server_message_get_uri(self->message);
	const char *query = g_uri_get_query(uri);

	return g_strconcat(g_uri_get_path(uri), query != NULL ? "?" : "", query, NULL);
}

const char *
legacy_exchange_get_host(LegacyExchange *self)
{
	return soup_message_headers_get_one(soup_server_message_get_request_headers(self->message),
	                                    "Host");
}

gboolean
legacy_exchange_has_header(LegacyExchange *self, const char *name)
{
	return soup_message_headers_get_list(soup_server_message_get_request_headers(self->message),
	                                     name) != NULL;
}

BridgePeer *
legacy_exchange_get_peer(LegacyExchange *self)
{
	return self->peer;
}

guint
legacy_exchange_get_rest_ms(LegacyExchange *self)
{
	return (guint)MAX((self->deadline_us - g_get_monotonic_time()) / 1000, 1);
}

gboolean
legacy_exchange_parse_form(LegacyExchange *self)
{
	g_autoptr(GBytes) bytes =
		soup_message_body_flatten(soup_server_message_get_request_body(self->message));
	gsize length = 0;
	gpointer text = (gpointer)g_bytes_get_data(bytes, &length);

	self->form = legacy_form_parse(text != NULL ? text : "", length);
	/* It may have brought a credential. */
	if (length > 0)
		explicit_bzero(text, length);
	if (self->form == NULL)
		legacy_exchange_refuse(self, 400);
	return self->form != NULL;
}

const char *
legacy_exchange_get(LegacyExchange *self, const char *field)
{
	return legacy_form_get(self->form, field);
}

LegacyForm *
legacy_exchange_get_form(LegacyExchange *self)
{
	return self->form;
}

BridgeAccount *
legacy_exchange_get_account(LegacyExchange *self)
{
	return self->account;
}

const char *
legacy_exchange_get_phone(LegacyExchange *self)
{
	return self->phone;
}

void
legacy_exchange_set_identity(LegacyExchange *self, BridgeAccount *account, const char *phone)
{
	g_set_object(&self->account, account);
	g_free(self->phone);
	self->phone = g_strdup(phone);
}

/* ---- The answer ------------------------------------------------------------------------------ */

gboolean
legacy_exchange_is_answered(LegacyExchange *self)
{
	return self->answered;
}

static void
exchange_go_on(LegacyExchange *self)
{
	if (self->connected && self->paused)
		soup_server_message_unpause(self->message);
	self->paused = FALSE;
}

/* Paths have no names in them: pictures are known by their hash. */
static void
exchange_log(LegacyExchange *self, guint status)
{
	g_debug("%s %s: %u", legacy_exchange_get_method(self),
	        g_uri_get_path(soup_server_message_get_uri(self->message)), status);
}

static void
exchange_finish(LegacyExchange *self, guint status, const char *content_type, const char *octets,
                gsize length)
{
	g_return_if_fail(!self->answered);

	self->answered = TRUE;
	exchange_log(self, status);
	soup_server_message_set_status(self->message, status,
	                               status != 200 ? exchange_get_reason(status) : "OK");
	soup_server_message_set_response(self->message, content_type, SOUP_MEMORY_COPY, octets,
	                                 length);
	exchange_go_on(self);
}

void
legacy_exchange_answer(LegacyExchange *self, const char *content_type, const char *text)
{
	exchange_finish(self, 200, content_type, text, strlen(text));
}

void
legacy_exchange_answer_bytes(LegacyExchange *self, const char *content_type, GBytes *bytes)
{
	gsize length = 0;
	const char *octets = g_bytes_get_data(bytes, &length);

	exchange_finish(self, 200, content_type, octets, length);
}

void
legacy_exchange_refuse(LegacyExchange *self, guint status)
{
	g_autofree char *body = exchange_build_refusal_body(status);

	exchange_finish(self, status, EXCHANGE_TEXT, body, strlen(body));
}

static guint
exchange_get_status(const GError *error)
{
	if (error->domain != BRIDGE_ERROR)
		return 500;
	switch ((BridgeError)error->code) {
	case BRIDGE_ERROR_INVALID:
		return 400;
	case BRIDGE_ERROR_TOKEN_UNKNOWN:
	case BRIDGE_ERROR_TOKEN_REVOKED:
	case BRIDGE_ERROR_ACCOUNT_ERASED:
		return 403;
	default:
		return 503;
	}
}

void
legacy_exchange_fail(LegacyExchange *self, const GError *error)
{
	guint status = exchange_get_status(error);

	if (status >= 500)
		g_info("%s", error->message);
	legacy_exchange_refuse(self, status);
}

char *
legacy_exchange_build_refusal(BridgeProblemCode code, const char *detail)
{
	guint status = bridge_problem_get(code)->status;
	g_autofree char *body = exchange_build_refusal_body(status);

	return g_strdup_printf("HTTP/1.1 %u %s\r\n"
	                       "Content-Type: " EXCHANGE_TEXT "\r\n"
	                       "Connection: close\r\n"
	                       "Content-Length: %zu\r\n\r\n%s",
	                       status, exchange_get_reason(status), strlen(body), body);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static void
exchange_lines_ended(LegacyExchange *self)
{
	const LegacyLines *lines = g_steal_pointer(&self->lines);

	if (lines == NULL)
		return;
	lines->ended(self, self->whole, self->lines_data);
	g_object_unref(self);
}

static void
exchange_wrote_chunk_cb(SoupServerMessage *message, gpointer user_data)
{
	LegacyExchange *self = user_data;

	if (self->lines != NULL && !self->whole)
		self->lines->more(self, self->lines_data);
}

static void
exchange_wrote_body_cb(SoupServerMessage *message, gpointer user_data)
{
	LegacyExchange *self = user_data;

	self->whole = TRUE;
}

static void
exchange_finished_cb(SoupServerMessage *message, gpointer user_data)
{
	exchange_lines_ended(user_data);
}

void
legacy_exchange_begin_lines(LegacyExchange *self, const char *content_type,
                            const LegacyLines *lines, gpointer user_data)
{
	SoupMessageHeaders *headers = soup_server_message_get_response_headers(self->message);

	g_return_if_fail(!self->answered);

	self->answered = TRUE;
	exchange_log(self, 200);
	g_object_ref(self); /* until it has ended */
	self->lines = lines;
	self->lines_data = user_data;
	if (!self->connected) {
		exchange_lines_ended(self);
		return;
	}
	soup_server_message_set_status(self->message, 200, "OK");
	soup_message_headers_set_content_type(headers, content_type, NULL);
	soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
	soup_message_body_set_accumulate(soup_server_message_get_response_body(self->message),
	                                 FALSE);
	g_signal_connect(self->message, "wrote-chunk", G_CALLBACK(exchange_wrote_chunk_cb), self);
	g_signal_connect(self->message, "wrote-body", G_CALLBACK(exchange_wrote_body_cb), self);
	g_signal_connect(self->message, "finished", G_CALLBACK(exchange_finished_cb), self);
	if (!self->paused)
		soup_server_message_pause(self->message);
	self->paused = TRUE;
	lines->more(self, user_data);
}

static void
exchange_wake(LegacyExchange *self)
{
	if (self->connected)
		soup_server_message_unpause(self->message);
	self->paused = FALSE;
}

void
legacy_exchange_write_lines(LegacyExchange *self, GString *text)
{
	g_autoptr(GBytes) bytes = g_string_free_to_bytes(text);

	soup_message_body_append_bytes(soup_server_message_get_response_body(self->message), bytes);
	exchange_wake(self);
}

void
legacy_exchange_end_lines(LegacyExchange *self)
{
	soup_message_body_complete(soup_server_message_get_response_body(self->message));
	exchange_wake(self);
}

void
legacy_exchange_break_lines(LegacyExchange *self)
{
	if (self->peer->connection != NULL)
		bridge_connection_abort(self->peer->connection);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
exchange_disconnected_cb(SoupServerMessage *message, gpointer user_data)
{
	LegacyExchange *self = user_data;

	self->connected = FALSE;
	g_cancellable_cancel(self->peer->gone);
	exchange_lines_ended(self);
}

void
legacy_exchange_await(LegacyExchange *self)
{
	if (self->answered || !self->connected)
		return;
	self->paused = TRUE;
	soup_server_message_pause(self->message);
}

static void
legacy_exchange_dispose(GObject *object)
{
	LegacyExchange *self = LEGACY_EXCHANGE(object);

	if (self->message != NULL && !self->answered) {
		g_warning("nobody answered");
		legacy_exchange_refuse(self, 500);
	}
	if (self->message != NULL)
		g_signal_handlers_disconnect_by_data(self->message, self);
	g_clear_object(&self->message);
	g_clear_object(&self->account);
	G_OBJECT_CLASS(legacy_exchange_parent_class)->dispose(object);
}

static void
legacy_exchange_finalize(GObject *object)
{
	LegacyExchange *self = LEGACY_EXCHANGE(object);

	g_clear_pointer(&self->form, legacy_form_free);
	g_clear_pointer(&self->peer, bridge_peer_unref);
	g_free(self->phone);
	G_OBJECT_CLASS(legacy_exchange_parent_class)->finalize(object);
}

static void
legacy_exchange_class_init(LegacyExchangeClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = legacy_exchange_dispose;
	G_OBJECT_CLASS(klass)->finalize = legacy_exchange_finalize;
}

static void
legacy_exchange_init(LegacyExchange *self)
{
}

LegacyExchange *
legacy_exchange_new(SoupServerMessage *message, gpointer context, guint patience_ms)
{
	LegacyExchange *self = g_object_new(LEGACY_TYPE_EXCHANGE, NULL);
	SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);

	self->message = g_object_ref(message);
	self->peer = bridge_peer_ref(bridge_peer_get(message));
	self->context = context;
	self->connected = TRUE;
	self->deadline_us = g_get_monotonic_time() + patience_ms * (gint64)1000;
	soup_message_headers_replace(headers, "Cache-Control", "no-store");
	soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
	g_signal_connect(message, "disconnected", G_CALLBACK(exchange_disconnected_cb), self);
	return self;
}
