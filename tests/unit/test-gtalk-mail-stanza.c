/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "mail/gtalk-mail-stanza.h"

#include <string.h>

#include "mail/gtalk-mail-notice.h"
#include "harness/purple-boot.h"

#define TEST_MAIL(attributes, threads)                                                             \
	"<iq type='result'><mailbox xmlns='google:mail:notify' " attributes ">" threads            \
	"</mailbox></iq>"
#define TEST_INBOX "url='http://mail.example/mail'"

static GTalkMailbox *
test_parse(const char *text)
{
	xmlnode *reply = xmlnode_from_str(text, -1);
	GTalkMailbox *mailbox = NULL;

	g_assert_nonnull(reply);
	mailbox = gtalk_mailbox_parse(reply);
	xmlnode_free(reply);
	return mailbox;
}

static void
test_everything(void)
{
	g_autoptr(GTalkMailbox) mailbox = test_parse(TEST_MAIL(
		"result-time='1266564900000' total-matched='31' total-estimate='1' " TEST_INBOX,
		"<mail-thread-info tid='1428125450019863099' participation='1' messages='3' "
		"date='1266564800000' url='http://mail.example/mail?view=cv'>"
		"<senders><sender name='Me' address='ann@talk.example' originator='1'/>"
		"<sender name='Bob' address='bob@talk.example' unread='1'/></senders>"
		"<labels>work|travel</labels><subject>Train times</subject>"
		"<snippet>The 9:40 is gone</snippet></mail-thread-info>"));
	const GTalkMailThread *thread = NULL;

	g_assert_nonnull(mailbox);
	g_assert_cmpint(mailbox->result_time_ms, ==, G_GINT64_CONSTANT(1266564900000));
	g_assert_cmpuint(mailbox->n_matched, ==, 31);
	g_assert_true(mailbox->is_estimate);
	g_assert_cmpstr(mailbox->url, ==, "http://mail.example/mail");
	g_assert_cmpuint(mailbox->n_threads, ==, 1);
	thread = &mailbox->threads[0];
	g_assert_cmpuint(thread->tid, ==, G_GUINT64_CONSTANT(1428125450019863099));
	g_assert_cmpuint(thread->participation, ==, 1);
	g_assert_cmpuint(thread->n_messages, ==, 3);
	g_assert_cmpint(thread->date_ms, ==, G_GINT64_CONSTANT(1266564800000));
	g_assert_cmpstr(thread->url, ==, "http://mail.example/mail/#inbox/13d1b887bf20fa3b");
	g_assert_cmpstr(thread->subject, ==, "Train times");
	g_assert_cmpstr(thread->snippet, ==, "The 9:40 is gone");
	g_assert_cmpuint(thread->n_senders, ==, 2);
	g_assert_true(thread->senders[0].is_originator);
	g_assert_false(thread->senders[0].has_unread);
	g_assert_cmpstr(thread->senders[1].address, ==, "bob@talk.example");
	g_assert_true(thread->is_unread);
	g_assert_cmpstr(thread->labels[0], ==, "work");
	g_assert_cmpstr(thread->labels[1], ==, "travel");
	g_assert_null(thread->labels[2]);
}

static void
test_no_mailbox(void)
{
	static const char *const replies[] = {
		"<iq type='result'/>",
		"<iq type='result'><mailbox xmlns='google:mail'/></iq>",
		"<iq type='result'><query xmlns='google:mail:notify'/></iq>",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(replies); i++)
		g_assert_null(test_parse(replies[i]));
}

/* Numbers that are none, or too large, or negative, count as nothing. */
static void
test_numbers(void)
{
	g_autoptr(GTalkMailbox) mailbox = test_parse(
		TEST_MAIL("result-time='soon' total-matched='-5' total-estimate='yes'",
	                  "<mail-thread-info tid='18446744073709551615' date='-1' messages='many' "
	                  "participation='3'/>"
	                  "<mail-thread-info tid='18446744073709551616'/>"
	                  "<mail-thread-info tid='0'/><mail-thread-info tid=''/>"
	                  "<mail-thread-info/><other/>"));

	g_assert_cmpint(mailbox->result_time_ms, ==, 0);
	g_assert_false(mailbox->is_estimate);
	g_assert_cmpuint(mailbox->n_threads, ==, 1);
	g_assert_cmpuint(mailbox->n_matched, ==, 1);
	g_assert_cmpuint(mailbox->threads[0].tid, ==, G_MAXUINT64);
	g_assert_cmpint(mailbox->threads[0].date_ms, ==, 0);
	g_assert_cmpuint(mailbox->threads[0].n_messages, ==, 0);
	g_assert_cmpuint(mailbox->threads[0].participation, ==, 0);
	g_assert_null(mailbox->threads[0].url);
	g_assert_cmpstr(mailbox->threads[0].subject, ==, "");
	g_assert_null(mailbox->threads[0].labels[0]);
}

