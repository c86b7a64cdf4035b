/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-fetch.h"

#include <string.h>

#include "link/bridge-timers.h"
#include "push-cork.h"
#include "push-guard.h"

#define FETCH_SESSIONS_MAX 64
#define FETCH_CONNECTIONS_PER_HOST 32
#define FETCH_IDLE_S 60
#define FETCH_LONG_CONNECTIONS_PER_HOST 2
#define FETCH_LONG_IDLE_S 3600
#define FETCH_HUNG_MAX 100
#define FETCH_CANCEL_MS 5000 /* what is not over so long after it was cancelled hangs */
#define FETCH_USER_AGENT "gtalk-bridge"
#define FETCH_CORK "push-cork" /* of a session */

struct _PushFetcher {
	const BridgePushRules *rules;
	GTlsDatabase *anchors;
	guint deadline_ms;
	guint connections; /* to each host */
	guint idle_s;
	gboolean whole; /* requests leave in one piece */
	void (*stuck)(gpointer user_data);
	gpointer user_data;
	GHashTable *sessions; /* "host:port" -> SoupSession */
	GQueue order;         /* of the keys above (borrowed), the one used last at the head */
	GHashTable *attempts; /* set of PushAttempt under way */
	guint hung;
};

/* Lives until libsoup has called back, which may be never. */
typedef struct {
	PushFetcher *fetcher; /* NULL: it is gone */
	SoupSession *session;
	SoupMessage *message;
	GInputStream *stream;
	GCancellable *cancellable;
	PushFetchDone done; /* NULL: told */
	gpointer user_data;
	guint deadline; /* of bridge-timers.h */
	gboolean with_certificate;
	gboolean hangs;
	gsize length; /* of what is read */
	gboolean whole;
	guint8 body[PUSH_FETCH_ANSWER_BYTES_MAX];
} PushAttempt;

void
push_request_clear(PushRequest *request)
{
	g_clear_pointer(&request->uri, g_uri_unref);
	g_clear_pointer(&request->headers, soup_message_headers_unref);
	g_clear_pointer(&request->body, g_bytes_unref);
	g_clear_object(&request->certificate);
}

/* ---- Sessions -------------------------------------------------------------------------------- */

static SoupSession *
push_fetcher_new_session(PushFetcher *self, const char *host, guint16 port)
{
	const BridgePushException *exception = bridge_push_rules_find(self->rules, host, port);
	g_autoptr(GSocketConnectable) address =
		push_address_new(host, port, exception != NULL ? exception->network : NULL);
	SoupSession *session = soup_session_new_with_options(
		"remote-connectable", address, "proxy-resolver", NULL, "max-conns",
		self->connections, "max-conns-per-host", self->connections, "idle-timeout",
		self->idle_s, "user-agent", FETCH_USER_AGENT, NULL);

	if (exception != NULL)
		g_message("%s:%u is pushed to: an exception of the configuration is used", host,
		          port);
	if (self->anchors != NULL)
		soup_session_set_tls_database(session, self->anchors);
	soup_session_remove_feature_by_type(session, SOUP_TYPE_CONTENT_DECODER);
	soup_session_remove_feature_by_type(session, SOUP_TYPE_AUTH_MANAGER);
	if (self->whole)
		g_object_set_data_full(G_OBJECT(session), FETCH_CORK, push_cork_new(),
		                       (GDestroyNotify)push_cork_free);
	return session;
}

static void
push_fetcher_drop_session(PushFetcher *self, const char *key)
{
	GList *link = g_queue_find_custom(&self->order, key, (GCompareFunc)strcmp);

	if (link != NULL)
		g_queue_delete_link(&self->order, link);
	g_hash_table_remove(self->sessions, key);
}

/* Who says who we are has connections of its own: a certificate is shown once for each. */
static char *
push_fetcher_build_key(GUri *uri, gboolean with_certificate)
{
	return g_strdup_printf("%s:%d%s", g_uri_get_host(uri), g_uri_get_port(uri),
	                       with_certificate ? " certificate" : "");
}

