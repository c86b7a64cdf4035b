/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-shared-status.h"

#include <string.h>

#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_SHARED_STATUS_TEXT_MAX_BYTES 4096 /* whatever the server allows */

/* What the server is being asked to keep. */
typedef struct {
	HostRequest *request;
	char **available; /* NULL: as they are */
	char **busy;
} HostStatusTexts;

static void
host_status_texts_free(gpointer data)
{
	HostStatusTexts *texts = data;

	host_request_unref(texts->request);
	g_strfreev(texts->available);
	g_strfreev(texts->busy);
	g_free(texts);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static void
host_shared_status_insert(GVariantDict *data, const char *member, const char *const *texts)
{
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; texts[i] != NULL; i++) {
		g_autofree char *text =
			host_text_limit(texts[i], HOST_SHARED_STATUS_TEXT_MAX_BYTES);
		g_variant_builder_add(&list, "s", text);
	}
	g_variant_dict_insert_value(data, member, g_variant_builder_end(&list));
}

static GVariant *
host_shared_status_build(const GTalkSharedStatus *status)
{
	g_autofree char *text = NULL;
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	if (status == NULL)
		return g_variant_dict_end(&data);
	text = host_text_limit(status->text, HOST_SHARED_STATUS_TEXT_MAX_BYTES);
	g_variant_dict_insert(&data, "busy", "b", status->busy);
	g_variant_dict_insert(&data, "status", "s", text);
	g_variant_dict_insert(&data, "invisible", "b", status->invisible);
	g_variant_dict_insert(&data, "can-hide", "b", status->can_hide);
	host_shared_status_insert(&data, "available", status->available_texts);
	host_shared_status_insert(&data, "dnd", status->busy_texts);
	g_variant_dict_insert(&data, "status-max", "u", status->text_max_bytes);
	g_variant_dict_insert(&data, "texts-max", "u", status->texts_max);
	return g_variant_dict_end(&data);
}

/* The server has answered, or somebody else was quicker: what it has now tells. */
static void
host_shared_status_settle(HostStatusTexts *texts, const GTalkSharedStatus *status)
{
	gboolean is_so =
		status != NULL &&
		(texts->available == NULL ||
	         g_strv_equal((const char *const *)texts->available, status->available_texts)) &&
		(texts->busy == NULL ||
	         g_strv_equal((const char *const *)texts->busy, status->busy_texts));

	if (is_so)
		host_request_answer(texts->request, NULL);
	else
		host_request_fail(texts->request, BRIDGE_LINK_ERROR_REFUSED,
		                  "The chat server did not take the texts.");
}

static void
host_shared_status_cb(PurpleConnection *gc, const GTalkSharedStatus *status, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostStatusTexts *texts;

	if (account == NULL)
		return;
	host_account_push(account, "shared-status", host_shared_status_build(status));
	texts = host_account_get_state(account, host_shared_status_feature.name);
	if (texts == NULL)
		return;
	host_shared_status_settle(texts, status);
	host_account_set_state(account, host_shared_status_feature.name, NULL, NULL);
}

static void
host_shared_status_install(PurplePlugin *plugin)
{
	if (plugin != NULL)
		purple_signal_connect(plugin, GTALK_SIGNAL_SHARED_STATUS,
		                      (void *)&host_shared_status_feature,
		                      PURPLE_CALLBACK(host_shared_status_cb), NULL);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static const GTalkSharedStatus *
host_shared_status_find(HostAccount *account)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gboolean ok = FALSE;
	const GTalkSharedStatus *status = purple_plugin_ipc_call(purple_connection_get_prpl(gc),
	                                                         GTALK_IPC_SHARED_STATUS, &ok, gc);

	return ok ? status : NULL;
}

/* As the plugin would leave it: what comes back is compared. */
static gboolean
host_status_text_is_fit(const char *text, guint max_bytes)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));

	return *text != '\0' && strlen(text) <= max_bytes && host_text_is_xml(text) &&
	       g_str_equal(stripped, text) && strpbrk(text, "\t\r\n") == NULL;
}

static gboolean
host_status_text_is_repeated(char **texts, guint place)
{
	for (guint i = 0; i < place; i++)
		if (g_str_equal(texts[i], texts[place]))
			return TRUE;
	return FALSE;
}

static gboolean
host_status_texts_are_fit(char **texts, const GTalkSharedStatus *status)
{
	if (texts == NULL)
		return TRUE;
	if (g_strv_length(texts) > status->texts_max)
		return FALSE;
	for (guint i = 0; texts[i] != NULL; i++)
		if (!host_status_text_is_fit(texts[i], status->text_max_bytes) ||
		    host_status_text_is_repeated(texts, i))
			return FALSE;
	return TRUE;
}

static void
host_status_texts_set(HostAccount *account, char **texts, guint busy)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gboolean ok;

	if (texts != NULL)
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_SET_STATUS_TEXTS,
		                       &ok, gc, texts, busy);
}

static void
host_shared_status_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const GTalkSharedStatus *status = host_shared_status_find(account);
	g_auto(GStrv) available = NULL;
	g_auto(GStrv) busy = NULL;
	HostStatusTexts *texts;

	g_variant_dict_lookup(arguments, "available", "^as", &available);
	g_variant_dict_lookup(arguments, "dnd", "^as", &busy);
	if (status == NULL) {
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "The chat server keeps no status for the account.");
	} else if (!host_status_texts_are_fit(available, status) ||
	           !host_status_texts_are_fit(busy, status)) {
		host_request_fail(
			request, BRIDGE_LINK_ERROR_INVALID,
			"A text is empty, there twice, has control characters or space at "
			"its ends, or there is more than the chat server keeps.");
	} else if (available == NULL && busy == NULL) {
		host_request_answer(request, NULL);
	} else {
		texts = g_new0(HostStatusTexts, 1);
		texts->request = host_request_ref(request);
		texts->available = g_strdupv(available);
		texts->busy = g_strdupv(busy);
		/* One that still waits fails with this. */
		host_account_set_state(account, host_shared_status_feature.name, texts,
		                       host_status_texts_free);
		host_status_texts_set(account, available, 0);
		host_status_texts_set(account, busy, 1);
	}
}

static const HostCommand host_shared_status_commands[] = {
	{"status-texts", host_shared_status_run},
	{NULL},
};

const HostFeature host_shared_status_feature = {
	.name = "shared-status",
	.commands = host_shared_status_commands,
	.install = host_shared_status_install,
};
