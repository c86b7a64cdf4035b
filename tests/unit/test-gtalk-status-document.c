/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "status/gtalk-status-document.h"
#include "harness/purple-boot.h"

#define TEST_QUERY(attributes, content)                                                            \
	"<query xmlns='google:shared-status' " attributes ">" content "</query>"
#define TEST_LIMITS                                                                                \
	"status-max='512' status-list-max='3' status-list-contents-max='5' status-min-ver='2'"
#define TEST_WHOLE                                                                                 \
	TEST_QUERY(                                                                                \
		TEST_LIMITS,                                                                       \
		"<status>Reviewing</status><show>dnd</show>"                                       \
		"<status-list show='default'><status>At sea</status><status>At home</status>"      \
		"</status-list><status-list show='dnd'><status>Reviewing</status></status-list>"   \
		"<invisible value='true'/>")

static GTalkStatusDocument *
test_parse(const char *text, const GTalkStatusDocument *base)
{
	xmlnode *query = xmlnode_from_str(text, -1);
	GTalkStatusDocument *document;

	g_assert_nonnull(query);
	document = gtalk_status_document_parse(query, base);
	xmlnode_free(query);
	return document;
}

static char *
test_build(const GTalkStatusDocument *document)
{
	xmlnode *iq = xmlnode_new("iq");
	char *text = NULL;

	gtalk_status_document_build(document, iq);
	text = xmlnode_to_str(iq, NULL);
	xmlnode_free(iq);
	return text;
}

/* As "one,two". */
static char *
test_join(const GTalkStatusDocument *document, gboolean is_busy)
{
	const GPtrArray *texts = gtalk_status_document_find_texts(document, is_busy);
	GString *joined = g_string_new(NULL);

	for (guint i = 0; texts != NULL && i < texts->len; i++)
		g_string_append_printf(joined, "%s%s", i > 0 ? "," : "",
		                       (const char *)g_ptr_array_index(texts, i));
	return g_string_free(joined, FALSE);
}

static void
test_reads_the_whole(void)
{
	g_autoptr(GTalkStatusDocument) document = test_parse(TEST_WHOLE, NULL);
	g_autofree char *available = test_join(document, FALSE);
	g_autofree char *busy = test_join(document, TRUE);

	g_assert_cmpstr(document->text, ==, "Reviewing");
	g_assert_true(document->is_busy);
	g_assert_true(document->is_invisible);
	g_assert_cmpstr(available, ==, "At sea,At home");
	g_assert_cmpstr(busy, ==, "Reviewing");
	g_assert_cmpuint(document->text_max_bytes, ==, 512);
	g_assert_cmpint(document->min_version, ==, 2);
}

static void
test_sends_the_whole_back(void)
{
	g_autoptr(GTalkStatusDocument) document = test_parse(TEST_WHOLE, NULL);
	g_autofree char *text = test_build(document);

	g_assert_cmpstr(
		text, ==,
		"<iq><query xmlns='google:shared-status' version='2'>"
		"<status>Reviewing</status><show>dnd</show>"
		"<status-list show='default'><status>At sea</status><status>At home</status>"
		"</status-list><status-list show='dnd'><status>Reviewing</status>"
		"</status-list><invisible value='true'/></query></iq>");
}

static void
test_nothing_is_no_document(void)
{
	static const char *const empty[] = {
		TEST_QUERY("", ""),
		TEST_QUERY(TEST_LIMITS, ""),
		TEST_QUERY("", "<weather>fine</weather>"),
		TEST_QUERY("", "<show xmlns='other'>dnd</show>"),
	};

	for (gsize i = 0; i < G_N_ELEMENTS(empty); i++)
		g_assert_null(test_parse(empty[i], NULL));
}

