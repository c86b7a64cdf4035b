/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-json.h: what clients send, read by type and place; and the pieces of which answers are
 * built. */
#pragma once

#include <json-glib/json-glib.h>

#include "http/bridge-problem.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

/* ---- Reading --------------------------------------------------------------------------------- */

/**
 * bridge_json_parse:
 * @error: BRIDGE_PROBLEM_MALFORMED
 *
 * Strict: see bridge_json_check(); an object whose members have different names, at every depth. */
JsonNode *
bridge_json_parse(const char *text, gsize length, GError **error);

/* Overwrites every string: for what held credentials. */
void
bridge_json_wipe(JsonNode *node);

typedef enum {
	BRIDGE_JSON_OPTIONAL,
	BRIDGE_JSON_REQUIRED,
} BridgeJsonNeed;

/* Collects what is wrong instead of stopping at the first; ask it at the end. */
typedef struct _BridgeJsonReader BridgeJsonReader;

/* @root: an object; borrowed, as are the strings that are read from it */
BridgeJsonReader *
bridge_json_reader_new(JsonNode *root);
void
bridge_json_reader_free(BridgeJsonReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeJsonReader, bridge_json_reader_free)

/**
 * bridge_json_reader_get_string:
 * @pointer: RFC 6901, over objects
 * @bytes_max: more is refused
 *
 * Returns: (nullable): the string; %NULL when it is missing, null, or refused */
const char *
bridge_json_reader_get_string(BridgeJsonReader *self, const char *pointer, BridgeJsonNeed need,
                              gsize bytes_max);

/**
 * bridge_json_reader_dup_strings:
 * @bytes_max: of each, which is not empty
 *
 * Returns: (transfer full) (nullable): an array of strings, none of them twice; %NULL when it is
 * missing, null, or refused */
char **
bridge_json_reader_dup_strings(BridgeJsonReader *self, const char *pointer, guint count_max,
                               gsize bytes_max);

/* An integer from @minimum to @maximum; @fallback when it is missing, null, or refused. */
guint
bridge_json_reader_get_uint(BridgeJsonReader *self, const char *pointer, guint minimum,
                            guint maximum, guint fallback);

/* The same for what is longer. */
gint64
bridge_json_reader_get_number(BridgeJsonReader *self, const char *pointer, gint64 minimum,
                              gint64 maximum, gint64 fallback);

/* An object; %NULL when it is missing, null, or refused. Borrowed. */
JsonNode *
bridge_json_reader_get_object(BridgeJsonReader *self, const char *pointer);

/* @fallback when it is missing, null, or refused. */
gboolean
bridge_json_reader_get_boolean(BridgeJsonReader *self, const char *pointer, BridgeJsonNeed need,
                               gboolean fallback);

/* A value of the right type that is not acceptable. */
void
bridge_json_reader_refuse(BridgeJsonReader *self, const char *pointer, const char *detail);

/* NULL if all was well; (element-type BridgeProblemField), borrowed. @code: what to answer. */
GPtrArray *
bridge_json_reader_get_refusals(BridgeJsonReader *self, BridgeProblemCode *code);

/* ---- Building -------------------------------------------------------------------------------- */

/* NULL becomes null. */
void
bridge_json_add_string(JsonBuilder *builder, const char *name, const char *value);
void
bridge_json_add_boolean(JsonBuilder *builder, const char *name, gboolean value);
void
bridge_json_add_int(JsonBuilder *builder, const char *name, gint64 value);
/* RFC 3339, UTC, milliseconds; 0 becomes null. */
void
bridge_json_add_time(JsonBuilder *builder, const char *name, gint64 time_us);
void
bridge_json_add_strings(JsonBuilder *builder, const char *name, const char *const *values);

/* As json_to_string(), which forgets to escape U+001F. */
char *
bridge_json_to_text(JsonNode *node);
/* Consumes nothing: the text of what @builder has built. */
char *
bridge_json_builder_to_text(JsonBuilder *builder);

/**
 * bridge_json_append_event:
 * @epoch: of the cursor; %NULL for an ephemeral event, which has none
 *
 * Appends the event object. Its data is JSON text of our own and goes in as it is. */
void
bridge_json_append_event(GString *text, const char *epoch, const BridgeEventRecord *event);

G_END_DECLS
