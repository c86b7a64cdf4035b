/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-backoff.h: how long a push waits for its next attempt. Pure but for chance. */
#pragma once

#include "link/bridge-push-link.h"

G_BEGIN_DECLS

/**
 * bridge_push_backoff_get_delay_us:
 * @attempt: that failed, from 1
 * @asked_s: by the service, 0: nothing
 *
 * Returns: the delay; -1: there is no further attempt */
gint64
bridge_push_backoff_get_delay_us(const char *service, BridgePushResult result, guint attempt,
                                 guint asked_s);

/* Whether that is trouble of ours, or with us, rather than the service's. */
gboolean
bridge_push_backoff_is_ours(BridgePushResult result);

/* Whether a push that the service has had trouble with for @tried_us is given up, though it may
 * still be of use: Google asks for that after an hour. A webhook has its schedule instead. */
gboolean
bridge_push_backoff_is_over(const char *service, gint64 tried_us);

/* Whether a subscription is given up where nobody has been there, or nothing was taken, since
 * @failing_us, @failures times, at last as @result says: a webhook after five days, as Standard
 * Webhooks has it, others after seven; one whose service does not know us after one. Pure. */
gboolean
bridge_push_backoff_is_hopeless(const char *service, BridgePushResult result, gint64 failing_us,
                                guint failures, gint64 now_us);

G_END_DECLS
