/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-fields.h"

#include <string.h>

#include <openssl/crypto.h>

#define FIELDS_NULL G_MAXUINT32
#define FIELDS_START_BYTES 512 /* holds most records without moving */

struct _BridgeFields {
	guint8 *octets;
	gsize length;
	gsize room;
};

BridgeFields *
bridge_fields_new(void)
{
	BridgeFields *fields = g_new0(BridgeFields, 1);

	fields->room = FIELDS_START_BYTES;
	fields->octets = g_malloc(fields->room);
	return fields;
}

void
bridge_fields_free(BridgeFields *fields)
{
	if (fields == NULL)
		return;
	OPENSSL_cleanse(fields->octets, fields->room);
	g_free(fields->octets);
	g_free(fields);
}

/* As realloc would, but leaves nothing behind. */
static void
bridge_fields_reserve(BridgeFields *fields, gsize more)
{
	gsize room = fields->room;
	guint8 *octets = NULL;

	if (more <= fields->room - fields->length)
		return;
	while (more > room - fields->length)
		room *= 2;
	octets = g_malloc(room);
	memcpy(octets, fields->octets, fields->length);
	OPENSSL_cleanse(fields->octets, fields->room);
	g_free(fields->octets);
	fields->octets = octets;
	fields->room = room;
}

static void
bridge_fields_append(BridgeFields *fields, gconstpointer octets, gsize length)
{
	bridge_fields_reserve(fields, length);
	if (length > 0)
		memcpy(fields->octets + fields->length, octets, length);
	fields->length += length;
}

void
bridge_fields_add(BridgeFields *fields, gconstpointer octets, gsize length)
{
	guint32 length_be = GUINT32_TO_BE((guint32)length);

	g_assert(length < FIELDS_NULL);
	bridge_fields_append(fields, &length_be, sizeof length_be);
	bridge_fields_append(fields, octets, length);
}

void
bridge_fields_add_text(BridgeFields *fields, const char *text)
{
	guint32 null = FIELDS_NULL; /* the same in each byte order */

	if (text != NULL)
		bridge_fields_add(fields, text, strlen(text));
	else
		bridge_fields_append(fields, &null, sizeof null);
}

gconstpointer
bridge_fields_get(BridgeFields *fields, gsize *length)
{
	*length = fields->length;
	return fields->octets;
}

void
bridge_fields_reader_init(BridgeFieldsReader *reader, GBytes *bytes)
{
	reader->bytes = bytes;
	reader->offset = 0;
	reader->broken = FALSE;
}

/* Where the next field is; FALSE for NULL or nothing there. */
static gboolean
bridge_fields_reader_next(BridgeFieldsReader *reader, gsize *start, gsize *length)
{
	gsize size = 0;
	const guint8 *octets = g_bytes_get_data(reader->bytes, &size);
	guint32 length_be = 0;

	if (reader->broken || size - reader->offset < sizeof length_be) {
		reader->broken = TRUE;
		return FALSE;
	}
	memcpy(&length_be, octets + reader->offset, sizeof length_be);
	reader->offset += sizeof length_be;
	if (length_be == FIELDS_NULL)
		return FALSE;
	*length = GUINT32_FROM_BE(length_be);
	*start = reader->offset;
	reader->broken = *length > size - reader->offset;
	if (!reader->broken)
		reader->offset += *length;
	return !reader->broken;
}

GBytes *
bridge_fields_reader_take(BridgeFieldsReader *reader)
{
	gsize start = 0;
	gsize length = 0;

	if (!bridge_fields_reader_next(reader, &start, &length))
		return NULL;
	return g_bytes_new_from_bytes(reader->bytes, start, length);
}

char *
bridge_fields_reader_take_text(BridgeFieldsReader *reader)
{
	gsize start = 0;
	gsize length = 0;

	if (!bridge_fields_reader_next(reader, &start, &length))
		return NULL;
	return g_strndup((const char *)g_bytes_get_data(reader->bytes, NULL) + start, length);
}

gboolean
bridge_fields_reader_is_done(BridgeFieldsReader *reader)
{
	return !reader->broken && reader->offset == g_bytes_get_size(reader->bytes);
}
