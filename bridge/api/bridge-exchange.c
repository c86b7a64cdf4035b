/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-exchange.h"

#include <string.h>

#include "http/bridge-waiting.h"

#define EXCHANGE_REQUEST_ID_CHARS_MAX 64
#define EXCHANGE_RETRY_AFTER "Retry-After"
#define EXCHANGE_JSON "application/json"
#define EXCHANGE_PROBLEM_JSON "application/problem+json"

struct _BridgeExchange {
	GObject parent;
	SoupServerMessage *message; /* NULL for a command, and once libsoup has let it go */
	BridgeCommand *command;     /* NULL while there is a message */
	BridgeWaiting *waiting;     /* for the answer, without libsoup; or NULL */
	BridgePeer *peer;
	gpointer context; /* borrowed */
	char *request_id;
	char *parameter;
	GHashTable *query;
	JsonNode *body;
	BridgeAccount *account;
	BridgeDeviceRecord *device;

	gboolean answered;
	gboolean connected; /* libsoup still knows the message */
	gboolean paused;    /* and waits for the answer */

	/* Of a command. */
	BridgeReplyFunc reply;
	gpointer reply_data;
	char *retry_after;
};

G_DEFINE_FINAL_TYPE(BridgeExchange, bridge_exchange, G_TYPE_OBJECT)

/* ---- The request ----------------------------------------------------------------------------- */

gpointer
bridge_exchange_get_context(BridgeExchange *self)
{
	return self->context;
}

const char *
bridge_exchange_get_method(BridgeExchange *self)
{
	if (self->message == NULL)
		return self->command->method;
	return soup_server_message_get_method(self->message);
}

const char *
bridge_exchange_get_path(BridgeExchange *self)
{
	if (self->message == NULL)
		return self->command->path;
	return g_uri_get_path(soup_server_message_get_uri(self->message));
}

static const char *
exchange_get_query_text(BridgeExchange *self)
{
	if (self->message == NULL)
		return self->command->query;
	return g_uri_get_query(soup_server_message_get_uri(self->message));
}

const char *
bridge_exchange_get_header(BridgeExchange *self, const char *name)
{
	if (self->message == NULL)
		return NULL;
	return soup_message_headers_get_list(soup_server_message_get_request_headers(self->message),
	                                     name);
}

gboolean
bridge_exchange_is_known(BridgeExchange *self, const char *tag)
{
	const char *known = bridge_exchange_get_header(self, "If-None-Match");

	return known != NULL && strstr(known, tag) != NULL;
}

const char *
bridge_exchange_get_address(BridgeExchange *self)
{
	return self->peer->address;
}

GCancellable *
bridge_exchange_get_gone(BridgeExchange *self)
{
	return self->peer->gone;
}

const char *
bridge_exchange_get_parameter(BridgeExchange *self)
{
	return self->parameter;
}

void
bridge_exchange_take_parameter(BridgeExchange *self, char *value)
{
	g_free(self->parameter);
	self->parameter = value;
}

gboolean
bridge_exchange_parse_query(BridgeExchange *self)
{
	const char *query = exchange_get_query_text(self);

	if (self->query != NULL)
		return TRUE;
	self->query = g_uri_parse_params(query != NULL ? query : "", -1, "&", G_URI_PARAMS_WWW_FORM,
	                                 NULL);
	if (self->query == NULL)
		bridge_exchange_refuse(self, BRIDGE_PROBLEM_MALFORMED, "the query cannot be read",
		                       NULL);
	return self->query != NULL;
}

const char *
bridge_exchange_get_query(BridgeExchange *self, const char *name)
{
	return self->query != NULL ? g_hash_table_lookup(self->query, name) : NULL;
}

gboolean
bridge_exchange_get_query_uint(BridgeExchange *self, const char *name, guint minimum, guint maximum,
                               guint fallback, guint *value)
{
	const char *text = bridge_exchange_get_query(self, name);
	guint64 number = fallback;
	g_autofree char *detail = NULL;

	if (text != NULL &&
	    !g_ascii_string_to_unsigned(text, 10, minimum, maximum, &number, NULL)) {
		detail = g_strdup_printf("%s must be a number from %u to %u", name, minimum,
		                         maximum);
		bridge_exchange_refuse(self, BRIDGE_PROBLEM_MALFORMED, detail, NULL);
		return FALSE;
	}
	*value = (guint)number;
	return TRUE;
}