static const struct {
	const char *text;
	guint text_max_bytes;
	guint texts_max;
	guint lists_max;
	int min_version;
	gboolean can_hide;
} test_limits[] = {
	{TEST_QUERY("", "<show/>"), 512, 5, 3, -1, TRUE},
	{TEST_QUERY("status-max='80' status-list-contents-max='2' status-list-max='2'", "<show/>"),
         80, 2, 2, -1, TRUE},
	{TEST_QUERY("status-max='-1' status-list-contents-max='many' status-list-max=''",
                    "<show/>"),
         512, 5, 3, -1, TRUE},
	{TEST_QUERY("status-max='0' status-list-contents-max='0' status-list-max='0'", "<show/>"),
         512, 5, 3, -1, TRUE},
	{TEST_QUERY("status-max='4000000000' status-list-contents-max='4000000000' "
                    "status-list-max='4000000000'",
                    "<show/>"),
         4096, 64, 8, -1, TRUE},
	{TEST_QUERY("status-min-ver='0'", "<show/>"), 512, 5, 3, 0, FALSE},
	{TEST_QUERY("status-min-ver='1'", "<show/>"), 512, 5, 3, 1, FALSE},
	{TEST_QUERY("status-min-ver='2'", "<show/>"), 512, 5, 3, 2, TRUE},
	{TEST_QUERY("status-min-ver='7'", "<show/>"), 512, 5, 3, 7, TRUE},
	{TEST_QUERY("status-min-ver='-5'", "<show/>"), 512, 5, 3, -1, TRUE},
	{TEST_QUERY("status-min-ver='two'", "<show/>"), 512, 5, 3, -1, TRUE},
};

static void
test_reads_limits(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_limits); i++) {
		g_autoptr(GTalkStatusDocument) document = test_parse(test_limits[i].text, NULL);

		g_assert_cmpuint(document->text_max_bytes, ==, test_limits[i].text_max_bytes);
		g_assert_cmpuint(document->texts_max, ==, test_limits[i].texts_max);
		g_assert_cmpuint(document->lists_max, ==, test_limits[i].lists_max);
		g_assert_cmpint(document->min_version, ==, test_limits[i].min_version);
		g_assert_cmpint(gtalk_status_document_can_hide(document), ==,
		                test_limits[i].can_hide);
	}
}

/* What a push leaves out, or says without sense, stays: invisible above all. */
static void
test_missing_stays(void)
{
	static const char *const pushes[] = {
		TEST_QUERY("", "<status>Reviewing</status>"),
		TEST_QUERY("", "<show>dnd</show>"),
		TEST_QUERY("", "<invisible/>"),
		TEST_QUERY("", "<invisible value='perhaps'/>"),
		TEST_QUERY("", "<invisible value='true'/><weather/>text"),
	};

	for (gsize i = 0; i < G_N_ELEMENTS(pushes); i++) {
		g_autoptr(GTalkStatusDocument) base = test_parse(TEST_WHOLE, NULL);
		g_autoptr(GTalkStatusDocument) document = test_parse(pushes[i], base);
		g_autofree char *available = test_join(document, FALSE);

		g_assert_true(gtalk_status_document_equal_state(base, document));
		g_assert_cmpstr(available, ==, "At sea,At home");
		g_assert_cmpint(document->min_version, ==, 2);
	}
}

static void
test_unknown_lists_are_kept(void)
{
	g_autoptr(GTalkStatusDocument) document = test_parse(
		TEST_QUERY("", "<status-list show='away'><status>Out</status></status-list>"
	                       "<status-list><status>lost</status></status-list>"),
		NULL);
	g_autofree char *text = NULL;

	gtalk_status_document_set_state(document, "In", FALSE);
	text = test_build(document);
	g_assert_nonnull(strstr(text, "<status-list show='away'><status>Out</status>"));
	g_assert_nonnull(strstr(text, "<status-list show='default'><status>In</status>"));
	g_assert_null(strstr(text, "lost"));
}

/* Scenario 7. */
static void
test_six_texts_keep_five(void)
{
	static const char *const texts[] = {"one", "two", "three", "two", "four", "five", "six"};
	g_autoptr(GTalkStatusDocument) document = gtalk_status_document_new();
	g_autofree char *joined = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		gtalk_status_document_set_state(document, texts[i], TRUE);
	joined = test_join(document, TRUE);
	g_assert_cmpstr(joined, ==, "six,five,four,two,three");
	g_assert_null(gtalk_status_document_find_texts(document, FALSE));
}

