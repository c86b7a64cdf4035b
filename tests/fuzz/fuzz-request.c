/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests as strangers send them. However the octets are cut up, the same requests come out; and
 * what comes out is plain: read again, it comes out unchanged. */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "http/bridge-request-reader.h"

static void
fuzz_steal(BridgeRequestReader *reader, GByteArray *requests)
{
	gboolean keep_alive = FALSE;
	g_autoptr(GBytes) request = bridge_request_reader_steal(reader, &keep_alive);

	g_byte_array_append(requests, g_bytes_get_data(request, NULL), g_bytes_get_size(request));
}

/* Returns: (transfer full): all requests, one after the other */
static GByteArray *
fuzz_read(const guint8 *data, gsize size, gsize step, BridgeRequestProgress *progress)
{
	g_autoptr(BridgeRequestReader) reader = bridge_request_reader_new();
	GByteArray *requests = g_byte_array_new();

	*progress = BRIDGE_REQUEST_NONE;
	for (gsize at = 0; at < size && *progress != BRIDGE_REQUEST_REFUSED; at += step) {
		*progress = bridge_request_reader_feed(reader, data + at, MIN(step, size - at));
		while (*progress == BRIDGE_REQUEST_WHOLE) {
			fuzz_steal(reader, requests);
			*progress = bridge_request_reader_feed(reader, NULL, 0);
		}
		g_assert_cmpuint(bridge_request_reader_get_pending(reader), <=, size);
	}
	return requests;
}

static void
fuzz_assert_same(GByteArray *one, GByteArray *other)
{
	g_assert_cmpmem(one->data, one->len, other->data, other->len);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	BridgeRequestProgress whole;
	BridgeRequestProgress parts;
	BridgeRequestProgress again;
	g_autoptr(GByteArray) requests = fuzz_read(data, size, size, &whole);
	g_autoptr(GByteArray) in_parts = fuzz_read(data, size, 1, &parts);
	g_autoptr(GByteArray) reread = fuzz_read(requests->data, requests->len, 61, &again);

	fuzz_assert_same(requests, in_parts);
	g_assert_cmpint(whole, ==, parts);
	fuzz_assert_same(requests, reread);
	g_assert_cmpint(again, ==, BRIDGE_REQUEST_NONE);
	return 0;
}
