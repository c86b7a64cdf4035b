/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-conversation.h: lines of our own in the conversation with a contact. */
#pragma once

#include "gtalk-connection.h"

G_BEGIN_DECLS

/* The conversation with @jid (any resource) that is open, or NULL. */
PurpleConversation *
gtalk_conversation_find(GTalkConnection *connection, const char *jid);

/* The one that is open, else a new one. */
PurpleConversation *
gtalk_conversation_ensure(GTalkConnection *connection, const char *jid);

/* Whether it is a room that is open, or a private chat with somebody in such a room. */
gboolean
gtalk_conversation_is_in_room(PurpleConversation *conversation);

/* What the user calls @jid: its name in the buddy list, else the bare address; (transfer full). */
char *
gtalk_conversation_dup_name(GTalkConnection *connection, const char *jid);

/* @sentence with @name in the place of its "%s"; for sentences that come from a table, which
 * printf() cannot be trusted with; (transfer full). */
char *
gtalk_conversation_dup_sentence(const char *sentence, const char *name);

/* Writes @text, plain, as a line that nobody said. */
void
gtalk_conversation_write(PurpleConversation *conversation, const char *text,
                         PurpleMessageFlags flags, time_t when);

/* Plain text as libpurple wants it; (transfer full). */
char *
gtalk_conversation_dup_html(const char *text);

G_END_DECLS
