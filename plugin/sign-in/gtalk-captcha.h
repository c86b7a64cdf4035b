/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-captcha.h: asks the user to read a picture, for a token service that wants to know whether
 * it talks to a human. The user interface shows the picture if it can; its address stands beside
 * it for those that cannot. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_CAPTCHA_DEADLINE_S 240 /* for a human; services forget theirs after some minutes */
#define GTALK_CAPTCHA_PICTURE_MAX_BYTES (256 * 1024)

typedef struct _GTalkCaptcha GTalkCaptcha;

/* Once, with what the user read; NULL if there was no answer. Not after gtalk_captcha_cancel(). */
typedef void (*GTalkCaptchaFunc)(const char *read, gpointer user_data);

/* @host: of the service; @url: of the picture; @picture: its @n_bytes, none if they could not be
 * had Returns: NULL if the user interface cannot ask; else valid until @callback is called */
GTalkCaptcha *
gtalk_captcha_ask(PurpleConnection *gc, const char *host, const char *url, const char *picture,
                  gsize n_bytes, GTalkCaptchaFunc callback, gpointer user_data);

void
gtalk_captcha_cancel(GTalkCaptcha *self);

G_END_DECLS
