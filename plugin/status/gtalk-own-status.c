/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-own-status.h"
#include "gtalk-own-status-private.h"

#include "core/gtalk-i18n.h"
#include "core/gtalk-parent.h"
#include "gtalk-shared-status.h"

GTalkOwnStatus *
gtalk_own_status_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_own_status_unit);
}

GTalkLocalStatus *
gtalk_own_status_read(GTalkConnection *connection)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);

	return gtalk_local_status_read(gtalk_connection_get_account(connection),
	                               document != NULL ? document->text_max_bytes : G_MAXINT);
}

void
gtalk_own_status_note(GTalkConnection *connection, GTalkVisibility visibility)
{
	GTalkOwnStatus *self = gtalk_own_status_find(connection);

	if (self->visibility == visibility)
		return;
	self->visibility = visibility;
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_VISIBILITY,
	                   gtalk_connection_get_purple(connection), (guint)visibility);
}

void
gtalk_own_status_tell(GTalkConnection *connection, const char *title, const char *text)
{
	purple_notify_warning(gtalk_connection_get_purple(connection), title, title, text);
}

void
gtalk_own_status_tell_withdrawn(GTalkConnection *connection)
{
	gtalk_own_status_tell(connection, _("The server does not make you invisible."),
	                      _("So that nobody sees you, you are shown as offline. You do not see "
	                        "who else is there until you choose another status."));
}

void
gtalk_own_status_send_presence(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	gtalk_parent_get_protocol()->set_status(account, purple_account_get_active_status(account));
}

/* ---- The unit ------------------------------------------------------------------------------- */

static void
gtalk_own_status_shared_cb(PurpleConnection *gc, const GTalkSharedStatus *shared,
                           gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOwnStatus *self = connection != NULL ? gtalk_own_status_find(connection) : NULL;
	gboolean was_settled = self != NULL && self->is_settled;

	if (self == NULL)
		return;
	self->is_settled = TRUE;
	if (shared == NULL)
		gtalk_own_status_settle_plain(connection, self);
	else if (!was_settled)
		gtalk_own_status_start_shared(connection, self);
	else
		gtalk_own_status_take_document(connection, self);
}

static gboolean
gtalk_own_status_is_choice(PurpleStatus *status)
{
	return purple_status_is_exclusive(status) && purple_status_is_active(status);
}

void
gtalk_own_status_set(PurpleAccount *account, PurpleStatus *status)
{
	GTalkConnection *connection = gtalk_connection_find(purple_account_get_connection(account));
	GTalkOwnStatus *self = connection != NULL ? gtalk_own_status_find(connection) : NULL;

	/* Until it is settled, the gate keeps what is sent now. */
	if (self == NULL || !self->is_settled || !gtalk_own_status_is_choice(status))
		gtalk_parent_get_protocol()->set_status(account, status);
	else if (gtalk_shared_status_find(connection) != NULL)
		gtalk_own_status_set_shared(connection, self);
	else
		gtalk_own_status_set_plain(connection, self);
}

GList *
gtalk_own_status_types(PurpleAccount *account)
{
	return gtalk_local_status_add_invisible_type(
		gtalk_parent_get_protocol()->status_types(account));
}

static void
gtalk_own_status_signed_on(GTalkConnection *connection, gpointer state)
{
	GTalkOwnStatus *self = state;

	if (self->is_settled && gtalk_shared_status_find(connection) == NULL)
		gtalk_own_status_settle_plain(connection, self);
}

static gpointer
gtalk_own_status_attach(GTalkConnection *connection)
{
	return g_new0(GTalkOwnStatus, 1);
}

static void
gtalk_own_status_detach(GTalkConnection *connection, gpointer state)
{
	GTalkOwnStatus *self = state;

	if (self->follow_source != 0)
		purple_timeout_remove(self->follow_source);
	g_free(self);
}

static void
gtalk_own_status_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_VISIBILITY, purple_marshal_VOID__POINTER_UINT,
	                       NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_connect(plugin, GTALK_SIGNAL_SHARED_STATUS, plugin,
	                      PURPLE_CALLBACK(gtalk_own_status_shared_cb), NULL);
}

const GTalkUnit gtalk_own_status_unit = {
	.name = "own-status",
	.load = gtalk_own_status_load,
	.attach = gtalk_own_status_attach,
	.detach = gtalk_own_status_detach,
	.signed_on = gtalk_own_status_signed_on,
};
