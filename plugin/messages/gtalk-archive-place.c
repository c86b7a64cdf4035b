/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-archive-place.h"

#include "gtalk.h"

#define GTALK_ARCHIVE_PLACE_MOVE_MS 1000 /* libpurple saves accounts every five seconds at most */
#define GTALK_ARCHIVE_PLACE_LIVE_MAX GTALK_PLACE_RECENT_MAX

typedef struct {
	char *id;
	char *sender;
	gint64 monotonic_us;
} GTalkArchiveLive;

struct _GTalkArchivePlace {
	GTalkConnection *connection;
	GTalkPlace *place;
	GQueue live; /* of GTalkArchiveLive: what came otherwise while the archive was being read */
	guint move_source;
};

static gint64
gtalk_archive_place_get_since_option(PurpleAccount *account)
{
	const char *since = purple_account_get_string(account, GTALK_OPTION_ARCHIVE_SINCE, "");
	gint64 since_s = 0;

	g_ascii_string_to_signed(since, 10, 1, G_MAXINT32 * G_GINT64_CONSTANT(100), &since_s, NULL);
	return since_s;
}

GTalkArchivePlace *
gtalk_archive_place_new(GTalkConnection *connection)
{
	GTalkArchivePlace *self = g_new0(GTalkArchivePlace, 1);
	PurpleAccount *account = gtalk_connection_get_account(connection);
	const char *after = purple_account_get_string(account, GTALK_OPTION_ARCHIVE_AFTER, "");
	const char *recent = purple_account_get_string(account, GTALK_OPTION_ARCHIVE_RECENT, "");

	self->connection = connection;
	self->place = gtalk_place_new(after, recent, gtalk_archive_place_get_since_option(account));
	g_queue_init(&self->live);
	return self;
}

static void
gtalk_archive_live_free(GTalkArchiveLive *live)
{
	g_free(live->id);
	g_free(live->sender);
	g_free(live);
}

void
gtalk_archive_place_free(GTalkArchivePlace *self)
{
	if (self->move_source != 0)
		gtalk_archive_place_keep(self);
	g_queue_clear_full(&self->live, (GDestroyNotify)gtalk_archive_live_free);
	gtalk_place_free(self->place);
	g_free(self);
}

GTalkPlace *
gtalk_archive_place_get(GTalkArchivePlace *self)
{
	return self->place;
}

static void
gtalk_archive_place_set_option(GTalkArchivePlace *self, const char *name, const char *value)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);

	if (!purple_strequal(purple_account_get_string(account, name, ""), value))
		purple_account_set_string(account, name, value);
}

void
gtalk_archive_place_keep(GTalkArchivePlace *self)
{
	const char *newest = gtalk_place_get_newest(self->place);
	gint64 since_s = gtalk_place_get_since_s(self->place);
	g_autofree char *recent = gtalk_place_dup_recent(self->place);
	g_autofree char *since = g_strdup_printf("%" G_GINT64_FORMAT, since_s);

	if (self->move_source != 0)
		purple_timeout_remove(self->move_source);
	self->move_source = 0;
	gtalk_archive_place_set_option(self, GTALK_OPTION_ARCHIVE_AFTER,
	                               newest != NULL ? newest : "");
	gtalk_archive_place_set_option(self, GTALK_OPTION_ARCHIVE_RECENT, recent);
	gtalk_archive_place_set_option(self, GTALK_OPTION_ARCHIVE_SINCE, since_s > 0 ? since : "");
}

static gboolean
gtalk_archive_place_move_cb(gpointer user_data)
{
	GTalkArchivePlace *self = user_data;

	self->move_source = 0;
	gtalk_archive_place_keep(self);
	return G_SOURCE_REMOVE;
}

static void
gtalk_archive_place_wait(GTalkArchivePlace *self, const char *stanza_id, const char *sender)
{
	GTalkArchiveLive *live = g_new(GTalkArchiveLive, 1);

	*live = (GTalkArchiveLive){g_strdup(stanza_id), g_strdup(sender), g_get_monotonic_time()};
	g_queue_push_tail(&self->live, live);
	if (self->live.length > GTALK_ARCHIVE_PLACE_LIVE_MAX)
		gtalk_archive_live_free(g_queue_pop_head(&self->live));
}

/* By the archive's clock: ours may be ahead of its stamps, which would all seem to be of long ago,
 * and may be put. */
static gint64
gtalk_archive_place_read_clock(GTalkArchivePlace *self, gint64 monotonic_us)
{
	gint64 time_us = gtalk_place_get_clock(self->place, g_get_real_time(), monotonic_us);

	gtalk_place_set_clock(self->place, time_us, monotonic_us);
	return time_us;
}

void
gtalk_archive_place_note(GTalkArchivePlace *self, const char *stanza_id, const char *sender,
                         gboolean is_settled)
{
	if (!is_settled) {
		gtalk_archive_place_wait(self, stanza_id, sender);
		return;
	}
	gtalk_place_note(self->place, stanza_id, sender,
	                 gtalk_archive_place_read_clock(self, g_get_monotonic_time()));
	if (self->move_source == 0)
		self->move_source = purple_timeout_add(GTALK_ARCHIVE_PLACE_MOVE_MS,
		                                       gtalk_archive_place_move_cb, self);
}

void
gtalk_archive_place_take_over(GTalkArchivePlace *self)
{
	GTalkArchiveLive *live = NULL;

	while ((live = g_queue_pop_head(&self->live)) != NULL) {
		gint64 time_us = gtalk_archive_place_read_clock(self, live->monotonic_us);

		if (gtalk_place_find(self->place, live->id, live->sender, time_us) ==
		    GTALK_PLACE_NEW)
			gtalk_place_note(self->place, live->id, live->sender, time_us);
		gtalk_archive_live_free(live);
	}
}