static const struct {
	const char *text;
	const char *plain;
} test_texts[] = {
	{"Tom &amp;amp; Jerry", "Tom & Jerry"},
	{"&amp;#39;twas &amp;quot;it&amp;quot; &amp;lt;b&amp;gt;", "'twas \"it\" <b>"},
	{"more&amp;hellip;", "more…"},
	{" a \n\t b&#160;c ", "a b c"},
	{"a\xe2\x80\xa8"
         "b\x7f"
         "c",
         "a b c"},
	{"&amp;#55296;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"&amp;unknown;", "&unknown;"},
	{"", ""},
};

static void
test_texts_are_plain(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_texts); i++) {
		g_autofree char *text = g_strdup_printf(
			TEST_MAIL("", "<mail-thread-info tid='1'><subject>%s</subject>"
		                      "</mail-thread-info>"),
			test_texts[i].text);
		g_autoptr(GTalkMailbox) mailbox = test_parse(text);

		g_assert_cmpstr(mailbox->threads[0].subject, ==, test_texts[i].plain);
	}
}

static void
test_long_texts_are_cut_between_characters(void)
{
	GString *text = g_string_new(NULL);
	g_autofree char *reply = NULL;
	g_autoptr(GTalkMailbox) mailbox = NULL;

	for (guint i = 0; i < 2000; i++)
		g_string_append(text, i % 7 == 0 ? "a" : "ß€");
	reply = g_strdup_printf(TEST_MAIL("", "<mail-thread-info tid='1'><subject>%s</subject>"
	                                      "<snippet>%s</snippet></mail-thread-info>"),
	                        text->str, text->str);
	g_string_free(text, TRUE);
	mailbox = test_parse(reply);
	g_assert_cmpuint(strlen(mailbox->threads[0].subject), <=, 500);
	g_assert_cmpuint(strlen(mailbox->threads[0].subject), >, 490);
	g_assert_cmpuint(strlen(mailbox->threads[0].snippet), <=, 1000);
	g_assert_true(g_utf8_validate(mailbox->threads[0].subject, -1, NULL));
	g_assert_true(g_utf8_validate(mailbox->threads[0].snippet, -1, NULL));
}

static void
test_many_are_cut(void)
{
	GString *text = g_string_new("<iq><mailbox xmlns='google:mail:notify'>");
	g_autoptr(GTalkMailbox) mailbox = NULL;

	for (guint i = 1; i <= 300; i++)
		g_string_append_printf(text,
		                       "<mail-thread-info tid='%u'><senders>%s</senders>"
		                       "</mail-thread-info>",
		                       i,
		                       "<sender unread='1'/><sender/><sender/><sender/><sender/>"
		                       "<sender/><sender/><sender/><sender/><sender/><sender/>"
		                       "<sender/><sender/><sender/><sender/><sender/><sender/>");
	g_string_append(text, "</mailbox></iq>");
	mailbox = test_parse(text->str);
	g_string_free(text, TRUE);
	g_assert_cmpuint(mailbox->n_threads, ==, GTALK_MAIL_THREADS_MAX);
	g_assert_cmpuint(mailbox->threads[50].n_senders, ==, GTALK_MAIL_SENDERS_MAX);
}

static const struct {
	const char *inbox;
	const char *own;
	const char *url; /* of thread 255 */
} test_links[] = {
	{"http://m.example/mail", NULL, "http://m.example/mail/#inbox/ff"},
	{"http://m.example/mail/", "http://m.example/mail", "http://m.example/mail/#inbox/ff"},
	{"https://m.example/mail?a=1#b", "x", "https://m.example/mail/#inbox/ff"},
	{"http://m.example/mail", "http://m.example/mail?view=cv",
         "http://m.example/mail/#inbox/ff"},
	{"http://m.example/mail", "https://m.example/thread/255", "https://m.example/thread/255"},
	{NULL, "https://m.example/thread/255", "https://m.example/thread/255"},
	{"javascript:alert(1)", "file:///etc/passwd", NULL},
	{"http://m.example/\" -x", "http://m.example/`reboot`", NULL},
	{"http:", "https://[", NULL},
	{"http:./x", "HTTP://m.example/", NULL},
	{"http://?mail", "https://#thread", NULL},
	{NULL, NULL, NULL},
};

