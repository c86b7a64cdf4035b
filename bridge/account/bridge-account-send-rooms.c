/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages to rooms, of which no archive of the account's has a copy: a room's own history tells
 * what became of them. */
#include "config.h"

#include "bridge-account-private.h"

#include "bridge-events.h"
#include "bridge-rooms.h"

/* Whoever speaks is not in the room (XEP-0045, section 7.4). */
#define SEND_ROOMS_NOT_THERE "not-acceptable"

static gboolean
bridge_sending_is_doubtful_to(const BridgeSending *sending, const char *room)
{
	return sending->phase == BRIDGE_SENDING_DOUBTFUL && g_str_equal(sending->record->to, room);
}

gboolean
bridge_account_is_in_doubt(BridgeAccount *self, const char *room)
{
	for (GList *l = self->sendings.head; l != NULL; l = l->next)
		if (bridge_sending_is_doubtful_to(l->data, room))
			return TRUE;
	return FALSE;
}

void
bridge_account_resolve_room(BridgeAccount *self, BridgeWrite *write, const char *room,
                            gint64 history_us)
{
	GList *next;

	for (GList *l = self->sendings.head; l != NULL; l = next) {
		BridgeSending *sending = l->data;

		next = l->next;
		if (!bridge_sending_is_doubtful_to(sending, room))
			continue;
		if (history_us > 0 && history_us <= sending->record->time_us)
			sending->phase = BRIDGE_SENDING_FRESH;
		else
			bridge_account_give_up(self, write, l);
	}
}

/* Before it was accepted only: whoever is in the room knows the id once it has been said there, and
 * could have it said twice. */
gboolean
bridge_account_sending_returned(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                                const char *reason)
{
	GList *link = bridge_account_find_sending(self, wire_id);
	BridgeSending *sending = link != NULL ? link->data : NULL;

	if (sending == NULL || sending->returned || !g_str_equal(reason, SEND_ROOMS_NOT_THERE) ||
	    !bridge_rooms_doubt(self, sending->record->to))
		return FALSE;
	sending->returned = TRUE;
	sending->phase = BRIDGE_SENDING_FRESH;
	sending->record->status = BRIDGE_OUTGOING_QUEUED;
	bridge_write_set_status(write, wire_id, BRIDGE_OUTGOING_QUEUED);
	bridge_write_add_event(
		write, bridge_event_new_message_status(sending->record, "queued", NULL, NULL),
		NULL);
	return TRUE;
}

void
bridge_account_sendings_to_failed(BridgeAccount *self, BridgeWrite *write, const char *room,
                                  const char *reason, const char *detail)
{
	GList *next;

	for (GList *l = self->sendings.head; l != NULL; l = next) {
		const BridgeSending *sending = l->data;
		g_autoptr(BridgeOutgoingRecord) record = NULL;

		next = l->next;
		if (!g_str_equal(sending->record->to, room))
			continue;
		if (sending->phase != BRIDGE_SENDING_FRESH) {
			bridge_account_give_up(self, write, l);
			continue;
		}
		record = bridge_account_remove_sending(self, l);
		bridge_account_add_failure(write, record, reason, detail);
	}
}
