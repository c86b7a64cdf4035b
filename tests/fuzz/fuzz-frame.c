/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * WebSocket frames as strangers send them. However the octets are cut up, the same messages come
 * out; none is larger than allowed, and no text is anything but UTF-8. */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "http/bridge-frame.h"

/* Appends the kind and length of each message and the message itself. */
static BridgeFrameKind
fuzz_take(BridgeFrameReader *reader, GByteArray *messages)
{
	while (TRUE) {
		g_autoptr(GByteArray) payload = NULL;
		BridgeFrameKind kind = bridge_frame_reader_next(reader, &payload);
		guint32 head[2] = {kind, 0};

		if (kind == BRIDGE_FRAME_NONE || kind == BRIDGE_FRAME_BROKEN)
			return kind;
		head[1] = payload->len;
		g_assert_cmpuint(payload->len, <=, BRIDGE_FRAME_MESSAGE_BYTES_MAX);
		g_assert_true(kind != BRIDGE_FRAME_TEXT ||
		              g_utf8_validate_len((const char *)payload->data, payload->len, NULL));
		g_byte_array_append(messages, (const guint8 *)head, sizeof(head));
		g_byte_array_append(messages, payload->data, payload->len);
	}
}

static GByteArray *
fuzz_read(const guint8 *data, gsize size, gsize step, guint *status)
{
	g_autoptr(BridgeFrameReader) reader = bridge_frame_reader_new();
	GByteArray *messages = g_byte_array_new();
	BridgeFrameKind kind = BRIDGE_FRAME_NONE;

	for (gsize at = 0; at < size && kind != BRIDGE_FRAME_BROKEN; at += step) {
		bridge_frame_reader_feed(reader, data + at, MIN(step, size - at));
		kind = fuzz_take(reader, messages);
	}
	*status = bridge_frame_reader_get_status(reader);
	return messages;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	guint whole_status = 0;
	guint parts_status = 0;
	g_autoptr(GByteArray) whole = fuzz_read(data, size, size, &whole_status);
	g_autoptr(GByteArray) parts = fuzz_read(data, size, 1, &parts_status);

	g_assert_cmpmem(whole->data, whole->len, parts->data, parts->len);
	g_assert_cmpuint(whole_status, ==, parts_status);
	return 0;
}
