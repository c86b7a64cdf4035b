/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-decoration.h"

#include "harness/purple-boot.h"

#define TEST_META "xmlns='google:metadata'"

static const struct {
	const char *text;
	const char *html;
} test_texts[] = {
	{"a *bold* word", "a <b>bold</b> word"},
	{"*bold*", "<b>bold</b>"},
	{"_two words_, and", "<i>two words</i>, and"},
	{"*bold* and _italic_!", "<b>bold</b> and <i>italic</i>!"},
	{"_*both*_", "<i><b>both</b></i>"},
	{"*_both_ here*", "<b><i>both</i> here</b>"},
	{"(*in*) &quot;*it*&quot;", "(<b>in</b>) &quot;<b>it</b>&quot;"},
	{"a<br>*b*<br>c", "a<br><b>b</b><br>c"},
	{"*\xc3\xa4 \xe2\x82\xac*", "<b>\xc3\xa4 \xe2\x82\xac</b>"},
	/* in doubt */
	{"2 * 3 * 4", "2 * 3 * 4"},
	{"2*3*4", "2*3*4"},
	{"snake_case_name", "snake_case_name"},
	{"http://talk.example/_a_/*b*/", "http://talk.example/_a_/*b*/"},
	{"*open", "*open"},
	{"open*", "open*"},
	{"*over<br>lines*", "*over<br>lines*"},
	{"**twice**", "**twice**"},
	{"*_crossed*_", "<b>_crossed</b>_"},
	{"* not *", "* not *"},
	{"*", "*"},
	{"__", "__"},
	{"***", "***"},
	{"", ""},
};

static void
test_html(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_texts); i++) {
		g_autofree char *html = gtalk_decoration_dup_html(test_texts[i].text);

		g_assert_cmpstr(html, ==, test_texts[i].html);
	}
}

static const struct {
	const char *stanza;
	gboolean is_announcement;
} test_stanzas[] = {
	{"<message><google-rbc-announcement " TEST_META "/></message>", TRUE},
	{"<message type='chat'><body>News</body><google-rbc-announcement " TEST_META "/></message>",
         TRUE},
	{"<message type='headline'><x xmlns='a'/><m:google-rbc-announcement "
         "xmlns:m='google:metadata'/></message>",
         TRUE},
	{"<message type='error'><google-rbc-announcement " TEST_META "/></message>", FALSE},
	{"<message type='groupchat'><google-rbc-announcement " TEST_META "/></message>", FALSE},
	{"<message><google-rbc-announcement/></message>", FALSE},
	{"<message><google-mail-signature " TEST_META ">abc</google-mail-signature></message>",
         FALSE},
	{"<message><google-rbc-announcement xmlns='google:internal'/></message>", FALSE},
	{"<message><body/></message>", FALSE},
};

static void
test_announcements(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_stanzas); i++) {
		xmlnode *stanza = xmlnode_from_str(test_stanzas[i].stanza, -1);

		g_assert_cmpint(gtalk_decoration_is_announcement(stanza), ==,
		                test_stanzas[i].is_announcement);
		xmlnode_free(stanza);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/decoration/html", test_html);
	g_test_add_func("/decoration/announcements", test_announcements);
	return g_test_run();
}
