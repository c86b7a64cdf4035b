/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-reason.h: what libpurple calls an error, as what to do next (BRIDGE_REASON_*). */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/**
 * host_reason_find:
 * @was_online: whether the account was signed in when it happened
 * @sentence: libpurple's */
const char *
host_reason_find(PurpleConnectionError error, gboolean was_online, const char *sentence);

G_END_DECLS
