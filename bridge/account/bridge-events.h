/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-events.h: an account's events as clients see them: the JSON text of an event's "data"
 * object, by type. Pure. What is NULL here is null or left out there, as the API's document says.
 */
#pragma once

#include "bridge-event-kind.h"
#include "bridge-roster.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

/* RFC 3339, UTC, milliseconds: 2026-11-20T12:00:00.000Z */
char *
bridge_time_format(gint64 time_us);

typedef struct {
	const char *id;
	const char *device;   /* of "message.sent": NULL when another client sent it */
	const char *from;     /* bare */
	const char *resource; /* of the sender; NULL for "message.sent" */
	const char *to;       /* bare */
	const char *body;
	gboolean off_the_record;
	gboolean delayed;
	gboolean encrypted;
} BridgeEventMessage;

/* "message" */
BridgeEventRecord *
bridge_event_new_message(gint64 time_us, const BridgeEventMessage *message);
/* "message.sent" */
BridgeEventRecord *
bridge_event_new_message_sent(gint64 time_us, const BridgeEventMessage *message);

/* "message.status"; @reason and @detail: NULL unless it failed; then the text goes back too. */
BridgeEventRecord *
bridge_event_new_message_status(const BridgeOutgoingRecord *message, const char *status,
                                const char *reason, const char *detail);

/* "account.state"; @next_try_us: 0 = none */
BridgeEventRecord *
bridge_event_new_account_state(const char *state, const char *reason, const char *detail,
                               const char *user_action, gint64 next_try_us);

/* "contact" and "contact.removed" */
BridgeEventRecord *
bridge_event_new_contact(const BridgeContact *contact);
BridgeEventRecord *
bridge_event_new_contact_removed(const char *jid);

/* "off-the-record"; @by: who has changed it, as the API has it */
BridgeEventRecord *
bridge_event_new_off_the_record(const char *jid, gboolean enabled, const char *by);

/* "read": the contact's messages are read up to there, on all devices */
BridgeEventRecord *
bridge_event_new_read(const char *jid, const char *cursor);

/* Of now; @json: the object, as bridge-json-text.h makes it */
BridgeEventRecord *
bridge_event_new_of_json(BridgeEventKind kind, const char *json);

/* A question that waits for a person: see bridge-requests.h. */
typedef struct {
	char *id;
	const char *type;     /* static */
	char *jid;            /* whom it is about, or which room; or NULL */
	char *from;           /* who invites into that room, or NULL */
	GVariant *components; /* a{ss}: what it takes to enter that room, or NULL */
	char *name;           /* by which they call themselves, or "" */
	char *text;           /* what they wrote, or "" */
	gint64 time_us;
	gint64 expires_us; /* 0: never */
	const char *const *answers;
	const char *answer; /* static; the one that is being given, or NULL */
	char *challenge;    /* of a captcha: the token service's name for it; else "" */
	char *url;          /* of its picture; else NULL */
} BridgeRequest;

/* "subscription.request", "room.invite" for those types, else "request" */
BridgeEventRecord *
bridge_event_new_request(const BridgeRequest *request);
/* "request.closed"; @reason: one of its answers, or what else ended it */
BridgeEventRecord *
bridge_event_new_request_closed(const BridgeRequest *request, const char *reason);

/* (transfer full) (nullable): with whom, or in which room, if it is a message of either side;
 * @incoming: (out) (optional): and by the other side */
char *
bridge_event_dup_peer(const BridgeEventRecord *event, gboolean *incoming);

/* The ephemeral "typing"; @state: composing, paused or active (XEP-0085) */
char *
bridge_event_build_typing(const char *jid, const char *state);

/* The ephemeral "presence" */
char *
bridge_event_build_presence(const BridgeContact *contact);

G_END_DECLS
