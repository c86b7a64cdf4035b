/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <purple.h>
#include <string.h>

#include "host-text.h"

/* What a message's text becomes when libpurple's XMPP protocol sends it. */
static char *
test_dup_wire_text(const char *text)
{
	g_autofree char *html = host_text_to_html(text);
	g_autofree char *printable = purple_utf8_strip_unprintables(html);
	char *plain = NULL;

	purple_markup_html_to_xhtml(printable, NULL, &plain);
	return plain;
}

static void
test_text_survives_html(void)
{
	static const char *const texts[] = {
		"hello",
		" leading and trailing  ",
		"two\nlines",
		"\n\nnewlines around\n\n",
		"tab\tand  several   spaces",
		"a < b && c > d",
		"\"double\" and 'single'",
		"<b>not bold</b>",
		"<br>",
		"<br/>\n<hr>",
		"<a href='http://x.example/?a=1&b=2'>link</a>",
		"<html><body>whole</body></html>",
		"<!-- comment -->",
		"<img src='x' alt='y'>",
		"</b>",
		"<",
		">",
		"&",
		"&amp;",
		"&lt;b&gt;",
		"&#65;&#x41;&nbsp;&copy;&apos;",
		"&&&amp;amp;",
		"/me waves",
		"/help",
		"\xf0\x9f\x98\x80",
		"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
		"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85",
		"\xe2\x80\xae right to left \xe2\x80\xac",
		"\xc2\xa0no-break\xc2\xa0space",
		"https://example.org/a?b=<c>&d=\"e\"",
		"{\"json\": [1, 2, \"<3>\"]}",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *wire = test_dup_wire_text(texts[i]);
		g_assert_cmpstr(wire, ==, texts[i]);
	}
}

static void
test_line_ends_become_newlines(void)
{
	g_autofree char *wire = test_dup_wire_text("a\r\nb\rc\n\r\nd");

	g_assert_cmpstr(wire, ==, "a\nb\nc\n\nd");
}

static void
test_what_xml_cannot_carry(void)
{
	g_assert_true(host_text_is_xml(""));
	g_assert_true(host_text_is_xml("tab\t newline\n return\r"));
	g_assert_true(host_text_is_xml("\xf0\x9f\x98\x80\xef\xbf\xbd"));
	g_assert_false(host_text_is_xml("bell\x07"));
	g_assert_false(host_text_is_xml("escape\x1b[0m"));
	g_assert_false(host_text_is_xml("\x01"));
	g_assert_false(host_text_is_xml("\xef\xbf\xbe")); /* U+FFFE */
	g_assert_false(host_text_is_xml("\xef\xbf\xbf"));
	g_assert_false(host_text_is_xml("cut off \xf0\x9f\x98"));
	g_assert_false(host_text_is_xml("\xed\xa0\x80")); /* a surrogate */
}

static void
test_shape_of_an_address(void)
{
	static const char *const good[] = {"a@b",       "b.example",      "a@b/c",
	                                   "a@b/c/d e", "a@b/user@phone", "\xc3\xa4@b.example"};
	static const char *const bad[] = {"",      "@",     "a@",    "@b",     "a@b@c",
	                                  "a@b/",  "/r",    "a b@c", "a@b c",  "a@b\n",
	                                  "<a>@b", "a&b@c", "a@/r",  "\xff@b", "a@b/\x01"};
	g_autofree char *part = g_strnfill(1024, 'x');
	g_autofree char *long_local = g_strconcat(part, "@b", NULL);
	g_autofree char *long_domain = g_strconcat("a@", part, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(host_text_is_jid(good[i]));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(host_text_is_jid(bad[i]));
	g_assert_false(host_text_is_jid(long_local));
	g_assert_false(host_text_is_jid(long_domain));
	g_assert_true(host_text_is_jid(long_local + 1));
}

static void
test_limit_cuts_between_characters(void)
{
	g_autofree char *none = host_text_limit(NULL, 10);
	g_autofree char *whole = host_text_limit("abc", 3);
	g_autofree char *cut = host_text_limit("abcd", 3);
	g_autofree char *kept = host_text_limit("a\xc3\xa4"
	                                        "b",
	                                        3);
	g_autofree char *dropped = host_text_limit("ab\xc3\xa4", 3);
	g_autofree char *nothing = host_text_limit("\xf0\x9f\x98\x80", 3);
	g_autofree char *repaired = host_text_limit("a\xff", 10);

	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(whole, ==, "abc");
	g_assert_cmpstr(cut, ==, "abc");
	g_assert_cmpstr(kept, ==, "a\xc3\xa4");
	g_assert_cmpstr(dropped, ==, "ab");
	g_assert_cmpstr(nothing, ==, "");
	g_assert_cmpstr(repaired, ==, "a\xef\xbf\xbd");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-text/survives-html", test_text_survives_html);
	g_test_add_func("/host-text/line-ends", test_line_ends_become_newlines);
	g_test_add_func("/host-text/not-xml", test_what_xml_cannot_carry);
	g_test_add_func("/host-text/jid", test_shape_of_an_address);
	g_test_add_func("/host-text/limit", test_limit_cuts_between_characters);
	return g_test_run();
}
