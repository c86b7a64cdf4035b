/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-account-options.h: what the account editor of a user interface shows. The lists belong to
 * the caller; libpurple frees them element by element when the plugin is unloaded, so each load
 * makes new ones. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GTALK_DOMAIN_DEFAULT "gmail.com"

/* Of PurpleAccountUserSplit: domain and resource; (transfer full). */
GList *
gtalk_account_options_new_user_splits(void);
/* Of PurpleAccountOption; (transfer full). */
GList *
gtalk_account_options_new(void);

G_END_DECLS
