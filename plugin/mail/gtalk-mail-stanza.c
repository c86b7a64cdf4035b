/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-mail-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"

#define GTALK_MAIL_SUBJECT_MAX_BYTES 500
#define GTALK_MAIL_SNIPPET_MAX_BYTES 1000
#define GTALK_MAIL_NAME_MAX_BYTES 250
#define GTALK_MAIL_LABELS_MAX 64
#define GTALK_MAIL_LABELS_MAX_BYTES 4000
#define GTALK_MAIL_URL_MAX_BYTES 2000

/* The public part first, so that one pointer is both. */
typedef struct {
	GTalkMailbox mailbox;
	GStringChunk *strings;
	GArray *threads;  /* GTalkMailThread */
	GPtrArray *parts; /* senders and labels of the threads */
} GTalkParsedMailbox;

/* ---- Values ---------------------------------------------------------------------------------- */

static guint64
gtalk_mail_parse_number(const char *text, guint64 max)
{
	guint64 value = 0;

	if (text != NULL)
		g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL);
	return value;
}

static guint64
gtalk_mail_get_number(const xmlnode *node, const char *name, guint64 max)
{
	return gtalk_mail_parse_number(xmlnode_get_attrib(node, name), max);
}

static gboolean
gtalk_mail_is_set(const xmlnode *node, const char *name)
{
	return purple_strequal(xmlnode_get_attrib(node, name), "1");
}

/* Cuts between two characters. */
static void
gtalk_mail_cut(char *text, gsize max_bytes)
{
	if (strlen(text) <= max_bytes)
		return;
	*g_utf8_find_prev_char(text, text + max_bytes + 1) = '\0';
}

/* One line without control characters, white space collapsed. */
static void
gtalk_mail_flatten(char *text)
{
	char *to = text;
	const char *next = NULL;
	gboolean is_gap = TRUE;

	for (const char *from = text; *from != '\0'; from = next) {
		gunichar c = g_utf8_get_char(from);

		next = g_utf8_next_char(from); /* before anything is written over it */
		if (g_unichar_isspace(c) || g_unichar_iscntrl(c)) {
			if (!is_gap)
				*to++ = ' ';
			is_gap = TRUE;
			continue;
		}
		memmove(to, from, (gsize)(next - from));
		to += next - from;
		is_gap = FALSE;
	}
	if (is_gap && to > text)
		to--;
	*to = '\0';
}

/* The entities that the service put into texts, and libpurple does not know. */
static char *
gtalk_mail_dup_plain(const char *text)
{
	g_autofree char *plain = purple_unescape_text(text);
	g_auto(GStrv) pieces = g_strsplit(plain, "&hellip;", -1);

	return g_strjoinv("…", pieces);
}

/* A reference like &#55296; is no character; libpurple puts it in all the same. */
static const char *
gtalk_mail_keep_text(GTalkParsedMailbox *self, const char *text, gsize max_bytes)
{
	g_autofree char *plain = text != NULL ? gtalk_mail_dup_plain(text) : NULL;
	g_autofree char *valid = plain != NULL ? g_utf8_make_valid(plain, -1) : NULL;

	if (valid == NULL)
		return "";
	gtalk_mail_flatten(valid);
	gtalk_mail_cut(valid, max_bytes);
	return g_string_chunk_insert(self->strings, valid);
}

static const char *
gtalk_mail_keep_child(GTalkParsedMailbox *self, const xmlnode *thread, const char *name,
                      gsize max_bytes)
{
	xmlnode *child = gtalk_xml_find_child(thread, name, GTALK_NS_GOOGLE_MAIL);
	g_autofree char *text = child != NULL ? xmlnode_get_data(child) : NULL;

	return gtalk_mail_keep_text(self, text, max_bytes);
}

static const char *
gtalk_mail_keep_attribute(GTalkParsedMailbox *self, const xmlnode *node, const char *name)
{
	const char *text = gtalk_mail_keep_text(self, xmlnode_get_attrib(node, name),
	                                        GTALK_MAIL_NAME_MAX_BYTES);

	return *text != '\0' ? text : NULL;
}

/* What a click opens must be a web page: never a file, a program, or a script, nor anything that
 * the command line of a browser could take for more than one word. */
