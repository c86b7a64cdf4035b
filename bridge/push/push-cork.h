/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-cork.h: lets a request leave in one piece. libsoup writes its head and then its body to a
 * socket that sends at once what it is given: that is two packets for what fits into one, and a
 * peer that is woken twice, the first time for nothing. So the socket is corked (tcp(7)) while a
 * request is written. For HTTP/1, where a connection has one request at a time. Main loop only. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The sockets of one session. */
typedef struct _PushCork PushCork;

PushCork *
push_cork_new(void);
/* Nothing of its session is under way. */
void
push_cork_free(PushCork *self);

/* @message: that its session is about to be given */
void
push_cork_watch(PushCork *self, SoupMessage *message);

G_END_DECLS
