/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The least that can be called a push service: over TLS it reads requests with a body and answers
 * each with 201, on kept connections; a thread for each of them. Prints its port; ends with its
 * input. By OpenSSL alone, so that it costs less than whoever asks it.
 *
 *   bare-sink CERTIFICATE KEY */
#define _GNU_SOURCE /* strcasestr */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#define SINK_REQUEST_BYTES_MAX 16384
#define SINK_BACKLOG 512

static const char sink_answer[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

typedef struct {
	SSL_CTX *context;
	int fd;
} SinkConnection;

/* What a request takes of @text; 0: it is not whole. */
static gsize
sink_measure(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "\r\ncontent-length:");

	if (end == NULL)
		return 0;
	return (gsize)(end - text) + 4 +
	       (length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

static void
sink_serve(SSL *ssl)
{
	char text[SINK_REQUEST_BYTES_MAX + 1];
	gsize have = 0;

	for (;;) {
		gsize need = 0;
		int got = SSL_read(ssl, text + have, (int)(SINK_REQUEST_BYTES_MAX - have));

		if (got <= 0)
			return;
		have += (gsize)got;
		text[have] = '\0';
		while ((need = sink_measure(text)) > 0 && need <= have) {
			if (SSL_write(ssl, sink_answer, sizeof sink_answer - 1) <= 0)
				return;
			memmove(text, text + need, have - need + 1);
			have -= need;
		}
	}
}

static gpointer
sink_run(gpointer data)
{
	SinkConnection *connection = data;
	SSL *ssl = SSL_new(connection->context);
	int one = 1;

	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (ssl != NULL && SSL_set_fd(ssl, connection->fd) == 1 && SSL_accept(ssl) == 1)
		sink_serve(ssl);
	SSL_free(ssl);
	close(connection->fd);
	g_free(connection);
	return NULL;
}

static gpointer
sink_wait_for_end(gpointer data)
{
	char octet;

	while (read(0, &octet, 1) > 0)
		continue;
	_exit(EXIT_SUCCESS);
}

static int
sink_listen(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, SINK_BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		g_error("no port");
	g_print("%d\n", ntohs(address.sin_port));
	return fd;
}

int
main(int argc, char **argv)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int fd;

	if (argc != 3 || SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1)
		g_error("usage: bare-sink CERTIFICATE KEY");
	signal(SIGPIPE, SIG_IGN);
	fd = sink_listen();
	g_thread_unref(g_thread_new("end", sink_wait_for_end, NULL));
	for (;;) {
		SinkConnection *connection = g_new0(SinkConnection, 1);

		connection->context = context;
		connection->fd = accept(fd, NULL, NULL);
		if (connection->fd < 0)
			g_error("accept");
		g_thread_unref(g_thread_new("connection", sink_run, connection));
	}
}
