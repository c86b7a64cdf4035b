/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-past.h: what a subscription was pushed lately, by what a newer push would replace:
 * whether the device shows something of it, up to where it knows it, and when it may be told more.
 * In memory: where it is not known, a device is rather told once too often. */
#pragma once

#include "bridge-push-choice.h"

G_BEGIN_DECLS

/* What is said in a conversation meanwhile is one push. */
#define BRIDGE_PUSH_SPACING_US (5 * (gint64)G_USEC_PER_SEC)

typedef struct _BridgePushPast BridgePushPast;

BridgePushPast *
bridge_push_past_new(void);
void
bridge_push_past_free(BridgePushPast *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushPast, bridge_push_past_free)

/* There was something before of which nothing is known. */
void
bridge_push_past_lose(BridgePushPast *self);
/* It has been pushed. @now_us: monotonic */
void
bridge_push_past_add(BridgePushPast *self, const BridgePushItem *item, gint64 now_us);

/* Perhaps. */
gboolean
bridge_push_past_shows(BridgePushPast *self, const char *key);
/* It has been pushed, with all that it stands for. */
gboolean
bridge_push_past_has(BridgePushPast *self, const BridgePushItem *item);
/* When the next one of that key is due, monotonic; 0: at once */
gint64
bridge_push_past_get_due_us(BridgePushPast *self, const char *key);

G_END_DECLS
