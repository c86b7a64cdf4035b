/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-frame.h"

#include <string.h>

#define FRAME_KEY_BYTES 16
#define FRAME_KEY_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* section 1.3 */

#define FRAME_FIN 0x80
#define FRAME_RESERVED 0x70
#define FRAME_MASKED 0x80
#define FRAME_MASK_BYTES 4
#define FRAME_CONTROL_BYTES_MAX 125
#define FRAME_LENGTH_16 126 /* the length follows in 16 bits */
#define FRAME_LENGTH_64 127

#define FRAME_OPCODE_CONTINUATION 0x0
#define FRAME_OPCODE_CONTROL 0x8 /* that bit is set in all of them */

static const struct {
	BridgeFrameKind kind;
	guint8 opcode;
} frame_opcodes[] = {
	{BRIDGE_FRAME_TEXT, 0x1}, {BRIDGE_FRAME_BINARY, 0x2}, {BRIDGE_FRAME_CLOSE, 0x8},
	{BRIDGE_FRAME_PING, 0x9}, {BRIDGE_FRAME_PONG, 0xa},
};

/* Nothing is allocated while nothing is here: most sockets are silent most of the time. */
struct _BridgeFrameReader {
	GByteArray *input;    /* not consumed yet, or NULL */
	GByteArray *message;  /* of the fragments so far, or NULL */
	BridgeFrameKind kind; /* of that message */
	guint status;         /* why it is broken; 0 = it is not */
};

typedef struct {
	gboolean fin;
	guint8 opcode;
	guint64 length;
	gsize size; /* of the header itself, mask and all */
} FrameHeader;

char *
bridge_frame_build_accept(const char *key)
{
	g_autoptr(GChecksum) checksum = NULL;
	g_autofree guchar *decoded = NULL;
	guint8 digest[20];
	gsize length = 0;

	if (key == NULL || strlen(key) != 4 * ((FRAME_KEY_BYTES + 2) / 3))
		return NULL;
	decoded = g_base64_decode(key, &length);
	if (length != FRAME_KEY_BYTES)
		return NULL;
	checksum = g_checksum_new(G_CHECKSUM_SHA1);
	g_checksum_update(checksum, (const guchar *)key, -1);
	g_checksum_update(checksum, (const guchar *)FRAME_KEY_GUID, -1);
	length = sizeof(digest);
	g_checksum_get_digest(checksum, digest, &length);
	return g_base64_encode(digest, length);
}

/* ---- What clients send ----------------------------------------------------------------------- */

static BridgeFrameKind
frame_reader_break(BridgeFrameReader *self, guint status)
{
	self->status = status;
	return BRIDGE_FRAME_BROKEN;
}

static BridgeFrameKind
frame_find_kind(guint8 opcode)
{
	for (guint i = 0; i < G_N_ELEMENTS(frame_opcodes); i++)
		if (frame_opcodes[i].opcode == opcode)
			return frame_opcodes[i].kind;
	return BRIDGE_FRAME_NONE;
}

/* Section 5.2: the shortest form; @size octets of it. Returns: FALSE when it is a longer one */
static gboolean
frame_parse_length(const guint8 *bytes, gsize size, guint64 *length)
{
	*length = 0;
	for (gsize i = 0; i < size; i++)
		*length = *length << 8 | bytes[i];
	return *length >= (size == 2 ? FRAME_LENGTH_16 : G_MAXUINT16 + 1);
}

