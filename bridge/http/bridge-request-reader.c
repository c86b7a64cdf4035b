/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem: the octets may contain NUL */
#include "config.h"

#include "bridge-request-reader.h"

#include <string.h>

#include <libsoup/soup.h>

#define READER_CHUNK_LINE_BYTES_MAX 256 /* a size and perhaps an extension that nobody uses */
#define READER_TRAILER_BYTES_MAX 2048   /* read and dropped */
#define READER_CHUNK_DIGITS_MAX 8

/* What libsoup gets to see. It acts on more than the API wants (Range, Expect, ...). */
static const struct {
	const char *name;
	gboolean is_list; /* may be there more than once */
} reader_fields[] = {
	{"Host", FALSE},
	{"Authorization", FALSE},
	{"Content-Type", FALSE},
	{"Accept", TRUE},
	{"Last-Event-ID", FALSE},
	{"X-Request-Id", FALSE},
	{"Origin", FALSE},
	{"If-None-Match", TRUE},
	{"X-Forwarded-For", TRUE},
	{"Forwarded", TRUE},
	{"Sec-WebSocket-Key", FALSE},
	{"Sec-WebSocket-Protocol", TRUE},
	{"Sec-WebSocket-Version", FALSE},
};

/* libsoup keeps each method it meets for ever, so strangers do not get to invent any. */
static const char *const reader_methods[] = {"GET",    "HEAD",    "POST",  "PUT",
                                             "DELETE", "OPTIONS", "PATCH", NULL};

typedef enum {
	READER_BODY_NONE,
	READER_BODY_LENGTH,
	READER_BODY_CHUNK_SIZE,
	READER_BODY_CHUNK_DATA,
	READER_BODY_CHUNK_END,
	READER_BODY_TRAILER,
} ReaderBody;

struct _BridgeRequestReader {
	GByteArray *input; /* not consumed yet */
	BridgeRequestProgress progress;
	GString *head; /* plain, without its Content-Length and end */
	GByteArray *content;
	ReaderBody body;
	gsize expected; /* of the body, or of the current chunk */
	gsize trailer_bytes;
	gboolean keep_alive;
	gboolean expects_continue;
	BridgeProblemCode refusal;
	const char *detail;
};

static BridgeRequestProgress
reader_refuse(BridgeRequestReader *self, BridgeProblemCode code, const char *detail)
{
	self->refusal = code;
	self->detail = detail;
	self->progress = BRIDGE_REQUEST_REFUSED;
	return self->progress;
}

static BridgeRequestProgress
reader_refuse_malformed(BridgeRequestReader *self, const char *detail)
{
	return reader_refuse(self, BRIDGE_PROBLEM_MALFORMED, detail);
}

static BridgeRequestProgress
reader_refuse_large(BridgeRequestReader *self)
{
	return reader_refuse(self, BRIDGE_PROBLEM_BODY_TOO_LARGE,
	                     "a body may have 65536 octets at most");
}

static void
reader_consume(BridgeRequestReader *self, gsize length)
{
	g_byte_array_remove_range(self->input, 0, length);
}

/* ---- Head ------------------------------------------------------------------------------------ */

/* Length of the head with its empty line, 0 while it is incomplete. */
static gsize
reader_find_head(GByteArray *input)
{
	const char *found = NULL;

	if (input->len < 4)
		return 0;
	found = memmem(input->data, input->len, "\r\n\r\n", 4);
	return found == NULL ? 0 : (gsize)(found - (const char *)input->data) + 4;
}

/* RFC 9112 section 2.2: no bare CR or LF, no NUL; and no continuation lines (section 5.2). */
static gboolean
reader_check_octets(const char *head, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		guchar c = head[i];

		if (c == '\r' && head[i + 1] != '\n')
			return FALSE;
		if (c == '\n' && (i == 0 || head[i - 1] != '\r'))
			return FALSE;
		if (c == '\n' && i + 1 < length && (head[i + 1] == ' ' || head[i + 1] == '\t'))
			return FALSE;
		if (c == 0x7f || (c < 0x20 && c != '\r' && c != '\n' && c != '\t'))
			return FALSE;
	}
	return TRUE;
}

