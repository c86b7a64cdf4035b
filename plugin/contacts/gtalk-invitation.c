/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-invitation.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-parent.h"
#include "core/gtalk-xml.h"
#include "gtalk-invitation-stanza.h"
#include "gtalk.h"

/* What goes with the subscription request that is being sent; all borrowed, NULL else. */
typedef struct {
	const char *to;
	const char *name;
	const char *text;
} GTalkInvitation;

static gpointer
gtalk_invitation_attach(GTalkConnection *connection)
{
	return g_new0(GTalkInvitation, 1);
}

static void
gtalk_invitation_detach(GTalkConnection *connection, gpointer state)
{
	g_free(state);
}

static void
gtalk_invitation_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkInvitation *self = state;
	const char *to = NULL;

	if (self->text == NULL || !gtalk_xml_is(packet, "presence", GTALK_NS_CLIENT) ||
	    !purple_strequal(xmlnode_get_attrib(packet, "type"), "subscribe"))
		return;
	to = xmlnode_get_attrib(packet, "to");
	if (to == NULL || !gtalk_jid_equal_bare(to, self->to))
		return;
	/* TRANSLATORS: the subject of a mail to somebody who is asked to become a contact */
	gtalk_invitation_add(packet, self->name, _("Chat with me"), self->text,
	                     gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE));
}

static gboolean
gtalk_invitation_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	g_autofree char *text = gtalk_invitation_dup_text(*packet);
	const char *from = text != NULL ? xmlnode_get_attrib(*packet, "from") : NULL;

	if (from != NULL)
		purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_INVITED,
		                   gtalk_connection_get_purple(connection), from, text);
	return FALSE;
}

void
gtalk_invitation_add_buddy(PurpleConnection *gc, PurpleBuddy *buddy, PurpleGroup *group,
                           const char *message)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkInvitation *self = NULL;
	g_autofree char *text = NULL;
	g_autofree char *to = NULL;

	if (connection == NULL)
		return;
	self = gtalk_connection_get_state(connection, &gtalk_invitation_unit);
	if (message != NULL && *message != '\0')
		text = purple_markup_strip_html(message);
	to = g_strdup(purple_buddy_get_name(buddy));
	*self = (GTalkInvitation){to, purple_buddy_get_local_buddy_alias(buddy), text};
	gtalk_parent_get_protocol()->add_buddy(gc, buddy, group);
	*self = (GTalkInvitation){NULL, NULL, NULL};
}

static gboolean
gtalk_invitation_ipc_invite(PurpleConnection *gc, const char *jid, const char *name,
                            const char *text)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkInvitation *self = NULL;
	xmlnode *presence = NULL;

	if (connection == NULL || jid == NULL || *jid == '\0' ||
	    !purple_account_is_connected(purple_connection_get_account(gc)))
		return FALSE;
	self = gtalk_connection_get_state(connection, &gtalk_invitation_unit);
	presence = xmlnode_new("presence");
	xmlnode_set_attrib(presence, "to", jid);
	xmlnode_set_attrib(presence, "type", "subscribe");
	*self = (GTalkInvitation){jid, name, text};
	gtalk_connection_send(connection, presence);
	*self = (GTalkInvitation){NULL, NULL, NULL};
	return TRUE;
}

static void
gtalk_invitation_load(PurplePlugin *plugin)
{
	purple_signal_register(
		plugin, GTALK_SIGNAL_INVITED, purple_marshal_VOID__POINTER_POINTER_POINTER, NULL, 3,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_INVITE, PURPLE_CALLBACK(gtalk_invitation_ipc_invite),
		purple_marshal_BOOLEAN__POINTER_POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 4,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_STRING),
		purple_value_new(PURPLE_TYPE_STRING));
}

const GTalkUnit gtalk_invitation_unit = {
	.name = "invitation",
	.load = gtalk_invitation_load,
	.attach = gtalk_invitation_attach,
	.detach = gtalk_invitation_detach,
	.receives = GTALK_ARRIVES_PRESENCE,
	.receiving = gtalk_invitation_receiving,
	.sending = gtalk_invitation_sending,
};