static void
test_what_is_not_remembered(void)
{
	g_autoptr(GTalkStatusDocument) document = gtalk_status_document_new();
	g_autofree char *joined = NULL;

	gtalk_status_document_set_state(document, "", FALSE);
	gtalk_status_document_set_state(document, " \t\n ", FALSE);
	gtalk_status_document_set_state(document, "\xe2\x99\xab Verdi", FALSE);
	joined = test_join(document, FALSE);
	g_assert_cmpstr(joined, ==, "");
	g_assert_cmpstr(document->text, ==, "\xe2\x99\xab Verdi");
}

static const struct {
	const char *text;
	gsize max_bytes;
	const char *clean;
} test_texts[] = {
	{"plain", 512, "plain"},
	{"  spaces \n", 512, "spaces"},
	{"two\nlines\ttab\x7f.", 512, "two lines tab ."},
	{"12345", 5, "12345"},
	{"123456", 5, "12345"},
	{"1234\xc3\xa4", 5, "1234"},
	{"1234\xf0\x9f\x98\x80", 7, "1234"},
	{"1234\xf0\x9f\x98\x80", 8, "1234\xf0\x9f\x98\x80"},
	{"1234 \xc3\xa4", 6, "1234"},
	{"bad \xff byte", 512, "bad \xef\xbf\xbd byte"},
	{"no \xef\xbf\xbf XML", 512, "no  XML"},
};

/* Scenario 8: never within a character. */
static void
test_texts_are_clean(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_texts); i++) {
		g_autofree char *clean =
			gtalk_status_text_clean(test_texts[i].text, test_texts[i].max_bytes);

		g_assert_cmpstr(clean, ==, test_texts[i].clean);
	}
}

static void
test_edited_lists_are_within_limits(void)
{
	static const char *const texts[] = {"one", "", "two", "one", "three", "four", NULL};
	g_autoptr(GTalkStatusDocument) document = test_parse(
		TEST_QUERY("status-max='3' status-list-contents-max='3'", "<show/>"), NULL);
	g_autofree char *joined = NULL;

	gtalk_status_document_set_texts(document, FALSE, texts);
	joined = test_join(document, FALSE);
	g_assert_cmpstr(joined, ==, "one,two,thr");
}

static void
test_a_copy_is_its_own(void)
{
	g_autoptr(GTalkStatusDocument) document = test_parse(TEST_WHOLE, NULL);
	g_autoptr(GTalkStatusDocument) copy = gtalk_status_document_copy(document);
	g_autofree char *before = test_build(document);
	g_autofree char *after = NULL;

	gtalk_status_document_set_state(copy, "Elsewhere", FALSE);
	after = test_build(document);
	g_assert_cmpstr(before, ==, after);
	g_assert_false(gtalk_status_document_equal_state(document, copy));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-status-document/reads-the-whole", test_reads_the_whole);
	g_test_add_func("/gtalk-status-document/sends-the-whole-back", test_sends_the_whole_back);
	g_test_add_func("/gtalk-status-document/nothing-is-no-document",
	                test_nothing_is_no_document);
	g_test_add_func("/gtalk-status-document/reads-limits", test_reads_limits);
	g_test_add_func("/gtalk-status-document/missing-stays", test_missing_stays);
	g_test_add_func("/gtalk-status-document/unknown-lists-are-kept",
	                test_unknown_lists_are_kept);
	g_test_add_func("/gtalk-status-document/six-texts-keep-five", test_six_texts_keep_five);
	g_test_add_func("/gtalk-status-document/what-is-not-remembered",
	                test_what_is_not_remembered);
	g_test_add_func("/gtalk-status-document/texts-are-clean", test_texts_are_clean);
	g_test_add_func("/gtalk-status-document/edited-lists-are-within-limits",
	                test_edited_lists_are_within_limits);
	g_test_add_func("/gtalk-status-document/a-copy-is-its-own", test_a_copy_is_its_own);
	return g_test_run();
}
