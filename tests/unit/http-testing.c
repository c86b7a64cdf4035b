/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "http-testing.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>

#define CLIENT_DEADLINE_S 60

typedef struct {
	HttpClientFunc run;
	gpointer user_data;
	gint done;
} HttpClient;

static gpointer
http_client_thread(gpointer user_data)
{
	HttpClient *client = user_data;

	client->run(client->user_data);
	g_atomic_int_set(&client->done, 1);
	g_main_context_wakeup(NULL);
	return NULL;
}

void
http_run(HttpClientFunc run, gpointer user_data)
{
	HttpClient client = {run, user_data, 0};
	GThread *thread = g_thread_new("client", http_client_thread, &client);

	while (!g_atomic_int_get(&client.done))
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(thread);
}

static GSocketAddress *
http_parse_address(const char *address)
{
	g_autoptr(GSocketConnectable) target = NULL;
	g_autoptr(GSocketAddressEnumerator) addresses = NULL;
	GSocketAddress *first = NULL;

	if (g_str_has_prefix(address, "unix:"))
		return g_unix_socket_address_new(address + strlen("unix:"));
	target = g_network_address_parse(address, 80, NULL);
	addresses = g_socket_connectable_enumerate(target);
	first = g_socket_address_enumerator_next(addresses, NULL, NULL);
	g_assert_nonnull(first);
	return first;
}

GSocket *
http_dial(const char *address)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocketAddress) target = http_parse_address(address);
	GSocket *socket = g_socket_new(g_socket_address_get_family(target), G_SOCKET_TYPE_STREAM,
	                               G_SOCKET_PROTOCOL_DEFAULT, &error);

	g_assert_no_error(error);
	g_socket_set_timeout(socket, CLIENT_DEADLINE_S);
	g_socket_connect(socket, target, NULL, &error);
	g_assert_no_error(error);
	return socket;
}

void
http_hang_up(GSocket *socket)
{
	g_socket_close(socket, NULL);
	g_object_unref(socket);
}

void
http_say(GSocket *socket, const char *text)
{
	gsize length = strlen(text);

	while (length > 0) {
		gssize sent = g_socket_send(socket, text, length, NULL, NULL);

		g_assert_cmpint(sent, >, 0);
		text += sent;
		length -= sent;
	}
}

char *
http_hear_all(GSocket *socket)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	gssize length = 0;
	g_autoptr(GError) error = NULL;

	while ((length = g_socket_receive(socket, buffer, sizeof(buffer), NULL, &error)) > 0)
		g_string_append_len(text, buffer, length);
	g_assert_no_error(error);
	return g_string_free(text, FALSE);
}

char *
http_hear_until(GSocket *socket, const char *end)
{
	GString *text = g_string_new(NULL);
	char octet = 0;

	while (!g_str_has_suffix(text->str, end) &&
	       g_socket_receive(socket, &octet, 1, NULL, NULL) == 1)
		g_string_append_c(text, octet);
	if (!g_str_has_suffix(text->str, end))
		g_error("connection ended after \"%s\"", text->str);
	return g_string_free(text, FALSE);
}

char *
http_ask(const char *address, const char *request)
{
	GSocket *socket = http_dial(address);
	char *answer = NULL;

	http_say(socket, request);
	g_socket_shutdown(socket, FALSE, TRUE, NULL);
	answer = http_hear_all(socket);
	http_hang_up(socket);
	return answer;
}

guint
http_count(const char *text, const char *word)
{
	guint found = 0;

	while ((text = strstr(text, word)) != NULL) {
		found++;
		text++;
	}
	return found;
}
