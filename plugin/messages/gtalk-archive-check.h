/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-archive-check.h: looks through the end of an archive again, after it has been read, for
 * messages that were stored late. Pure.
 *
 * What has newer ones behind it that are known was stored late. What has none may as well be on its
 * way to us: it would come twice, and out of order. It is left alone, unless it has not come until
 * the next check. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GTALK_ARCHIVE_CHECKS_MAX 3

typedef struct _GTalkArchiveCheck GTalkArchiveCheck;

GTalkArchiveCheck *
gtalk_archive_check_new(void);
void
gtalk_archive_check_free(GTalkArchiveCheck *self);

/* @newest: (nullable): the newest id that is known */
void
gtalk_archive_check_begin(GTalkArchiveCheck *self, const char *newest);
/* For each message in order. Whether it is to be told, if it @is_new. */
gboolean
gtalk_archive_check_take(GTalkArchiveCheck *self, const char *id, gboolean is_new);
/* Whether there ought to be another check. */
gboolean
gtalk_archive_check_end(GTalkArchiveCheck *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkArchiveCheck, gtalk_archive_check_free)

G_END_DECLS
