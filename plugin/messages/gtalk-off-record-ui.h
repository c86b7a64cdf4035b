/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-off-record-ui.h: what the user sees of off the record and does about it: lines in the
 * conversation, its logging, the buddy's menu and the command /otr. Part of gtalk-off-record.h. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

void
gtalk_off_record_ui_load(void);

/* A GTalkUnit's hook: says in a new conversation that it is off the record. */
void
gtalk_off_record_ui_conversation_created(GTalkConnection *connection, gpointer state,
                                         PurpleConversation *conversation);

/* The state with @jid (bare) is this now: says so in its conversation, if one is open, and stops or
 * resumes its logging. */
void
gtalk_off_record_ui_show(GTalkConnection *connection, const char *jid, gboolean off_record,
                         GTalkOffRecordBy by);
/* The state has become known at all: the same for every conversation that was open before. */
void
gtalk_off_record_ui_show_all(GTalkConnection *connection);
/* What was asked for is not so. */
void
gtalk_off_record_ui_show_refusal(GTalkConnection *connection, const char *jid, gboolean off_record);

/* The unit's node_menu(). */
GList *
gtalk_off_record_ui_node_menu(GTalkConnection *connection, gpointer state, PurpleBlistNode *node);

G_END_DECLS