/* Every line after the first is "name:..." with a token for a name (libsoup skips what is not). */
static gboolean
reader_check_lines(const char *head)
{
	const char *line = strstr(head, "\r\n") + 2;

	while (!g_str_has_prefix(line, "\r\n")) {
		gsize name = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		                          "0123456789!#$%&'*+-.^_`|~");

		if (name == 0 || line[name] != ':')
			return FALSE;
		line = strstr(line, "\r\n") + 2;
	}
	return TRUE;
}

static guint
reader_count_field(SoupMessageHeaders *headers, const char *wanted)
{
	SoupMessageHeadersIter iter;
	const char *name = NULL;
	const char *value = NULL;
	guint count = 0;

	soup_message_headers_iter_init(&iter, headers);
	while (soup_message_headers_iter_next(&iter, &name, &value))
		if (g_ascii_strcasecmp(name, wanted) == 0)
			count++;
	return count;
}

/* How often each of them is there. */
static void
reader_count_fields(SoupMessageHeaders *headers, guint counts[G_N_ELEMENTS(reader_fields)])
{
	SoupMessageHeadersIter iter;
	const char *name = NULL;
	const char *value = NULL;

	soup_message_headers_iter_init(&iter, headers);
	while (soup_message_headers_iter_next(&iter, &name, &value))
		for (guint i = 0; i < G_N_ELEMENTS(reader_fields); i++)
			if (g_ascii_strcasecmp(name, reader_fields[i].name) == 0)
				counts[i]++;
}

/* Two of a field that says one thing: others might believe the other. */
static gboolean
reader_check_fields(const guint counts[G_N_ELEMENTS(reader_fields)])
{
	for (guint i = 0; i < G_N_ELEMENTS(reader_fields); i++)
		if (!reader_fields[i].is_list && counts[i] > 1)
			return FALSE;
	return TRUE;
}

/* The target in origin form, or "*"; escapes that mean something; never a NUL. libsoup looks for
 * its end at the next "HTTP/", be that lines away. */
static gboolean
reader_check_target(const char *host, const char *path)
{
	g_autofree char *uri = NULL;

	if (strcmp(path, "*") == 0)
		return TRUE;
	if (*path != '/' || strstr(path, "%00") != NULL || strpbrk(path, "# \t\r\n") != NULL)
		return FALSE;
	uri = g_strconcat("http://", host, path, NULL);
	return g_utf8_validate(uri, -1, NULL) && g_uri_is_valid(uri, SOUP_HTTP_URI_FLAGS, NULL);
}

static gboolean
reader_check_host(const char *host)
{
	return host != NULL && *host != '\0' &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                         "0123456789.-_:[]")] == '\0';
}

static BridgeRequestProgress
reader_begin_length(BridgeRequestReader *self, const char *text)
{
	guint64 length = 0;

	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &length, NULL)) {
		if (*text != '\0' && strspn(text, "0123456789") == strlen(text))
			return reader_refuse_large(self);
		return reader_refuse_malformed(self, "Content-Length is no number");
	}
	if (length > BRIDGE_REQUEST_BODY_BYTES_MAX)
		return reader_refuse_large(self);
	self->body = READER_BODY_LENGTH;
	self->expected = length;
	return self->progress;
}

/* RFC 9112 section 6: one way to say how long the body is. */
static BridgeRequestProgress
reader_begin_body(BridgeRequestReader *self, SoupMessageHeaders *headers, SoupHTTPVersion version)
{
	guint lengths = reader_count_field(headers, "Content-Length");
	guint codings = reader_count_field(headers, "Transfer-Encoding");
	const char *coding = soup_message_headers_get_list(headers, "Transfer-Encoding");

	self->body = READER_BODY_NONE;
	self->progress = BRIDGE_REQUEST_BODY;
	if (lengths > 1 || (lengths > 0 && codings > 0) ||
	    (codings > 0 && version == SOUP_HTTP_1_0))
		return reader_refuse_malformed(self, "the length of the body is ambiguous");
	if (codings > 0 && g_ascii_strcasecmp(coding, "chunked") != 0)
		return reader_refuse(self, BRIDGE_PROBLEM_ENCODING_UNKNOWN,
		                     "only \"chunked\" is taken");
	if (codings > 0)
		self->body = READER_BODY_CHUNK_SIZE;
	else if (lengths > 0)
		return reader_begin_length(self,
		                           soup_message_headers_get_one(headers, "Content-Length"));
	return self->progress;
}

