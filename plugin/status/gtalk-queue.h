/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-queue.h: news of who is there wait while nobody looks: kept by the server (google:queue),
 * weighed by the server (client state indication, XEP-0352), or kept here.
 *
 * Used while the account is idle, where the server can do it and GTALK_OPTION_QUEUE_WHEN_IDLE is
 * on, and when asked for by GTALK_IPC_SET_QUEUE or the account's menu. Kept here only when asked
 * for, or when the server refuses what it announced. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_queue_unit;

/* The protocol's `set_idle`. */
void
gtalk_queue_set_idle(PurpleConnection *gc, int seconds);

G_END_DECLS