static gboolean
gtalk_mail_is_url(const char *url)
{
	g_autoptr(GUri) uri = NULL;
	const char *host = NULL;

	if (url == NULL || strlen(url) > GTALK_MAIL_URL_MAX_BYTES ||
	    (!g_str_has_prefix(url, "http://") && !g_str_has_prefix(url, "https://")))
		return FALSE;
	for (const char *c = url; *c != '\0'; c++)
		if (!g_ascii_isgraph(*c) || strchr("\"'`<>\\", *c) != NULL)
			return FALSE;
	uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
	host = uri != NULL ? g_uri_get_host(uri) : NULL;
	return host != NULL && *host != '\0';
}

/* ---- Links ----------------------------------------------------------------------------------- */

static gsize
gtalk_mail_get_page_length(const char *url)
{
	gsize length = strcspn(url, "?#");

	while (length > 0 && url[length - 1] == '/')
		length--;
	return length;
}

/* Mostly the thread's own link leads to the inbox. */
static gboolean
gtalk_mail_is_same_page(const char *a, const char *b)
{
	gsize length = gtalk_mail_get_page_length(a);

	return length == gtalk_mail_get_page_length(b) && strncmp(a, b, length) == 0;
}

static const char *
gtalk_mail_keep_thread_url(GTalkParsedMailbox *self, const xmlnode *node, guint64 tid)
{
	const char *inbox = self->mailbox.url;
	const char *own = xmlnode_get_attrib(node, "url");
	g_autofree char *url = NULL;

	if (gtalk_mail_is_url(own) && (inbox == NULL || !gtalk_mail_is_same_page(own, inbox)))
		return g_string_chunk_insert(self->strings, own);
	if (inbox == NULL)
		return NULL;
	url = g_strdup_printf("%.*s/#inbox/%" G_GINT64_MODIFIER "x",
	                      (int)gtalk_mail_get_page_length(inbox), inbox, tid);
	return g_string_chunk_insert(self->strings, url);
}

/* ---- The answer ------------------------------------------------------------------------------ */

static void
gtalk_mail_parse_senders(GTalkParsedMailbox *self, const xmlnode *node, GTalkMailThread *thread)
{
	xmlnode *senders = gtalk_xml_find_child(node, "senders", GTALK_NS_GOOGLE_MAIL);
	xmlnode *child = gtalk_xml_find_child(senders, "sender", GTALK_NS_GOOGLE_MAIL);
	GTalkMailSender *found = NULL;

	if (child == NULL)
		return;
	found = g_new0(GTalkMailSender, GTALK_MAIL_SENDERS_MAX);
	g_ptr_array_add(self->parts, found);
	for (; child != NULL && thread->n_senders < GTALK_MAIL_SENDERS_MAX;
	     child = gtalk_xml_find_next(child, "sender", GTALK_NS_GOOGLE_MAIL))
		found[thread->n_senders++] = (GTalkMailSender){
			.name = gtalk_mail_keep_attribute(self, child, "name"),
			.address = gtalk_mail_keep_attribute(self, child, "address"),
			.is_originator = gtalk_mail_is_set(child, "originator"),
			.has_unread = gtalk_mail_is_set(child, "unread"),
		};
	thread->senders = found;
}

static void
gtalk_mail_parse_labels(GTalkParsedMailbox *self, const xmlnode *node, GTalkMailThread *thread)
{
	const char *text = gtalk_mail_keep_child(self, node, "labels", GTALK_MAIL_LABELS_MAX_BYTES);
	g_auto(GStrv) words = g_strsplit(text, "|", GTALK_MAIL_LABELS_MAX);
	const char **labels = g_new0(const char *, g_strv_length(words) + 1);
	guint n = 0;

	for (char **word = words; *word != NULL; word++)
		if (**word != '\0')
			labels[n++] = g_string_chunk_insert(self->strings, *word);
	g_ptr_array_add(self->parts, labels);
	thread->labels = labels;
}

/* A thread of which no sender is known counts: the server listed it. */
static gboolean
gtalk_mail_has_unread(const GTalkMailThread *thread)
{
	for (guint i = 0; i < thread->n_senders; i++)
		if (thread->senders[i].has_unread)
			return TRUE;
	return thread->n_senders == 0;
}

