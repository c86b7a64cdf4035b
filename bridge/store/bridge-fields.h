/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-fields.h: several values in one run of octets, as they are sealed together: each with its
 * length (32 bit, big-endian) before it, 0xffffffff for NULL. Buffers are wiped. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BridgeFields BridgeFields;

BridgeFields *
bridge_fields_new(void);
void
bridge_fields_free(BridgeFields *fields);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeFields, bridge_fields_free)

void
bridge_fields_add(BridgeFields *fields, gconstpointer octets, gsize length);
/* @text may be NULL. */
void
bridge_fields_add_text(BridgeFields *fields, const char *text);
gconstpointer
bridge_fields_get(BridgeFields *fields, gsize *length);

/* Reads them in the order in which they were added. Failure is remembered: what is read behind it
 * is NULL. */
typedef struct {
	GBytes *bytes; /* borrowed */
	gsize offset;
	gboolean broken;
} BridgeFieldsReader;

void
bridge_fields_reader_init(BridgeFieldsReader *reader, GBytes *bytes);
/* (transfer full) (nullable): shares @bytes */
GBytes *
bridge_fields_reader_take(BridgeFieldsReader *reader);
/* (transfer full) (nullable) */
char *
bridge_fields_reader_take_text(BridgeFieldsReader *reader);
/* TRUE if every field was there and nothing is left. */
gboolean
bridge_fields_reader_is_done(BridgeFieldsReader *reader);

G_END_DECLS
