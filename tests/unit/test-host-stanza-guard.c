/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-stanza-guard.h"

#include <string.h>

#define TEST_HEADER                                                                                \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

/* In pieces of @step bytes; what went through. */
static char *
test_filter_in_steps(HostStanzaGuard *guard, const char *text, gsize step)
{
	gsize length = strlen(text);
	GString *passed = g_string_new(NULL);
	g_autofree char *out = g_malloc(step + 1);

	for (gsize at = 0; at < length; at += step) {
		gsize n = host_stanza_guard_filter(guard, text + at, MIN(step, length - at), out);

		g_string_append_len(passed, out, n);
	}
	return g_string_free(passed, FALSE);
}

static char *
test_repeat(const char *text, guint times)
{
	GString *repeated = g_string_new(NULL);

	for (guint i = 0; i < times; i++)
		g_string_append(repeated, text);
	return g_string_free(repeated, FALSE);
}

static char *
test_nest(guint depth, const char *inner)
{
	g_autofree char *before = test_repeat("<a b='>'>", depth);
	g_autofree char *behind = test_repeat("</a>", depth);

	return g_strconcat(before, inner, behind, NULL);
}

static const gsize test_steps[] = {1, 2, 3, 7, 100000};

static void
test_check(const char *in, const char *expected)
{
	for (guint i = 0; i < G_N_ELEMENTS(test_steps); i++) {
		g_autoptr(HostStanzaGuard) guard = host_stanza_guard_new();
		g_autofree char *out = test_filter_in_steps(guard, in, test_steps[i]);

		g_assert_cmpstr(out, ==, expected);
		g_assert_cmpstr(host_stanza_guard_get_complaint(guard), ==, NULL);
	}
}

