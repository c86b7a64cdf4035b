/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-mail.h: mail that a Google server tells of (google:mail:notify), asked for at each sign-in.
 *
 * Wanted: "since" s, as last told here: what was told up to there is not new again.
 *
 * Event "mail": an answer of the server. "url" s ("" if none), "matched" u, "estimate" b, "whole" b
 * (all unread mail; else what is newer than the last answer), "since" s, "threads" of
 * HOST_MAIL_THREADS, newest first: tid, subject, snippet, url, time of the newest message (ms since
 * the epoch, 0 unknown), messages (0 unknown), unread, new, and senders: name, address, originator,
 * unread.
 *
 * Request "mail": answers when an answer of the server has been told in this session, perhaps long
 * before. UNSUPPORTED: it tells of no mail. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

#define HOST_MAIL_THREAD "(tsssxubba(ssbb))"
#define HOST_MAIL_THREADS "a" HOST_MAIL_THREAD

extern const HostFeature host_mail_feature;

G_END_DECLS