/* (transfer full) */
static SoupSession *
push_fetcher_get_session(PushFetcher *self, GUri *uri, gboolean with_certificate)
{
	char *key = push_fetcher_build_key(uri, with_certificate);
	SoupSession *session = g_hash_table_lookup(self->sessions, key);

	if (session != NULL) {
		GList *link = g_queue_find_custom(&self->order, key, (GCompareFunc)strcmp);

		g_queue_unlink(&self->order, link);
		g_queue_push_head_link(&self->order, link);
		g_free(key);
		return g_object_ref(session);
	}
	if (g_hash_table_size(self->sessions) >= FETCH_SESSIONS_MAX)
		push_fetcher_drop_session(self, g_queue_peek_tail(&self->order));
	session = push_fetcher_new_session(self, g_uri_get_host(uri), (guint16)g_uri_get_port(uri));
	g_hash_table_insert(self->sessions, key, session);
	g_queue_push_head(&self->order, key);
	return g_object_ref(session);
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static void
push_attempt_free(PushAttempt *attempt)
{
	if (attempt->fetcher != NULL) {
		g_hash_table_remove(attempt->fetcher->attempts, attempt);
		attempt->fetcher->hung -= attempt->hangs ? 1 : 0;
	}
	g_clear_handle_id(&attempt->deadline, bridge_timers_remove);
	g_clear_object(&attempt->stream);
	g_clear_object(&attempt->message);
	g_clear_object(&attempt->session);
	g_clear_object(&attempt->cancellable);
	g_free(attempt);
}

static void
push_attempt_tell(PushAttempt *attempt, const PushAnswer *answer)
{
	PushFetchDone done = attempt->done;

	attempt->done = NULL;
	g_clear_handle_id(&attempt->deadline, bridge_timers_remove);
	if (done != NULL)
		done(answer, attempt->user_data);
}

static PushFetchEnd
push_attempt_judge(const GError *error)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		return PUSH_FETCH_REFUSED;
	if (error->domain == G_TLS_ERROR)
		return error->code == G_TLS_ERROR_EOF ? PUSH_FETCH_BROKEN : PUSH_FETCH_TLS;
	if (error->domain == G_RESOLVER_ERROR ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE))
		return PUSH_FETCH_UNREACHABLE;
	return PUSH_FETCH_BROKEN;
}

static void
push_attempt_fail(PushAttempt *attempt, const GError *error)
{
	PushAnswer answer = {.end = push_attempt_judge(error)};

	g_debug("an attempt failed: %s", error->message);
	push_attempt_tell(attempt, &answer);
	push_attempt_free(attempt);
}

static void
push_attempt_fill_answer(PushAttempt *attempt, GBytes *body, PushAnswer *answer)
{
	guint status = soup_message_get_status(attempt->message);

	/* A stream that the service has reset may look as if it had been answered. */
	*answer = (PushAnswer){
		.end = status != SOUP_STATUS_NONE ? PUSH_FETCH_ANSWERED : PUSH_FETCH_BROKEN,
		.status = status,
		.http2 = soup_message_get_http_version(attempt->message) == SOUP_HTTP_2_0,
		.headers = soup_message_get_response_headers(attempt->message),
		.body = body,
	};
}

/* What was not read ends with the connection. */
static void
push_attempt_finish(PushAttempt *attempt)
{
	g_autoptr(GBytes) body = g_bytes_new(attempt->body, attempt->length);
	PushAnswer answer;

	push_attempt_fill_answer(attempt, body, &answer);
	push_attempt_tell(attempt, &answer);
	/* At its end there is nothing to wait for. */
	if (attempt->whole)
		g_input_stream_close(attempt->stream, NULL, NULL);
	else
		g_input_stream_close_async(attempt->stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
	push_attempt_free(attempt);
}

static void
push_attempt_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	PushAttempt *attempt = user_data;
	gsize length = 0;

	/* The status is there already, and says what to do. */
	g_input_stream_read_all_finish(G_INPUT_STREAM(source), result, &length, NULL);
	attempt->length += length;
	push_attempt_finish(attempt);
}

