/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-stanza-guard.h"

#include <string.h>

#define GUARD_STREAM "stream" /* the root, with whatever prefix */
#define GUARD_STREAM_DEPTH 1
#define GUARD_STREAMS_MAX 4 /* it begins anew behind an authentication */
#define GUARD_WORD_MAX 127

typedef enum {
	GUARD_TEXT,
	GUARD_OPENED, /* behind "<" */
	GUARD_NAME,   /* of a start tag */
	GUARD_START,  /* behind it */
	GUARD_VALUE,  /* of an attribute */
	GUARD_END,    /* end tag */
	GUARD_OTHER,  /* "<?" or "<!": until its own end */
} GuardState;

struct _HostStanzaGuard {
	GuardState state;
	guint depth; /* of open elements */
	gsize n_bytes;
	guint n_elements;
	guint n_attributes; /* of the present element */
	guint n_streams;
	char quote;
	char last;         /* the byte before */
	GString *word;     /* name of the present element, or beginning of GUARD_OTHER */
	const char *end;   /* of GUARD_OTHER */
	char tail[3];      /* the newest bytes of GUARD_OTHER */
	gboolean dropping; /* too deep */
	gboolean held;     /* a "<" */
	const char *complaint;
};

HostStanzaGuard *
host_stanza_guard_new(void)
{
	HostStanzaGuard *guard = g_new0(HostStanzaGuard, 1);

	guard->word = g_string_new(NULL);
	return guard;
}

void
host_stanza_guard_free(HostStanzaGuard *guard)
{
	g_string_free(guard->word, TRUE);
	g_free(guard);
}

const char *
host_stanza_guard_get_complaint(const HostStanzaGuard *guard)
{
	return guard->complaint;
}

static void
host_stanza_guard_complain(HostStanzaGuard *guard, const char *complaint)
{
	if (guard->complaint == NULL)
		guard->complaint = complaint;
}

/* ---- Elements -------------------------------------------------------------------------------- */

static void
host_stanza_guard_leave(HostStanzaGuard *guard)
{
	if (guard->depth > 0)
		guard->depth--;
	if (guard->depth <= HOST_STANZA_GUARD_DEPTH_MAX)
		guard->dropping = FALSE;
	if (guard->depth <= GUARD_STREAM_DEPTH)
		guard->n_elements = 0;
}

/* The stream begins anew behind an authentication, with the old one never ended. */
static gboolean
host_stanza_guard_is_stream(const HostStanzaGuard *guard)
{
	const char *colon = strchr(guard->word->str, ':');

	return guard->depth == GUARD_STREAM_DEPTH + 1 &&
	       g_str_equal(colon != NULL ? colon + 1 : guard->word->str, GUARD_STREAM);
}

static void
host_stanza_guard_count_stream(HostStanzaGuard *guard)
{
	if (++guard->n_streams > GUARD_STREAMS_MAX)
		host_stanza_guard_complain(guard, "The stream begins again and again.");
}

static void
host_stanza_guard_end_start_tag(HostStanzaGuard *guard)
{
	guard->state = GUARD_TEXT;
	if (host_stanza_guard_is_stream(guard)) {
		host_stanza_guard_leave(guard);
		host_stanza_guard_count_stream(guard);
	}
	if (guard->last == '/')
		host_stanza_guard_leave(guard);
}

static void
host_stanza_guard_enter(HostStanzaGuard *guard)
{
	guard->depth++;
	guard->n_attributes = 0;
	g_string_truncate(guard->word, 0);
	if (guard->depth > HOST_STANZA_GUARD_DEPTH_MAX)
		guard->dropping = TRUE;
	if (++guard->n_elements > HOST_STANZA_GUARD_ELEMENTS_MAX)
		host_stanza_guard_complain(guard, "A stanza has too many elements.");
}

/* ---- What is none ---------------------------------------------------------------------------- */

/* Another encoding would make the guard count other things than the parser reads. */
static void
host_stanza_guard_end_other(HostStanzaGuard *guard)
{
	const char *encoding = strstr(guard->word->str, "encoding");
	g_autofree char *value = encoding != NULL ? g_ascii_strdown(encoding, -1) : NULL;

	guard->state = GUARD_TEXT;
	if (guard->depth > GUARD_STREAM_DEPTH || !g_str_has_prefix(guard->word->str, "?xml") ||
	    !g_ascii_isspace(guard->word->str[strlen("?xml")]))
		return;
	guard->depth = 0;
	host_stanza_guard_count_stream(guard);
	if (value != NULL && strstr(value, "utf-8") == NULL)
		host_stanza_guard_complain(guard, "The stream is not in UTF-8.");
}

