/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-account-options.h: the options of an account, and what the account editor of a user
 * interface shows of them. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_PORT_STARTTLS 5222
#define GTALK_PORT_DIRECT_TLS 5223

/* The value of GTALK_OPTION_MECHANISM, GTALK_MECHANISM_AUTO if there is none. */
const char *
gtalk_account_options_get_mechanism(PurpleAccount *account);

/* The value of GTALK_OPTION_DEFAULT_DOMAIN, "" if there is none. */
const char *
gtalk_account_options_get_default_domain(PurpleAccount *account);

/* libpurple frees the following lists element by element when the plugin is unloaded, so each load
 * makes new ones. */

/* Of PurpleAccountUserSplit: domain and resource; (transfer full). */
GList *
gtalk_account_options_new_user_splits(void);
/* Of PurpleAccountOption; (transfer full). */
GList *
gtalk_account_options_new(void);

G_END_DECLS
