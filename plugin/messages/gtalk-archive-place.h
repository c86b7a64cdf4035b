/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-archive-place.h: the place in an account's archive (gtalk-place.h) as it lies in the
 * account's options, from where the next sign-in reads on. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk-place.h"

G_BEGIN_DECLS

typedef struct _GTalkArchivePlace GTalkArchivePlace;

/* @connection: borrowed */
GTalkArchivePlace *
gtalk_archive_place_new(GTalkConnection *connection);
/* What has been noted without a gap before it is kept. */
void
gtalk_archive_place_free(GTalkArchivePlace *self);

/* (transfer none) */
GTalkPlace *
gtalk_archive_place_get(GTalkArchivePlace *self);

/* A message came otherwise than from the archive. It moves the place, and that is kept within a
 * second, if the archive @is_settled, read to its end; else that waits for take_over(). */
void
gtalk_archive_place_note(GTalkArchivePlace *self, const char *stanza_id, const char *sender,
                         gboolean is_settled);
/* The archive has been read to its end. */
void
gtalk_archive_place_take_over(GTalkArchivePlace *self);
/* Keeps it now. */
void
gtalk_archive_place_keep(GTalkArchivePlace *self);

G_END_DECLS
