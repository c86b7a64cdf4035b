/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-backlog.h"

#include <string.h>

#include "gtalk-message.h"

struct _GTalkBacklog {
	GQueue waiting;    /* of GTalkWaiting, in the order in which they came */
	GHashTable *links; /* stanza id (the message's) -> GList of it */
	guint n_unarchived;
	guint n_held; /* of the others */
	gsize n_bytes;
};

GTalkBacklog *
gtalk_backlog_new(void)
{
	GTalkBacklog *self = g_new0(GTalkBacklog, 1);

	g_queue_init(&self->waiting);
	self->links = g_hash_table_new(g_str_hash, g_str_equal);
	return self;
}

void
gtalk_waiting_free(GTalkWaiting *waiting)
{
	gtalk_message_clear_copy(&waiting->message);
	g_free(waiting);
}

void
gtalk_backlog_free(GTalkBacklog *self)
{
	g_hash_table_unref(self->links);
	g_queue_clear_full(&self->waiting, (GDestroyNotify)gtalk_waiting_free);
	g_free(self);
}

static GTalkWaiting *
gtalk_waiting_new(const GTalkMessage *message, guint stanza)
{
	GTalkWaiting *waiting = g_new(GTalkWaiting, 1);

	gtalk_message_copy(message, &waiting->message);
	waiting->stanza = stanza;
	return waiting;
}

gboolean
gtalk_backlog_push(GTalkBacklog *self, const GTalkMessage *message, guint stanza)
{
	gsize n_bytes = strlen(message->body);
	GTalkWaiting *waiting = NULL;

	if (self->waiting.length >= GTALK_BACKLOG_MESSAGES_MAX ||
	    self->n_bytes + n_bytes > GTALK_BACKLOG_BYTES_MAX)
		return FALSE;
	waiting = gtalk_waiting_new(message, stanza);
	g_queue_push_tail(&self->waiting, waiting);
	self->n_bytes += n_bytes;
	if (message->stanza_id == NULL) {
		self->n_unarchived++;
		return TRUE;
	}
	self->n_held += stanza != 0;
	g_hash_table_replace(self->links, (gpointer)waiting->message.stanza_id, self->waiting.tail);
	return TRUE;
}

static GTalkWaiting *
gtalk_backlog_take(GTalkBacklog *self, GList *link)
{
	GTalkWaiting *waiting = link->data;
	const char *stanza_id = waiting->message.stanza_id;

	if (stanza_id == NULL)
		self->n_unarchived--;
	else
		self->n_held -= waiting->stanza != 0;
	if (stanza_id != NULL && g_hash_table_lookup(self->links, stanza_id) == link)
		g_hash_table_remove(self->links, stanza_id);
	self->n_bytes -= strlen(waiting->message.body);
	g_queue_delete_link(&self->waiting, link);
	return waiting;
}

GTalkWaiting *
gtalk_backlog_pop(GTalkBacklog *self)
{
	GList *link = self->waiting.head;

	return link != NULL ? gtalk_backlog_take(self, link) : NULL;
}

/* @end: where to stop, NULL: nowhere */
static GTalkWaiting *
gtalk_backlog_pop_unarchived_until(GTalkBacklog *self, const GList *end)
{
	GList *link = self->n_unarchived > 0 ? self->waiting.head : NULL;

	while (link != NULL && link != end &&
	       ((GTalkWaiting *)link->data)->message.stanza_id != NULL)
		link = link->next;
	return link != NULL && link != end ? gtalk_backlog_take(self, link) : NULL;
}

GTalkWaiting *
gtalk_backlog_pop_unarchived(GTalkBacklog *self)
{
	return gtalk_backlog_pop_unarchived_until(self, NULL);
}

GTalkWaiting *
gtalk_backlog_pop_unarchived_before(GTalkBacklog *self, const char *stanza_id)
{
	const GList *end = g_hash_table_lookup(self->links, stanza_id);

	return end != NULL ? gtalk_backlog_pop_unarchived_until(self, end) : NULL;
}

GTalkWaiting *
gtalk_backlog_pop_archived(GTalkBacklog *self, const char *stanza_id)
{
	GList *link = g_hash_table_lookup(self->links, stanza_id);

	return link != NULL ? gtalk_backlog_take(self, link) : NULL;
}

guint
gtalk_backlog_take_hold(GTalkBacklog *self)
{
	GList *link = self->n_held > 0 ? self->waiting.head : NULL;
	GTalkWaiting *waiting = NULL;
	guint stanza = 0;

	for (; link != NULL && stanza == 0; link = link->next) {
		waiting = link->data;
		stanza = waiting->message.stanza_id != NULL ? waiting->stanza : 0;
	}
	if (stanza == 0)
		return 0;
	waiting->stanza = 0;
	self->n_held--;
	return stanza;
}

guint
gtalk_backlog_count_archived(const GTalkBacklog *self)
{
	return self->waiting.length - self->n_unarchived;
}

guint
gtalk_backlog_count_pressing(const GTalkBacklog *self)
{
	return self->n_unarchived + self->n_held;
}
