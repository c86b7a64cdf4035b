/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-status-document.h: what google:shared-status keeps for an account on the server: one text,
 * available or busy, invisible or not, and lists of remembered texts. Pure; nothing here knows a
 * connection.
 *
 * Texts are plain UTF-8 without control characters. What a server sends is cut to limits of ours
 * before it is believed; what is sent is cut to the server's. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_STATUS_TEXT_MAX_BYTES 512 /* unless the server says less or more */
#define GTALK_STATUS_TEXTS_MAX 5        /* in one list, likewise */
#define GTALK_STATUS_LISTS_MAX 3        /* likewise */

#define GTALK_STATUS_SHOW_AVAILABLE "default"
#define GTALK_STATUS_SHOW_BUSY "dnd"

typedef struct {
	GRefString *show; /* one of the two above; others are kept for whoever knows them */
	GPtrArray *texts; /* newest first, NULL-terminated */
} GTalkStatusList;

typedef struct {
	char *text; /* "" is none */
	gboolean is_busy;
	gboolean is_invisible;
	GPtrArray *lists; /* GTalkStatusList */

	/* What the server allows; never sent. */
	guint text_max_bytes;
	guint texts_max;
	guint lists_max;
	int min_version; /* the lowest among the account's sessions, -1 if the server does not say
	                  */
} GTalkStatusDocument;

/* An empty one: available, visible, no texts, usual limits. */
GTalkStatusDocument *
gtalk_status_document_new(void);
GTalkStatusDocument *
gtalk_status_document_copy(const GTalkStatusDocument *document);
void
gtalk_status_document_free(GTalkStatusDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkStatusDocument, gtalk_status_document_free)

/* @query: the <query/> of a result or a push. What is missing or senseless in it stays as in @base
 * (NULL: an empty one). NULL if nothing of a status is in it: the server has none for the account.
 */
GTalkStatusDocument *
gtalk_status_document_parse(const xmlnode *query, const GTalkStatusDocument *base);

/* The <query/> of a SET into @iq: the whole document. */
void
gtalk_status_document_build(const GTalkStatusDocument *document, xmlnode *iq);

/* Whether the server can hide the account: no session of it is too old for that. */
gboolean
gtalk_status_document_can_hide(const GTalkStatusDocument *document);

/* Whether text, busy and invisible are the same. */
gboolean
gtalk_status_document_equal_state(const GTalkStatusDocument *a, const GTalkStatusDocument *b);

/* Sets the state as a user chose it. The text is cleaned and cut to the limit, and put first in the
 * list of its kind; an empty one and a tune (see gtalk_status_text_is_tune) are not remembered. */
void
gtalk_status_document_set_state(GTalkStatusDocument *document, const char *text, gboolean is_busy);

/* The texts of a list, newest first; NULL if there is no such list. */
const GPtrArray *
gtalk_status_document_find_texts(const GTalkStatusDocument *document, gboolean is_busy);

/* Likewise, NULL-terminated; borrowed until the document changes. */
const char *const *
gtalk_status_document_get_texts(const GTalkStatusDocument *document, gboolean is_busy);

/* @texts (NULL-terminated) become the list: cleaned, cut, without empty ones and doubles. */
void
gtalk_status_document_set_texts(GTalkStatusDocument *document, gboolean is_busy,
                                const char *const *texts);

/* @text without control characters and space at its ends, at most @max_bytes, never cut within a
 * character; (transfer full). */
char *
gtalk_status_text_clean(const char *text, gsize max_bytes);

/* Whether @text tells what is playing: that goes out as ordinary presence. */
gboolean
gtalk_status_text_is_tune(const char *text);

G_END_DECLS