/* Most answers are short, and there with their status. FALSE: there may be more of it. */
static gboolean
push_attempt_read_at_once(PushAttempt *attempt)
{
	g_autoptr(GError) error = NULL;
	gssize n_read = 1;

	if (!G_IS_POLLABLE_INPUT_STREAM(attempt->stream) ||
	    !g_pollable_input_stream_can_poll(G_POLLABLE_INPUT_STREAM(attempt->stream)))
		return FALSE;
	while (n_read > 0 && attempt->length < sizeof attempt->body) {
		n_read = g_pollable_input_stream_read_nonblocking(
			G_POLLABLE_INPUT_STREAM(attempt->stream), attempt->body + attempt->length,
			sizeof attempt->body - attempt->length, NULL, &error);
		attempt->length += (gsize)MAX(n_read, 0);
	}
	attempt->whole = n_read == 0;
	return !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static void
push_attempt_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	PushAttempt *attempt = user_data;
	g_autoptr(GError) error = NULL;

	attempt->stream = soup_session_send_finish(SOUP_SESSION(source), result, &error);
	if (attempt->stream == NULL)
		push_attempt_fail(attempt, error);
	else if (push_attempt_read_at_once(attempt))
		push_attempt_finish(attempt);
	else
		g_input_stream_read_all_async(attempt->stream, attempt->body + attempt->length,
		                              sizeof attempt->body - attempt->length,
		                              G_PRIORITY_DEFAULT, attempt->cancellable,
		                              push_attempt_read_cb, attempt);
}

/* It was cancelled, and is not over. */
static gboolean
push_attempt_hangs_cb(gpointer user_data)
{
	PushAttempt *attempt = user_data;
	PushFetcher *fetcher = attempt->fetcher;

	attempt->deadline = 0;
	attempt->hangs = TRUE;
	if (++fetcher->hung >= FETCH_HUNG_MAX)
		fetcher->stuck(fetcher->user_data);
	return G_SOURCE_REMOVE;
}

/* Its session gets no new requests: a connection of it may be dead. What others have there under
 * way has a clock of its own. */
static gboolean
push_attempt_deadline_cb(gpointer user_data)
{
	PushAttempt *attempt = user_data;
	PushFetcher *fetcher = attempt->fetcher;
	g_autofree char *key = push_fetcher_build_key(soup_message_get_uri(attempt->message),
	                                              attempt->with_certificate);
	g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
	PushAnswer answer = {.end = PUSH_FETCH_TIMED_OUT};

	attempt->deadline = 0;
	/* It has said what came of it, and something else for all this time. */
	if (attempt->stream != NULL)
		push_attempt_fill_answer(attempt, nothing, &answer);
	if (g_hash_table_lookup(fetcher->sessions, key) == attempt->session)
		push_fetcher_drop_session(fetcher, key);
	push_attempt_tell(attempt, &answer);
	attempt->deadline = bridge_timers_add(FETCH_CANCEL_MS, push_attempt_hangs_cb, attempt);
	g_cancellable_cancel(attempt->cancellable); /* may free it, now or later, or never */
	return G_SOURCE_REMOVE;
}

static guint
push_fetcher_get_deadline_ms(PushFetcher *self, const PushRequest *request)
{
	return request->deadline_ms != 0 ? MIN(request->deadline_ms, self->deadline_ms)
	                                 : self->deadline_ms;
}

/* What libsoup sends again, as a stream was refused, would be without a body: the first time it has
 * been read to its end. */
static void
push_attempt_restarted_cb(SoupMessage *message, gpointer user_data)
{
	soup_message_set_request_body_from_bytes(message, NULL, user_data);
}

