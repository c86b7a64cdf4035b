/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-json.h: JSON that somebody else wrote: what is not as expected is as if it were not there.
 * Pure. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* (transfer full) (nullable): an object */
JsonNode *
push_json_parse(GBytes *body);

/* Members of @object, which may be NULL; NULL: there is none of that kind. Borrowed. */
const char *
push_json_get_text(JsonObject *object, const char *name);
JsonObject *
push_json_get_object(JsonObject *object, const char *name);
JsonArray *
push_json_get_array(JsonObject *object, const char *name);
/* 0: likewise */
gint64
push_json_get_number(JsonObject *object, const char *name);

/* (nullable): element @i, if it is an object */
JsonObject *
push_json_get_element(JsonArray *array, guint i);

G_END_DECLS
