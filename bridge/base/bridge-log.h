/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-log.h: what is logged of an account has its id as the field GTALK_ACCOUNT of the journal.
 */
#pragma once

#include <glib.h>

/* @...: a format that begins with "account %s: " and the id, and what else it takes */
#define bridge_log_account(level, id, ...)                                                         \
	g_log_structured(G_LOG_DOMAIN, level, "GTALK_ACCOUNT", id, "MESSAGE", __VA_ARGS__)