static gboolean
exchange_is_json(BridgeExchange *self)
{
	const char *type = soup_message_headers_get_content_type(
		soup_server_message_get_request_headers(self->message), NULL);

	return type != NULL && g_ascii_strcasecmp(type, EXCHANGE_JSON) == 0;
}

/* It came with the command. */
static gboolean
exchange_take_command_body(BridgeExchange *self)
{
	self->body = g_steal_pointer(&self->command->body);
	if (self->body == NULL)
		bridge_exchange_refuse(self, BRIDGE_PROBLEM_MALFORMED, "a body is needed", NULL);
	return self->body != NULL;
}

static gboolean
exchange_parse_message_body(BridgeExchange *self)
{
	g_autoptr(GBytes) bytes =
		soup_message_body_flatten(soup_server_message_get_request_body(self->message));
	gsize length = 0;
	gpointer text = (gpointer)g_bytes_get_data(bytes, &length);
	g_autoptr(GError) error = NULL;

	if (!exchange_is_json(self)) {
		bridge_exchange_refuse(self, BRIDGE_PROBLEM_NOT_JSON, NULL, NULL);
		return FALSE;
	}
	self->body = bridge_json_parse(text != NULL ? text : "", length, &error);
	/* It may have brought a password. */
	if (length > 0)
		explicit_bzero(text, length);
	if (self->body == NULL)
		bridge_exchange_fail(self, error);
	return self->body != NULL;
}

gboolean
bridge_exchange_parse_body(BridgeExchange *self)
{
	return self->message == NULL ? exchange_take_command_body(self)
	                             : exchange_parse_message_body(self);
}

JsonNode *
bridge_exchange_get_body(BridgeExchange *self)
{
	return self->body;
}

BridgeAccount *
bridge_exchange_get_account(BridgeExchange *self)
{
	return self->account;
}

const BridgeDeviceRecord *
bridge_exchange_get_device(BridgeExchange *self)
{
	return self->device;
}

void
bridge_exchange_take_identity(BridgeExchange *self, BridgeAccount *account,
                              BridgeDeviceRecord *device)
{
	g_clear_object(&self->account);
	g_clear_pointer(&self->device, bridge_device_record_free);
	self->account = account;
	self->device = device;
}

/* ---- The answer ------------------------------------------------------------------------------ */

void
bridge_exchange_set_header(BridgeExchange *self, const char *name, const char *value)
{
	if (self->waiting != NULL) {
		bridge_waiting_add_field(self->waiting, name, value);
		return;
	}
	if (self->message == NULL) {
		if (g_str_equal(name, EXCHANGE_RETRY_AFTER)) {
			g_free(self->retry_after);
			self->retry_after = g_strdup(value);
		}
		return;
	}
	soup_message_headers_replace(soup_server_message_get_response_headers(self->message), name,
	                             value);
}

const char *
bridge_exchange_get_retry_after(BridgeExchange *self)
{
	if (self->message == NULL)
		return self->retry_after;
	return soup_message_headers_get_one(soup_server_message_get_response_headers(self->message),
	                                    EXCHANGE_RETRY_AFTER);
}

static void
exchange_set_number(BridgeExchange *self, const char *name, guint value)
{
	g_autofree char *text = g_strdup_printf("%u", value);

	bridge_exchange_set_header(self, name, text);
}

void
bridge_exchange_set_rate(BridgeExchange *self, const BridgeRateState *state)
{
	exchange_set_number(self, "RateLimit-Limit", state->limit);
	exchange_set_number(self, "RateLimit-Remaining", state->remaining);
	exchange_set_number(self, "RateLimit-Reset", state->reset_s);
}

void
bridge_exchange_refuse_rate(BridgeExchange *self, const BridgeRateState *state)
{
	bridge_exchange_set_rate(self, state);
	exchange_set_number(self, EXCHANGE_RETRY_AFTER, MAX(state->wait_s, 1));
	bridge_exchange_refuse(self, BRIDGE_PROBLEM_RATE_LIMITED, NULL, NULL);
}

static void
exchange_go_on(BridgeExchange *self)
{
	if (self->connected && self->paused)
		soup_server_message_unpause(self->message);
}

