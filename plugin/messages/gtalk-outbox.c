/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-outbox.h"

#include <string.h>

#include "core/gtalk-jid.h"

static void
gtalk_outbox_message_free(GTalkOutboxMessage *message)
{
	g_free(message->id);
	g_free(message->to);
	g_free(message->text);
	g_free(message);
}

void
gtalk_outbox_init(GTalkOutbox *self)
{
	g_queue_init(&self->messages);
	self->text_bytes = 0;
}

void
gtalk_outbox_clear(GTalkOutbox *self)
{
	g_queue_clear_full(&self->messages, (GDestroyNotify)gtalk_outbox_message_free);
	self->text_bytes = 0;
}

static void
gtalk_outbox_drop(GTalkOutbox *self, GList *link)
{
	GTalkOutboxMessage *message = link->data;

	self->text_bytes -= strlen(message->text);
	gtalk_outbox_message_free(message);
	g_queue_delete_link(&self->messages, link);
}

void
gtalk_outbox_add(GTalkOutbox *self, const GTalkOutboxMessage *message)
{
	GTalkOutboxMessage *copy = g_new0(GTalkOutboxMessage, 1);

	copy->id = g_strdup(message->id);
	copy->to = g_strdup(message->to);
	copy->text = g_strdup(message->text);
	copy->sent_us = message->sent_us;
	copy->was_away = message->was_away;
	self->text_bytes += strlen(copy->text);
	g_queue_push_tail(&self->messages, copy);
	while (self->messages.length > GTALK_OUTBOX_MESSAGES_MAX ||
	       (self->text_bytes > GTALK_OUTBOX_TEXT_MAX_BYTES && self->messages.length > 1))
		gtalk_outbox_drop(self, self->messages.head);
}

const GTalkOutboxMessage *
gtalk_outbox_find(const GTalkOutbox *self, const char *id, const char *jid)
{
	for (GList *l = self->messages.tail; l != NULL; l = l->prev) {
		const GTalkOutboxMessage *message = l->data;

		if (strcmp(message->id, id) == 0 && gtalk_jid_equal_bare(message->to, jid))
			return message;
	}
	return NULL;
}

void
gtalk_outbox_remove(GTalkOutbox *self, const GTalkOutboxMessage *message)
{
	GList *link = g_queue_find(&self->messages, message);

	if (link != NULL)
		gtalk_outbox_drop(self, link);
}
