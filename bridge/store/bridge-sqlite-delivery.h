/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-sqlite-delivery.h: brings what a thread of the store found out to the main loop, in order.
 * The tasks are completed and released there, so no object dies on the store's threads. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _BridgeSqliteDelivery BridgeSqliteDelivery;

BridgeSqliteDelivery *
bridge_sqlite_delivery_new(void);
/* Takes everything over; @error wins over @result. */
void
bridge_sqlite_delivery_add(BridgeSqliteDelivery *delivery, GTask *task, gpointer result,
                           GDestroyNotify free_result, GError *error);
/* Takes @delivery over. */
void
bridge_sqlite_delivery_send(BridgeSqliteDelivery *delivery, GMainContext *context);

G_END_DECLS
