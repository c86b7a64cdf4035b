/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-delivery.h: one push to one service: the request is built, sent, judged, and sent once more
 * where the service did not know us and may the second time. */
#pragma once

#include "push-service.h"

G_BEGIN_DECLS

/* @outcome: (transfer floating): of BRIDGE_PUSH_OUTCOME_TYPE */
typedef void (*PushDeliveryDone)(GVariant *outcome, gpointer user_data);

/* @context and @fetcher outlive it; @order: as the link has it; @done: called once, perhaps at
 * once,
 * @destroy: behind it, or when it is dropped */
void
push_delivery_start(PushContext *context, PushFetcher *fetcher, const PushService *service,
                    GVariant *order, PushDeliveryDone done, gpointer user_data,
                    GDestroyNotify destroy);
/* All that are under way, when nothing knows of them any more that they wait for. */
void
push_delivery_drop_all(PushContext *context);

G_END_DECLS
