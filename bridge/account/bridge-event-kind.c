/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-event-kind.h"

static const char *const bridge_event_kinds[] = {
	[BRIDGE_EVENT_MESSAGE] = "message",
	[BRIDGE_EVENT_MESSAGE_SENT] = "message.sent",
	[BRIDGE_EVENT_MESSAGE_STATUS] = "message.status",
	[BRIDGE_EVENT_MESSAGE_UNDELIVERABLE] = "message.undeliverable",
	[BRIDGE_EVENT_CONTACT] = "contact",
	[BRIDGE_EVENT_CONTACT_REMOVED] = "contact.removed",
	[BRIDGE_EVENT_SUBSCRIPTION_REQUEST] = "subscription.request",
	[BRIDGE_EVENT_REQUEST] = "request",
	[BRIDGE_EVENT_REQUEST_CLOSED] = "request.closed",
	[BRIDGE_EVENT_READ] = "read",
	[BRIDGE_EVENT_MAIL] = "mail",
	[BRIDGE_EVENT_SHARED_STATUS] = "shared-status",
	[BRIDGE_EVENT_OFF_THE_RECORD] = "off-the-record",
	[BRIDGE_EVENT_ACCOUNT_STATE] = "account.state",
	[BRIDGE_EVENT_ROOM_MESSAGE] = "room.message",
	[BRIDGE_EVENT_ROOM_STATE] = "room.state",
	[BRIDGE_EVENT_ROOM_TOPIC] = "room.topic",
	[BRIDGE_EVENT_ROOM_INVITE] = "room.invite",
	[BRIDGE_EVENT_ROOM_INVITE_REFUSED] = "room.invite-refused",
	[BRIDGE_EVENT_PUSH_TROUBLE] = "push.trouble",
	[BRIDGE_EVENT_PRESENCE] = "presence",
	[BRIDGE_EVENT_TYPING] = "typing",
	[BRIDGE_EVENT_ROOM_PRESENCE] = "room.presence",
};

G_STATIC_ASSERT(G_N_ELEMENTS(bridge_event_kinds) == BRIDGE_EVENT_KIND_COUNT);

const char *
bridge_event_kind_get_name(BridgeEventKind kind)
{
	g_return_val_if_fail(kind < BRIDGE_EVENT_KIND_COUNT, NULL);
	return bridge_event_kinds[kind];
}

gboolean
bridge_event_kind_is_ephemeral(BridgeEventKind kind)
{
	return kind >= BRIDGE_EVENT_PRESENCE;
}
