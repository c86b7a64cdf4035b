/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-archive-course.h"

struct _GTalkArchiveCourse {
	char *after;
	gboolean is_anchored;
	GPtrArray *trail; /* the last ids, up to one more than pages overlap */
	guint n_results;  /* in the present page */
	guint n_news;     /* of them new */
	guint n_pages;
	guint n_messages; /* new ones in all */
	guint n_doubts;   /* about the present page */
};

GTalkArchiveCourse *
gtalk_archive_course_new(const char *after, gboolean is_anchored)
{
	GTalkArchiveCourse *self = g_new0(GTalkArchiveCourse, 1);

	self->after = g_strdup(after);
	self->is_anchored = is_anchored;
	self->trail = g_ptr_array_new_with_free_func(g_free);
	return self;
}

void
gtalk_archive_course_free(GTalkArchiveCourse *self)
{
	g_ptr_array_unref(self->trail);
	g_free(self->after);
	g_free(self);
}

static const char *
gtalk_archive_course_get_last(const GTalkArchiveCourse *self)
{
	return self->trail->len > 0 ? g_ptr_array_index(self->trail, self->trail->len - 1) : NULL;
}

static gboolean
gtalk_archive_course_has(const GTalkArchiveCourse *self, const char *id)
{
	return g_ptr_array_find_with_equal_func(self->trail, id, g_str_equal, NULL);
}

gboolean
gtalk_archive_course_take(GTalkArchiveCourse *self, const char *id, gboolean is_new)
{
	if (is_new && self->n_messages >= GTALK_ARCHIVE_COURSE_MESSAGES_MAX)
		return FALSE;
	self->n_messages += is_new;
	self->n_news += is_new;
	self->n_results++;
	if (gtalk_archive_course_has(self, id))
		return TRUE; /* from the page before; and ejabberd may name one twice */
	g_ptr_array_add(self->trail, g_strdup(id));
	if (self->trail->len > GTALK_ARCHIVE_COURSE_OVERLAP + 1)
		g_ptr_array_remove_index(self->trail, 0);
	return TRUE;
}

static void
gtalk_archive_course_move(GTalkArchiveCourse *self, guint index)
{
	g_free(self->after);
	self->after = g_strdup(g_ptr_array_index(self->trail, index));
	self->is_anchored = index + 1 < self->trail->len;
}

static void
gtalk_archive_course_begin_page(GTalkArchiveCourse *self)
{
	if (self->trail->len > GTALK_ARCHIVE_COURSE_OVERLAP)
		gtalk_archive_course_move(self, 0);
	else if (self->trail->len > 0)
		self->is_anchored = TRUE; /* once more from the same id */
	self->n_results = self->n_news = self->n_doubts = 0;
}

/* Pages may be as small as what they have in common. */
static gboolean
gtalk_archive_course_leap(GTalkArchiveCourse *self)
{
	if (self->n_results == 0 ||
	    g_strcmp0(self->after, gtalk_archive_course_get_last(self)) == 0)
		return FALSE;
	gtalk_archive_course_move(self, self->trail->len - 1);
	self->n_results = self->n_doubts = 0;
	return TRUE;
}

static GTalkArchiveCourseTurn
gtalk_archive_course_proceed(GTalkArchiveCourse *self)
{
	if (self->n_pages >= GTALK_ARCHIVE_COURSE_PAGES_MAX ||
	    self->n_messages >= GTALK_ARCHIVE_COURSE_MESSAGES_MAX)
		return GTALK_ARCHIVE_COURSE_STOP;
	if (self->n_news == 0)
		return gtalk_archive_course_leap(self) ? GTALK_ARCHIVE_COURSE_ON
		                                       : GTALK_ARCHIVE_COURSE_STOP;
	gtalk_archive_course_begin_page(self);
	return GTALK_ARCHIVE_COURSE_ON;
}

GTalkArchiveCourseTurn
gtalk_archive_course_turn(GTalkArchiveCourse *self, const GTalkArchiveFin *fin)
{
	gboolean is_last = fin->complete || fin->last == NULL;

	self->n_pages++;
	if (is_last && self->is_anchored && self->n_results == 0 &&
	    self->n_doubts++ < GTALK_ARCHIVE_COURSE_DOUBTS_MAX)
		return GTALK_ARCHIVE_COURSE_AGAIN;
	if (!is_last || self->n_messages >= GTALK_ARCHIVE_COURSE_MESSAGES_MAX)
		return gtalk_archive_course_proceed(self);
	return GTALK_ARCHIVE_COURSE_END;
}

void
gtalk_archive_course_go_on(GTalkArchiveCourse *self)
{
	gtalk_archive_course_begin_page(self);
}

const char *
gtalk_archive_course_get_after(const GTalkArchiveCourse *self)
{
	return self->after;
}
