/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-link-pipe.h: one end of the socket on which a host's events and their answers travel,
 * beside D-Bus and not on it: GDBus reads and writes in threads of its own, and two wake-ups on the
 * way of each message are a tenth of what it takes altogether. Here the main loops read and write
 * themselves.
 *
 * On the wire: a guint32 with the number of octets that follow, then that many: one value in
 * GVariant's serialised form, both in the machine's byte order. Each direction has one type (see
 * OpenEvents in gtalk-bridge-link.xml). A length that is 0 or beyond the limit, or a value that is
 * not in normal form, ends the pipe: the other end is broken. A form that is not checked makes a
 * value say something else than was meant, nothing worse: GVariant reads none beyond its octets.
 *
 * Order: within each direction, that of the calls. Between the pipe and D-Bus none is promised:
 *  - what a host told before it answered a call may be read after that answer, at the latest when
 *    its window has room again: Request says in its answer which event it is the last one of;
 *  - SignOut is answered when the account's last event has been, so nothing comes after it;
 *  - what an event says of a message may overtake the answer to its SendMessage: it then counts as
 *    that answer too;
 *  - while KeepCredential is under way the host writes nothing, so that the daemon has a new
 * credential before it hears of what becomes of the account;
 *  - a host knows no account before SignIn, and the daemon awaits an account's events from then on.
 *
 * Nothing blocks: what the socket does not take waits in memory. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BridgeLinkPipe BridgeLinkPipe;

typedef struct {
	/* @value: of the type that was agreed on, in normal form if that is checked. May free the
	 * pipe. */
	void (*received)(gpointer user_data, GVariant *value);
	/* Once, and nothing follows: the other end closed it (%G_IO_ERROR_CLOSED), broke the rules
	 * (%G_IO_ERROR_INVALID_DATA), or the socket failed. May free the pipe. */
	void (*ended)(gpointer user_data, const GError *error);
} BridgeLinkPipeClient;

typedef struct {
	const char *type;  /* of what is received */
	gsize bytes_max;   /* of one value that is received */
	gsize backlog_max; /* octets that may wait to be written; more end the pipe */
	gboolean trusts;   /* the other end is our master: the form of what it sends is not
	                      checked, which takes time for each octet */
} BridgeLinkPipeTerms;

/**
 * bridge_link_pipe_new:
 * @fd: (transfer full): a connected stream socket
 * @terms: copied; the type's string must live as long as the pipe
 * @client: copied */
BridgeLinkPipe *
bridge_link_pipe_new(int fd, const BridgeLinkPipeTerms *terms, const BridgeLinkPipeClient *client,
                     gpointer user_data);

/* @value: floating or not. Without effect when the pipe has ended; trouble is told by ended(),
 * never from here. */
void
bridge_link_pipe_send(BridgeLinkPipe *pipe, GVariant *value);

/* Closes it; no callback runs after that. */
void
bridge_link_pipe_free(BridgeLinkPipe *pipe);

G_END_DECLS
