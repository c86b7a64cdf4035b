/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-config-reader.h: reads the groups of a key file into structs by tables of keys. What is
 * wrong is told with file, group and key. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Turns one value into what is kept; NULL and @why (static) when it is not allowed. */
typedef char *(*BridgeConfigCheck)(const char *value, const char **why);

typedef enum {
	CONFIG_UINT, /* guint, min..max */
	CONFIG_BOOL, /* gboolean */
	CONFIG_WORD, /* guint: place in words */
	CONFIG_TEXT, /* char *, checked */
	CONFIG_LIST, /* char **, each checked; not empty */
} BridgeConfigType;

typedef struct {
	const char *group;
	const char *key;
	BridgeConfigType type;
	gsize offset;
	guint min;
	guint max;
	const char *const *words;
	BridgeConfigCheck check;
} BridgeConfigKey;

/* One value on its way in; names what an error message must name. */
typedef struct {
	GKeyFile *file;
	const char *path;
	const char *group;
	const BridgeConfigKey *key;
} BridgeConfigReader;

/**
 * bridge_config_reader_read_group:
 * @keys: ended by one without a group
 * @table_group: what @keys call the group; the file may call it "domain example.org"
 * @base: the struct that the keys' offsets are in
 * @error: BRIDGE_CONFIG_ERROR_INVALID */
gboolean
bridge_config_reader_read_group(BridgeConfigReader *self, const BridgeConfigKey *keys,
                                const char *table_group, gpointer base, GError **error);

/* Whether the structs @one and @other have the same for @key. */
gboolean
bridge_config_key_is_equal(const BridgeConfigKey *key, gconstpointer one, gconstpointer other);
/* Frees what the struct @base has for @key. */
void
bridge_config_key_clear(const BridgeConfigKey *key, gpointer base);
/* Changes what two structs have for @key. */
void
bridge_config_key_swap(const BridgeConfigKey *key, gpointer one, gpointer other);

G_END_DECLS
