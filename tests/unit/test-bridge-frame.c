/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "http/bridge-frame.h"

static const guint8 mask[] = {0x37, 0xfa, 0x21, 0x3d};

/* Appends a frame as a client sends it; @length: what it says of itself, in @size octets. */
static void
append_raw(GByteArray *out, guint8 first, guint8 word, guint64 length, gsize size,
           const char *payload)
{
	guint64 wire = GUINT64_TO_BE(length);

	word |= 0x80;
	g_byte_array_append(out, &first, 1);
	g_byte_array_append(out, &word, 1);
	g_byte_array_append(out, (const guint8 *)&wire + sizeof(wire) - size, size);
	g_byte_array_append(out, mask, sizeof(mask));
	for (gsize i = 0; i < strlen(payload); i++) {
		guint8 octet = payload[i] ^ mask[i % 4];

		g_byte_array_append(out, &octet, 1);
	}
}

static void
append(GByteArray *out, guint8 first, const char *payload)
{
	gsize length = strlen(payload);

	if (length < 126)
		append_raw(out, first, length, 0, 0, payload);
	else if (length < 65536)
		append_raw(out, first, 126, length, 2, payload);
	else
		append_raw(out, first, 127, length, 8, payload);
}

static BridgeFrameReader *
read_frames(GByteArray *in)
{
	BridgeFrameReader *reader = bridge_frame_reader_new();

	bridge_frame_reader_feed(reader, in->data, in->len);
	return reader;
}

static void
assert_next(BridgeFrameReader *reader, BridgeFrameKind kind, const char *wanted)
{
	g_autoptr(GByteArray) payload = NULL;

	g_assert_cmpint(bridge_frame_reader_next(reader, &payload), ==, kind);
	if (wanted == NULL)
		g_assert_null(payload);
	else
		g_assert_cmpmem(payload->data, payload->len, wanted, strlen(wanted));
}

