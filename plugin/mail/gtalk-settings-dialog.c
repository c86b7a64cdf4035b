/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-settings-dialog.h"

#include "core/gtalk-i18n.h"
#include "gtalk-settings.h"
#include "gtalk.h"

struct _GTalkSettingsDialog {
	GTalkConnection *connection;
	GTalkSettingsDialog **slot;
	void *request; /* libpurple's handle */
};

/* What a person may change; the rest the server keeps to itself. */
static const struct {
	const char *name;
	const char *label;
	const char *refusal;
} gtalk_settings_fields[] = {
	{GTALK_SETTING_ARCHIVING, N_("Keep a history of my chats on the server"),
         N_("The server did not change whether it keeps a history of your chats.")},
	{GTALK_SETTING_MAIL_NOTIFICATIONS, N_("Tell my chat programs of new mail"),
         N_("The server did not change whether it tells of new mail.")},
	{GTALK_SETTING_AUTO_ACCEPT, N_("Let people I often write mail to become contacts"),
         N_("The server did not change how people become your contacts.")},
};

gboolean
gtalk_settings_dialog_has_fields(GTalkConnection *connection)
{
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_settings_fields); i++)
		if (gtalk_settings_get(connection, gtalk_settings_fields[i].name) != NULL)
			return TRUE;
	return FALSE;
}

static void
gtalk_settings_dialog_free(GTalkSettingsDialog *self)
{
	*self->slot = NULL;
	g_free(self);
}

static void
gtalk_settings_dialog_apply(GTalkConnection *connection, PurpleRequestFields *fields,
                            const char *name)
{
	gboolean before = gtalk_settings_get_boolean(connection, name, FALSE);
	gboolean now;

	if (!purple_request_fields_exists(fields, name))
		return;
	now = purple_request_fields_get_bool(fields, name);
	if (now != before)
		gtalk_settings_set(connection, name, now ? "true" : "false", GTALK_SETTINGS_PERSON);
}

static void
gtalk_settings_dialog_ok_cb(gpointer user_data, PurpleRequestFields *fields)
{
	GTalkSettingsDialog *self = user_data;
	GTalkConnection *connection = self->connection;

	gtalk_settings_dialog_free(self);
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_settings_fields); i++)
		gtalk_settings_dialog_apply(connection, fields, gtalk_settings_fields[i].name);
}

static void
gtalk_settings_dialog_cancel_cb(gpointer user_data, PurpleRequestFields *fields)
{
	gtalk_settings_dialog_free(user_data);
}

static PurpleRequestFields *
gtalk_settings_dialog_new_fields(GTalkConnection *connection)
{
	PurpleRequestFields *fields = purple_request_fields_new();
	PurpleRequestFieldGroup *group = purple_request_field_group_new(NULL);

	purple_request_fields_add_group(fields, group);
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_settings_fields); i++) {
		const char *name = gtalk_settings_fields[i].name;

		if (gtalk_settings_get(connection, name) == NULL)
			continue;
		purple_request_field_group_add_field(
			group, purple_request_field_bool_new(
				       name, _(gtalk_settings_fields[i].label),
				       gtalk_settings_get_boolean(connection, name, FALSE)));
	}
	return fields;
}

GTalkSettingsDialog *
gtalk_settings_dialog_open(GTalkConnection *connection, GTalkSettingsDialog **slot)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	PurpleConnection *gc = gtalk_connection_get_purple(connection);
	GTalkSettingsDialog *self = g_new0(GTalkSettingsDialog, 1);
	PurpleRequestFields *fields = gtalk_settings_dialog_new_fields(connection);
	g_autofree char *primary =
		/* TRANSLATORS: %s is the address of the account. */
		g_strdup_printf(_("Settings of %s"), purple_account_get_username(account));

	self->connection = connection;
	self->slot = slot;
	self->request = purple_request_fields(
		gc, _("Settings Kept by the Server"), primary,
		_("They hold for all your chat programs."), fields, _("_Save"),
		G_CALLBACK(gtalk_settings_dialog_ok_cb), _("_Cancel"),
		G_CALLBACK(gtalk_settings_dialog_cancel_cb), account, NULL, NULL, self);
	if (self->request != NULL)
		return self;
	g_free(self);
	return NULL;
}

void
gtalk_settings_dialog_close(GTalkSettingsDialog *self)
{
	void *request = self->request;

	gtalk_settings_dialog_free(self);
	purple_request_close(PURPLE_REQUEST_FIELDS, request);
}

void
gtalk_settings_dialog_tell_refusal(GTalkConnection *connection, const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_settings_fields); i++)
		if (purple_strequal(gtalk_settings_fields[i].name, name))
			purple_notify_error(gtalk_connection_get_purple(connection),
			                    _("Settings Kept by the Server"),
			                    _(gtalk_settings_fields[i].refusal), NULL);
}
