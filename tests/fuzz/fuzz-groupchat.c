/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever comes from a room, goes into one, or asks what the client can do. */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "rooms/gtalk-groupchat-stanza.h"

static void
fuzz_presence(xmlnode *stanza)
{
	const char *from = xmlnode_get_attrib(stanza, "from");
	GTalkRoomNews news = gtalk_groupchat_read_presence(stanza, "ann");

	if (news == GTALK_ROOM_ENTERED || news == GTALK_ROOM_LEFT || news == GTALK_ROOM_OTHER)
		g_assert_nonnull(strchr(from, '/'));
	gtalk_groupchat_is_private_room(from);
	gtalk_groupchat_remove_status(stanza, "201");
	gtalk_groupchat_add_status(stanza, "210");
	gtalk_groupchat_mark_caps(stanza);
}

static void
fuzz_groupchat(xmlnode *stanza)
{
	xmlnode *answer = gtalk_groupchat_build_mark_answer(stanza);

	g_clear_pointer(&answer, xmlnode_free);
	gtalk_groupchat_find_invitation(stanza);
	gtalk_groupchat_is_empty_topic(stanza);
	gtalk_groupchat_strip_invitation(stanza);
	fuzz_presence(stanza);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_groupchat);
}
