/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * http-testing.h: a client for tests of servers: it blocks in a thread of its own while the server
 * runs on the main loop. What must not fail is asserted; deadlines are generous. */
#pragma once

#include <gio/gio.h>

typedef void (*HttpClientFunc)(gpointer user_data);

/* Runs @run in a thread, and the main loop until it returns. */
void
http_run(HttpClientFunc run, gpointer user_data);

/* The rest is for that thread. @address: "host:port" or "unix:/path" */
GSocket *
http_dial(const char *address);
void
http_hang_up(GSocket *socket);
void
http_say(GSocket *socket, const char *text);
/* Until the server ends the connection. */
char *
http_hear_all(GSocket *socket);
/* Until @end has come. */
char *
http_hear_until(GSocket *socket, const char *end);
/* Says all of it, and nothing more; hears everything. */
char *
http_ask(const char *address, const char *request);

guint
http_count(const char *text, const char *word);
