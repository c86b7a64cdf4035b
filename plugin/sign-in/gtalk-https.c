/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-https.h"

#include <string.h>

#include <libsoup/soup.h>

#include "gtalk-mechanism.h"

#define GTALK_HTTPS_FORM_TYPE "application/x-www-form-urlencoded"
#define GTALK_HTTPS_USER_AGENT "purple-gtalk/" PACKAGE_VERSION

struct _GTalkHttps {
	SoupSession *session;
	SoupMessage *message;
	GCancellable *cancellable;
	guint deadline; /* 0 once it has passed or is not needed */
	char *buffer;   /* capacity and one more for a NUL */
	gsize capacity;
	GTalkHttpsFunc callback; /* NULL once cancelled */
	gpointer user_data;
};

gboolean
gtalk_https_is_url(const char *url)
{
	g_autofree char *host = gtalk_https_dup_host(url);

	return host != NULL;
}

char *
gtalk_https_dup_host(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

	if (uri == NULL || g_strcmp0(g_uri_get_scheme(uri), "https") != 0 ||
	    g_uri_get_userinfo(uri) != NULL || g_uri_get_host(uri) == NULL ||
	    *g_uri_get_host(uri) == '\0')
		return NULL;
	return g_strdup(g_uri_get_host(uri));
}

/* ---- The account's proxy -------------------------------------------------------------------- */

static const char *
gtalk_https_get_proxy_scheme(PurpleProxyType type)
{
	switch (type) {
	case PURPLE_PROXY_HTTP:
		return "http";
	case PURPLE_PROXY_SOCKS4:
		return "socks4a"; /* the proxy resolves the name */
	case PURPLE_PROXY_SOCKS5:
	case PURPLE_PROXY_TOR:
		return "socks5";
	default:
		return NULL;
	}
}

/* A proxy that is chosen but makes no sense is one that cannot be reached: to go past it would tell
 * what it is there to hide. (transfer full) */
static char *
gtalk_https_dup_proxy(const PurpleProxyInfo *info)
{
	const char *scheme = gtalk_https_get_proxy_scheme(purple_proxy_info_get_type(info));
	const char *user = purple_proxy_info_get_username(info);
	const char *password = purple_proxy_info_get_password(info);
	const char *host = purple_proxy_info_get_host(info);

	if (scheme == NULL || host == NULL || *host == '\0')
		return g_strdup("none://");
	if (user != NULL && *user == '\0')
		user = NULL;
	return g_uri_join_with_user(G_URI_FLAGS_NONE, scheme, user, user != NULL ? password : NULL,
	                            NULL, host, purple_proxy_info_get_port(info), "", NULL, NULL);
}

static void
gtalk_https_set_proxy(SoupSession *session, PurpleAccount *account)
{
	const PurpleProxyInfo *info = purple_proxy_get_setup(account);
	PurpleProxyType type =
		info != NULL ? purple_proxy_info_get_type(info) : PURPLE_PROXY_USE_ENVVAR;
	g_autoptr(GProxyResolver) resolver = NULL;
	g_autofree char *proxy = NULL;

	/* Whatever the system says. */
	if (type == PURPLE_PROXY_USE_ENVVAR)
		return;
	proxy = type == PURPLE_PROXY_NONE ? g_strdup("direct://") : gtalk_https_dup_proxy(info);
	resolver = g_simple_proxy_resolver_new(proxy, NULL);
	soup_session_set_proxy_resolver(session, resolver);
}

/* ---- Answering ------------------------------------------------------------------------------ */

static void
gtalk_https_free(GTalkHttps *self)
{
	if (self->deadline != 0)
		purple_timeout_remove(self->deadline);
	if (self->buffer != NULL)
		explicit_bzero(self->buffer, self->capacity + 1);
	g_free(self->buffer);
	g_object_unref(self->cancellable);
	g_object_unref(self->message);
	g_object_unref(self->session);
	g_free(self);
}

/* Calls whoever still waits, and frees. */
static void
gtalk_https_finish(GTalkHttps *self, const GTalkHttpsAnswer *answer)
{
	GTalkHttpsFunc callback = self->callback;

	self->callback = NULL;
	if (callback != NULL)
		callback(answer, self->user_data);
	gtalk_https_free(self);
}

