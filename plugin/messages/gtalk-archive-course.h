/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-archive-course.h: which page of an archive comes after which, while it is read from a known
 * id to its end. Pure.
 *
 * A page begins with a few messages of the one before: what is stored late, with an id among them,
 * is read as well, and an answer that has nothing is known to be wrong. */
#pragma once

#include <glib.h>

#include "gtalk-archive-query.h"

G_BEGIN_DECLS

#define GTALK_ARCHIVE_COURSE_OVERLAP 10
#define GTALK_ARCHIVE_COURSE_PAGES_MAX 1000 /* for servers that give less than was asked for */
#define GTALK_ARCHIVE_COURSE_MESSAGES_MAX 10000
#define GTALK_ARCHIVE_COURSE_DOUBTS_MAX 5 /* for each page */

typedef struct _GTalkArchiveCourse GTalkArchiveCourse;

typedef enum {
	GTALK_ARCHIVE_COURSE_ON,    /* another page */
	GTALK_ARCHIVE_COURSE_AGAIN, /* the same page, a little later: the answer cannot be */
	GTALK_ARCHIVE_COURSE_END,   /* nothing follows, by now */
	GTALK_ARCHIVE_COURSE_STOP,  /* more follows, but it is enough or leads nowhere */
} GTalkArchiveCourseTurn;

/* From behind @after, or from the beginning if that is NULL. @is_anchored: whether something behind
 * it is known to be there. */
GTalkArchiveCourse *
gtalk_archive_course_new(const char *after, gboolean is_anchored);
void
gtalk_archive_course_free(GTalkArchiveCourse *self);

/* A message of the present page; FALSE if it is one too many. */
gboolean
gtalk_archive_course_take(GTalkArchiveCourse *self, const char *id, gboolean is_new);
/* The end of the present page; the next one begins. */
GTalkArchiveCourseTurn
gtalk_archive_course_turn(GTalkArchiveCourse *self, const GTalkArchiveFin *fin);
/* Goes on although it has turned to its end. */
void
gtalk_archive_course_go_on(GTalkArchiveCourse *self);

/* Behind which the present page begins; NULL: from the beginning. */
const char *
gtalk_archive_course_get_after(const GTalkArchiveCourse *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkArchiveCourse, gtalk_archive_course_free)

G_END_DECLS
