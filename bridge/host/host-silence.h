/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-silence.h: how long a chat server may say nothing: after a while it is asked whether it is
 * there (any octet is an answer), and after as long again the link counts as dead. It is looked at
 * now and then; what that may come late is part of the time. Pure; times are monotonic, us. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
	gint64 heard_us;   /* when its last octet was noticed */
	gint64 received;   /* libpurple's time of that octet: another one is news, whatever it is */
	gboolean is_asked; /* in this silence */
} HostSilence;

typedef enum {
	HOST_SILENCE_SHORT,
	HOST_SILENCE_ASK, /* once in each silence */
	HOST_SILENCE_DEAD,
} HostSilenceVerdict;

/* It begins now. */
void
host_silence_begin(HostSilence *self, gint64 now_us);

/* How often to look if a link that died is to be found within @dead_after_s. */
guint
host_silence_get_interval_s(guint dead_after_s);

/* @received: as libpurple has it at this moment */
HostSilenceVerdict
host_silence_look(HostSilence *self, gint64 received, gint64 now_us, guint dead_after_s);

/* Since it began, or the last octet was noticed. */
gint64
host_silence_get_length_us(const HostSilence *self, gint64 now_us);

G_END_DECLS
