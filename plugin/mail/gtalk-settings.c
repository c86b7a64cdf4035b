/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-settings.h"

#include <string.h>

#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-settings-dialog.h"
#include "gtalk-settings-stanza.h"
#include "gtalk.h"

#define GTALK_SETTINGS_SIGN '=' /* in no name of an element */

typedef struct {
	GSList *values;              /* (element-type GRefString) "name=value"; most are the same
	                              * for many accounts, which share them */
	gboolean is_known;           /* the first answer has come */
	GTalkSettingsDialog *dialog; /* NULL while none is open */
	GPtrArray *changes;          /* GTalkSettingsChange that the server has not answered yet */
} GTalkSettings;

/* One request to change something. */
typedef struct {
	char *name;
	char *value;
	gboolean is_by_person; /* who wants to know of a refusal */
} GTalkSettingsChange;

static void
gtalk_settings_change_free(GTalkSettingsChange *change)
{
	g_free(change->name);
	g_free(change->value);
	g_free(change);
}

static gpointer
gtalk_settings_attach(GTalkConnection *connection)
{
	return g_new0(GTalkSettings, 1);
}

static void
gtalk_settings_detach(GTalkConnection *connection, gpointer state)
{
	GTalkSettings *self = state;

	g_clear_pointer(&self->dialog, gtalk_settings_dialog_close);
	g_slist_free_full(self->values, (GDestroyNotify)g_ref_string_release);
	g_clear_pointer(&self->changes, g_ptr_array_unref);
	g_free(self);
}

static GTalkSettings *
gtalk_settings_get_state(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_settings_unit);
}

static GRefString *
gtalk_settings_value_new(const char *name, const char *value)
{
	g_autofree char *text = g_strdup_printf("%s%c%s", name, GTALK_SETTINGS_SIGN, value);

	return g_ref_string_new_intern(text);
}

static GSList *
gtalk_settings_find(GTalkSettings *self, const char *name)
{
	gsize length = strlen(name);

	for (GSList *l = self->values; l != NULL; l = l->next) {
		const char *known = l->data;

		if (strncmp(known, name, length) == 0 && known[length] == GTALK_SETTINGS_SIGN)
			return l;
	}
	return NULL;
}

const char *
gtalk_settings_get(GTalkConnection *connection, const char *name)
{
	GTalkSettings *self = gtalk_settings_get_state(connection);
	GSList *known = self != NULL ? gtalk_settings_find(self, name) : NULL;

	return known != NULL ? strchr(known->data, GTALK_SETTINGS_SIGN) + 1 : NULL;
}

gboolean
gtalk_settings_get_boolean(GTalkConnection *connection, const char *name, gboolean otherwise)
{
	const char *value = gtalk_settings_get(connection, name);

	return value != NULL ? purple_strequal(value, "true") : otherwise;
}

/* ---- What the server says -------------------------------------------------------------------- */

static void
gtalk_settings_take(const char *name, const char *value, gpointer user_data)
{
	GTalkConnection *connection = user_data;
	GTalkSettings *self = gtalk_settings_get_state(connection);
	GSList *known = gtalk_settings_find(self, name);
	g_autofree char *copy = NULL;

	if (known == NULL ? g_slist_length(self->values) >= GTALK_SETTINGS_MAX
	                  : purple_strequal(gtalk_settings_get(connection, name), value))
		return;
	copy = g_strdup(value); /* a listener may change the setting once more */
	if (known != NULL) {
		g_ref_string_release(known->data);
		self->values = g_slist_delete_link(self->values, known);
	}
	self->values = g_slist_prepend(self->values, gtalk_settings_value_new(name, value));
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_SETTING,
	                   gtalk_connection_get_purple(connection), name, copy);
}

/* The person looks at a dialogue that has become wrong. */
static void
gtalk_settings_refresh_dialog(GTalkConnection *connection, GTalkSettings *self)
{
	if (self->dialog == NULL)
		return;
	gtalk_settings_dialog_close(self->dialog);
	self->dialog = gtalk_settings_dialog_open(connection, &self->dialog);
}

/* Pushes may be partial: what they leave out stays. */
static void
gtalk_settings_merge(GTalkConnection *connection, const xmlnode *usersetting)
{
	GTalkSettings *self = gtalk_settings_get_state(connection);

	self->is_known = TRUE;
	if (gtalk_settings_parse(usersetting, gtalk_settings_take, connection) > 0)
		gtalk_settings_refresh_dialog(connection, self);
}

static void
gtalk_settings_read_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	xmlnode *usersetting = gtalk_xml_find_child(reply, "usersetting", GTALK_NS_GOOGLE_SETTING);

	if (!gtalk_requests_is_result(reply) || usersetting == NULL) {
		purple_debug_warning("gtalk", "the server does not tell its settings\n");
		return;
	}
	gtalk_settings_merge(connection, usersetting);
}

static xmlnode *
gtalk_settings_new_request(GTalkConnection *connection, const char *type)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(connection));

	return gtalk_requests_new_iq(type, own);
}

