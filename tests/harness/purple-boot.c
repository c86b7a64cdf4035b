/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "purple-boot.h"

#include <stdlib.h>

#include <glib/gstdio.h>

typedef struct {
	PurpleInputFunction function;
	gpointer user_data;
} PurpleBootInput;

static gboolean
purple_boot_input_cb(GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
	PurpleBootInput *input = user_data;
	PurpleInputCondition purple_condition = 0;

	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		purple_condition |= PURPLE_INPUT_READ;
	if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		purple_condition |= PURPLE_INPUT_WRITE;
	input->function(input->user_data, g_io_channel_unix_get_fd(channel), purple_condition);
	return G_SOURCE_CONTINUE;
}

static guint
purple_boot_input_add(int fd, PurpleInputCondition condition, PurpleInputFunction function,
                      gpointer user_data)
{
	PurpleBootInput *input = g_new0(PurpleBootInput, 1);
	GIOChannel *channel = g_io_channel_unix_new(fd);
	GIOCondition wanted = G_IO_HUP | G_IO_ERR | G_IO_NVAL;
	guint id;

	input->function = function;
	input->user_data = user_data;
	if (condition & PURPLE_INPUT_READ)
		wanted |= G_IO_IN;
	if (condition & PURPLE_INPUT_WRITE)
		wanted |= G_IO_OUT;
	id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, wanted, purple_boot_input_cb, input,
	                         g_free);
	g_io_channel_unref(channel);
	return id;
}

/* What waits for seconds need not take them in a test: PURPLE_BOOT_SECOND_MS says how long one is.
 */
static guint
purple_boot_timeout_add_seconds(guint seconds, GSourceFunc function, gpointer user_data)
{
	const char *second_ms = g_getenv("PURPLE_BOOT_SECOND_MS");

	if (second_ms == NULL)
		return g_timeout_add_seconds(seconds, function, user_data);
	return g_timeout_add(seconds * (guint)atoi(second_ms), function, user_data);
}

static PurpleEventLoopUiOps purple_boot_loop = {
	.timeout_add = g_timeout_add,
	.timeout_remove = g_source_remove,
	.timeout_add_seconds = purple_boot_timeout_add_seconds,
	.input_add = purple_boot_input_add,
	.input_remove = g_source_remove,
};

void
purple_boot_start(const char *ui_id, const char *user_dir, const char *plugin_dir)
{
	purple_util_set_user_dir(user_dir);
	purple_debug_set_enabled(FALSE);
	purple_eventloop_set_ui_ops(&purple_boot_loop);
	if (plugin_dir != NULL)
		purple_plugins_add_search_path(plugin_dir);
	if (!purple_core_init(ui_id))
		g_error("libpurple does not start");
	purple_set_blist(purple_blist_new());
	purple_blist_load();
}

/* Its header needs those of D-Bus, and a libpurple built without D-Bus does not have it. */
extern void
purple_dbus_init_ids(void) __attribute__((weak));

void
purple_boot_start_nodes(void)
{
	if (purple_dbus_init_ids != NULL)
		purple_dbus_init_ids();
}

static const char *
purple_boot_find_namespace(const xmlnode *node, const char *prefix)
{
	for (; node != NULL; node = node->parent) {
		const char *found = node->namespace_map != NULL
		                            ? g_hash_table_lookup(node->namespace_map, prefix)
		                            : NULL;

		if (found != NULL)
			return found;
	}
	return NULL;
}

static void
purple_boot_resolve(xmlnode *node)
{
	for (xmlnode *child = node->child; child != NULL; child = child->next) {
		if (child->type == XMLNODE_TYPE_TAG)
			purple_boot_resolve(child);
		else if (child->type == XMLNODE_TYPE_ATTRIB && child->prefix != NULL &&
		         child->xmlns == NULL)
			child->xmlns = g_strdup(purple_boot_find_namespace(node, child->prefix));
	}
}

xmlnode *
purple_boot_parse(const char *text, gssize size)
{
	xmlnode *node = xmlnode_from_str(text, size);

	if (node != NULL)
		purple_boot_resolve(node);
	return node;
}

void
purple_boot_stop(void)
{
	purple_core_quit();
}

void
purple_boot_remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (g_file_test(child, G_FILE_TEST_IS_DIR) &&
		    !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
			purple_boot_remove_tree(child);
		else
			g_remove(child);
	}
	g_rmdir(path);
}
