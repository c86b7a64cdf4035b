/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * purple-boot.h: a libpurple core without a user interface, for tests and the benchmarks' bare
 * host. Event loop is the default GMainContext. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/* @user_dir: where libpurple would keep its files; nothing is read from anywhere else.
 * @plugin_dir: searched beside libpurple's own, may be NULL. */
void
purple_boot_start(const char *ui_id, const char *user_dir, const char *plugin_dir);

/* For tests of pure code over xmlnode: what libpurple must have made before the first node. */
void
purple_boot_start_nodes(void);

/* xmlnode_from_str() (which see), but with attributes of a namespace as they are when they come by
 * a stream. */
xmlnode *
purple_boot_parse(const char *text, gssize size);

/* Signs everything off and takes the core down. */
void
purple_boot_stop(void);

/* Deletes @path and what is in it. */
void
purple_boot_remove_tree(const char *path);

G_END_DECLS