static void
test_links_are_web_pages(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_links); i++) {
		xmlnode *reply = xmlnode_new("iq");
		xmlnode *mailbox = xmlnode_new_child(reply, "mailbox");
		xmlnode *thread = NULL;
		g_autoptr(GTalkMailbox) parsed = NULL;

		xmlnode_set_namespace(mailbox, "google:mail:notify");
		thread = xmlnode_new_child(mailbox, "mail-thread-info");
		xmlnode_set_namespace(thread, "google:mail:notify");
		xmlnode_set_attrib(thread, "tid", "255");
		if (test_links[i].inbox != NULL)
			xmlnode_set_attrib(mailbox, "url", test_links[i].inbox);
		if (test_links[i].own != NULL)
			xmlnode_set_attrib(thread, "url", test_links[i].own);
		parsed = gtalk_mailbox_parse(reply);
		xmlnode_free(reply);
		g_assert_cmpstr(parsed->threads[0].url, ==, test_links[i].url);
	}
}

static const struct {
	GTalkMailQuery query;
	const char *expected;
} test_queries[] = {
	{{0}, "<iq><query xmlns='google:mail:notify'/></iq>"},
	{{.newer_than_ms = G_GINT64_CONSTANT(1266564000000),
          .newer_than_tid = G_MAXUINT64,
          .search = "label:work"},
         "<iq><query xmlns='google:mail:notify' newer-than-time='1266564000000' "
         "newer-than-tid='18446744073709551615' q='label:work'/></iq>"},
};

static void
test_build(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_queries); i++) {
		xmlnode *iq = xmlnode_new("iq");
		g_autofree char *text = NULL;

		gtalk_mail_query_build(iq, &test_queries[i].query);
		text = xmlnode_to_str(iq, NULL);
		g_assert_cmpstr(text, ==, test_queries[i].expected);
		xmlnode_free(iq);
	}
}

static const struct {
	const char *senders;
	const char *names;
	gboolean is_unread;
} test_senders[] = {
	{"<sender name='Me'/><sender name='Bob' unread='1'/><sender address='c@x' unread='1'/>",
         "Bob, c@x", TRUE},
	{"<sender name='Me'/><sender name='Bob' unread='0'/>", "Me, Bob", FALSE},
	{"<sender unread='1'/>", "", TRUE},
	{"", "", TRUE},
};

static void
test_what_a_person_reads(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_senders); i++) {
		g_autofree char *reply = g_strdup_printf(
			TEST_MAIL("", "<mail-thread-info tid='1'><senders>%s</senders>"
		                      "<snippet>b</snippet></mail-thread-info>"),
			test_senders[i].senders);
		g_autoptr(GTalkMailbox) mailbox = test_parse(reply);
		g_autofree char *names = gtalk_mail_notice_dup_senders(&mailbox->threads[0]);
		g_autofree char *subject = gtalk_mail_notice_dup_subject(&mailbox->threads[0]);

		g_assert_cmpstr(names, ==, test_senders[i].names);
		g_assert_cmpstr(subject, ==, "(no subject) – b");
		g_assert_cmpint(mailbox->threads[0].is_unread, ==, test_senders[i].is_unread);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/mail-stanza/everything", test_everything);
	g_test_add_func("/mail-stanza/no-mailbox", test_no_mailbox);
	g_test_add_func("/mail-stanza/numbers", test_numbers);
	g_test_add_func("/mail-stanza/texts-are-plain", test_texts_are_plain);
	g_test_add_func("/mail-stanza/long-texts", test_long_texts_are_cut_between_characters);
	g_test_add_func("/mail-stanza/many", test_many_are_cut);
	g_test_add_func("/mail-stanza/links", test_links_are_web_pages);
	g_test_add_func("/mail-stanza/build", test_build);
	g_test_add_func("/mail-stanza/what-a-person-reads", test_what_a_person_reads);
	return g_test_run();
}