/* What was asked for, without the names that a path may hold: of a call, the noun. */
static void
exchange_log(BridgeExchange *self, GLogLevelFlags level, const char *what)
{
	g_auto(GStrv) segments = g_strsplit(bridge_exchange_get_path(self), "/", 4);
	gboolean more = g_strv_length(segments) == 4;
	g_autofree char *place = NULL;

	if (more) {
		g_free(segments[3]);
		segments[3] = g_strdup("...");
	}
	place = g_strjoinv("/", segments);
	g_log_structured(G_LOG_DOMAIN, level, "GTALK_REQUEST", self->request_id, "MESSAGE",
	                 "%s %s %s: %s", self->request_id, bridge_exchange_get_method(self), place,
	                 what);
}

static void
exchange_log_status(BridgeExchange *self, guint status)
{
	g_autofree char *what = NULL;

	if (g_log_writer_default_would_drop(G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
		return; /* as nearly always */
	what = g_strdup_printf("%u", status);
	exchange_log(self, G_LOG_LEVEL_DEBUG, what);
}

static void
exchange_finish(BridgeExchange *self, guint status, const char *content_type, char *text)
{
	g_return_if_fail(!self->answered);

	self->answered = TRUE;
	exchange_log_status(self, status);
	if (self->waiting != NULL) {
		bridge_waiting_answer(self->waiting, status, content_type, text);
		g_free(text);
		return;
	}
	if (self->message == NULL) {
		self->reply(self, status, text, self->reply_data);
		g_free(text);
		return;
	}
	soup_server_message_set_status(self->message, status, bridge_problem_get_reason(status));
	if (text != NULL)
		soup_server_message_set_response(self->message, content_type, SOUP_MEMORY_TAKE,
		                                 text, strlen(text));
	exchange_go_on(self);
}

void
bridge_exchange_answer_text(BridgeExchange *self, guint status, char *text)
{
	exchange_finish(self, status, EXCHANGE_JSON, text);
}

void
bridge_exchange_answer(BridgeExchange *self, guint status, JsonBuilder *builder)
{
	bridge_exchange_answer_text(self, status, bridge_json_builder_to_text(builder));
}

void
bridge_exchange_answer_plain(BridgeExchange *self, const char *content_type, char *text)
{
	exchange_finish(self, 200, content_type, text);
}

void
bridge_exchange_answer_bytes(BridgeExchange *self, const char *content_type, GBytes *bytes)
{
	gsize length = 0;
	const char *octets = g_bytes_get_data(bytes, &length);

	g_return_if_fail(self->message != NULL && self->waiting == NULL);

	soup_server_message_set_response(self->message, content_type, SOUP_MEMORY_COPY, octets,
	                                 length);
	exchange_finish(self, 200, NULL, NULL);
}

void
bridge_exchange_answer_empty(BridgeExchange *self, guint status)
{
	exchange_finish(self, status, NULL, NULL);
}

void
bridge_exchange_refuse(BridgeExchange *self, BridgeProblemCode code, const char *detail,
                       GPtrArray *fields)
{
	const BridgeProblem *problem = bridge_problem_get(code);

	if (problem->retry_after_s > 0 && bridge_exchange_get_retry_after(self) == NULL)
		exchange_set_number(self, EXCHANGE_RETRY_AFTER, problem->retry_after_s);
	if (problem->status == 401)
		bridge_exchange_set_header(self, "WWW-Authenticate",
		                           code == BRIDGE_PROBLEM_TOKEN_MISSING
		                                   ? "Bearer realm=\"gtalk-bridge\""
		                                   : "Bearer realm=\"gtalk-bridge\", "
		                                     "error=\"invalid_token\"");
	exchange_finish(self, problem->status, EXCHANGE_PROBLEM_JSON,
	                bridge_problem_build(code, detail, fields));
}

void
bridge_exchange_fail(BridgeExchange *self, const GError *error)
{
	BridgeProblemCode code = bridge_problem_from_error(error);
	/* What goes wrong inside is for the administrator: it may name paths. */
	gboolean inside = code == BRIDGE_PROBLEM_INTERNAL || code == BRIDGE_PROBLEM_STORE ||
	                  code == BRIDGE_PROBLEM_STORE_UNWRITABLE;

	if (inside)
		exchange_log(self, G_LOG_LEVEL_WARNING, error->message);
	bridge_exchange_refuse(self, code, inside ? NULL : error->message, NULL);
}

gboolean
bridge_exchange_check_reader(BridgeExchange *self, BridgeJsonReader *reader)
{
	BridgeProblemCode code = BRIDGE_PROBLEM_MALFORMED;
	GPtrArray *refusals = bridge_json_reader_get_refusals(reader, &code);

	if (refusals != NULL)
		bridge_exchange_refuse(self, code, NULL, refusals);
	return refusals == NULL;
}

/* ---- Leaving libsoup ------------------------------------------------------------------------- */

static GString *
exchange_build_fields(BridgeExchange *self)
{
	GString *fields = g_string_new(NULL);
	SoupMessageHeadersIter iter;
	const char *name = NULL;
	const char *value = NULL;

	soup_message_headers_iter_init(&iter,
	                               soup_server_message_get_response_headers(self->message));
	while (soup_message_headers_iter_next(&iter, &name, &value))
		g_string_append_printf(fields, "%s: %s\r\n", name, value);
	return fields;
}

/* What is asked for later. */
static void
exchange_remember_request(BridgeExchange *self)
{
	BridgeCommand *command = g_new0(BridgeCommand, 1);

	command->method = g_strdup(bridge_exchange_get_method(self));
	command->path = g_strdup(bridge_exchange_get_path(self));
	self->command = command;
}

/* @status: for who counts; @fields: (out): of the header
 *
 * Returns: (nullable): NULL if the client has said more than the request */
static BridgeChannel *
exchange_leave(BridgeExchange *self, guint status, GString **fields)
{
	g_autoptr(GIOStream) stream = NULL;
	BridgeChannel *channel = NULL;

	if (self->connected && self->peer->connection != NULL)
		channel = bridge_connection_switch(self->peer->connection);
	if (channel == NULL)
		return NULL;
	*fields = exchange_build_fields(self);
	exchange_remember_request(self);
	self->connected = FALSE;
	soup_server_message_set_status(self->message, status, NULL);
	g_signal_handlers_disconnect_by_data(self->message, self);
	stream = soup_server_message_steal_connection(self->message);
	g_clear_object(&self->message);
	return channel;
}

gboolean
bridge_exchange_park(BridgeExchange *self)
{
	GString *fields = NULL;
	BridgeChannel *channel = NULL;

	g_return_val_if_fail(!self->answered, FALSE);
	if (self->message != NULL)
		channel = exchange_leave(self, 200, &fields);
	if (channel != NULL)
		self->waiting = bridge_waiting_new(channel, fields, self->peer->keep_alive);
	return self->waiting != NULL;
}

static void
exchange_refuse_more(BridgeExchange *self)
{
	bridge_exchange_refuse(self, BRIDGE_PROBLEM_MALFORMED,
	                       "nothing may follow before the answer", NULL);
}

gboolean
bridge_exchange_begin_stream(BridgeExchange *self, const char *content_type,
                             void (*drained)(gpointer user_data), gpointer user_data)
{
	/* Its end is the end of the connection: nothing has to be written then. */
	bridge_exchange_set_header(self, "Connection", "close");
	if (!bridge_exchange_park(self)) {
		exchange_refuse_more(self);
		return FALSE;
	}
	self->answered = TRUE;
	exchange_log_status(self, 200);
	bridge_waiting_begin(self->waiting, content_type, drained, user_data);
	return TRUE;
}

void
bridge_exchange_write_stream(BridgeExchange *self, GString *text)
{
	bridge_waiting_write(self->waiting, text);
}

void
bridge_exchange_end_stream(BridgeExchange *self)
{
	bridge_waiting_end(self->waiting);
}

BridgeChannel *
bridge_exchange_switch(BridgeExchange *self, char **head)
{
	g_autoptr(GString) fields = NULL;
	BridgeChannel *channel = NULL;

	g_return_val_if_fail(!self->answered, NULL);
	channel = exchange_leave(self, SOUP_STATUS_SWITCHING_PROTOCOLS, &fields);
	if (channel == NULL) {
		exchange_refuse_more(self);
		return NULL;
	}
	self->answered = TRUE;
	exchange_log_status(self, SOUP_STATUS_SWITCHING_PROTOCOLS);
	*head = g_strdup_printf("HTTP/1.1 101 Switching Protocols\r\n%s\r\n", fields->str);
	return channel;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
exchange_disconnected_cb(SoupServerMessage *message, gpointer user_data)
{
	BridgeExchange *self = user_data;

	self->connected = FALSE;
	g_cancellable_cancel(self->peer->gone);
}

static void
bridge_exchange_dispose(GObject *object)
{
	BridgeExchange *self = BRIDGE_EXCHANGE(object);

	if (self->peer != NULL && !self->answered) {
		exchange_log(self, G_LOG_LEVEL_WARNING, "nobody answered");
		bridge_exchange_refuse(self, BRIDGE_PROBLEM_INTERNAL, NULL, NULL);
	}
	if (self->message != NULL)
		g_signal_handlers_disconnect_by_data(self->message, self);
	g_clear_object(&self->message);
	g_clear_object(&self->account);
	G_OBJECT_CLASS(bridge_exchange_parent_class)->dispose(object);
}

static void
bridge_exchange_finalize(GObject *object)
{
	BridgeExchange *self = BRIDGE_EXCHANGE(object);

	if (self->body != NULL)
		bridge_json_wipe(self->body);
	g_clear_pointer(&self->body, json_node_unref);
	g_clear_pointer(&self->query, g_hash_table_unref);
	g_clear_pointer(&self->device, bridge_device_record_free);
	g_clear_pointer(&self->peer, bridge_peer_unref);
	g_clear_pointer(&self->waiting, bridge_waiting_unref);
	g_clear_pointer(&self->command, bridge_command_free);
	g_free(self->retry_after);
	g_free(self->request_id);
	g_free(self->parameter);
	G_OBJECT_CLASS(bridge_exchange_parent_class)->finalize(object);
}

static void
bridge_exchange_class_init(BridgeExchangeClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = bridge_exchange_dispose;
	G_OBJECT_CLASS(klass)->finalize = bridge_exchange_finalize;
}

static void
bridge_exchange_init(BridgeExchange *self)
{
}

/* The client's own, if it is harmless in a header and in a log. */
static char *
exchange_choose_id(BridgeExchange *self)
{
	const char *id = bridge_exchange_get_header(self, "X-Request-Id");
	const char *harmless = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-";

	if (id != NULL && *id != '\0' && strlen(id) <= EXCHANGE_REQUEST_ID_CHARS_MAX &&
	    id[strspn(id, harmless)] == '\0')
		return g_strdup(id);
	return g_uuid_string_random();
}

BridgeExchange *
bridge_exchange_new(SoupServerMessage *message, gpointer context)
{
	BridgeExchange *self = g_object_new(BRIDGE_TYPE_EXCHANGE, NULL);

	self->message = g_object_ref(message);
	self->peer = bridge_peer_ref(bridge_peer_get(message));
	self->context = context;
	self->connected = TRUE;
	self->request_id = exchange_choose_id(self);
	bridge_exchange_set_header(self, "X-Request-Id", self->request_id);
	bridge_exchange_set_header(self, "Cache-Control", "no-store");
	bridge_exchange_set_header(self, "X-Content-Type-Options", "nosniff");
	g_signal_connect(message, "disconnected", G_CALLBACK(exchange_disconnected_cb), self);
	return self;
}

void
bridge_exchange_await(BridgeExchange *self)
{
	if (self->answered || !self->connected)
		return;
	self->paused = TRUE;
	soup_server_message_pause(self->message);
}

BridgeExchange *
bridge_exchange_new_command(BridgeCommand *command, BridgePeer *peer, gpointer context,
                            BridgeReplyFunc reply, gpointer user_data)
{
	BridgeExchange *self = g_object_new(BRIDGE_TYPE_EXCHANGE, NULL);

	self->command = command;
	self->peer = bridge_peer_ref(peer);
	self->context = context;
	self->reply = reply;
	self->reply_data = user_data;
	self->request_id = g_uuid_string_random();
	return self;
}

const char *
bridge_exchange_get_ref(BridgeExchange *self)
{
	return self->command != NULL ? self->command->ref : NULL;
}

BridgePeer *
bridge_exchange_get_peer(BridgeExchange *self)
{
	return self->peer;
}