static void
host_stanza_guard_choose_end(HostStanzaGuard *guard)
{
	if (guard->word->str[0] == '?')
		guard->end = "?>";
	else if (g_str_has_prefix(guard->word->str, "![CDATA["))
		guard->end = "]]>";
	else if (g_str_has_prefix(guard->word->str, "!--"))
		guard->end = "-->";
	else
		guard->end = NULL; /* not known yet, or none that XMPP has */
}

static void
host_stanza_guard_take_other(HostStanzaGuard *guard, char c)
{
	gsize length;

	if (guard->word->len < GUARD_WORD_MAX) {
		g_string_append_c(guard->word, c);
		host_stanza_guard_choose_end(guard);
	}
	memmove(guard->tail, guard->tail + 1, sizeof guard->tail - 1);
	guard->tail[sizeof guard->tail - 1] = c;
	if (guard->end == NULL) {
		if (c == '>')
			guard->state = GUARD_TEXT;
		return;
	}
	length = strlen(guard->end);
	if (memcmp(guard->tail + sizeof guard->tail - length, guard->end, length) == 0)
		host_stanza_guard_end_other(guard);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

static void
host_stanza_guard_open(HostStanzaGuard *guard, char c)
{
	if (c == '/') {
		guard->state = GUARD_END;
	} else if (c == '?' || c == '!') {
		guard->state = GUARD_OTHER;
		g_string_truncate(guard->word, 0);
		memset(guard->tail, 0, sizeof guard->tail);
		host_stanza_guard_take_other(guard, c);
	} else {
		guard->state = GUARD_NAME;
		host_stanza_guard_enter(guard);
		g_string_append_c(guard->word, c);
	}
}

static void
host_stanza_guard_take_in_tag(HostStanzaGuard *guard, char c)
{
	if (c == '>') {
		host_stanza_guard_end_start_tag(guard);
		return;
	}
	if (guard->state == GUARD_NAME && (g_ascii_isspace(c) || c == '/'))
		guard->state = GUARD_START;
	else if (guard->state == GUARD_NAME && guard->word->len < GUARD_WORD_MAX)
		g_string_append_c(guard->word, c);
	if (guard->state == GUARD_START && (c == '"' || c == '\'')) {
		guard->state = GUARD_VALUE;
		guard->quote = c;
		if (++guard->n_attributes > HOST_STANZA_GUARD_ATTRIBUTES_MAX)
			host_stanza_guard_complain(guard, "An element has too many attributes.");
	}
}

static void
host_stanza_guard_take(HostStanzaGuard *guard, char c)
{
	switch (guard->state) {
	case GUARD_TEXT:
		if (c == '<')
			guard->state = GUARD_OPENED;
		break;
	case GUARD_OPENED:
		host_stanza_guard_open(guard, c);
		break;
	case GUARD_NAME:
	case GUARD_START:
		host_stanza_guard_take_in_tag(guard, c);
		break;
	case GUARD_VALUE:
		if (c == guard->quote)
			guard->state = GUARD_START;
		break;
	case GUARD_END:
		if (c == '>') {
			guard->state = GUARD_TEXT;
			host_stanza_guard_leave(guard);
		}
		break;
	case GUARD_OTHER:
		host_stanza_guard_take_other(guard, c);
		break;
	}
	guard->last = c;
}

static void
host_stanza_guard_count(HostStanzaGuard *guard, char c)
{
	if (guard->depth <= GUARD_STREAM_DEPTH && guard->state == GUARD_TEXT)
		guard->n_bytes = 0;
	if (++guard->n_bytes > HOST_STANZA_GUARD_BYTES_MAX)
		host_stanza_guard_complain(guard, "A stanza is too large.");
	if (c == '\0') /* so it is, too, in what has more than a byte for each letter */
		host_stanza_guard_complain(guard, "The stream is not in UTF-8.");
}

/* What goes through: a "<" not before it is known what it opens. */
static gsize
host_stanza_guard_pass(HostStanzaGuard *guard, gboolean dropped, char c, char *out)
{
	gsize n_out = 0;

	if (guard->state == GUARD_OPENED) {
		guard->held = !dropped;
		return 0;
	}
	dropped = dropped || guard->dropping;
	if (guard->held && !dropped)
		out[n_out++] = '<';
	guard->held = FALSE;
	if (!dropped)
		out[n_out++] = c;
	return n_out;
}

gsize
host_stanza_guard_filter(HostStanzaGuard *guard, const char *in, gsize length, char *out)
{
	gsize n_out = 0;

	for (gsize i = 0; i < length; i++) {
		gboolean dropped = guard->dropping;

		host_stanza_guard_count(guard, in[i]);
		host_stanza_guard_take(guard, in[i]);
		if (guard->complaint != NULL)
			return n_out;
		n_out += host_stanza_guard_pass(guard, dropped, in[i], out + n_out);
	}
	return n_out;
}
