/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events and commands on a WebSocket. As in a stream, what happens while a piece is on its way is
 * read from the store when that has left. A client that does not read the replies to its commands
 * is not heard until it does. */
#include "config.h"

#include <string.h>

#include "bridge-event-reader-private.h"
#include "http/bridge-frame.h"
#include "http/bridge-socket.h"

#define SOCKET_COMMANDS_MAX 8                /* at work at the same time */
#define SOCKET_WAITING_BYTES_MAX (64 * 1024) /* with more that is not read, no command is taken */

typedef struct {
	BridgeSocket *socket; /* NULL until it has begun, and after its end */
	gpointer context;     /* of the exchange; borrowed */
	BridgeCommandFunc run;
	gpointer run_data;
	guint n_commands;
	gboolean taking; /* a command, at this moment */
} EventSocket;

static void
event_socket_drop(EventSocket *mine)
{
	g_autoptr(BridgeSocket) socket = g_steal_pointer(&mine->socket);

	if (socket != NULL)
		bridge_socket_disown(socket);
}

static void
event_socket_free(gpointer own)
{
	event_socket_drop(own);
	g_free(own);
}

static void
event_socket_send(BridgeEventReader *self, const char *text)
{
	EventSocket *mine = self->own;

	bridge_socket_add(mine->socket, text, strlen(text));
	bridge_socket_flush(mine->socket);
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void
event_socket_update_reading(EventSocket *mine)
{
	if (mine->socket != NULL && !mine->taking)
		bridge_socket_set_reading(mine->socket,
		                          mine->n_commands < SOCKET_COMMANDS_MAX &&
		                                  bridge_socket_get_waiting(mine->socket) <=
		                                          SOCKET_WAITING_BYTES_MAX);
}

static void
event_socket_reply(BridgeExchange *command, guint status, const char *text, gpointer user_data)
{
	g_autoptr(BridgeEventReader) self = user_data;
	EventSocket *mine = self->own;
	g_autofree char *reply = NULL;

	mine->n_commands--;
	if (mine->socket == NULL)
		return;
	reply = bridge_command_build_reply(bridge_exchange_get_ref(command), status,
	                                   bridge_exchange_get_retry_after(command), text);
	event_socket_send(self, reply);
	event_socket_update_reading(mine);
}

static void
event_socket_run(BridgeEventReader *self, BridgeCommand *command)
{
	EventSocket *mine = self->own;
	g_autoptr(BridgeExchange) exchange =
		bridge_exchange_new_command(command, self->peer, mine->context, event_socket_reply,
	                                    bridge_event_reader_ref(self));

	bridge_exchange_take_identity(exchange, g_object_ref(self->account),
	                              bridge_device_record_copy(self->device));
	mine->n_commands++;
	mine->taking = TRUE;
	mine->run(exchange, mine->run_data);
	mine->taking = FALSE;
}

static void
event_socket_received(char *text, gsize length, gpointer user_data)
{
	g_autoptr(BridgeEventReader) self = bridge_event_reader_ref(user_data);
	EventSocket *mine = self->own;
	g_autofree char *problem = NULL;
	BridgeCommand *command = bridge_command_parse(text, length, &problem);

	explicit_bzero(text, length);
	if (command != NULL) {
		event_socket_run(self, command);
		event_socket_update_reading(mine);
		return;
	}
	event_socket_send(self, problem);
	bridge_socket_close(mine->socket, BRIDGE_FRAME_STATUS_OF_PROBLEM(400), "malformed");
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void
event_socket_go_on(BridgeEventReader *self)
{
	EventSocket *mine = self->own;

	self->writing = !bridge_socket_is_clear(mine->socket);
	if (!self->writing && !self->reading && !bridge_event_reader_is_abreast(self))
		bridge_event_reader_read(self);
}

static void
event_socket_clear(gpointer user_data)
{
	BridgeEventReader *self = user_data;

	event_socket_go_on(self);
	event_socket_update_reading(self->own);
}

static void
event_socket_gone(gpointer user_data)
{
	BridgeEventReader *self = user_data;
	EventSocket *mine = self->own;

	g_clear_pointer(&mine->socket, bridge_socket_unref);
	bridge_event_reader_close(self);
}

static const BridgeSocketOwner event_socket_owner = {
	.received = event_socket_received,
	.clear = event_socket_clear,
	.ended = event_socket_gone,
};

/* FALSE: it is answered, and over. */
static gboolean
event_socket_begin(BridgeEventReader *self)
{
	EventSocket *mine = self->own;
	g_autofree char *head = NULL;
	BridgeChannel *channel = bridge_exchange_switch(self->exchange, &head);

	g_clear_object(&self->exchange);
	if (channel == NULL) {
		bridge_event_reader_close(self);
		return FALSE;
	}
	mine->socket = bridge_socket_new(channel, head, &event_socket_owner, self);
	return TRUE;
}

/* @text: of all messages of the piece */
static void
event_socket_append(BridgeEventReader *self, GString *text, const BridgeEventRecord *event)
{
	EventSocket *mine = self->own;
	gsize start = text->len;

	bridge_json_append_event(text, bridge_event_reader_get_epoch(self), event);
	bridge_socket_add(mine->socket, text->str + start, text->len - start);
}

/* It begins only when the store has given the first events: a cursor that expired is still told by
 * a status. */
static void
event_socket_give(BridgeEventReader *self, GPtrArray *events)
{
	EventSocket *mine = self->own;
	g_autoptr(GString) text = NULL;

	if (mine->socket == NULL && !event_socket_begin(self))
		return;
	if (events->len > 0 && bridge_socket_is_clear(mine->socket)) {
		text = g_string_new(NULL);
		bridge_event_reader_append(self, text, events, event_socket_append);
		bridge_socket_flush(mine->socket);
	}
	event_socket_go_on(self);
}

static void
event_socket_ephemeral(BridgeEventReader *self, const BridgeEventRecord *event)
{
	EventSocket *mine = self->own;
	g_autoptr(GString) text = NULL;

	if (mine->socket == NULL ||
	    bridge_socket_get_waiting(mine->socket) > BRIDGE_EVENT_PENDING_BYTES_MAX)
		return;
	text = g_string_new(NULL);
	bridge_json_append_event(text, NULL, event);
	event_socket_send(self, text->str);
}

static void
event_socket_ended(BridgeEventReader *self, const GError *error)
{
	EventSocket *mine = self->own;
	BridgeProblemCode code = bridge_problem_from_error(error);
	guint status = bridge_problem_get(code)->status;
	g_autofree char *problem = NULL;
	g_autofree char *text = NULL;

	if (mine->socket == NULL) {
		g_autoptr(BridgeExchange) exchange = g_object_ref(self->exchange);

		bridge_event_reader_close(self);
		bridge_exchange_fail(exchange, error);
		return;
	}
	problem = bridge_problem_build(code, NULL, NULL);
	text = bridge_command_build_reply(NULL, status, NULL, problem);
	event_socket_send(self, text);
	bridge_socket_close(mine->socket, BRIDGE_FRAME_STATUS_OF_PROBLEM(status),
	                    bridge_problem_get(code)->code);
	event_socket_drop(mine);
	bridge_event_reader_close(self);
}

static const BridgeEventReaderKind event_socket_kind = {
	.read = event_socket_give,
	.happened = event_socket_give,
	.ephemeral = event_socket_ephemeral,
	.ended = event_socket_ended,
	.free_own = event_socket_free,
};

void
bridge_event_readers_socket(BridgeEventReaders *readers, BridgeExchange *exchange, guint64 after,
                            BridgeCommandFunc run, gpointer user_data)
{
	BridgeEventReader *self = bridge_event_reader_new(readers, &event_socket_kind, exchange,
	                                                  after, BRIDGE_EVENT_PIECE_EVENTS);
	EventSocket *mine = NULL;

	if (self == NULL)
		return;
	mine = g_new0(EventSocket, 1);
	mine->context = bridge_exchange_get_context(exchange);
	mine->run = run;
	mine->run_data = user_data;
	self->own = mine;
	if (!bridge_event_reader_is_abreast(self))
		bridge_event_reader_read(self);
	else
		event_socket_begin(self);
}
