/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-api-private.h: what the handlers, one file a noun, share. The context of their exchanges
 * is the BridgeApi. */
#pragma once

#include "bridge-api-shared.h"
#include "bridge-event-reader.h"
#include "bridge-tickets.h"

G_BEGIN_DECLS

/* Ended by one without a method. */
const BridgeRoute *
bridge_api_get_routes(void);

BridgeAccounts *
bridge_api_get_accounts(BridgeApi *self);
BridgeEventReaders *
bridge_api_get_readers(BridgeApi *self);
BridgeTickets *
bridge_api_get_tickets(BridgeApi *self);
const char *
bridge_api_get_epoch(BridgeApi *self);

/* Where a reader wants to begin. FALSE: it is answered. */
gboolean
api_events_find_start(BridgeExchange *exchange, guint64 *after);

/* A position that was given out: not of another epoch, not beyond the last event.
 * @error: BRIDGE_ERROR_INVALID, _CURSOR_EXPIRED */
#define API_CURSOR_BYTES_MAX 128
gboolean
api_parse_cursor(BridgeExchange *exchange, const char *text, guint64 *seq, GError **error);

/* The contact that the path names, normalised. NULL: it names none; it is answered. */
char *
api_dup_jid_parameter(BridgeExchange *exchange);

/* The member "auth": mechanism and credential, borrowed from @reader's root. */
void
api_login_read_auth(BridgeJsonReader *reader, const char *protocol, BridgeLoginRequest *request);

/* Once, perhaps before it returns: the account's contacts are known, or will not be soon. */
typedef void (*ApiContactsReady)(BridgeExchange *exchange, gpointer user_data);
void
api_await_contacts(BridgeExchange *exchange, ApiContactsReady ready, gpointer user_data);

typedef void (*ApiRequestAnswered)(BridgeExchange *exchange, GVariant *answer);
/* Asks the account's host and answers with what comes of it; @answered: (nullable): 204 if all is
 * well. @arguments: (transfer floating): a{sv} */
void
api_request(BridgeExchange *exchange, const char *command, GVariant *arguments,
            ApiRequestAnswered answered);

void
api_capabilities_get(BridgeExchange *exchange);
void
api_openapi_get(BridgeExchange *exchange);
void
api_login_post(BridgeExchange *exchange);
void
api_account_get(BridgeExchange *exchange);
void
api_account_delete(BridgeExchange *exchange);
void
api_avatar_get(BridgeExchange *exchange);
void
api_credential_put(BridgeExchange *exchange);
void
api_contacts_get(BridgeExchange *exchange);
void
api_history_get(BridgeExchange *exchange);
void
api_read_put(BridgeExchange *exchange);
void
api_off_record_put(BridgeExchange *exchange);
void
api_snapshot_get(BridgeExchange *exchange);
void
api_contact_put(BridgeExchange *exchange);
void
api_contact_delete(BridgeExchange *exchange);
void
api_contact_approve(BridgeExchange *exchange);
void
api_contact_deny(BridgeExchange *exchange);
void
api_contact_block(BridgeExchange *exchange);
void
api_contact_unblock(BridgeExchange *exchange);
void
api_requests_get(BridgeExchange *exchange);
void
api_requests_post(BridgeExchange *exchange);
void
api_messages_post(BridgeExchange *exchange);
void
api_mail_get(BridgeExchange *exchange);
void
api_presence_get(BridgeExchange *exchange);
void
api_presence_put(BridgeExchange *exchange);
void
api_push_get_one(BridgeExchange *exchange);
void
api_push_put(BridgeExchange *exchange);
void
api_push_delete(BridgeExchange *exchange);
void
api_push_verify_post(BridgeExchange *exchange);
void
api_push_test_post(BridgeExchange *exchange);
void
api_rooms_get(BridgeExchange *exchange);
void
api_rooms_post(BridgeExchange *exchange);
void
api_room_get(BridgeExchange *exchange);
void
api_room_put(BridgeExchange *exchange);
void
api_room_delete(BridgeExchange *exchange);
void
api_room_invite_post(BridgeExchange *exchange);
void
api_room_topic_put(BridgeExchange *exchange);
void
api_shared_status_get(BridgeExchange *exchange);
void
api_shared_status_put(BridgeExchange *exchange);
void
api_typing_post(BridgeExchange *exchange);
void
api_events_get(BridgeExchange *exchange);
void
api_events_ack_post(BridgeExchange *exchange);
void
api_socket_get(BridgeExchange *exchange);
void
api_tickets_post(BridgeExchange *exchange);
void
api_devices_get(BridgeExchange *exchange);
void
api_devices_delete(BridgeExchange *exchange);

G_END_DECLS
