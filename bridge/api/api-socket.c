/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/socket: the handshake of a WebSocket (RFC 6455 section 4.2) that reads the events and
 * takes commands. What is wrong with it is told by a problem document, as anywhere else. */
#include "config.h"

#include "bridge-api-private.h"
#include "http/bridge-frame.h"

#define SOCKET_PROTOCOL "gtalk-bridge.v1"
#define SOCKET_VERSION "13"

static gboolean
api_socket_lists(BridgeExchange *exchange, const char *field, const char *wanted)
{
	const char *value = bridge_exchange_get_header(exchange, field);
	GSList *items = value != NULL ? soup_header_parse_list(value) : NULL;
	gboolean found = FALSE;

	for (GSList *item = items; item != NULL; item = item->next)
		found = found || g_ascii_strcasecmp(item->data, wanted) == 0;
	soup_header_free_list(items);
	return found;
}

static gboolean
api_socket_refuse(BridgeExchange *exchange, BridgeProblemCode code, const char *detail)
{
	if (code == BRIDGE_PROBLEM_UPGRADE_REQUIRED) {
		bridge_exchange_set_header(exchange, "Upgrade", "websocket");
		bridge_exchange_set_header(exchange, "Sec-WebSocket-Version", SOCKET_VERSION);
	}
	bridge_exchange_refuse(exchange, code, detail, NULL);
	return FALSE;
}

/* FALSE: it is answered. */
static gboolean
api_socket_shake_hands(BridgeExchange *exchange)
{
	const char *version = bridge_exchange_get_header(exchange, "Sec-WebSocket-Version");
	g_autofree char *accept = bridge_frame_build_accept(
		bridge_exchange_get_header(exchange, "Sec-WebSocket-Key"));

	if (!api_socket_lists(exchange, "Upgrade", "websocket"))
		return api_socket_refuse(exchange, BRIDGE_PROBLEM_UPGRADE_REQUIRED, NULL);
	if (g_strcmp0(version, SOCKET_VERSION) != 0)
		return api_socket_refuse(exchange, BRIDGE_PROBLEM_UPGRADE_REQUIRED,
		                         "Sec-WebSocket-Version must be " SOCKET_VERSION);
	if (accept == NULL)
		return api_socket_refuse(exchange, BRIDGE_PROBLEM_MALFORMED,
		                         "Sec-WebSocket-Key must be 16 octets in Base64");
	if (!api_socket_lists(exchange, "Sec-WebSocket-Protocol", SOCKET_PROTOCOL))
		return api_socket_refuse(exchange, BRIDGE_PROBLEM_MALFORMED,
		                         "Sec-WebSocket-Protocol must offer " SOCKET_PROTOCOL);
	bridge_exchange_set_header(exchange, "Upgrade", "websocket");
	bridge_exchange_set_header(exchange, "Connection", "Upgrade");
	bridge_exchange_set_header(exchange, "Sec-WebSocket-Accept", accept);
	bridge_exchange_set_header(exchange, "Sec-WebSocket-Protocol", SOCKET_PROTOCOL);
	return TRUE;
}

static void
api_socket_run(BridgeExchange *command, gpointer user_data)
{
	bridge_server_run(user_data, command);
}

void
api_socket_get(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	guint64 after = 0;

	if (api_events_find_start(exchange, &after) && api_socket_shake_hands(exchange))
		bridge_event_readers_socket(bridge_api_get_readers(api), exchange, after,
		                            api_socket_run, bridge_api_get_server(api));
}
