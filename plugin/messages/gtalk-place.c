/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-place.h"

#include <string.h>

#define GTALK_PLACE_ID_MAX_BYTES 256
#define GTALK_PLACE_SPENT_MAX 32     /* entries left behind before the array is moved up */
#define GTALK_PLACE_CLOCK_SKEW_S 300 /* how far our clock may be ahead of the server's */

typedef struct {
	char *id;
	guint sender;   /* a hash; 0: not known */
	gint64 time_us; /* 0: not known */
} GTalkPlaceEntry;

struct _GTalkPlace {
	char *base; /* or NULL */
	gint64 since_s;
	GArray *recent; /* of GTalkPlaceEntry, behind the base, the newest last; NULL: none yet */
	guint n_spent;  /* at its beginning, which are not behind the base any more */
	gint64 newest_us;
	gint64 clock_us;           /* what the archive's clock showed at least; 0: not known */
	gint64 clock_monotonic_us; /* when it did */
};

guint
gtalk_place_count(const GTalkPlace *self)
{
	return self->recent != NULL ? self->recent->len - self->n_spent : 0;
}

static void
gtalk_place_clear_entry(gpointer data)
{
	g_free(((GTalkPlaceEntry *)data)->id);
}

static GTalkPlaceEntry *
gtalk_place_get(const GTalkPlace *self, guint index)
{
	return &g_array_index(self->recent, GTalkPlaceEntry, self->n_spent + index);
}

static void
gtalk_place_append(GTalkPlace *self, const char *id, guint sender, gint64 time_us)
{
	GTalkPlaceEntry entry = {.id = g_strdup(id), .sender = sender, .time_us = time_us};

	if (self->recent == NULL) {
		self->recent = g_array_new(FALSE, FALSE, sizeof(GTalkPlaceEntry));
		g_array_set_clear_func(self->recent, gtalk_place_clear_entry);
	}
	g_array_append_val(self->recent, entry);
}

/* The first line of @lines is the base, its last one has to be @after. */
static gboolean
gtalk_place_parse(GTalkPlace *self, char **lines, const char *after)
{
	guint n_lines = g_strv_length(lines);

	if (n_lines < 2 || n_lines > GTALK_PLACE_RECENT_MAX + 1 ||
	    strcmp(lines[n_lines - 1], after) != 0)
		return FALSE;
	self->base = *lines[0] != '\0' ? g_strdup(lines[0]) : NULL;
	for (guint i = 1; i < n_lines; i++)
		gtalk_place_append(self, lines[i], 0, 0);
	return TRUE;
}

GTalkPlace *
gtalk_place_new(const char *after, const char *recent, gint64 since_s)
{
	GTalkPlace *self = g_new0(GTalkPlace, 1);
	g_auto(GStrv) lines = g_strsplit(recent, "\n", 0);

	self->since_s = since_s;
	if (*after != '\0' && !gtalk_place_parse(self, lines, after))
		self->base = g_strdup(after);
	return self;
}

void
gtalk_place_free(GTalkPlace *self)
{
	g_clear_pointer(&self->recent, g_array_unref);
	g_free(self->base);
	g_free(self);
}

/* Makes the oldest id that is remembered the base. */
static void
gtalk_place_advance(GTalkPlace *self)
{
	GTalkPlaceEntry *oldest = gtalk_place_get(self, 0);

	g_free(self->base);
	self->base = g_steal_pointer(&oldest->id);
	if (oldest->time_us != 0)
		self->since_s = oldest->time_us / G_USEC_PER_SEC - GTALK_PLACE_CLOCK_SKEW_S;
	if (++self->n_spent < GTALK_PLACE_SPENT_MAX)
		return;
	g_array_remove_range(self->recent, 0, self->n_spent);
	self->n_spent = 0;
}

/* One whose time is not known stays: it may be newer than what is read in front of it. */
static gboolean
gtalk_place_is_behind(const GTalkPlace *self)
{
	gint64 oldest_us = gtalk_place_get(self, 0)->time_us;

	return gtalk_place_count(self) > GTALK_PLACE_RECENT_MAX ||
	       (oldest_us != 0 && oldest_us + GTALK_PLACE_LAG_US < self->newest_us);
}

