/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

static int client_notice; /* what libpurple takes for the handle of something on the screen */

static void *
client_notices_message(PurpleNotifyMsgType type, const char *title, const char *primary,
                       const char *secondary)
{
	JsonBuilder *builder = client_begin("notice");

	client_add(builder, "kind", type == PURPLE_NOTIFY_MSG_ERROR ? "error" : "info");
	client_add(builder, "title", title);
	client_add(builder, "primary", primary);
	client_add(builder, "secondary", secondary);
	client_end(builder);
	return &client_notice;
}

static void *
client_notices_formatted(const char *title, const char *primary, const char *secondary,
                         const char *text)
{
	JsonBuilder *builder = client_begin("notice");

	client_add(builder, "kind", "formatted");
	client_add(builder, "title", title);
	client_add(builder, "primary", primary);
	client_add(builder, "secondary", secondary);
	client_end(builder);
	return &client_notice;
}

static void
client_notices_add_texts(JsonBuilder *builder, const char *name, const char **texts, size_t n)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (size_t i = 0; texts != NULL && i < n; i++)
		json_builder_add_string_value(builder, texts[i]);
	json_builder_end_array(builder);
}

static void *
client_notices_emails(PurpleConnection *gc, size_t count, gboolean detailed, const char **subjects,
                      const char **froms, const char **tos, const char **urls)
{
	JsonBuilder *builder = client_begin("emails");
	size_t n = detailed ? count : 1;

	client_add_int(builder, "count", (gint64)count);
	client_add_boolean(builder, "detailed", detailed);
	client_notices_add_texts(builder, "subjects", subjects, n);
	client_notices_add_texts(builder, "froms", froms, n);
	client_notices_add_texts(builder, "tos", tos, n);
	client_notices_add_texts(builder, "urls", urls, n);
	client_end(builder);
	return count > 0 ? &client_notice : NULL;
}

static void *
client_notices_email(PurpleConnection *gc, const char *subject, const char *from, const char *to,
                     const char *url)
{
	return client_notices_emails(gc, 1, subject != NULL, subject != NULL ? &subject : NULL,
	                             from != NULL ? &from : NULL, to != NULL ? &to : NULL,
	                             url != NULL ? &url : NULL);
}

static void *
client_notices_uri(const char *uri)
{
	JsonBuilder *builder = client_begin("uri");

	client_add(builder, "uri", uri);
	client_end(builder);
	return NULL;
}

static void
client_notices_close(PurpleNotifyType type, void *ui_handle)
{
}

static PurpleNotifyUiOps client_notices_ops = {
	.notify_message = client_notices_message,
	.notify_formatted = client_notices_formatted,
	.notify_email = client_notices_email,
	.notify_emails = client_notices_emails,
	.notify_uri = client_notices_uri,
	.close_notify = client_notices_close,
};

void
client_notices_connect(PurplePlugin *plugin)
{
	purple_notify_set_ui_ops(&client_notices_ops);
}
