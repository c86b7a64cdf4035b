/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-link-batch.h: what is said by one end of a pipe within one turn of its main loop, sent as
 * one array: under load, most of what a small value costs on its way is the way. Main loop only. */
#pragma once

#include "bridge-link-pipe.h"

G_BEGIN_DECLS

typedef struct _BridgeLinkBatch BridgeLinkBatch;

/* @pipe: outlives it; @type: of the array, which lives as long; @most: values in one */
BridgeLinkBatch *
bridge_link_batch_new(BridgeLinkPipe *pipe, const char *type, guint most);
/* What was not sent is not any more. */
void
bridge_link_batch_free(BridgeLinkBatch *self);

/* Sent with others in the next turn of the main loop, at once where there are @most. @value: of the
 * array, floating or not */
void
bridge_link_batch_add(BridgeLinkBatch *self, GVariant *value);

G_END_DECLS