/* Returns: NONE when it is incomplete; TEXT when it is good so far, whatever kind it is */
static BridgeFrameKind
frame_reader_parse_header(BridgeFrameReader *self, FrameHeader *header)
{
	const guint8 *bytes = self->input->data;
	gsize extended = 0;

	if (self->input->len < 2)
		return BRIDGE_FRAME_NONE;
	header->fin = (bytes[0] & FRAME_FIN) != 0;
	header->opcode = bytes[0] & 0x0f;
	header->length = bytes[1] & 0x7f;
	if ((bytes[0] & FRAME_RESERVED) != 0 || (bytes[1] & FRAME_MASKED) == 0)
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	if (header->length == FRAME_LENGTH_16)
		extended = 2;
	else if (header->length == FRAME_LENGTH_64)
		extended = 8;
	header->size = 2 + extended + FRAME_MASK_BYTES;
	if (self->input->len < header->size)
		return BRIDGE_FRAME_NONE;
	if (extended > 0 && !frame_parse_length(bytes + 2, extended, &header->length))
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	return BRIDGE_FRAME_TEXT;
}

/* Sections 5.4 and 5.5: what may follow what. */
static BridgeFrameKind
frame_reader_check_header(BridgeFrameReader *self, const FrameHeader *header)
{
	gboolean control = (header->opcode & FRAME_OPCODE_CONTROL) != 0;
	gboolean continuation = header->opcode == FRAME_OPCODE_CONTINUATION;
	gsize so_far = self->message != NULL ? self->message->len : 0;

	if (!continuation && frame_find_kind(header->opcode) == BRIDGE_FRAME_NONE)
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	if (control && (!header->fin || header->length > FRAME_CONTROL_BYTES_MAX))
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	if (!control && continuation != (self->message != NULL))
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	if (!control && header->length > BRIDGE_FRAME_MESSAGE_BYTES_MAX - so_far)
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_TOO_BIG);
	return BRIDGE_FRAME_TEXT;
}

static void
frame_reader_consume(BridgeFrameReader *self, gsize length)
{
	if (length == self->input->len)
		g_clear_pointer(&self->input, g_byte_array_unref);
	else
		g_byte_array_remove_range(self->input, 0, length);
}

/* Moves the payload of the frame to the end of @target. */
static void
frame_reader_take(BridgeFrameReader *self, const FrameHeader *header, GByteArray *target)
{
	const guint8 *mask = self->input->data + header->size - FRAME_MASK_BYTES;
	guint start = target->len;

	g_byte_array_append(target, self->input->data + header->size, header->length);
	for (gsize i = 0; i < header->length; i++)
		target->data[start + i] ^= mask[i % FRAME_MASK_BYTES];
	frame_reader_consume(self, header->size + header->length);
}

static BridgeFrameKind
frame_reader_check_close(BridgeFrameReader *self, const GByteArray *payload)
{
	guint status = 0;

	if (payload->len == 0)
		return BRIDGE_FRAME_CLOSE;
	if (payload->len == 1)
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	status = payload->data[0] << 8 | payload->data[1];
	if (status < 1000 || status > 4999 || (status >= 1004 && status <= 1006) ||
	    (status >= 1015 && status < 3000))
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_PROTOCOL);
	if (!g_utf8_validate_len((const char *)payload->data + 2, payload->len - 2, NULL))
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_INVALID);
	return BRIDGE_FRAME_CLOSE;
}

static BridgeFrameKind
frame_reader_take_control(BridgeFrameReader *self, const FrameHeader *header, GByteArray **payload)
{
	g_autoptr(GByteArray) content = g_byte_array_new();
	BridgeFrameKind kind = frame_find_kind(header->opcode);

	frame_reader_take(self, header, content);
	if (kind == BRIDGE_FRAME_CLOSE)
		kind = frame_reader_check_close(self, content);
	if (kind != BRIDGE_FRAME_BROKEN)
		*payload = g_steal_pointer(&content);
	return kind;
}

static BridgeFrameKind
frame_reader_take_data(BridgeFrameReader *self, const FrameHeader *header, GByteArray **payload)
{
	if (self->message == NULL) {
		self->message = g_byte_array_new();
		self->kind = frame_find_kind(header->opcode);
	}
	frame_reader_take(self, header, self->message);
	if (!header->fin)
		return BRIDGE_FRAME_NONE;
	if (self->kind == BRIDGE_FRAME_TEXT &&
	    !g_utf8_validate_len((const char *)self->message->data, self->message->len, NULL))
		return frame_reader_break(self, BRIDGE_FRAME_STATUS_INVALID);
	*payload = g_steal_pointer(&self->message);
	return self->kind;
}

