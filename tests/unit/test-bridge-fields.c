/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "store/bridge-fields.h"

static GBytes *
build(BridgeFields *fields)
{
	gsize length = 0;
	gconstpointer octets = bridge_fields_get(fields, &length);

	return g_bytes_new(octets, length);
}

static void
test_come_back_as_they_went(void)
{
	g_autoptr(BridgeFields) fields = bridge_fields_new();
	g_autofree char *large = g_strnfill(100000, 'x');
	g_autofree char *empty = NULL;
	g_autofree char *null = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GBytes) octets = NULL;
	BridgeFieldsReader reader;

	bridge_fields_add_text(fields, "");
	bridge_fields_add_text(fields, NULL);
	bridge_fields_add(fields, "a\0b", 3);
	bridge_fields_add_text(fields, large);
	bytes = build(fields);
	bridge_fields_reader_init(&reader, bytes);
	empty = bridge_fields_reader_take_text(&reader);
	null = bridge_fields_reader_take_text(&reader);
	octets = bridge_fields_reader_take(&reader);
	g_assert_false(bridge_fields_reader_is_done(&reader));
	text = bridge_fields_reader_take_text(&reader);
	g_assert_true(bridge_fields_reader_is_done(&reader));
	g_assert_cmpstr(empty, ==, "");
	g_assert_null(null);
	g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets), "a\0b", 3);
	g_assert_cmpstr(text, ==, large);
}

static void
test_one_too_many_is_nothing(void)
{
	g_autoptr(BridgeFields) fields = bridge_fields_new();
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *text = NULL;
	BridgeFieldsReader reader;

	bridge_fields_add_text(fields, "a");
	bytes = build(fields);
	bridge_fields_reader_init(&reader, bytes);
	text = bridge_fields_reader_take_text(&reader);
	g_assert_null(bridge_fields_reader_take(&reader));
	g_assert_false(bridge_fields_reader_is_done(&reader));
}

/* Every prefix, and lengths that lie. */
static void
test_broken_ones_stay_broken(void)
{
	static const guint8 octets[] = {0, 0, 0, 2, 'h', 'i', 0, 0, 0, 1, '!'};
	static const guint8 liars[][6] = {
		{0, 0, 0, 3, 'h', 'i'},
		{0xff, 0xff, 0xff, 0xfe, 'h', 'i'},
		{0x80, 0, 0, 2, 'h', 'i'},
	};

	for (gsize length = 0; length < sizeof octets; length++) {
		g_autoptr(GBytes) bytes = g_bytes_new(octets, length);
		BridgeFieldsReader reader;

		bridge_fields_reader_init(&reader, bytes);
		g_free(bridge_fields_reader_take_text(&reader));
		g_free(bridge_fields_reader_take_text(&reader));
		g_assert_false(bridge_fields_reader_is_done(&reader));
	}
	for (guint i = 0; i < G_N_ELEMENTS(liars); i++) {
		g_autoptr(GBytes) bytes = g_bytes_new(liars[i], sizeof liars[i]);
		BridgeFieldsReader reader;

		bridge_fields_reader_init(&reader, bytes);
		g_assert_null(bridge_fields_reader_take(&reader));
		g_assert_null(bridge_fields_reader_take_text(&reader));
		g_assert_false(bridge_fields_reader_is_done(&reader));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fields/come-back", test_come_back_as_they_went);
	g_test_add_func("/fields/one-too-many", test_one_too_many_is_nothing);
	g_test_add_func("/fields/broken", test_broken_ones_stay_broken);
	return g_test_run();
}