/* Of the bare JID. */
static guint
gtalk_place_hash(const char *sender)
{
	guint hash = 0;

	for (; sender != NULL && *sender != '\0' && *sender != '/'; sender++)
		hash = hash * 33 + (guchar)*sender;
	return hash;
}

void
gtalk_place_note(GTalkPlace *self, const char *id, const char *sender, gint64 time_us)
{
	if (*id == '\0' || strlen(id) > GTALK_PLACE_ID_MAX_BYTES || strchr(id, '\n') != NULL)
		return;
	gtalk_place_append(self, id, gtalk_place_hash(sender), time_us);
	self->newest_us = MAX(self->newest_us, time_us);
	while (gtalk_place_count(self) > 1 && gtalk_place_is_behind(self))
		gtalk_place_advance(self);
}

static gboolean
gtalk_place_is(const GTalkPlaceEntry *entry, const char *id, guint sender)
{
	return strcmp(entry->id, id) == 0 &&
	       (entry->sender == sender || entry->sender == 0 || sender == 0);
}

GTalkPlaceFound
gtalk_place_find(GTalkPlace *self, const char *id, const char *sender, gint64 time_us)
{
	GTalkPlaceEntry *entry = NULL;
	guint hash = gtalk_place_hash(sender);
	guint i = gtalk_place_count(self);

	while (i > 0 && !gtalk_place_is(gtalk_place_get(self, i - 1), id, hash))
		i--;
	if (i == 0)
		return GTALK_PLACE_NEW;
	entry = gtalk_place_get(self, i - 1);
	if (entry->time_us != 0)
		return GTALK_PLACE_KNOWN;
	entry->sender = hash;
	entry->time_us = time_us;
	self->newest_us = MAX(self->newest_us, time_us);
	return GTALK_PLACE_EARLIER;
}

gint64
gtalk_place_get_clock(const GTalkPlace *self, gint64 now_us, gint64 monotonic_us)
{
	return self->clock_us != 0 ? self->clock_us + monotonic_us - self->clock_monotonic_us
	                           : now_us;
}

void
gtalk_place_set_clock(GTalkPlace *self, gint64 time_us, gint64 monotonic_us)
{
	if (time_us < gtalk_place_get_clock(self, time_us, monotonic_us))
		return;
	self->clock_us = time_us;
	self->clock_monotonic_us = monotonic_us;
}

void
gtalk_place_clear(GTalkPlace *self)
{
	g_clear_pointer(&self->base, g_free);
	g_clear_pointer(&self->recent, g_array_unref);
	self->n_spent = 0;
}

void
gtalk_place_begin_at_end(GTalkPlace *self, gint64 now_us)
{
	if (gtalk_place_count(self) > 1)
		gtalk_place_advance(self);
	else if (gtalk_place_count(self) == 1)
		self->since_s = self->newest_us / G_USEC_PER_SEC;
	else
		self->since_s = now_us / G_USEC_PER_SEC - GTALK_PLACE_CLOCK_SKEW_S;
}

void
gtalk_place_limit_since(GTalkPlace *self, gint64 time_us)
{
	if (self->since_s > time_us / G_USEC_PER_SEC)
		self->since_s = MAX((time_us - G_TIME_SPAN_DAY) / G_USEC_PER_SEC, 1);
}

const char *
gtalk_place_get_base(const GTalkPlace *self)
{
	return self->base;
}

const char *
gtalk_place_get_anchor(const GTalkPlace *self)
{
	return gtalk_place_count(self) > 0 ? gtalk_place_get(self, gtalk_place_count(self) - 1)->id
	                                   : NULL;
}

const char *
gtalk_place_get_newest(const GTalkPlace *self)
{
	return gtalk_place_count(self) > 0 ? gtalk_place_get_anchor(self) : self->base;
}

gint64
gtalk_place_get_since_s(const GTalkPlace *self)
{
	return self->since_s;
}

char *
gtalk_place_dup_recent(const GTalkPlace *self)
{
	GString *text = g_string_new(NULL);

	if (gtalk_place_count(self) > 0 && self->base != NULL)
		g_string_append(text, self->base);
	for (guint i = 0; i < gtalk_place_count(self); i++) {
		g_string_append_c(text, '\n');
		g_string_append(text, gtalk_place_get(self, i)->id);
	}
	return g_string_free(text, FALSE);
}
