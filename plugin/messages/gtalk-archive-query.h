/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-archive-query.h: one page of an archive query (XEP-0313 with XEP-0059) and its end; pure.
 */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_ARCHIVE_QUERY_PAGE 50  /* what common servers give at most */
#define GTALK_ARCHIVE_QUERY_NEWEST 2 /* the end, and one to read on behind */

/* Which page to ask for. Strings are borrowed. */
typedef struct {
	const char *query_id;
	const char *after; /* everything behind this archive id; NULL: from the beginning */
	gint64 since_s;    /* nothing older than this, seconds since the epoch; 0: no limit */
	gboolean newest;   /* only the newest messages, after and since_s notwithstanding */
} GTalkArchiveQuery;

typedef struct {
	gboolean complete; /* no page follows */
	char *last;        /* the last id of this page, NULL if it is empty; owned */
} GTalkArchiveFin;

void
gtalk_archive_query_build(xmlnode *iq, const GTalkArchiveQuery *query);

/* FALSE if @reply has no <fin>. */
gboolean
gtalk_archive_query_parse_fin(const xmlnode *reply, GTalkArchiveFin *fin);
void
gtalk_archive_query_clear_fin(GTalkArchiveFin *fin);

G_END_DECLS
