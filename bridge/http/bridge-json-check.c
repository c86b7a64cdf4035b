/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-json-check.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define JSON_NUMBER_CHARS_MAX 64 /* more digits say nothing that a double could hold */

typedef struct {
	const char *at;
	const char *end;
	const char *why;
} JsonCheck;

static gboolean
json_check_value(JsonCheck *self, guint depth);

static gboolean
json_check_fail(JsonCheck *self, const char *why)
{
	if (self->why == NULL)
		self->why = why;
	return FALSE;
}

/* The next octet, or NUL at the end; the text itself has none. */
static char
json_check_peek(JsonCheck *self)
{
	return self->at < self->end ? *self->at : '\0';
}

static gboolean
json_check_skip(JsonCheck *self, char wanted)
{
	if (json_check_peek(self) != wanted)
		return FALSE;
	self->at++;
	return TRUE;
}

static void
json_check_space(JsonCheck *self)
{
	while (json_check_peek(self) != '\0' && strchr(" \t\r\n", *self->at) != NULL)
		self->at++;
}

static gboolean
json_check_word(JsonCheck *self, const char *word)
{
	gsize length = strlen(word);

	if ((gsize)(self->end - self->at) < length || strncmp(self->at, word, length) != 0)
		return json_check_fail(self, "a value is needed");
	self->at += length;
	return TRUE;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static gboolean
json_check_digits(JsonCheck *self)
{
	const char *start = self->at;

	while (g_ascii_isdigit(json_check_peek(self)))
		self->at++;
	return self->at > start || json_check_fail(self, "a digit is needed");
}

static gboolean
json_check_range(JsonCheck *self, const char *start, gboolean integer)
{
	g_autofree char *number = g_strndup(start, self->at - start);

	if (strlen(number) > JSON_NUMBER_CHARS_MAX)
		return json_check_fail(self, "the number is too long");
	errno = 0;
	if (integer)
		g_ascii_strtoll(number, NULL, 10);
	else if (!isfinite(g_ascii_strtod(number, NULL)))
		errno = ERANGE;
	return errno != ERANGE || json_check_fail(self, "the number is too large");
}

static gboolean
json_check_number(JsonCheck *self)
{
	const char *start = self->at;
	gboolean integer = TRUE;

	json_check_skip(self, '-');
	if (!json_check_skip(self, '0') && !json_check_digits(self))
		return FALSE;
	if (json_check_skip(self, '.')) {
		integer = FALSE;
		if (!json_check_digits(self))
			return FALSE;
	}
	if (json_check_skip(self, 'e') || json_check_skip(self, 'E')) {
		integer = FALSE;
		if (!json_check_skip(self, '-'))
			json_check_skip(self, '+');
		if (!json_check_digits(self))
			return FALSE;
	}
	return json_check_range(self, start, integer);
}

/* ---- Strings --------------------------------------------------------------------------------- */

static gboolean
json_check_hex(JsonCheck *self, guint *unit)
{
	*unit = 0;
	for (guint i = 0; i < 4; i++) {
		int digit = g_ascii_xdigit_value(json_check_peek(self));

		if (digit < 0)
			return json_check_fail(self, "\\u needs four hexadecimal digits");
		*unit = *unit * 16 + digit;
		self->at++;
	}
	return TRUE;
}

static gboolean
json_check_unicode(JsonCheck *self)
{
	guint unit = 0;
	guint low = 0;

	if (!json_check_hex(self, &unit))
		return FALSE;
	if (unit == 0)
		return json_check_fail(self, "\\u0000 is not taken");
	if (unit < 0xd800 || unit > 0xdfff)
		return TRUE;
	if (unit > 0xdbff || !json_check_skip(self, '\\') || !json_check_skip(self, 'u') ||
	    !json_check_hex(self, &low) || low < 0xdc00 || low > 0xdfff)
		return json_check_fail(self, "a surrogate stands alone");
	return TRUE;
}

static gboolean
json_check_escape(JsonCheck *self)
{
	char c = json_check_peek(self);

	if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
		return json_check_fail(self, "there is no such escape");
	self->at++;
	return c != 'u' || json_check_unicode(self);
}

static gboolean
json_check_string(JsonCheck *self)
{
	if (!json_check_skip(self, '"'))
		return json_check_fail(self, "a string is needed");
	while (!json_check_skip(self, '"')) {
		guchar c = json_check_peek(self);

		if (self->at == self->end)
			return json_check_fail(self, "the string does not end");
		if (c < 0x20)
			return json_check_fail(self, "a control character must be escaped");
		self->at++;
		if (c == '\\' && !json_check_escape(self))
			return FALSE;
	}
	return TRUE;
}

/* ---- Structure ------------------------------------------------------------------------------- */

static gboolean
json_check_member(JsonCheck *self, guint depth)
{
	json_check_space(self);
	if (!json_check_string(self))
		return FALSE;
	json_check_space(self);
	if (!json_check_skip(self, ':'))
		return json_check_fail(self, "a colon is needed");
	return json_check_value(self, depth);
}

static gboolean
json_check_list(JsonCheck *self, char close, guint depth)
{
	self->at++;
	if (depth > BRIDGE_JSON_DEPTH_MAX)
		return json_check_fail(self, "it is nested too deeply");
	json_check_space(self);
	if (json_check_skip(self, close))
		return TRUE;
	do {
		if (!(close == '}' ? json_check_member(self, depth)
		                   : json_check_value(self, depth)))
			return FALSE;
	} while (json_check_skip(self, ','));
	return json_check_skip(self, close) ||
	       json_check_fail(self, "a comma or the end of the list is needed");
}

static gboolean
json_check_value(JsonCheck *self, guint depth)
{
	gboolean good = FALSE;

	json_check_space(self);
	switch (json_check_peek(self)) {
	case '{':
		good = json_check_list(self, '}', depth + 1);
		break;
	case '[':
		good = json_check_list(self, ']', depth + 1);
		break;
	case '"':
		good = json_check_string(self);
		break;
	case 't':
		good = json_check_word(self, "true");
		break;
	case 'f':
		good = json_check_word(self, "false");
		break;
	case 'n':
		good = json_check_word(self, "null");
		break;
	default:
		if (json_check_peek(self) != '-' && !g_ascii_isdigit(json_check_peek(self)))
			return json_check_fail(self, "a value is needed");
		good = json_check_number(self);
	}
	json_check_space(self);
	return good;
}

gboolean
bridge_json_check(const char *text, gsize length, const char **why, gsize *offset)
{
	JsonCheck self = {text, text + length, NULL};
	gboolean good = FALSE;

	if (!g_utf8_validate_len(text, length, &self.at)) {
		self.why = "it is not UTF-8, or contains a NUL";
	} else {
		self.at = text;
		good = json_check_value(&self, 0);
		if (good && self.at != self.end)
			good = json_check_fail(&self, "there is more after the value");
	}
	if (!good && why != NULL)
		*why = self.why;
	if (!good && offset != NULL)
		*offset = self.at - text;
	return good;
}
