/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-mail-notice.h: what a person sees of mail, by libpurple's notifications: Pidgin collects
 * them in its dialogue "New Mail", from which links open. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk.h"

G_BEGIN_DECLS

/* Which threads of a mailbox. */
typedef enum {
	GTALK_MAIL_NOTICE_NEW,
	GTALK_MAIL_NOTICE_UNREAD,
} GTalkMailNoticeChoice;

/* Shows the threads chosen, and how many more there are when not all are listed. FALSE if there was
 * nothing to show. */
gboolean
gtalk_mail_notice_show(GTalkConnection *connection, const GTalkMailbox *mailbox,
                       GTalkMailNoticeChoice choice);

/* Takes away what is still shown: it has been read elsewhere. */
void
gtalk_mail_notice_withdraw(GTalkConnection *connection);

/* For a person who asked. */
void
gtalk_mail_notice_tell_none(GTalkConnection *connection);
void
gtalk_mail_notice_tell_failure(GTalkConnection *connection);
void
gtalk_mail_notice_open_inbox(GTalkConnection *connection, const char *url);

/* ---- Pure ------------------------------------------------------------------------------------ */

/* "Bob, Carol": who wrote what is unread, or who wrote at all; (transfer full). */
char *
gtalk_mail_notice_dup_senders(const GTalkMailThread *thread);

/* "Train times – The 9:40 is gone"; (transfer full). */
char *
gtalk_mail_notice_dup_subject(const GTalkMailThread *thread);

G_END_DECLS
