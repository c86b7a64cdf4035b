/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-mail.h: news of mail (google:mail:notify).
 *
 * The server's push says only that there is something. Right after it the mailbox may not have it
 * yet, and for a minute no further push comes; so a push is followed by questions every five
 * seconds for a minute, the last of them for all unread mail, which also tells what was read
 * elsewhere. Questions in between ask for what is newer than two minutes before the last answer,
 * since a mail can become visible later than it is dated, and what was told already is known by
 * thread and date. They do not ask by thread id: that would hide a new message in an old thread.
 *
 * The inherited protocol has a notification of its own. It never learns that the server has mail,
 * so that nothing is told twice and pushes are answered whatever the person wants to see. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_mail_unit;

G_END_DECLS
