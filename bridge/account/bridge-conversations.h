/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-conversations.h: with whom an account talks: the last message of each conversation and how
 * many of the contact's are unread. Nobody has to ask for it, so it costs nothing until somebody
 * does: then history is read once, and afterwards what has been added since.
 *
 * How far a contact's messages are read is the account's, not a device's, and kept over restarts.
 * One off the record is the last message for as long as the store has it. */
#pragma once

#include "bridge-account.h"

G_BEGIN_DECLS

#define BRIDGE_CONVERSATION_UNREAD_MAX 1000 /* counted so far */

typedef struct {
	char *jid;
	BridgeEventRecord *kept;   /* the last one on the record, or NULL */
	BridgeEventRecord *hushed; /* one off the record behind that, or NULL */
	guint64 read;              /* seq up to which the contact's messages are read; 0: none */
	GArray *unread; /* of guint64: seq of the contact's messages behind that, rising */
} BridgeConversation;

/* A message of either side; NULL: there is none */
const BridgeEventRecord *
bridge_conversation_get_last(const BridgeConversation *conversation);

/* Brings it up to what is durable now. What the next two return holds until the next call. */
void
bridge_conversations_load_async(BridgeAccount *account, GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean
bridge_conversations_load_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

/* (transfer container) (element-type BridgeConversation): those with a last message, newest first;
 * nothing before the first load */
GPtrArray *
bridge_conversations_get(BridgeAccount *account);
/* 0 also before the first load */
guint
bridge_conversations_get_unread(BridgeAccount *account, const char *jid);

/**
 * bridge_conversations_read_async:
 * @jid: a contact's normalised bare address
 * @seq: at most the account's highest
 *
 * The contact's messages are read up to there, on all devices: event "read", unless they were
 * already. Finishes when that is durable. */
void
bridge_conversations_read_async(BridgeAccount *account, const char *jid, guint64 seq,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_conversations_read_finish(BridgeAccount *account, GAsyncResult *result, GError **error);

G_END_DECLS
