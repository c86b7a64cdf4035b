/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-status-links.h: which saved status of libpurple stands for which text that the server
 * remembers. Saved statuses are known by the time of their creation, which is unique. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
	gint64 created;
	gboolean is_busy;
	gboolean is_ours; /* made for this text, so to be deleted with it */
	char *text;
} GTalkStatusLink;

GTalkStatusLink *
gtalk_status_link_new(gint64 created, gboolean is_busy, gboolean is_ours, const char *text);
void
gtalk_status_link_free(GTalkStatusLink *link);

/* An array that frees its GTalkStatusLink. @text as gtalk_status_links_dup_text made it, or NULL;
 * lines that make no sense are left out. */
GPtrArray *
gtalk_status_links_parse(const char *text);
char *
gtalk_status_links_dup_text(const GPtrArray *links);

/* NULL without. */
GTalkStatusLink *
gtalk_status_links_find(const GPtrArray *links, gboolean is_busy, const char *text);
GTalkStatusLink *
gtalk_status_links_find_created(const GPtrArray *links, gint64 created);

G_END_DECLS
