/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-presence.h"

#include <string.h>

#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "gtalk-status-document.h"

typedef struct {
	GTalkPresenceMode mode;
	xmlnode *kept; /* the newest that did not pass, or NULL */
	gboolean is_out;
	gboolean is_away;
} GTalkPresence;

/* ---- Pure ----------------------------------------------------------------------------------- */

gboolean
gtalk_presence_is_broadcast(const xmlnode *packet)
{
	return purple_strequal(packet->name, "presence") &&
	       xmlnode_get_attrib(packet, "to") == NULL;
}

static gboolean
gtalk_presence_says_away(const xmlnode *presence)
{
	xmlnode *show = gtalk_xml_find_child(presence, "show", GTALK_NS_CLIENT);
	g_autofree char *text = show != NULL ? xmlnode_get_data(show) : NULL;

	return purple_strequal(text, "away") || purple_strequal(text, "xa");
}

void
gtalk_presence_strip_shared(xmlnode *presence)
{
	xmlnode *show = gtalk_xml_find_child(presence, "show", GTALK_NS_CLIENT);
	xmlnode *status = gtalk_xml_find_child(presence, "status", GTALK_NS_CLIENT);
	g_autofree char *text = status != NULL ? xmlnode_get_data(status) : NULL;

	if (gtalk_presence_says_away(presence))
		return;
	if (show != NULL)
		xmlnode_free(show);
	if (status != NULL && (text == NULL || !gtalk_status_text_is_tune(text)))
		xmlnode_free(status);
}

void
gtalk_presence_neutralise(xmlnode *presence, const char *domain)
{
	while (presence->child != NULL)
		xmlnode_free(presence->child);
	xmlnode_set_attrib(presence, "type", "unavailable");
	xmlnode_set_attrib(presence, "to", domain);
}

/* ---- The gate ------------------------------------------------------------------------------- */

static GTalkPresence *
gtalk_presence_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_presence_unit);
}

static gboolean
gtalk_presence_should_be_hidden(GTalkConnection *connection)
{
	PurpleStatus *status =
		purple_account_get_active_status(gtalk_connection_get_account(connection));

	return purple_status_type_get_primitive(purple_status_get_type(status)) ==
	       PURPLE_STATUS_INVISIBLE;
}

static gboolean
gtalk_presence_may_pass(GTalkConnection *connection, GTalkPresence *self)
{
	if (self->mode == GTALK_PRESENCE_HELD)
		return FALSE;
	return self->mode == GTALK_PRESENCE_HIDDEN || !gtalk_presence_should_be_hidden(connection);
}

static void
gtalk_presence_keep(GTalkConnection *connection, GTalkPresence *self, xmlnode *presence)
{
	g_autofree char *domain = gtalk_jid_dup_domain(gtalk_connection_get_bound_jid(connection));

	if (self->kept != NULL)
		xmlnode_free(self->kept);
	self->kept = xmlnode_copy(presence);
	gtalk_presence_neutralise(presence, domain);
}

static void
gtalk_presence_pass(GTalkPresence *self, xmlnode *presence)
{
	if (self->mode != GTALK_PRESENCE_OPEN)
		gtalk_presence_strip_shared(presence);
	self->is_out = TRUE;
	self->is_away = gtalk_presence_says_away(presence);
	g_clear_pointer(&self->kept, xmlnode_free);
}

static void
gtalk_presence_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkPresence *self = state;
	const char *type = NULL;

	if (!gtalk_presence_is_broadcast(packet))
		return;
	type = xmlnode_get_attrib(packet, "type");
	if (purple_strequal(type, "unavailable"))
		self->is_out = self->is_away = FALSE;
	if (type != NULL)
		return;
	if (gtalk_presence_may_pass(connection, self))
		gtalk_presence_pass(self, packet);
	else
		gtalk_presence_keep(connection, self, packet);
}

void
gtalk_presence_set_mode(GTalkConnection *connection, GTalkPresenceMode mode)
{
	GTalkPresence *self = gtalk_presence_find(connection);

	self->mode = mode;
	if (self->kept != NULL && gtalk_presence_may_pass(connection, self))
		gtalk_connection_send(connection, g_steal_pointer(&self->kept));
}

void
gtalk_presence_withdraw(GTalkConnection *connection)
{
	GTalkPresence *self = gtalk_presence_find(connection);
	xmlnode *presence = NULL;

	self->mode = GTALK_PRESENCE_HELD;
	if (!self->is_out)
		return;
	presence = xmlnode_new("presence");
	xmlnode_set_attrib(presence, "type", "unavailable");
	gtalk_connection_send(connection, presence);
}

gboolean
gtalk_presence_is_out(GTalkConnection *connection)
{
	return gtalk_presence_find(connection)->is_out;
}

gboolean
gtalk_presence_is_away(GTalkConnection *connection)
{
	return gtalk_presence_find(connection)->is_away;
}

static gpointer
gtalk_presence_attach(GTalkConnection *connection)
{
	return g_new0(GTalkPresence, 1);
}

static void
gtalk_presence_detach(GTalkConnection *connection, gpointer state)
{
	GTalkPresence *self = state;

	if (self->kept != NULL)
		xmlnode_free(self->kept);
	g_free(self);
}

const GTalkUnit gtalk_presence_unit = {
	.name = "presence",
	.attach = gtalk_presence_attach,
	.detach = gtalk_presence_detach,
	.sending = gtalk_presence_sending,
};