void
bridge_frame_reader_feed(BridgeFrameReader *self, const void *bytes, gsize length)
{
	if (self->status != 0 || length == 0)
		return;
	if (self->input == NULL)
		self->input = g_byte_array_new();
	g_byte_array_append(self->input, bytes, length);
}

BridgeFrameKind
bridge_frame_reader_next(BridgeFrameReader *self, GByteArray **payload)
{
	BridgeFrameKind kind = self->status != 0 ? BRIDGE_FRAME_BROKEN : BRIDGE_FRAME_NONE;
	FrameHeader header = {0};

	while (kind == BRIDGE_FRAME_NONE && self->input != NULL) {
		kind = frame_reader_parse_header(self, &header);
		if (kind == BRIDGE_FRAME_TEXT)
			kind = frame_reader_check_header(self, &header);
		if (kind != BRIDGE_FRAME_TEXT)
			return kind;
		if (self->input->len - header.size < header.length)
			return BRIDGE_FRAME_NONE;
		if ((header.opcode & FRAME_OPCODE_CONTROL) != 0)
			return frame_reader_take_control(self, &header, payload);
		kind = frame_reader_take_data(self, &header, payload);
	}
	return kind;
}

guint
bridge_frame_reader_get_status(BridgeFrameReader *self)
{
	return self->status;
}

BridgeFrameReader *
bridge_frame_reader_new(void)
{
	return g_new0(BridgeFrameReader, 1);
}

/* A message may have brought a credential. */
static void
frame_wipe(GByteArray *bytes)
{
	if (bytes->len > 0)
		explicit_bzero(bytes->data, bytes->len);
	g_byte_array_unref(bytes);
}

void
bridge_frame_reader_free(BridgeFrameReader *self)
{
	g_clear_pointer(&self->input, frame_wipe);
	g_clear_pointer(&self->message, frame_wipe);
	g_free(self);
}

/* ---- What they are sent ---------------------------------------------------------------------- */

static guint8
frame_find_opcode(BridgeFrameKind kind)
{
	for (guint i = 0; i < G_N_ELEMENTS(frame_opcodes); i++)
		if (frame_opcodes[i].kind == kind)
			return frame_opcodes[i].opcode;
	g_return_val_if_reached(0);
}

static void
frame_append_length(GByteArray *out, guint8 word, guint64 length, gsize size)
{
	guint64 wire = GUINT64_TO_BE(length);

	g_byte_array_append(out, &word, 1);
	g_byte_array_append(out, (const guint8 *)&wire + sizeof(wire) - size, size);
}

void
bridge_frame_append(GByteArray *out, BridgeFrameKind kind, const void *payload, gsize length)
{
	guint8 first = FRAME_FIN | frame_find_opcode(kind);

	g_byte_array_append(out, &first, 1);
	if (length < FRAME_LENGTH_16)
		frame_append_length(out, length, 0, 0);
	else if (length <= G_MAXUINT16)
		frame_append_length(out, FRAME_LENGTH_16, length, 2);
	else
		frame_append_length(out, FRAME_LENGTH_64, length, 8);
	if (length > 0)
		g_byte_array_append(out, payload, length);
}

void
bridge_frame_append_close(GByteArray *out, guint status, const char *reason)
{
	guint8 payload[FRAME_CONTROL_BYTES_MAX] = {status >> 8, status & 0xff};
	gsize length = MIN(strlen(reason), sizeof(payload) - 2);

	memcpy(payload + 2, reason, length);
	bridge_frame_append(out, BRIDGE_FRAME_CLOSE, payload, 2 + length);
}