static void
reader_write_field(BridgeRequestReader *self, SoupMessageHeaders *headers, const char *wanted)
{
	SoupMessageHeadersIter iter;
	const char *name = NULL;
	const char *value = NULL;

	soup_message_headers_iter_init(&iter, headers);
	while (soup_message_headers_iter_next(&iter, &name, &value))
		if (g_ascii_strcasecmp(name, wanted) == 0) {
			g_string_append(self->head, wanted);
			g_string_append(self->head, ": ");
			g_string_append(self->head, value);
			g_string_append(self->head, "\r\n");
		}
}

static void
reader_write_head(BridgeRequestReader *self, const char *method, const char *path,
                  SoupHTTPVersion version, SoupMessageHeaders *headers,
                  const guint counts[G_N_ELEMENTS(reader_fields)])
{
	g_string_printf(self->head, "%s %s HTTP/1.%d\r\n", method, path,
	                version == SOUP_HTTP_1_0 ? 0 : 1);
	for (guint i = 0; i < G_N_ELEMENTS(reader_fields); i++)
		if (counts[i] > 0)
			reader_write_field(self, headers, reader_fields[i].name);
	/* RFC 9110 section 7.8: it counts only where Connection names it. */
	if (version == SOUP_HTTP_1_1 &&
	    soup_message_headers_header_contains(headers, "Connection", "upgrade"))
		reader_write_field(self, headers, "Upgrade");
}

static BridgeRequestProgress
reader_refuse_status(BridgeRequestReader *self, guint status)
{
	if (status == SOUP_STATUS_HTTP_VERSION_NOT_SUPPORTED)
		return reader_refuse(self, BRIDGE_PROBLEM_HTTP_VERSION, NULL);
	return reader_refuse_malformed(self, "the request line or header cannot be read");
}

static BridgeRequestProgress
reader_parse_head(BridgeRequestReader *self, const char *text, gsize length)
{
	g_autoptr(SoupMessageHeaders) headers = NULL;
	g_autofree char *method = NULL;
	g_autofree char *path = NULL;
	SoupHTTPVersion version = SOUP_HTTP_1_1;
	const char *host = NULL;
	guint counts[G_N_ELEMENTS(reader_fields)] = {0};
	guint status = 0;

	if (!reader_check_octets(text, length) || !reader_check_lines(text))
		return reader_refuse_malformed(self, "the request line or header cannot be read");
	headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	status = soup_headers_parse_request(text, length, headers, &method, &path, &version);
	if (status != SOUP_STATUS_OK)
		return reader_refuse_status(self, status);
	if (!g_strv_contains(reader_methods, method))
		return reader_refuse(self, BRIDGE_PROBLEM_METHOD_UNKNOWN, NULL);
	host = soup_message_headers_get_one(headers, "Host");
	reader_count_fields(headers, counts);
	if (!reader_check_fields(counts))
		return reader_refuse_malformed(self, "a header field is there twice");
	if (!reader_check_host(host))
		return reader_refuse_malformed(self, "a Host is needed");
	if (!reader_check_target(host, path))
		return reader_refuse_malformed(self, "the request target is no path");
	self->keep_alive = version == SOUP_HTTP_1_1 &&
	                   !soup_message_headers_header_contains(headers, "Connection", "close");
	self->expects_continue =
		(soup_message_headers_get_expectations(headers) & SOUP_EXPECTATION_CONTINUE) != 0;
	reader_write_head(self, method, path, version, headers, counts);
	return reader_begin_body(self, headers, version);
}

