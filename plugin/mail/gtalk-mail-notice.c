/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-mail-notice.h"

#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"

/* Shows only the first of several mails that it is told of at once. */
#define GTALK_MAIL_NOTICE_FINCH "gnt-purple"

/* The columns of a notification; texts are owned by them, links borrowed from the mailbox. */
typedef struct {
	GPtrArray *subjects;
	GPtrArray *froms;
	GPtrArray *tos;
	GPtrArray *urls;
} GTalkMailNotice;

static const char *
gtalk_mail_notice_get_name(const GTalkMailSender *sender)
{
	return sender->name != NULL ? sender->name : sender->address;
}

static GString *
gtalk_mail_notice_join(const GTalkMailThread *thread, gboolean only_unread)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < thread->n_senders; i++) {
		const char *name = gtalk_mail_notice_get_name(&thread->senders[i]);

		if (name == NULL || (only_unread && !thread->senders[i].has_unread))
			continue;
		g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
	}
	return names;
}

char *
gtalk_mail_notice_dup_senders(const GTalkMailThread *thread)
{
	GString *names = gtalk_mail_notice_join(thread, TRUE);

	if (names->len == 0) {
		g_string_free(names, TRUE);
		names = gtalk_mail_notice_join(thread, FALSE);
	}
	return g_string_free(names, FALSE);
}

char *
gtalk_mail_notice_dup_subject(const GTalkMailThread *thread)
{
	const char *subject = *thread->subject != '\0' ? thread->subject : _("(no subject)");

	if (*thread->snippet == '\0')
		return g_strdup(subject);
	return g_strdup_printf("%s – %s", subject, thread->snippet);
}

static void
gtalk_mail_notice_init(GTalkMailNotice *self)
{
	self->subjects = g_ptr_array_new_with_free_func(g_free);
	self->froms = g_ptr_array_new_with_free_func(g_free);
	self->tos = g_ptr_array_new_with_free_func(g_free);
	self->urls = g_ptr_array_new();
}

static void
gtalk_mail_notice_clear(GTalkMailNotice *self)
{
	g_ptr_array_unref(self->subjects);
	g_ptr_array_unref(self->froms);
	g_ptr_array_unref(self->tos);
	g_ptr_array_unref(self->urls);
}

static char *
gtalk_mail_notice_dup_own(GTalkConnection *connection)
{
	return gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(connection));
}

static void
gtalk_mail_notice_add(GTalkMailNotice *self, GTalkConnection *connection,
                      const GTalkMailThread *thread, const char *inbox)
{
	const char *url = thread->url != NULL ? thread->url : inbox;

	g_ptr_array_add(self->subjects, gtalk_mail_notice_dup_subject(thread));
	g_ptr_array_add(self->froms, gtalk_mail_notice_dup_senders(thread));
	g_ptr_array_add(self->tos, gtalk_mail_notice_dup_own(connection));
	g_ptr_array_add(self->urls, (gpointer)(url != NULL ? url : ""));
}

static void
gtalk_mail_notice_send(GTalkMailNotice *self, PurpleConnection *gc, guint first, guint n)
{
	purple_notify_emails(gc, n, TRUE, (const char **)self->subjects->pdata + first,
	                     (const char **)self->froms->pdata + first,
	                     (const char **)self->tos->pdata + first,
	                     (const char **)self->urls->pdata + first, NULL, NULL);
}

static void
gtalk_mail_notice_send_all(GTalkMailNotice *self, PurpleConnection *gc)
{
	guint n = self->subjects->len;
	guint step = purple_strequal(purple_core_get_ui(), GTALK_MAIL_NOTICE_FINCH) ? 1 : n;

	for (guint i = 0; i < n; i += step)
		gtalk_mail_notice_send(self, gc, i, step);
}

/* How many there are beyond those that are listed. */
static void
gtalk_mail_notice_send_count(GTalkConnection *connection, const GTalkMailbox *mailbox, guint count)
{
	g_autofree char *own = gtalk_mail_notice_dup_own(connection);
	const char *to = own;
	const char *url = mailbox->url;

	purple_notify_emails(gtalk_connection_get_purple(connection), count, FALSE, NULL, NULL, &to,
	                     url != NULL ? &url : NULL, NULL, NULL);
}

static gboolean
gtalk_mail_notice_is_chosen(const GTalkMailThread *thread, GTalkMailNoticeChoice choice)
{
	return choice == GTALK_MAIL_NOTICE_NEW ? thread->is_new : thread->is_unread;
}

gboolean
gtalk_mail_notice_show(GTalkConnection *connection, const GTalkMailbox *mailbox,
                       GTalkMailNoticeChoice choice)
{
	guint n_more = mailbox->n_matched - mailbox->n_threads;
	GTalkMailNotice notice;
	guint n;

	gtalk_mail_notice_init(&notice);
	for (guint i = 0; i < mailbox->n_threads; i++)
		if (gtalk_mail_notice_is_chosen(&mailbox->threads[i], choice))
			gtalk_mail_notice_add(&notice, connection, &mailbox->threads[i],
			                      mailbox->url);
	n = notice.subjects->len;
	gtalk_mail_notice_send_all(&notice, gtalk_connection_get_purple(connection));
	gtalk_mail_notice_clear(&notice);
	/* What is not listed is new if all that is listed is. */
	if (choice == GTALK_MAIL_NOTICE_NEW && n < mailbox->n_threads)
		n_more = 0;
	if (n_more > 0)
		gtalk_mail_notice_send_count(connection, mailbox, n_more);
	return n > 0 || n_more > 0;
}

void
gtalk_mail_notice_withdraw(GTalkConnection *connection)
{
	purple_notify_emails(gtalk_connection_get_purple(connection), 0, FALSE, NULL, NULL, NULL,
	                     NULL, NULL, NULL);
}

void
gtalk_mail_notice_tell_none(GTalkConnection *connection)
{
	purple_notify_info(gtalk_connection_get_purple(connection), _("Mail"),
	                   _("There is no unread mail."), NULL);
}

void
gtalk_mail_notice_tell_failure(GTalkConnection *connection)
{
	purple_notify_error(gtalk_connection_get_purple(connection), _("Mail"),
	                    _("The server does not tell of your mail at the moment."),
	                    _("Try it again later."));
}

void
gtalk_mail_notice_open_inbox(GTalkConnection *connection, const char *url)
{
	PurpleConnection *gc = gtalk_connection_get_purple(connection);

	if (url != NULL)
		purple_notify_uri(gc, url);
	else
		purple_notify_error(gc, _("Mail"),
		                    _("The server does not say where your mail is read."), NULL);
}
