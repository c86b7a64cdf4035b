/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-json-text.h: JSON (RFC 8259) written from front to back. For what is made for each event:
 * json-glib, which everything else goes by, builds a tree of it first and takes ten times as long.
 * Names and values are UTF-8. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* In quotation marks; null for NULL. */
void
bridge_json_text_append(GString *text, const char *string);

/* An object and its members, in the order in which they are added. */
GString *
bridge_json_text_begin(void);
void
bridge_json_text_add(GString *text, const char *name, const char *value);
void
bridge_json_text_add_boolean(GString *text, const char *name, gboolean value);
void
bridge_json_text_add_number(GString *text, const char *name, gint64 number);
/* @object: (transfer full): as bridge_json_text_begin() made it; is ended here */
void
bridge_json_text_add_object(GString *text, const char *name, GString *object);
/* @objects: (element-type utf8): each the text of one */
void
bridge_json_text_add_objects(GString *text, const char *name, GPtrArray *objects);
/* @values: NULL-terminated */
void
bridge_json_text_add_strings(GString *text, const char *name, char **values);
void
bridge_json_text_end(GString *text);

G_END_DECLS
