/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-captcha.h"

#include "core/gtalk-i18n.h"

#define GTALK_CAPTCHA_FIELD_PICTURE "picture"
#define GTALK_CAPTCHA_FIELD_READ "read"

struct _GTalkCaptcha {
	gpointer request; /* the user interface's */
	guint deadline;
	GTalkCaptchaFunc callback;
	gpointer user_data;
};

/* The request is closed or about to be closed by the user interface. */
static void
gtalk_captcha_finish(GTalkCaptcha *self, const char *read)
{
	purple_timeout_remove(self->deadline);
	self->callback(read, self->user_data);
	g_free(self);
}

static void
gtalk_captcha_ok_cb(gpointer user_data, PurpleRequestFields *fields)
{
	gtalk_captcha_finish(user_data,
	                     purple_request_fields_get_string(fields, GTALK_CAPTCHA_FIELD_READ));
}

static void
gtalk_captcha_cancel_cb(gpointer user_data, PurpleRequestFields *fields)
{
	gtalk_captcha_finish(user_data, NULL);
}

static gboolean
gtalk_captcha_deadline_cb(gpointer user_data)
{
	GTalkCaptcha *self = user_data;
	GTalkCaptcha copy = *self;

	gtalk_captcha_cancel(self);
	copy.callback(NULL, copy.user_data);
	return G_SOURCE_REMOVE;
}

static PurpleRequestFields *
gtalk_captcha_new_fields(const char *picture, gsize n_bytes)
{
	PurpleRequestFields *fields = purple_request_fields_new();
	PurpleRequestFieldGroup *group = purple_request_field_group_new(NULL);
	PurpleRequestField *read =
		purple_request_field_string_new(GTALK_CAPTCHA_FIELD_READ, _("_Text"), "", FALSE);

	purple_request_field_set_required(read, TRUE);
	if (n_bytes > 0)
		purple_request_field_group_add_field(
			group, purple_request_field_image_new(GTALK_CAPTCHA_FIELD_PICTURE,
		                                              _("Picture"), picture, n_bytes));
	purple_request_field_group_add_field(group, read);
	purple_request_fields_add_group(fields, group);
	return fields;
}

GTalkCaptcha *
gtalk_captcha_ask(PurpleConnection *gc, const char *host, const char *url, const char *picture,
                  gsize n_bytes, GTalkCaptchaFunc callback, gpointer user_data)
{
	GTalkCaptcha *self = g_new0(GTalkCaptcha, 1);
	PurpleRequestFields *fields = gtalk_captcha_new_fields(picture, n_bytes);
	/* TRANSLATORS: the first %s is a host name, the second the address of a picture. */
	g_autofree char *text = g_strdup_printf(
		_("%s wants to know whether a human is signing in. Type the text that the picture "
	          "shows. If you see no picture here, open %s in a web browser."),
		host, url);

	self->callback = callback;
	self->user_data = user_data;
	self->deadline = purple_timeout_add_seconds(GTALK_CAPTCHA_DEADLINE_S,
	                                            gtalk_captcha_deadline_cb, self);
	self->request = purple_request_fields(gc, _("Sign In"), _("Are you human?"), text, fields,
	                                      _("_Sign In"), G_CALLBACK(gtalk_captcha_ok_cb),
	                                      _("_Cancel"), G_CALLBACK(gtalk_captcha_cancel_cb),
	                                      purple_connection_get_account(gc), NULL, NULL, self);
	if (self->request != NULL)
		return self;
	purple_request_fields_destroy(fields);
	purple_timeout_remove(self->deadline);
	g_free(self);
	return NULL;
}

void
gtalk_captcha_cancel(GTalkCaptcha *self)
{
	purple_timeout_remove(self->deadline);
	purple_request_close(PURPLE_REQUEST_FIELDS, self->request);
	g_free(self);
}
