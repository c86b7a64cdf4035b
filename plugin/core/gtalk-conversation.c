/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-conversation.h"

#include "gtalk-jid.h"

PurpleConversation *
gtalk_conversation_find(GTalkConnection *connection, const char *jid)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);

	return purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM, bare,
	                                             gtalk_connection_get_account(connection));
}

PurpleConversation *
gtalk_conversation_ensure(GTalkConnection *connection, const char *jid)
{
	PurpleConversation *conversation = gtalk_conversation_find(connection, jid);
	g_autofree char *bare = gtalk_jid_dup_bare(jid);

	if (conversation != NULL)
		return conversation;
	return purple_conversation_new(PURPLE_CONV_TYPE_IM,
	                               gtalk_connection_get_account(connection), bare);
}

gboolean
gtalk_conversation_is_in_room(PurpleConversation *conversation)
{
	g_autofree char *room = gtalk_jid_dup_bare(purple_conversation_get_name(conversation));

	return purple_find_conversation_with_account(
		       PURPLE_CONV_TYPE_CHAT, room,
		       purple_conversation_get_account(conversation)) != NULL;
}

char *
gtalk_conversation_dup_name(GTalkConnection *connection, const char *jid)
{
	char *bare = gtalk_jid_dup_bare(jid);
	PurpleBuddy *buddy = purple_find_buddy(gtalk_connection_get_account(connection), bare);
	char *name = NULL;

	if (buddy == NULL)
		return bare;
	name = g_strdup(purple_buddy_get_alias(buddy));
	g_free(bare);
	return name;
}

char *
gtalk_conversation_dup_sentence(const char *sentence, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(sentence, "%s", 2);

	return g_strjoinv(name, parts);
}

char *
gtalk_conversation_dup_html(const char *text)
{
	g_autofree char *escaped = purple_markup_escape_text(text, -1);

	return purple_strdup_withhtml(escaped);
}

void
gtalk_conversation_write(PurpleConversation *conversation, const char *text,
                         PurpleMessageFlags flags, time_t when)
{
	g_autofree char *html = gtalk_conversation_dup_html(text);

	purple_conversation_write(conversation, "", html, flags, when);
}