/* The first question of a session is what makes the server push. */
static void
gtalk_settings_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	xmlnode *iq = NULL;

	if (connection == NULL || !gtalk_discovery_has(connection, GTALK_FEATURE_SETTINGS))
		return;
	iq = gtalk_settings_new_request(connection, "get");
	gtalk_xml_add_child(iq, "usersetting", GTALK_NS_GOOGLE_SETTING);
	gtalk_requests_send(connection, iq, gtalk_settings_read_cb, NULL);
}

/* A push that nobody asked for is answered too, but a server that announces nothing has nothing. */
static gboolean
gtalk_settings_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	xmlnode *usersetting = gtalk_requests_find_push(connection, *packet, "usersetting",
	                                                GTALK_NS_GOOGLE_SETTING);

	if (usersetting == NULL)
		return FALSE;
	gtalk_requests_answer(connection, *packet);
	if (gtalk_discovery_has(connection, GTALK_FEATURE_SETTINGS))
		gtalk_settings_merge(connection, usersetting);
	return TRUE;
}

/* ---- Changes --------------------------------------------------------------------------------- */

static void
gtalk_settings_refused(GTalkConnection *connection, const GTalkSettingsChange *change)
{
	purple_debug_warning("gtalk", "the server did not change %s\n", change->name);
	if (change->is_by_person)
		gtalk_settings_dialog_tell_refusal(connection, change->name);
}

/* The setter may get no push of its own, so the answer is what counts. */
static void
gtalk_settings_changed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkSettings *self = gtalk_settings_get_state(connection);
	GTalkSettingsChange *change = user_data;

	if (!gtalk_requests_is_result(reply))
		gtalk_settings_refused(connection, change);
	else if (self->is_known)
		gtalk_settings_take(change->name, change->value, connection);
	g_ptr_array_remove_fast(self->changes, change);
}

gboolean
gtalk_settings_set(GTalkConnection *connection, const char *name, const char *value,
                   GTalkSettingsAsker asker)
{
	GTalkSettings *self = gtalk_settings_get_state(connection);
	GTalkSettingsChange *change = NULL;
	xmlnode *iq = NULL;

	if (!gtalk_discovery_has(connection, GTALK_FEATURE_SETTINGS) ||
	    !gtalk_settings_is_name(name))
		return FALSE;
	change = g_new0(GTalkSettingsChange, 1);
	change->name = g_strdup(name);
	change->value = g_strdup(value);
	change->is_by_person = asker == GTALK_SETTINGS_PERSON;
	if (self->changes == NULL)
		self->changes =
			g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_settings_change_free);
	g_ptr_array_add(self->changes, change);
	iq = gtalk_settings_new_request(connection, "set");
	gtalk_settings_build(iq, name, value);
	gtalk_requests_send(connection, iq, gtalk_settings_changed_cb, change);
	return TRUE;
}

/* ---- Menu, signal, calls --------------------------------------------------------------------- */

static void
gtalk_settings_menu_cb(PurplePluginAction *action)
{
	GTalkConnection *connection = gtalk_connection_find(action->context);
	GTalkSettings *self = connection != NULL ? gtalk_settings_get_state(connection) : NULL;

	if (self == NULL || !self->is_known)
		return;
	g_clear_pointer(&self->dialog, gtalk_settings_dialog_close);
	self->dialog = gtalk_settings_dialog_open(connection, &self->dialog);
}

static GList *
gtalk_settings_account_actions(GTalkConnection *connection, gpointer state)
{
	GTalkSettings *self = state;

	if (!self->is_known || !gtalk_settings_dialog_has_fields(connection))
		return NULL;
	return g_list_append(NULL, purple_plugin_action_new(_("Settings Kept by the Server..."),
	                                                    gtalk_settings_menu_cb));
}

static const char *
gtalk_settings_ipc_get(PurpleConnection *gc, const char *name)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL ? gtalk_settings_get(connection, name) : NULL;
}

static gboolean
gtalk_settings_ipc_set(PurpleConnection *gc, const char *name, const char *value)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL &&
	       gtalk_settings_set(connection, name, value, GTALK_SETTINGS_PROGRAM);
}

static PurpleValue *
gtalk_settings_new_connection_value(void)
{
	return purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION);
}

static void
gtalk_settings_load(PurplePlugin *plugin)
{
	purple_signal_register(
		plugin, GTALK_SIGNAL_SETTING, purple_marshal_VOID__POINTER_POINTER_POINTER, NULL, 3,
		gtalk_settings_new_connection_value(), purple_value_new(PURPLE_TYPE_STRING),
		purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_GET_SETTING, PURPLE_CALLBACK(gtalk_settings_ipc_get),
		purple_marshal_POINTER__POINTER_POINTER, purple_value_new(PURPLE_TYPE_STRING), 2,
		gtalk_settings_new_connection_value(), purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_SET_SETTING, PURPLE_CALLBACK(gtalk_settings_ipc_set),
		purple_marshal_BOOLEAN__POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 3, gtalk_settings_new_connection_value(),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_STRING));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_settings_features_cb), NULL);
}

const GTalkUnit gtalk_settings_unit = {
	.name = "settings",
	.load = gtalk_settings_load,
	.attach = gtalk_settings_attach,
	.detach = gtalk_settings_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_settings_receiving,
	.account_actions = gtalk_settings_account_actions,
};