static void
reader_advance_head(BridgeRequestReader *self)
{
	gsize blank = 0;
	gsize length = 0;
	g_autofree char *text = NULL;

	/* RFC 9112 section 2.2: empty lines before a request line are ignored. */
	while (blank + 1 < self->input->len && self->input->data[blank] == '\r' &&
	       self->input->data[blank + 1] == '\n')
		blank += 2;
	reader_consume(self, blank);
	/* Half an empty line begins nothing yet. */
	if (self->input->len > 1 || (self->input->len == 1 && *self->input->data != '\r'))
		self->progress = BRIDGE_REQUEST_HEAD;
	length = reader_find_head(self->input);
	if (length > BRIDGE_REQUEST_HEAD_BYTES_MAX ||
	    (length == 0 && self->input->len > BRIDGE_REQUEST_HEAD_BYTES_MAX)) {
		reader_refuse(self, BRIDGE_PROBLEM_HEAD_TOO_LARGE, "16384 octets are allowed");
		return;
	}
	if (length == 0)
		return;
	text = g_strndup((const char *)self->input->data, length);
	if (strlen(text) != length)
		reader_refuse_malformed(self, "the header contains a NUL");
	else
		reader_parse_head(self, text, length);
	reader_consume(self, length);
}

/* ---- Body ------------------------------------------------------------------------------------ */

static gboolean
reader_take_content(BridgeRequestReader *self)
{
	gsize length = MIN(self->expected, self->input->len);

	g_byte_array_append(self->content, self->input->data, length);
	reader_consume(self, length);
	self->expected -= length;
	return self->expected == 0;
}

/* Returns: (nullable): the next line without its end. Stray line ends are refused: others might see
 * the end of the line in them. */
static char *
reader_take_line(BridgeRequestReader *self, gsize max)
{
	const char *start = (const char *)self->input->data;
	const char *end = NULL;
	gsize length = 0;
	char *line = NULL;

	if (self->input->len > 0)
		end = memmem(start, self->input->len, "\r\n", 2);
	length = end != NULL ? (gsize)(end - start) : self->input->len;
	if (length > max + (end == NULL ? 1 : 0)) /* it may be half an end that is there */
		reader_refuse_malformed(self, "a line of the chunked coding is too long");
	else if (end != NULL &&
	         (memchr(start, '\n', length) != NULL || memchr(start, '\r', length) != NULL ||
	          memchr(start, '\0', length) != NULL))
		reader_refuse_malformed(self, "a line of the chunked coding cannot be read");
	if (end == NULL || self->progress == BRIDGE_REQUEST_REFUSED)
		return NULL;
	line = g_strndup(start, length);
	reader_consume(self, length + 2);
	return line;
}

static gboolean
reader_advance_chunk_size(BridgeRequestReader *self)
{
	g_autofree char *line = reader_take_line(self, READER_CHUNK_LINE_BYTES_MAX);
	gsize digits = 0;

	if (line == NULL)
		return FALSE;
	digits = strspn(line, "0123456789abcdefABCDEF");
	if (digits == 0 || (line[digits] != '\0' && strchr("; \t", line[digits]) == NULL)) {
		reader_refuse_malformed(self, "a chunk has no size");
		return FALSE;
	}
	self->expected =
		digits > READER_CHUNK_DIGITS_MAX ? G_MAXSIZE : g_ascii_strtoull(line, NULL, 16);
	if (self->expected > BRIDGE_REQUEST_BODY_BYTES_MAX - self->content->len) {
		reader_refuse_large(self);
		return FALSE;
	}
	self->body = self->expected == 0 ? READER_BODY_TRAILER : READER_BODY_CHUNK_DATA;
	return TRUE;
}

static gboolean
reader_advance_chunk_end(BridgeRequestReader *self)
{
	if (self->input->len < 2)
		return FALSE;
	if (memcmp(self->input->data, "\r\n", 2) != 0) {
		reader_refuse_malformed(self, "a chunk does not end where it said");
		return FALSE;
	}
	reader_consume(self, 2);
	self->body = READER_BODY_CHUNK_SIZE;
	return TRUE;
}

static gboolean
reader_advance_trailer(BridgeRequestReader *self)
{
	g_autofree char *line = reader_take_line(self, READER_TRAILER_BYTES_MAX);

	if (line == NULL)
		return FALSE;
	self->trailer_bytes += strlen(line);
	if (self->trailer_bytes > READER_TRAILER_BYTES_MAX) {
		reader_refuse(self, BRIDGE_PROBLEM_HEAD_TOO_LARGE, "the trailer is too large");
		return FALSE;
	}
	if (*line == '\0')
		self->progress = BRIDGE_REQUEST_WHOLE;
	return *line != '\0';
}

