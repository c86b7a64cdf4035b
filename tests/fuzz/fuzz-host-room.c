/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever a room's presence may say to the host. */
#include "config.h"

#include "fuzz-stanza.h"

#include "host-room-stanza.h"

static void
fuzz_host_room(xmlnode *stanza)
{
	g_auto(HostRoomPresence) read = {0};

	host_room_presence_read(stanza, "ann", &read);
	g_assert_true((read.kind == HOST_ROOM_PRESENCE_ENTERED) == (read.nick != NULL));
	g_assert_true((read.kind == HOST_ROOM_PRESENCE_LEFT ||
	               read.kind == HOST_ROOM_PRESENCE_REFUSED) == (read.reason != NULL));
	host_room_presence_hide_created(stanza);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_host_room);
}
