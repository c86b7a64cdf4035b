/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-archive-place.h"

#include <string.h>

#define PLACE_ID_MAX_BYTES 256
#define PLACE_STEP_US ((gint64)G_USEC_PER_SEC) /* between ids that may become the base */

typedef struct {
	char *id;
	gint64 time_us;
} PlaceStep;

struct _BridgeArchivePlace {
	char *newest;
	char *base;
	gint64 base_us;
	GQueue steps;             /* of PlaceStep: a few of the ids behind the base, in order */
	gint64 last_us;           /* what time it was for the server at least; 0: not known */
	gint64 last_monotonic_us; /* at that time; 0: not known */
	gboolean has_moved;
};

static void
bridge_archive_place_free_step(PlaceStep *step)
{
	g_free(step->id);
	g_free(step);
}

BridgeArchivePlace *
bridge_archive_place_new(void)
{
	BridgeArchivePlace *self = g_new0(BridgeArchivePlace, 1);

	g_queue_init(&self->steps);
	return self;
}

static void
bridge_archive_place_clear(BridgeArchivePlace *self)
{
	g_queue_clear_full(&self->steps, (GDestroyNotify)bridge_archive_place_free_step);
	g_clear_pointer(&self->newest, g_free);
	g_clear_pointer(&self->base, g_free);
	self->base_us = 0;
	self->last_us = 0;
	self->last_monotonic_us = 0;
	self->has_moved = FALSE;
}

void
bridge_archive_place_free(BridgeArchivePlace *self)
{
	bridge_archive_place_clear(self);
	g_free(self);
}

void
bridge_archive_place_load(BridgeArchivePlace *self, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", 3);
	guint n_lines = g_strv_length(lines);

	bridge_archive_place_clear(self);
	if (n_lines > 0 && *lines[0] != '\0')
		self->newest = g_strdup(lines[0]);
	if (n_lines > 1 && *lines[1] != '\0')
		self->base = g_strdup(lines[1]);
	if (n_lines > 2)
		self->base_us = MAX(g_ascii_strtoll(lines[2], NULL, 10), 0);
	self->last_us = self->base_us;
}

void
bridge_archive_place_begin(BridgeArchivePlace *self, const char *text)
{
	bridge_archive_place_load(self, text);
	self->has_moved = TRUE;
}

static gint64
bridge_archive_place_get_last_us(const BridgeArchivePlace *self)
{
	const PlaceStep *last = g_queue_peek_tail((GQueue *)&self->steps);

	return last != NULL ? last->time_us : 0;
}

static void
bridge_archive_place_advance(BridgeArchivePlace *self)
{
	PlaceStep *oldest = g_queue_pop_head(&self->steps);

	g_free(self->base);
	self->base = g_steal_pointer(&oldest->id);
	self->base_us = oldest->time_us;
	self->has_moved = TRUE;
	bridge_archive_place_free_step(oldest);
}

static void
bridge_archive_place_step(BridgeArchivePlace *self, const char *id, gint64 time_us)
{
	PlaceStep *step = g_new(PlaceStep, 1);

	*step = (PlaceStep){g_strdup(id), time_us};
	g_queue_push_tail(&self->steps, step);
	while (((PlaceStep *)g_queue_peek_head(&self->steps))->time_us +
	               BRIDGE_ARCHIVE_PLACE_LAG_US <
	       time_us)
		bridge_archive_place_advance(self);
}

/* Whose stamp is older than the one before it counts as having come with that. */
void
bridge_archive_place_note(BridgeArchivePlace *self, const char *id, gint64 time_us,
                          gint64 monotonic_us)
{
	self->last_us = MAX(self->last_us, time_us);
	self->last_monotonic_us = monotonic_us;
	if (*id == '\0' || strlen(id) > PLACE_ID_MAX_BYTES || strchr(id, '\n') != NULL)
		return;
	self->has_moved = self->has_moved || self->newest == NULL;
	g_free(self->newest);
	self->newest = g_strdup(id);
	if (g_queue_is_empty(&self->steps) ||
	    time_us >= bridge_archive_place_get_last_us(self) + PLACE_STEP_US)
		bridge_archive_place_step(self, id, time_us);
}

void
bridge_archive_place_note_live(BridgeArchivePlace *self, const char *id, gint64 now_us,
                               gint64 monotonic_us)
{
	gint64 since_us = self->last_monotonic_us > 0 ? monotonic_us - self->last_monotonic_us : 0;

	bridge_archive_place_note(self, id, self->last_us > 0 ? self->last_us + since_us : now_us,
	                          monotonic_us);
}

gboolean
bridge_archive_place_has_moved(const BridgeArchivePlace *self)
{
	return self->has_moved;
}

char *
bridge_archive_place_dup_text(BridgeArchivePlace *self)
{
	self->has_moved = FALSE;
	if (self->newest == NULL && self->base_us == 0)
		return NULL;
	return g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT,
	                       self->newest != NULL ? self->newest : "",
	                       self->base != NULL ? self->base : "", self->base_us);
}

const char *
bridge_archive_place_get_newest(const BridgeArchivePlace *self)
{
	return self->newest;
}

const char *
bridge_archive_place_get_base(const BridgeArchivePlace *self)
{
	return self->base;
}

gint64
bridge_archive_place_get_base_us(const BridgeArchivePlace *self)
{
	return self->base_us;
}
