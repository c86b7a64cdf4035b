/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-quarantine.h"

#define QUARANTINE_STEADY_US (900 * (gint64)G_USEC_PER_SEC) /* online so long: it is over */
#define QUARANTINE_FIRST_US (60 * (gint64)G_USEC_PER_SEC)
#define QUARANTINE_LAST_US (3600 * (gint64)G_USEC_PER_SEC)
#define QUARANTINE_DOUBLINGS_MAX 16

static gboolean
quarantine_is_over(const BridgeQuarantine *self, gint64 now_us)
{
	return self->online_since_us > 0 && now_us - self->online_since_us >= QUARANTINE_STEADY_US;
}

void
bridge_quarantine_note_offline(BridgeQuarantine *self, gint64 now_us)
{
	if (quarantine_is_over(self, now_us))
		bridge_quarantine_release(self);
	self->online_since_us = 0;
}

void
bridge_quarantine_note_death(BridgeQuarantine *self, gint64 now_us, gboolean guilty)
{
	bridge_quarantine_note_offline(self, now_us);
	self->deaths++;
	self->alone = guilty;
}

void
bridge_quarantine_note_online(BridgeQuarantine *self, gint64 now_us)
{
	self->online_since_us = now_us;
}

void
bridge_quarantine_release(BridgeQuarantine *self)
{
	self->deaths = 0;
	self->alone = FALSE;
	self->online_since_us = 0;
}

gboolean
bridge_quarantine_is_on(const BridgeQuarantine *self, gint64 now_us)
{
	return self->deaths >= BRIDGE_QUARANTINE_DEATHS && !quarantine_is_over(self, now_us);
}

gboolean
bridge_quarantine_take_alone(BridgeQuarantine *self, gint64 now_us)
{
	gboolean alone = self->alone || bridge_quarantine_is_on(self, now_us);

	self->alone = FALSE;
	return alone;
}

gint64
bridge_quarantine_get_delay_us(const BridgeQuarantine *self)
{
	guint doublings;
	gint64 delay_us;

	if (self->deaths < BRIDGE_QUARANTINE_APART_DEATHS)
		return 0;
	doublings = self->deaths - BRIDGE_QUARANTINE_APART_DEATHS;
	delay_us = QUARANTINE_FIRST_US << MIN(doublings, QUARANTINE_DOUBLINGS_MAX);
	delay_us = MIN(delay_us, QUARANTINE_LAST_US);
	return delay_us / 2 + (gint64)(g_random_double() * (double)(delay_us / 2));
}
