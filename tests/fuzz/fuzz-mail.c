/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers about mail, and settings: what is read has to keep the promises of gtalk.h. */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "mail/gtalk-mail-notice.h"
#include "mail/gtalk-mail-stanza.h"
#include "mail/gtalk-settings-stanza.h"

static void
fuzz_check_text(const char *text, gsize max_bytes)
{
	g_assert_nonnull(text);
	g_assert_cmpuint(strlen(text), <=, max_bytes);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_null(strpbrk(text, "\r\n\t"));
}

static void
fuzz_check_url(const char *url)
{
	if (url == NULL)
		return;
	g_assert_true(g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://"));
	g_assert_null(strpbrk(url, " \"'`<>\\\r\n"));
}

static void
fuzz_check_thread(const GTalkMailThread *thread)
{
	g_autofree char *senders = gtalk_mail_notice_dup_senders(thread);
	g_autofree char *subject = gtalk_mail_notice_dup_subject(thread);

	g_assert_cmpuint(thread->tid, !=, 0);
	g_assert_cmpint(thread->date_ms, >=, 0);
	g_assert_cmpuint(thread->participation, <=, 2);
	g_assert_cmpuint(thread->n_senders, <=, GTALK_MAIL_SENDERS_MAX);
	fuzz_check_text(thread->subject, 500);
	fuzz_check_text(thread->snippet, 1000);
	fuzz_check_url(thread->url);
	for (const char *const *label = thread->labels; *label != NULL; label++)
		g_assert_cmpstr(*label, !=, "");
}

static void
fuzz_mail(const xmlnode *stanza)
{
	g_autoptr(GTalkMailbox) mailbox = gtalk_mailbox_parse(stanza);

	if (mailbox == NULL)
		return;
	g_assert_cmpuint(mailbox->n_threads, <=, GTALK_MAIL_THREADS_MAX);
	g_assert_cmpuint(mailbox->n_matched, >=, mailbox->n_threads);
	g_assert_cmpint(mailbox->result_time_ms, >=, 0);
	fuzz_check_url(mailbox->url);
	for (guint i = 0; i < mailbox->n_threads; i++)
		fuzz_check_thread(&mailbox->threads[i]);
}

static void
fuzz_check_setting(const char *name, const char *value, gpointer user_data)
{
	g_assert_true(gtalk_settings_is_name(name));
	g_assert_cmpuint(strlen(value), <=, GTALK_SETTINGS_VALUE_MAX_BYTES);
}

static void
fuzz_stanza(xmlnode *stanza)
{
	fuzz_mail(stanza);
	gtalk_settings_parse(gtalk_xml_find_child(stanza, "usersetting", GTALK_NS_GOOGLE_SETTING),
	                     fuzz_check_setting, NULL);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_stanza);
}