/* The example of section 1.3. */
static void
test_accept(void)
{
	g_autofree char *accept = bridge_frame_build_accept("dGhlIHNhbXBsZSBub25jZQ==");

	g_assert_cmpstr(accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	g_assert_null(bridge_frame_build_accept(NULL));
	g_assert_null(bridge_frame_build_accept(""));
	g_assert_null(bridge_frame_build_accept("dGhlIHNhbXBsZSBub25j"));
	g_assert_null(bridge_frame_build_accept("????????????????????????"));
}

static void
test_messages(void)
{
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(BridgeFrameReader) reader = NULL;
	g_autofree char *medium = g_strnfill(126, 'm');
	g_autofree char *large = g_strnfill(BRIDGE_FRAME_MESSAGE_BYTES_MAX, 'l');

	append(in, 0x81, "Hello");
	append(in, 0x81, "");
	append(in, 0x82, medium);
	append(in, 0x81, large);
	append(in, 0x89, "p");
	append(in, 0x8a, "");
	append(in, 0x88, "");
	reader = read_frames(in);
	assert_next(reader, BRIDGE_FRAME_TEXT, "Hello");
	assert_next(reader, BRIDGE_FRAME_TEXT, "");
	assert_next(reader, BRIDGE_FRAME_BINARY, medium);
	assert_next(reader, BRIDGE_FRAME_TEXT, large);
	assert_next(reader, BRIDGE_FRAME_PING, "p");
	assert_next(reader, BRIDGE_FRAME_PONG, "");
	assert_next(reader, BRIDGE_FRAME_CLOSE, "");
	assert_next(reader, BRIDGE_FRAME_NONE, NULL);
}

static void
test_fragments(void)
{
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(BridgeFrameReader) reader = NULL;

	append(in, 0x01, "\xc3"); /* half a character */
	append(in, 0x89, "between");
	append(in, 0x00, "\xa4");
	append(in, 0x80, "!");
	append(in, 0x81, "next");
	reader = read_frames(in);
	assert_next(reader, BRIDGE_FRAME_PING, "between");
	assert_next(reader, BRIDGE_FRAME_TEXT, "ä!");
	assert_next(reader, BRIDGE_FRAME_TEXT, "next");
	assert_next(reader, BRIDGE_FRAME_NONE, NULL);
}

static void
test_octet_by_octet(void)
{
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(BridgeFrameReader) reader = bridge_frame_reader_new();
	g_autofree char *medium = g_strnfill(300, 'm');

	append(in, 0x81, medium);
	for (guint i = 0; i < in->len - 1; i++) {
		bridge_frame_reader_feed(reader, in->data + i, 1);
		assert_next(reader, BRIDGE_FRAME_NONE, NULL);
	}
	bridge_frame_reader_feed(reader, in->data + in->len - 1, 1);
	assert_next(reader, BRIDGE_FRAME_TEXT, medium);
}

static void
assert_broken(GByteArray *in, guint status)
{
	g_autoptr(BridgeFrameReader) reader = read_frames(in);

	assert_next(reader, BRIDGE_FRAME_BROKEN, NULL);
	g_assert_cmpuint(bridge_frame_reader_get_status(reader), ==, status);
	bridge_frame_reader_feed(reader, "\x81\x80mask", 6);
	assert_next(reader, BRIDGE_FRAME_BROKEN, NULL);
}

static void
test_refusals(void)
{
	static const struct {
		guint status;
		guint8 first;
		guint8 word;
		guint64 length;
		gsize size;
		const char *payload;
	} rows[] = {
		{1002, 0xc1, 1, 0, 0, "x"}, /* a reserved bit */
		{1002, 0x83, 1, 0, 0, "x"}, /* an unknown opcode */
		{1002, 0x8b, 1, 0, 0, "x"},
		{1002, 0x80, 1, 0, 0, "x"},    /* goes on with nothing */
		{1002, 0x09, 1, 0, 0, "x"},    /* half a ping */
		{1002, 0x89, 126, 126, 2, ""}, /* a long ping */
		{1002, 0x81, 126, 125, 2, ""}, /* not the shortest length */
		{1002, 0x81, 127, 65535, 8, ""},
		{1002, 0x88, 1, 0, 0, "x"},        /* half a status */
		{1002, 0x88, 2, 0, 0, "\x03\xed"}, /* 1005, which is never sent */
		{1002, 0x88, 2, 0, 0, "\x07\xd0"}, /* 2000 */
		{1007, 0x88, 3, 0, 0, "\x03\xe8\xff"},
		{1007, 0x81, 1, 0, 0, "\xff"},
		{1009, 0x81, 127, BRIDGE_FRAME_MESSAGE_BYTES_MAX + 1, 8, ""},
		{1009, 0x82, 127, G_MAXUINT64, 8, ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GByteArray) in = g_byte_array_new();

		g_test_message("row %u", i);
		append_raw(in, rows[i].first, rows[i].word, rows[i].length, rows[i].size,
		           rows[i].payload);
		assert_broken(in, rows[i].status);
	}
}

static void
test_refusals_between_fragments(void)
{
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autofree char *most = g_strnfill(BRIDGE_FRAME_MESSAGE_BYTES_MAX, 'm');

	append(in, 0x01, "x");
	append(in, 0x81, "another message");
	assert_broken(in, 1002);
	g_byte_array_set_size(in, 0);
	append(in, 0x01, most);
	append(in, 0x80, "x");
	assert_broken(in, 1009);
}

static void
test_not_masked(void)
{
	g_autoptr(GByteArray) in = g_byte_array_new();

	bridge_frame_append(in, BRIDGE_FRAME_TEXT, "x", 1);
	assert_broken(in, 1002);
}

/* The examples of section 5.7. */
static void
test_append(void)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autofree char *medium = g_strnfill(256, 'm');
	g_autofree char *large = g_strnfill(65536, 'l');

	bridge_frame_append(out, BRIDGE_FRAME_TEXT, "Hello", 5);
	g_assert_cmpmem(out->data, out->len, "\x81\x05Hello", 7);
	g_byte_array_set_size(out, 0);
	bridge_frame_append(out, BRIDGE_FRAME_PING, NULL, 0);
	g_assert_cmpmem(out->data, out->len, "\x89\x00", 2);
	g_byte_array_set_size(out, 0);
	bridge_frame_append(out, BRIDGE_FRAME_BINARY, medium, 256);
	g_assert_cmpmem(out->data, 4, "\x82\x7e\x01\x00", 4);
	g_assert_cmpuint(out->len, ==, 260);
	g_byte_array_set_size(out, 0);
	bridge_frame_append(out, BRIDGE_FRAME_TEXT, large, 65536);
	g_assert_cmpmem(out->data, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
	g_byte_array_set_size(out, 0);
	bridge_frame_append_close(out, 4401, "why");
	g_assert_cmpmem(out->data, out->len, "\x88\x05\x11\x31why", 7);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/frame/accept", test_accept);
	g_test_add_func("/frame/messages", test_messages);
	g_test_add_func("/frame/fragments", test_fragments);
	g_test_add_func("/frame/octet-by-octet", test_octet_by_octet);
	g_test_add_func("/frame/refusals", test_refusals);
	g_test_add_func("/frame/refusals-between-fragments", test_refusals_between_fragments);
	g_test_add_func("/frame/not-masked", test_not_masked);
	g_test_add_func("/frame/append", test_append);
	return g_test_run();
}
