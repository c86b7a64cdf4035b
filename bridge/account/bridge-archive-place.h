/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-archive-place.h: up to where an account's archive is stored, and from where it is read on
 * after the next sign-in. Pure.
 *
 * A chat server may store messages late, behind the back of whoever has read newer ones, and may
 * answer that it has nothing when it has (plugin/messages/gtalk-place.h tells of both). So the
 * base, from which is read on, lies back by a while; what is read again is known by its stanza id.
 * The newest one goes along, so that the host knows an answer without it to be wrong; the host does
 * not tell of it again. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_ARCHIVE_PLACE_LAG_US (60 * (gint64)G_USEC_PER_SEC)

typedef struct _BridgeArchivePlace BridgeArchivePlace;

BridgeArchivePlace *
bridge_archive_place_new(void);
void
bridge_archive_place_free(BridgeArchivePlace *self);

/* Begins again with what dup_text() made, or NULL for nothing. */
void
bridge_archive_place_load(BridgeArchivePlace *self, const char *text);

/* Begins with that, and is to be stored. */
void
bridge_archive_place_begin(BridgeArchivePlace *self, const char *text);

/* @id was read behind everything else, and is being stored. time_us: when the server says it came,
 * since the epoch. */
void
bridge_archive_place_note(BridgeArchivePlace *self, const char *id, gint64 time_us,
                          gint64 monotonic_us);
/* Likewise, of one that came now: our own clock, which may be wrong by hours and be put, counts
 * only as long as the server's is not known. */
void
bridge_archive_place_note_live(BridgeArchivePlace *self, const char *id, gint64 now_us,
                               gint64 monotonic_us);

/* Whether that is worth being stored. */
gboolean
bridge_archive_place_has_moved(const BridgeArchivePlace *self);
/* To be stored; the place has not moved since. NULL if nothing is known. */
char *
bridge_archive_place_dup_text(BridgeArchivePlace *self);

/* The newest id, or NULL. */
const char *
bridge_archive_place_get_newest(const BridgeArchivePlace *self);
/* The id to read on behind, or NULL. */
const char *
bridge_archive_place_get_base(const BridgeArchivePlace *self);
/* When that one came, since the epoch; 0 if it is not known. Without a base: since when whatever is
 * there is wanted; 0: that is not known here. */
gint64
bridge_archive_place_get_base_us(const BridgeArchivePlace *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeArchivePlace, bridge_archive_place_free)

G_END_DECLS