static void
gtalk_mail_parse_thread(GTalkParsedMailbox *self, const xmlnode *node)
{
	GTalkMailThread thread = {
		.tid = gtalk_mail_get_number(node, "tid", G_MAXUINT64),
		.n_messages = (guint)gtalk_mail_get_number(node, "messages", G_MAXUINT32),
		.participation = (guint)gtalk_mail_get_number(node, "participation", 2),
		.date_ms = (gint64)gtalk_mail_get_number(node, "date", G_MAXINT64 / 1000),
	};

	if (thread.tid == 0)
		return;
	thread.url = gtalk_mail_keep_thread_url(self, node, thread.tid);
	thread.subject = gtalk_mail_keep_child(self, node, "subject", GTALK_MAIL_SUBJECT_MAX_BYTES);
	thread.snippet = gtalk_mail_keep_child(self, node, "snippet", GTALK_MAIL_SNIPPET_MAX_BYTES);
	gtalk_mail_parse_senders(self, node, &thread);
	gtalk_mail_parse_labels(self, node, &thread);
	thread.is_unread = gtalk_mail_has_unread(&thread);
	g_array_append_val(self->threads, thread);
}

static GTalkParsedMailbox *
gtalk_mailbox_new(void)
{
	GTalkParsedMailbox *self = g_new0(GTalkParsedMailbox, 1);

	self->strings = g_string_chunk_new(1024);
	self->threads = g_array_new(FALSE, FALSE, sizeof(GTalkMailThread));
	self->parts = g_ptr_array_new_with_free_func(g_free);
	return self;
}

void
gtalk_mailbox_free(GTalkMailbox *mailbox)
{
	GTalkParsedMailbox *self = (GTalkParsedMailbox *)mailbox;

	g_ptr_array_unref(self->parts);
	g_array_unref(self->threads);
	g_string_chunk_free(self->strings);
	g_free(self);
}

GTalkMailThread *
gtalk_mailbox_get_thread(GTalkMailbox *mailbox, guint index)
{
	return &g_array_index(((GTalkParsedMailbox *)mailbox)->threads, GTalkMailThread, index);
}

GTalkMailbox *
gtalk_mailbox_parse(const xmlnode *reply)
{
	xmlnode *node = gtalk_xml_find_child(reply, "mailbox", GTALK_NS_GOOGLE_MAIL);
	xmlnode *child = gtalk_xml_find_child(node, "mail-thread-info", GTALK_NS_GOOGLE_MAIL);
	GTalkParsedMailbox *self = NULL;
	const char *url = NULL;

	if (node == NULL)
		return NULL;
	self = gtalk_mailbox_new();
	url = xmlnode_get_attrib(node, "url");
	if (gtalk_mail_is_url(url))
		self->mailbox.url = g_string_chunk_insert(self->strings, url);
	for (; child != NULL && self->threads->len < GTALK_MAIL_THREADS_MAX;
	     child = gtalk_xml_find_next(child, "mail-thread-info", GTALK_NS_GOOGLE_MAIL))
		gtalk_mail_parse_thread(self, child);
	self->mailbox.threads = (const GTalkMailThread *)(gpointer)self->threads->data;
	self->mailbox.n_threads = self->threads->len;
	self->mailbox.n_matched =
		MAX((guint)gtalk_mail_get_number(node, "total-matched", G_MAXINT32),
	            self->threads->len);
	self->mailbox.is_estimate = gtalk_mail_is_set(node, "total-estimate");
	self->mailbox.result_time_ms =
		(gint64)gtalk_mail_get_number(node, "result-time", G_MAXINT64 / 1000);
	return &self->mailbox;
}

/* ---- The question ---------------------------------------------------------------------------- */

void
gtalk_mail_query_build(xmlnode *iq, const GTalkMailQuery *query)
{
	xmlnode *node = gtalk_xml_add_child(iq, "query", GTALK_NS_GOOGLE_MAIL);

	if (query->newer_than_ms > 0) {
		g_autofree char *ms = g_strdup_printf("%" G_GINT64_FORMAT, query->newer_than_ms);

		xmlnode_set_attrib(node, "newer-than-time", ms);
	}
	if (query->newer_than_tid > 0) {
		g_autofree char *tid = g_strdup_printf("%" G_GUINT64_FORMAT, query->newer_than_tid);

		xmlnode_set_attrib(node, "newer-than-tid", tid);
	}
	if (query->search != NULL)
		xmlnode_set_attrib(node, "q", query->search);
}
