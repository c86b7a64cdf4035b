/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-webhook.h: how a webhook is signed (Standard Webhooks 1.0.0). Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @time: seconds since 1970. Returns: the signature of the first version, with its name; NULL if
 * OpenSSL would not */
char *
push_webhook_sign(const char *id, const char *time, GBytes *body, GBytes *key);

G_END_DECLS
