/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The least HTTP server that libsoup makes: answers every request with the same JSON, which is read
 * from the standard input, but for those of /wait, which it keeps waiting; prints its port; ends
 * with its input. What the bridge's requests a second and waiting readers are compared with. */
#include "config.h"

#include <stdlib.h>

#include <libsoup/soup.h>

static void
bare_soup_answer(SoupServer *server, SoupServerMessage *message, const char *path,
                 GHashTable *query, gpointer user_data)
{
	gsize size;
	const char *json = g_bytes_get_data(user_data, &size);

	if (g_str_equal(path, "/wait")) {
		soup_server_message_pause(message);
		return;
	}
	soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
	soup_server_message_set_response(message, "application/json", SOUP_MEMORY_STATIC, json,
	                                 size);
}

static gboolean
bare_soup_end_cb(GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
	g_main_loop_quit(user_data);
	return G_SOURCE_REMOVE;
}

/* The first line: the answer. */
static GBytes *
bare_soup_read(GIOChannel *input)
{
	g_autoptr(GError) error = NULL;
	char *line = NULL;
	gsize end = 0;

	if (g_io_channel_read_line(input, &line, NULL, &end, &error) != G_IO_STATUS_NORMAL)
		g_error("no answer was given: %s", error != NULL ? error->message : "end of input");
	return g_bytes_new_take(line, end);
}

int
main(void)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GIOChannel) input = g_io_channel_unix_new(0);
	g_autoptr(GBytes) answer = bare_soup_read(input);
	g_autoptr(SoupServer) server = soup_server_new(NULL, NULL);
	g_autoptr(GError) error = NULL;
	GSList *uris;

	soup_server_add_handler(server, NULL, bare_soup_answer, answer, NULL);
	if (!soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
		g_error("%s", error->message);
	uris = soup_server_get_uris(server);
	g_print("%d\n", g_uri_get_port(uris->data));
	g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
	g_io_add_watch(input, G_IO_IN | G_IO_HUP, bare_soup_end_cb, loop);
	g_main_loop_run(loop);
	return EXIT_SUCCESS;
}
