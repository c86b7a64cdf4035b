/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-event-kind.h: everything that can happen to an account, by the names that the API has for
 * it. Whatever is told to clients is one of these, and each has its schema in data/openapi.json. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	BRIDGE_EVENT_MESSAGE,
	BRIDGE_EVENT_MESSAGE_SENT,
	BRIDGE_EVENT_MESSAGE_STATUS,
	BRIDGE_EVENT_MESSAGE_UNDELIVERABLE,
	BRIDGE_EVENT_CONTACT,
	BRIDGE_EVENT_CONTACT_REMOVED,
	BRIDGE_EVENT_SUBSCRIPTION_REQUEST,
	BRIDGE_EVENT_REQUEST,
	BRIDGE_EVENT_REQUEST_CLOSED,
	BRIDGE_EVENT_READ,
	BRIDGE_EVENT_MAIL,
	BRIDGE_EVENT_SHARED_STATUS,
	BRIDGE_EVENT_OFF_THE_RECORD,
	BRIDGE_EVENT_ACCOUNT_STATE,
	BRIDGE_EVENT_ROOM_MESSAGE,
	BRIDGE_EVENT_ROOM_STATE,
	BRIDGE_EVENT_ROOM_TOPIC,
	BRIDGE_EVENT_ROOM_INVITE,
	BRIDGE_EVENT_ROOM_INVITE_REFUSED,
	BRIDGE_EVENT_PUSH_TROUBLE,
	/* Ephemeral: only to who listens, never stored, without a cursor */
	BRIDGE_EVENT_PRESENCE,
	BRIDGE_EVENT_TYPING,
	BRIDGE_EVENT_ROOM_PRESENCE,
	BRIDGE_EVENT_KIND_COUNT
} BridgeEventKind;

/* The event's "type" */
const char *
bridge_event_kind_get_name(BridgeEventKind kind);

gboolean
bridge_event_kind_is_ephemeral(BridgeEventKind kind);

G_END_DECLS
