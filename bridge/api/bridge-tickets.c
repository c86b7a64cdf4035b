/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-tickets.h"

#include <string.h>

#include "http/bridge-tally.h"

#define TICKETS_MAX 10000
#define TICKETS_OF_DEVICE_MAX 8
#define TICKET_BYTES_MAX 64 /* more is none of ours */

typedef struct {
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	guint8 token_hash[BRIDGE_SECRET_HASH_BYTES];
	char *device_id;
	gint64 expires_us;
} Ticket;

struct _BridgeTickets {
	GQueue in_order;     /* of Ticket, the oldest first */
	GHashTable *by_hash; /* hash -> its link in the queue */
	BridgeTally *by_device;
};

static guint
ticket_hash(gconstpointer key)
{
	guint value = 0;

	memcpy(&value, key, sizeof(value)); /* it is a hash already */
	return value;
}

static gboolean
ticket_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, BRIDGE_SECRET_HASH_BYTES) == 0;
}

static void
tickets_remove(BridgeTickets *self, GList *link)
{
	Ticket *ticket = link->data;

	g_hash_table_remove(self->by_hash, ticket->hash);
	bridge_tally_remove(self->by_device, ticket->device_id);
	g_queue_delete_link(&self->in_order, link);
	g_free(ticket->device_id);
	g_free(ticket);
}

static void
tickets_remove_expired(BridgeTickets *self, gint64 now_us)
{
	GList *oldest = NULL;

	while ((oldest = g_queue_peek_head_link(&self->in_order)) != NULL &&
	       ((Ticket *)oldest->data)->expires_us <= now_us)
		tickets_remove(self, oldest);
}

static void
tickets_remove_oldest_of(BridgeTickets *self, const char *device_id)
{
	GList *link = g_queue_peek_head_link(&self->in_order);

	while (link != NULL && !g_str_equal(((Ticket *)link->data)->device_id, device_id))
		link = link->next;
	if (link != NULL)
		tickets_remove(self, link);
}

char *
bridge_tickets_issue(BridgeTickets *self, const char *device_id,
                     const guint8 token_hash[BRIDGE_SECRET_HASH_BYTES], gint64 now_us)
{
	char *text = NULL;
	Ticket *ticket = NULL;

	tickets_remove_expired(self, now_us);
	if (bridge_tally_get(self->by_device, device_id) >= TICKETS_OF_DEVICE_MAX)
		tickets_remove_oldest_of(self, device_id);
	if (g_queue_get_length(&self->in_order) >= TICKETS_MAX)
		return NULL;
	text = bridge_secret_make_token();
	ticket = g_new0(Ticket, 1);
	bridge_secret_hash(text, ticket->hash);
	memcpy(ticket->token_hash, token_hash, BRIDGE_SECRET_HASH_BYTES);
	ticket->device_id = g_strdup(device_id);
	ticket->expires_us = now_us + BRIDGE_TICKET_LIFETIME_S * G_USEC_PER_SEC;
	g_queue_push_tail(&self->in_order, ticket);
	g_hash_table_insert(self->by_hash, ticket->hash, g_queue_peek_tail_link(&self->in_order));
	bridge_tally_add(self->by_device, device_id);
	return text;
}

gboolean
bridge_tickets_redeem(BridgeTickets *self, const char *ticket, gint64 now_us,
                      guint8 token_hash[BRIDGE_SECRET_HASH_BYTES])
{
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];
	GList *link = NULL;

	tickets_remove_expired(self, now_us);
	if (strlen(ticket) > TICKET_BYTES_MAX)
		return FALSE;
	bridge_secret_hash(ticket, hash);
	link = g_hash_table_lookup(self->by_hash, hash);
	if (link == NULL)
		return FALSE;
	memcpy(token_hash, ((Ticket *)link->data)->token_hash, BRIDGE_SECRET_HASH_BYTES);
	tickets_remove(self, link);
	return TRUE;
}

BridgeTickets *
bridge_tickets_new(void)
{
	BridgeTickets *self = g_new0(BridgeTickets, 1);

	g_queue_init(&self->in_order);
	self->by_hash = g_hash_table_new(ticket_hash, ticket_equal);
	self->by_device = bridge_tally_new();
	return self;
}

void
bridge_tickets_free(BridgeTickets *self)
{
	while (!g_queue_is_empty(&self->in_order))
		tickets_remove(self, g_queue_peek_head_link(&self->in_order));
	g_hash_table_unref(self->by_hash);
	bridge_tally_free(self->by_device);
	g_free(self);
}