static void
test_ordinary_streams_pass(void)
{
	static const char *const texts[] = {
		TEST_HEADER "<message><body>a &lt; b</body></message> \n<presence/>",
		TEST_HEADER "<a b='/>' c=\"'>\"/><a\n/><b></b><![CDATA[<not><an><element>]]>",
		TEST_HEADER "<!-- <neither> --><message/><?pi <nor> ?>",
		TEST_HEADER "<success/>" TEST_HEADER "<message/></stream:stream>",
		"<?xml version='1.0' encoding='UTF-8'?><stream/>",
		"<message><a></b></c></message>", /* for the parser behind it */
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		test_check(texts[i], texts[i]);
}

static void
test_what_is_too_deep_is_left_out(void)
{
	/* stream and message are two more */
	g_autofree char *most = test_nest(HOST_STANZA_GUARD_DEPTH_MAX - 2, "text");
	g_autofree char *deeper =
		test_nest(HOST_STANZA_GUARD_DEPTH_MAX - 2,
	                  "te<c d='</c>'>no<e/><!-- </c> --><![CDATA[</c>]]></c><f/>xt");
	g_autofree char *deepest = test_nest(5000, "");
	g_autofree char *left = test_nest(HOST_STANZA_GUARD_DEPTH_MAX - 2, "");
	struct {
		const char *in;
		const char *expected;
	} rows[] = {{most, most}, {deeper, most}, {deepest, left}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *in = g_strconcat(TEST_HEADER "<message>", rows[i].in,
		                                  "<body/></message><presence/>", NULL);
		g_autofree char *expected = g_strconcat(TEST_HEADER "<message>", rows[i].expected,
		                                        "<body/></message><presence/>", NULL);

		test_check(in, expected);
	}
}

static const char *
test_find_complaint(const char *unit, guint times)
{
	g_autoptr(HostStanzaGuard) guard = host_stanza_guard_new();
	g_autofree char *many = test_repeat(unit, times);
	g_autofree char *in = g_strconcat(TEST_HEADER "<message>", many, NULL);
	g_autofree char *out = test_filter_in_steps(guard, in, 4000);
	char more[8];

	if (host_stanza_guard_get_complaint(guard) != NULL)
		g_assert_cmpuint(host_stanza_guard_filter(guard, "<a/>", 4, more), ==, 0);
	return host_stanza_guard_get_complaint(guard);
}

static void
test_too_much_of_one_stanza(void)
{
	g_autofree char *attributes = test_repeat("a='' ", HOST_STANZA_GUARD_ATTRIBUTES_MAX + 1);
	g_autofree char *many = g_strconcat("<b ", attributes, NULL);
	g_autofree char *fewer = g_strconcat("<b ", attributes + strlen("a='' "), "/>", NULL);
	g_autofree char *large = test_repeat("x", 1024);

	g_assert_null(test_find_complaint("<a/>", HOST_STANZA_GUARD_ELEMENTS_MAX - 2));
	g_assert_nonnull(test_find_complaint("<a/>", HOST_STANZA_GUARD_ELEMENTS_MAX));
	g_assert_null(test_find_complaint(fewer, 2));
	g_assert_nonnull(test_find_complaint(many, 1));
	g_assert_null(test_find_complaint(large, HOST_STANZA_GUARD_BYTES_MAX / 1024 - 1));
	g_assert_nonnull(test_find_complaint(large, HOST_STANZA_GUARD_BYTES_MAX / 1024 + 1));
}

static void
test_each_stanza_counts_for_itself(void)
{
	g_autofree char *large = test_repeat("x", HOST_STANZA_GUARD_BYTES_MAX / 2);
	g_autofree char *stanza = g_strconcat("<message>", large, "</message>\n", NULL);
	g_autofree char *in = g_strconcat(TEST_HEADER, stanza, stanza, stanza, NULL);
	g_autoptr(HostStanzaGuard) guard = host_stanza_guard_new();
	g_autofree char *out = test_filter_in_steps(guard, in, 4000);

	g_assert_cmpstr(out, ==, in);
	g_assert_null(host_stanza_guard_get_complaint(guard));
}

static void
test_nobody_gets_around_it(void)
{
	g_autoptr(HostStanzaGuard) wide = host_stanza_guard_new();
	g_autoptr(HostStanzaGuard) other = host_stanza_guard_new();
	g_autofree char *declared = test_repeat("<?xml version='1.0'?><a>", 300);
	g_autofree char *in = g_strconcat(TEST_HEADER "<message>", declared, NULL);
	g_autoptr(HostStanzaGuard) nested = host_stanza_guard_new();
	g_autoptr(HostStanzaGuard) streams = host_stanza_guard_new();
	g_autofree char *again = test_repeat("<stream:stream>", 20);
	g_autofree char *out = test_filter_in_steps(nested, in, 100);
	char more[64];

	/* a declaration does not begin a stream within a stanza */
	g_assert_cmpuint(strlen(out), <, strlen(in) / 2);
	/* nor do streams within streams */
	g_assert_nonnull(test_find_complaint("</message>" TEST_HEADER, 20));
	g_free(test_filter_in_steps(streams, again, 100));
	g_assert_nonnull(host_stanza_guard_get_complaint(streams));
	/* nor what the parser would read otherwise */
	host_stanza_guard_filter(wide, "\0<\0a", 4, more);
	g_assert_nonnull(host_stanza_guard_get_complaint(wide));
	host_stanza_guard_filter(other, "<?xml encoding='UTF-7'?>", 24, more);
	g_assert_nonnull(host_stanza_guard_get_complaint(other));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-stanza-guard/ordinary", test_ordinary_streams_pass);
	g_test_add_func("/host-stanza-guard/deep", test_what_is_too_deep_is_left_out);
	g_test_add_func("/host-stanza-guard/much", test_too_much_of_one_stanza);
	g_test_add_func("/host-stanza-guard/each", test_each_stanza_counts_for_itself);
	g_test_add_func("/host-stanza-guard/around", test_nobody_gets_around_it);
	return g_test_run();
}