static void
gtalk_https_fail(GTalkHttps *self, const GError *error)
{
	GTalkHttpsAnswer answer = {.outcome = GTALK_HTTPS_UNREACHABLE, .error = error->message};

	if (g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
		answer.outcome = GTALK_HTTPS_NOT_TRUSTED;
	gtalk_https_finish(self, &answer);
}

static void
gtalk_https_read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTalkHttps *self = user_data;
	GTalkHttpsAnswer answer = {.outcome = GTALK_HTTPS_ANSWERED};
	g_autoptr(GError) error = NULL;
	gsize length = 0;

	if (!g_input_stream_read_all_finish(G_INPUT_STREAM(source), result, &length, &error)) {
		gtalk_https_fail(self, error);
		return;
	}
	if (length == self->capacity) {
		answer.outcome = GTALK_HTTPS_UNREACHABLE;
		answer.error = "the answer is too long";
		gtalk_https_finish(self, &answer);
		return;
	}
	answer.status = soup_message_get_status(self->message);
	answer.body = self->buffer;
	answer.n_bytes = length;
	gtalk_https_finish(self, &answer);
}

static void
gtalk_https_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GTalkHttps *self = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GInputStream) stream =
		soup_session_send_finish(SOUP_SESSION(source), result, &error);

	if (stream == NULL) {
		gtalk_https_fail(self, error);
		return;
	}
	self->buffer = g_malloc0(self->capacity + 1);
	g_input_stream_read_all_async(stream, self->buffer, self->capacity, G_PRIORITY_DEFAULT,
	                              self->cancellable, gtalk_https_read_cb, self);
}

/* ---- Asking --------------------------------------------------------------------------------- */

static gboolean
gtalk_https_deadline_cb(gpointer user_data)
{
	GTalkHttps *self = user_data;
	GTalkHttpsFunc callback = self->callback;
	gpointer asker = self->user_data;
	const GTalkHttpsAnswer answer = {.outcome = GTALK_HTTPS_UNREACHABLE,
	                                 .error = "no answer in time"};

	self->deadline = 0;
	self->callback = NULL;
	g_cancellable_cancel(self->cancellable); /* may free self */
	callback(&answer, asker);
	return G_SOURCE_REMOVE;
}

static void
gtalk_https_set_form(SoupMessage *message, char *form)
{
	g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(
		form, strlen(form), (GDestroyNotify)gtalk_mechanism_free_secret, form);

	soup_message_set_request_body_from_bytes(message, GTALK_HTTPS_FORM_TYPE, bytes);
}

GTalkHttps *
gtalk_https_send(PurpleAccount *account, const char *url, char *form, gsize max_bytes,
                 GTalkHttpsFunc callback, gpointer user_data)
{
	GTalkHttps *self = g_new0(GTalkHttps, 1);

	g_return_val_if_fail(gtalk_https_is_url(url), NULL);

	self->session = soup_session_new_with_options("user-agent", GTALK_HTTPS_USER_AGENT, NULL);
	self->message = soup_message_new(form != NULL ? "POST" : "GET", url);
	self->cancellable = g_cancellable_new();
	self->capacity = max_bytes + 1;
	self->callback = callback;
	self->user_data = user_data;
	gtalk_https_set_proxy(self->session, account);
	soup_message_add_flags(self->message, SOUP_MESSAGE_NO_REDIRECT);
	if (form != NULL)
		gtalk_https_set_form(self->message, form);
	self->deadline =
		purple_timeout_add_seconds(GTALK_HTTPS_DEADLINE_S, gtalk_https_deadline_cb, self);
	soup_session_send_async(self->session, self->message, G_PRIORITY_DEFAULT, self->cancellable,
	                        gtalk_https_sent_cb, self);
	return self;
}

void
gtalk_https_cancel(GTalkHttps *self)
{
	self->callback = NULL;
	if (self->deadline != 0)
		purple_timeout_remove(self->deadline);
	self->deadline = 0;
	g_cancellable_cancel(self->cancellable);
}