/* Returns: whether another step might get further */
static gboolean
reader_advance_body(BridgeRequestReader *self)
{
	switch (self->body) {
	case READER_BODY_NONE:
		self->progress = BRIDGE_REQUEST_WHOLE;
		return FALSE;
	case READER_BODY_LENGTH:
		if (reader_take_content(self))
			self->progress = BRIDGE_REQUEST_WHOLE;
		return FALSE;
	case READER_BODY_CHUNK_SIZE:
		return reader_advance_chunk_size(self);
	case READER_BODY_CHUNK_DATA:
		if (!reader_take_content(self))
			return FALSE;
		self->body = READER_BODY_CHUNK_END;
		return TRUE;
	case READER_BODY_CHUNK_END:
		return reader_advance_chunk_end(self);
	case READER_BODY_TRAILER:
		return reader_advance_trailer(self);
	}
	g_return_val_if_reached(FALSE);
}

/* ---- Public ---------------------------------------------------------------------------------- */

BridgeRequestReader *
bridge_request_reader_new(void)
{
	BridgeRequestReader *self = g_new0(BridgeRequestReader, 1);

	self->input = g_byte_array_new();
	self->head = g_string_new(NULL);
	self->content = g_byte_array_new();
	return self;
}

/* What passes here holds access tokens and chat credentials. */
static void
reader_wipe(void *bytes, gsize length)
{
	if (length > 0)
		explicit_bzero(bytes, length);
}

void
bridge_request_reader_free(BridgeRequestReader *self)
{
	reader_wipe(self->input->data, self->input->len);
	reader_wipe(self->content->data, self->content->len);
	reader_wipe(self->head->str, self->head->len);
	g_byte_array_unref(self->input);
	g_byte_array_unref(self->content);
	g_string_free(self->head, TRUE);
	g_free(self);
}

BridgeRequestProgress
bridge_request_reader_feed(BridgeRequestReader *self, const void *bytes, gsize length)
{
	if (self->progress == BRIDGE_REQUEST_REFUSED)
		return self->progress;
	if (length > 0)
		g_byte_array_append(self->input, bytes, length);
	if (self->progress == BRIDGE_REQUEST_NONE || self->progress == BRIDGE_REQUEST_HEAD)
		reader_advance_head(self);
	while (self->progress == BRIDGE_REQUEST_BODY && reader_advance_body(self))
		;
	return self->progress;
}

gboolean
bridge_request_reader_take_expectation(BridgeRequestReader *self)
{
	gboolean expects = self->progress == BRIDGE_REQUEST_BODY && self->expects_continue;

	if (expects)
		self->expects_continue = FALSE;
	return expects;
}

GBytes *
bridge_request_reader_steal(BridgeRequestReader *self, gboolean *keep_alive)
{
	GByteArray *request = NULL;

	g_return_val_if_fail(self->progress == BRIDGE_REQUEST_WHOLE, NULL);
	g_string_append_printf(self->head, "Content-Length: %u\r\n\r\n", self->content->len);
	request = g_byte_array_sized_new(self->head->len + self->content->len);
	g_byte_array_append(request, (const guint8 *)self->head->str, self->head->len);
	if (self->content->len > 0)
		g_byte_array_append(request, self->content->data, self->content->len);
	*keep_alive = self->keep_alive;

	reader_wipe(self->head->str, self->head->len);
	reader_wipe(self->content->data, self->content->len);
	g_string_truncate(self->head, 0);
	g_byte_array_set_size(self->content, 0);
	self->trailer_bytes = 0;
	self->expects_continue = FALSE;
	self->progress = BRIDGE_REQUEST_NONE;
	return g_byte_array_free_to_bytes(request);
}

gsize
bridge_request_reader_get_pending(BridgeRequestReader *self)
{
	return self->input->len;
}

gboolean
bridge_request_reader_is_idle(BridgeRequestReader *self)
{
	return self->progress == BRIDGE_REQUEST_NONE && self->input->len == 0;
}

BridgeProblemCode
bridge_request_reader_get_refusal(BridgeRequestReader *self, const char **detail)
{
	*detail = self->detail;
	return self->refusal;
}
