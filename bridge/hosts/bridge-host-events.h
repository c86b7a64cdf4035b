/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-host-events.h: one batch of a host's events on its way to durability. Whoever has part in
 * it holds it and lets go when that part is durable; then the host is answered. Main loop only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BridgeHostEvents BridgeHostEvents;

void
bridge_host_events_hold(BridgeHostEvents *call);
/* Takes one hold back. When none is left the host is told that all is durable. */
void
bridge_host_events_done(BridgeHostEvents *call);
/* Takes one hold back: something could not be stored. The host must not go on as if it were: it is
 * killed, and what it had not acknowledged comes again. */
void
bridge_host_events_fail(BridgeHostEvents *call);

G_END_DECLS
