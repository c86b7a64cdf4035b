/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-silence.h"

#define HOST_SILENCE_LOOKS 18 /* within the time after which a link is dead */
#define HOST_SILENCE_LATE_S 1 /* timers in seconds run together */

void
host_silence_begin(HostSilence *self, gint64 now_us)
{
	self->heard_us = now_us;
	self->is_asked = FALSE;
}

guint
host_silence_get_interval_s(guint dead_after_s)
{
	return MAX(dead_after_s / HOST_SILENCE_LOOKS, 1);
}

/* An octet that came just behind one look is noticed at the next, and that the time is over not
 * before the first look behind that. */
static gint64
host_silence_get_limit_us(guint dead_after_s)
{
	guint looks_s = 2 * (host_silence_get_interval_s(dead_after_s) + HOST_SILENCE_LATE_S);

	return MAX((gint64)dead_after_s - looks_s, dead_after_s / 2) * G_USEC_PER_SEC;
}

gint64
host_silence_get_length_us(const HostSilence *self, gint64 now_us)
{
	return now_us - self->heard_us;
}

HostSilenceVerdict
host_silence_look(HostSilence *self, gint64 received, gint64 now_us, guint dead_after_s)
{
	gint64 limit_us = host_silence_get_limit_us(dead_after_s);

	if (received != self->received) {
		self->received = received;
		host_silence_begin(self, now_us);
	}
	if (self->is_asked)
		return host_silence_get_length_us(self, now_us) >= limit_us ? HOST_SILENCE_DEAD
		                                                            : HOST_SILENCE_SHORT;
	if (host_silence_get_length_us(self, now_us) < limit_us / 2)
		return HOST_SILENCE_SHORT;
	self->is_asked = TRUE;
	return HOST_SILENCE_ASK;
}
