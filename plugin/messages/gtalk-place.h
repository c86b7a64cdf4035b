/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-place.h: up to where an archive (XEP-0313) is known, and from where it is read on. Pure.
 *
 * Reading on right behind the newest id that is known would lose messages. An archive may give out
 * ids before it stores (ejabberd's are the times at which messages came in), so that a message can
 * turn up behind whose back a newer one has been read already; and ejabberd's own database, asked
 * while it writes, now and then answers that there is nothing at all. So the base, from which is
 * read on, is left behind by a while, and what lies between it and the newest is remembered: that
 * has been told before, and an answer in which nothing of it is left is wrong. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GTALK_PLACE_LAG_US (60 * (gint64)G_USEC_PER_SEC) /* how late a message may be stored */
#define GTALK_PLACE_RECENT_MAX 100                       /* ids between base and newest */

typedef struct _GTalkPlace GTalkPlace;

/* @after: the newest id that is known, or ""; @recent: as gtalk_place_dup_recent() made it, or "";
 * ignored unless it ends with @after. @since_s: see there. */
GTalkPlace *
gtalk_place_new(const char *after, const char *recent, gint64 since_s);
void
gtalk_place_free(GTalkPlace *self);

/* What follows the newest. @sender: (nullable): ejabberd's ids are times, and those of two people's
 * messages may be the same. time_us: when it came, by the archive's clock; since the epoch. An id
 * that is no single line of at most 256 bytes is left out. */
void
gtalk_place_note(GTalkPlace *self, const char *id, const char *sender, gint64 time_us);

typedef enum {
	GTALK_PLACE_NEW,
	GTALK_PLACE_EARLIER, /* from an earlier session, and comes for the first time in this one */
	GTALK_PLACE_KNOWN,   /* noted already */
} GTalkPlaceFound;

/* What @id is; an earlier one has been noted then. */
GTalkPlaceFound
gtalk_place_find(GTalkPlace *self, const char *id, const char *sender, gint64 time_us);

/* The archive's clock shows @time_us at least (since the epoch), when the machine's is at
 * @monotonic_us. */
void
gtalk_place_set_clock(GTalkPlace *self, gint64 time_us, gint64 monotonic_us);
/* What it shows at least; that may be hours from our own, @now_us, which counts only as long as
 * nothing is known. */
gint64
gtalk_place_get_clock(const GTalkPlace *self, gint64 now_us, gint64 monotonic_us);

/* The ids noted are the archive's last ones, and none before them is wanted. */
void
gtalk_place_begin_at_end(GTalkPlace *self, gint64 now_us);
/* What the archive's clock has not reached, @time_us, is no time to read on from: that was noted by
 * another clock, which was ahead. */
void
gtalk_place_limit_since(GTalkPlace *self, gint64 time_us);
/* Forgets all ids. */
void
gtalk_place_clear(GTalkPlace *self);

/* The id to read on behind; NULL: from get_since_s(). */
const char *
gtalk_place_get_base(const GTalkPlace *self);
/* NULL if nothing is known. */
const char *
gtalk_place_get_newest(const GTalkPlace *self);
/* Likewise, unless that is the base: what lies behind it and so has to be there when it is read on.
 */
const char *
gtalk_place_get_anchor(const GTalkPlace *self);
/* How many ids behind the base are remembered. */
guint
gtalk_place_count(const GTalkPlace *self);
/* From when to read on where there is no base or the archive does not know it any more; seconds
 * since the epoch, 0: not known. */
gint64
gtalk_place_get_since_s(const GTalkPlace *self);
/* The base ("" if there is none) and the ids behind it, a line each; "" if there are none. */
char *
gtalk_place_dup_recent(const GTalkPlace *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkPlace, gtalk_place_free)

G_END_DECLS