static void
push_attempt_unref_body(gpointer data, GClosure *closure)
{
	g_bytes_unref(data);
}

void
push_fetcher_post(PushFetcher *self, PushRequest *request, PushFetchDone done, gpointer user_data)
{
	PushAttempt *attempt = g_new0(PushAttempt, 1);
	SoupMessageHeadersIter iter;
	const char *name;
	const char *value;

	attempt->fetcher = self;
	attempt->done = done;
	attempt->user_data = user_data;
	attempt->cancellable = g_cancellable_new();
	attempt->with_certificate = request->certificate != NULL;
	attempt->session = push_fetcher_get_session(self, request->uri, attempt->with_certificate);
	attempt->message = soup_message_new_from_uri(SOUP_METHOD_POST, request->uri);
	if (attempt->with_certificate)
		soup_message_set_tls_client_certificate(attempt->message, request->certificate);
	/* Each has a stable id, and libsoup opens a connection for each POST otherwise. */
	soup_message_add_flags(attempt->message,
	                       SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
	soup_message_headers_iter_init(&iter, request->headers);
	while (soup_message_headers_iter_next(&iter, &name, &value))
		soup_message_headers_append(soup_message_get_request_headers(attempt->message),
		                            name, value);
	soup_message_set_request_body_from_bytes(attempt->message, NULL, request->body);
	g_signal_connect_data(attempt->message, "restarted", G_CALLBACK(push_attempt_restarted_cb),
	                      g_bytes_ref(request->body), push_attempt_unref_body, 0);
	if (self->whole)
		push_cork_watch(g_object_get_data(G_OBJECT(attempt->session), FETCH_CORK),
		                attempt->message);
	g_hash_table_add(self->attempts, attempt);
	attempt->deadline = bridge_timers_add(push_fetcher_get_deadline_ms(self, request),
	                                      push_attempt_deadline_cb, attempt);
	soup_session_send_async(attempt->session, attempt->message, G_PRIORITY_DEFAULT,
	                        attempt->cancellable, push_attempt_sent_cb, attempt);
	push_request_clear(request);
}

/* ---- The fetcher ----------------------------------------------------------------------------- */

guint
push_fetcher_get_under_way(PushFetcher *self)
{
	return g_hash_table_size(self->attempts) - self->hung;
}

guint
push_fetcher_get_hung(PushFetcher *self)
{
	return self->hung;
}

PushFetcher *
push_fetcher_new(const BridgePushRules *rules, GTlsDatabase *anchors, guint deadline_ms,
                 void (*stuck)(gpointer user_data), gpointer user_data)
{
	PushFetcher *self = g_new0(PushFetcher, 1);

	self->rules = rules;
	g_set_object(&self->anchors, anchors);
	self->deadline_ms = deadline_ms;
	self->connections = FETCH_CONNECTIONS_PER_HOST;
	self->idle_s = FETCH_IDLE_S;
	self->whole = TRUE;
	self->stuck = stuck;
	self->user_data = user_data;
	self->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
	g_queue_init(&self->order);
	self->attempts = g_hash_table_new(NULL, NULL);
	return self;
}

void
push_fetcher_keep_long(PushFetcher *self)
{
	self->connections = FETCH_LONG_CONNECTIONS_PER_HOST;
	self->idle_s = FETCH_LONG_IDLE_S;
	self->whole = FALSE;
}

void
push_fetcher_free(PushFetcher *self)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, self->attempts);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		PushAttempt *attempt = key;

		attempt->fetcher = NULL;
		attempt->done = NULL;
		g_clear_handle_id(&attempt->deadline, bridge_timers_remove);
		g_cancellable_cancel(attempt->cancellable);
	}
	g_hash_table_unref(self->attempts);
	g_queue_clear(&self->order);
	g_hash_table_unref(self->sessions);
	g_clear_object(&self->anchors);
	g_free(self);
}
