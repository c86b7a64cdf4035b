/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-groupchat.h"

#include <string.h>

#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-parent.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-groupchat-stanza.h"
#include "gtalk-groupchat-ui.h"
#include "gtalk.h"

#define GTALK_ROOM_STATUS_CREATED "201"
#define GTALK_ROOM_STATUS_NICK_CHANGED "210"

#define GTALK_GROUPCHAT_ROOMS_MAX 256      /* in which one account is at once */
#define GTALK_GROUPCHAT_INVITATIONS_MAX 64 /* remembered of one room */
#define GTALK_GROUPCHAT_RENAMES_MAX 5      /* nicknames that are tried before giving up */

/* A room that this account enters or is in. */
typedef struct {
	char *jid;
	char *nick;              /* as the server has it, or as it was asked for last */
	char *taken;             /* the nickname that a conflict was told for, or NULL */
	GHashTable *invitations; /* id of the message -> who, NULL until the first */
	char **invitees; /* who is to be invited when the room is there; NULL when it is done */
	guint n_renames;
	gboolean is_ours; /* made by gtalk_groupchat_start() */
	gboolean is_inside;
} GTalkRoom;

typedef struct {
	GTalkConnection *connection;
	GHashTable *rooms; /* bare JID -> GTalkRoom, NULL until the first */
	guint title_id;    /* source, 0 if none */
} GTalkGroupchat;

static void
gtalk_room_free(GTalkRoom *room)
{
	g_free(room->jid);
	g_free(room->nick);
	g_free(room->taken);
	g_clear_pointer(&room->invitations, g_hash_table_unref);
	g_strfreev(room->invitees);
	g_free(room);
}

static gpointer
gtalk_groupchat_attach(GTalkConnection *connection)
{
	GTalkGroupchat *self = g_new0(GTalkGroupchat, 1);

	self->connection = connection;
	return self;
}

static void
gtalk_groupchat_detach(GTalkConnection *connection, gpointer state)
{
	GTalkGroupchat *self = state;

	if (self->title_id != 0)
		purple_timeout_remove(self->title_id);
	g_clear_pointer(&self->rooms, g_hash_table_unref);
	g_free(self);
}

static GTalkRoom *
gtalk_groupchat_find(GTalkGroupchat *self, const char *jid)
{
	g_autofree char *bare = NULL;

	if (self->rooms == NULL || jid == NULL)
		return NULL;
	bare = gtalk_jid_dup_bare(jid);
	return g_hash_table_lookup(self->rooms, bare);
}

/* NULL when there are too many. */
static GTalkRoom *
gtalk_groupchat_ensure(GTalkGroupchat *self, const char *jid)
{
	GTalkRoom *room = gtalk_groupchat_find(self, jid);

	if (room != NULL)
		return room;
	if (self->rooms == NULL)
		self->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
		                                    (GDestroyNotify)gtalk_room_free);
	if (g_hash_table_size(self->rooms) >= GTALK_GROUPCHAT_ROOMS_MAX)
		return NULL;
	room = g_new0(GTalkRoom, 1);
	room->jid = gtalk_jid_dup_bare(jid);
	g_hash_table_insert(self->rooms, room->jid, room);
	return room;
}

static void
gtalk_groupchat_forget(GTalkGroupchat *self, GTalkRoom *room)
{
	g_hash_table_remove(self->rooms, room->jid);
}

/* ---- Titles --------------------------------------------------------------------------------- */

static gboolean
gtalk_groupchat_title_cb(gpointer user_data)
{
	GTalkGroupchat *self = user_data;
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	GHashTableIter iter;
	gpointer value = NULL;

	self->title_id = 0;
	g_hash_table_iter_init(&iter, self->rooms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const GTalkRoom *room = value;

		if (room->is_inside && gtalk_groupchat_is_private_room(room->jid))
			gtalk_groupchat_ui_set_title(account, room->jid, room->nick);
	}
	return G_SOURCE_REMOVE;
}

/* When the inherited protocol, too, has seen who is there. */
static void
gtalk_groupchat_schedule_titles(GTalkGroupchat *self)
{
	if (self->title_id == 0)
		self->title_id = purple_timeout_add(0, gtalk_groupchat_title_cb, self);
}

/* ---- Entering ------------------------------------------------------------------------------- */

static void
gtalk_groupchat_invite_all(GTalkGroupchat *self, GTalkRoom *room)
{
	g_auto(GStrv) invitees = g_steal_pointer(&room->invitees);

	for (guint i = 0; invitees != NULL && invitees[i] != NULL; i++)
		gtalk_connection_send(self->connection,
		                      gtalk_groupchat_build_invitation(room->jid, invitees[i]));
}

/* The room's address, from the request's answer; with no answer nothing is to be done any more. */
static GTalkRoom *
gtalk_groupchat_find_answered(GTalkConnection *connection, const xmlnode *reply)
{
	GTalkGroupchat *self = gtalk_connection_get_state(connection, &gtalk_groupchat_unit);

	return reply != NULL ? gtalk_groupchat_find(self, xmlnode_get_attrib(reply, "from")) : NULL;
}

static void
gtalk_groupchat_made_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkRoom *room = gtalk_groupchat_find_answered(connection, reply);

	if (room != NULL)
		gtalk_groupchat_invite_all(
			gtalk_connection_get_state(connection, &gtalk_groupchat_unit), room);
}

static void
gtalk_groupchat_configured_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkRoom *room = gtalk_groupchat_find_answered(connection, reply);

	if (room == NULL || gtalk_requests_is_result(reply))
		gtalk_groupchat_made_cb(connection, reply, NULL);
	else /* a service of few words: as it likes, then */
		gtalk_requests_send(connection,
		                    gtalk_groupchat_build_configuration(room->jid, FALSE),
		                    gtalk_groupchat_made_cb, NULL);
}

/* The inherited protocol asks the user about a new room; of one that was made to talk to somebody
 * we know what the user wants. */
static void
gtalk_groupchat_settle(GTalkGroupchat *self, GTalkRoom *room, xmlnode *presence)
{
	if (!room->is_ours || !gtalk_groupchat_has_status(presence, GTALK_ROOM_STATUS_CREATED)) {
		gtalk_groupchat_invite_all(self, room);
		return;
	}
	gtalk_groupchat_remove_status(presence, GTALK_ROOM_STATUS_CREATED);
	gtalk_requests_send(self->connection, gtalk_groupchat_build_configuration(room->jid, TRUE),
	                    gtalk_groupchat_configured_cb, NULL);
}

static void
gtalk_groupchat_enter(GTalkGroupchat *self, GTalkRoom *room, xmlnode *presence)
{
	const char *nick = strchr(xmlnode_get_attrib(presence, "from"), '/') + 1;

	if (room->n_renames > 0 && !room->is_inside)
		/* the inherited protocol still has the nickname that it asked for */
		gtalk_groupchat_add_status(presence, GTALK_ROOM_STATUS_NICK_CHANGED);
	if (!purple_strequal(room->nick, nick)) {
		g_free(room->nick);
		room->nick = g_strdup(nick);
	}
	if (room->is_inside)
		return;
	room->is_inside = TRUE;
	gtalk_groupchat_settle(self, room, presence);
}

/* Google's service tells it twice. TRUE: no news for the inherited protocol. */
static gboolean
gtalk_groupchat_take_conflict(GTalkGroupchat *self, GTalkRoom *room, const xmlnode *presence)
{
	const char *from = xmlnode_get_attrib(presence, "from");
	const char *slash = from != NULL ? strchr(from, '/') : NULL;
	const char *taken = slash != NULL ? slash + 1 : room->nick;
	g_autofree char *next = NULL;

	if (purple_strequal(taken, room->taken))
		return TRUE;
	g_free(room->taken);
	room->taken = g_strdup(taken);
	if (room->is_inside || !gtalk_groupchat_is_private_room(room->jid) ||
	    room->n_renames >= GTALK_GROUPCHAT_RENAMES_MAX)
		return FALSE;
	room->n_renames++;
	next = g_strdup_printf("%s%u", taken, room->n_renames + 1);
	gtalk_connection_send(self->connection, gtalk_groupchat_build_entry(room->jid, next));
	return TRUE;
}

static gboolean
gtalk_groupchat_take_presence(GTalkGroupchat *self, GTalkRoom *room, xmlnode *presence)
{
	switch (gtalk_groupchat_read_presence(presence, room->nick)) {
	case GTALK_ROOM_ENTERED:
		gtalk_groupchat_enter(self, room, presence);
		gtalk_groupchat_schedule_titles(self);
		return FALSE;
	case GTALK_ROOM_OTHER:
		gtalk_groupchat_schedule_titles(self);
		return FALSE;
	case GTALK_ROOM_CONFLICT:
		if (gtalk_groupchat_take_conflict(self, room, presence))
			return TRUE;
		if (!room->is_inside)
			room->n_renames = 0; /* a later attempt is a new one */
		return FALSE;
	case GTALK_ROOM_REFUSED:
		if (!room->is_inside)
			gtalk_groupchat_forget(self, room);
		return FALSE;
	case GTALK_ROOM_LEFT:
		gtalk_groupchat_forget(self, room);
		return FALSE;
	default:
		return FALSE;
	}
}

/* ---- Invitations ---------------------------------------------------------------------------- */

static void
gtalk_groupchat_tell_refusal(GTalkGroupchat *self, const GTalkRoom *room, const char *who,
                             const xmlnode *message)
{
	const char *condition = gtalk_requests_find_error(message);

	if (condition == NULL)
		condition = "undefined-condition";
	purple_signal_emit(
		gtalk_connection_get_plugin(self->connection), GTALK_SIGNAL_GROUPCHAT_REFUSED,
		gtalk_connection_get_purple(self->connection), room->jid, who, condition);
	gtalk_groupchat_ui_write_refusal(self->connection, room->jid, who, condition);
}

/* An error need not carry what it is about, so it is known again by its id. */
static gboolean
gtalk_groupchat_take_error(GTalkGroupchat *self, const xmlnode *message)
{
	const char *id = xmlnode_get_attrib(message, "id");
	GTalkRoom *room = gtalk_groupchat_find(self, xmlnode_get_attrib(message, "from"));
	g_autofree char *key = NULL;
	g_autofree char *who = NULL;

	if (room == NULL || room->invitations == NULL || id == NULL ||
	    !g_hash_table_steal_extended(room->invitations, id, (gpointer *)&key, (gpointer *)&who))
		return FALSE;
	gtalk_groupchat_tell_refusal(self, room, who, message);
	return TRUE;
}

/* Whoever enters a room hears of its topic, which the inherited protocol would tell the user even
 * where there is none. */
static gboolean
gtalk_groupchat_drop_topic(GTalkGroupchat *self, const xmlnode *message)
{
	const GTalkRoom *room = NULL;

	if (!gtalk_groupchat_is_empty_topic(message))
		return FALSE;
	room = gtalk_groupchat_find(self, xmlnode_get_attrib(message, "from"));
	return room != NULL && !gtalk_groupchat_ui_has_topic(
				       gtalk_connection_get_account(self->connection), room->jid);
}

/* The inherited protocol takes for granted that the invitation says whose it is, and shows that as
 * it stands: a person, not a client; somebody in the room, if the room does not say who that is. */
static void
gtalk_groupchat_name_inviter(const xmlnode *message, xmlnode *invite)
{
	const char *from = xmlnode_get_attrib(invite, "from");
	const char *room = gtalk_xml_get_attribute(message, "from");
	g_autofree char *bare = NULL;

	if (from == NULL)
		from = xmlnode_get_attrib(message, "from");
	if (from == NULL)
		return;
	bare = gtalk_jid_dup_bare(from);
	if (room != NULL && strchr(from, '/') != NULL && gtalk_jid_equal_bare(from, room))
		return;
	xmlnode_set_attrib(invite, "from", bare);
}

static gboolean
gtalk_groupchat_take_message(GTalkGroupchat *self, xmlnode *message)
{
	xmlnode *invite = NULL;
	const char *type = gtalk_xml_get_attribute(message, "type");

	if (type != NULL && strcmp(type, "error") == 0)
		return gtalk_groupchat_take_error(self, message);
	if (type != NULL && strcmp(type, "groupchat") == 0)
		return gtalk_groupchat_drop_topic(self, message);
	invite = gtalk_groupchat_find_invitation(message);
	if (invite != NULL)
		gtalk_groupchat_name_inviter(message, invite);
	return FALSE;
}

static void
gtalk_groupchat_note_invitation(GTalkGroupchat *self, xmlnode *message)
{
	GTalkRoom *room = gtalk_groupchat_find(self, xmlnode_get_attrib(message, "to"));
	xmlnode *invite = room != NULL ? gtalk_groupchat_find_invitation(message) : NULL;
	const char *who = invite != NULL ? xmlnode_get_attrib(invite, "to") : NULL;
	g_autofree char *id = NULL;

	if (who == NULL)
		return;
	if (room->invitations == NULL)
		room->invitations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (g_hash_table_size(room->invitations) >= GTALK_GROUPCHAT_INVITATIONS_MAX)
		g_hash_table_remove_all(room->invitations);
	id = gtalk_connection_dup_next_id(self->connection);
	xmlnode_set_attrib(message, "id", id);
	g_hash_table_replace(room->invitations, g_steal_pointer(&id), g_strdup(who));
}

/* ---- Stanzas -------------------------------------------------------------------------------- */

static gboolean
gtalk_groupchat_answer_mark(GTalkConnection *connection, const xmlnode *iq)
{
	xmlnode *answer = gtalk_groupchat_build_mark_answer(iq);

	if (answer == NULL)
		return FALSE;
	if (!gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE)) {
		xmlnode_free(answer);
		return FALSE;
	}
	gtalk_connection_send(connection, answer);
	return TRUE;
}

static gboolean
gtalk_groupchat_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkGroupchat *self = state;
	GTalkRoom *room = NULL;

	if (gtalk_xml_is(*packet, "message", GTALK_NS_CLIENT))
		return gtalk_groupchat_take_message(self, *packet);
	if (gtalk_xml_is(*packet, "iq", GTALK_NS_CLIENT))
		return gtalk_groupchat_answer_mark(connection, *packet);
	if (self->rooms == NULL || !gtalk_xml_is(*packet, "presence", GTALK_NS_CLIENT))
		return FALSE;
	room = gtalk_groupchat_find(self, xmlnode_get_attrib(*packet, "from"));
	return room != NULL && gtalk_groupchat_take_presence(self, room, *packet);
}

/* Whoever enters a room, or changes the nickname in one, does it by a presence. */
static void
gtalk_groupchat_note_entry(GTalkGroupchat *self, const xmlnode *presence)
{
	const char *to = xmlnode_get_attrib(presence, "to");
	const char *nick = to != NULL ? strchr(to, '/') : NULL;
	GTalkRoom *room = NULL;

	if (nick == NULL || xmlnode_get_attrib(presence, "type") != NULL)
		return;
	if (gtalk_xml_find_child(presence, "x", GTALK_NS_MUC) == NULL) {
		room = gtalk_groupchat_find(self, to);
	} else {
		room = gtalk_groupchat_ensure(self, to);
		if (room != NULL && !room->is_inside && !purple_strequal(room->nick, nick + 1)) {
			g_free(room->nick);
			room->nick = g_strdup(nick + 1);
		}
	}
	if (room != NULL && purple_strequal(room->taken, nick + 1))
		g_clear_pointer(&room->taken, g_free); /* another attempt, another answer */
}

static void
gtalk_groupchat_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkGroupchat *self = state;

	if (gtalk_xml_is(packet, "presence", GTALK_NS_CLIENT)) {
		gtalk_groupchat_note_entry(self, packet);
		if (gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE))
			gtalk_groupchat_mark_caps(packet);
	} else if (gtalk_xml_is(packet, "message", GTALK_NS_CLIENT)) {
		gtalk_groupchat_strip_invitation(packet);
		gtalk_groupchat_note_invitation(self, packet);
	}
}

/* ---- Starting ------------------------------------------------------------------------------- */

/* (transfer full), NULL if the server has none. */
static char *
gtalk_groupchat_find_server(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	const char *option =
		purple_account_get_string(account, GTALK_OPTION_GROUPCHAT_SERVER, NULL);
	g_autofree char *domain = gtalk_jid_dup_domain(gtalk_connection_get_bound_jid(connection));
	GHashTable *defaults = NULL;
	char *server = NULL;

	if (option != NULL && *option != '\0')
		return g_strdup(option);
	if (gtalk_discovery_has(connection, GTALK_FEATURE_GOOGLE))
		return gtalk_groupchat_dup_server(domain);
	defaults = gtalk_parent_get_protocol()->chat_info_defaults(
		gtalk_connection_get_purple(connection), NULL);
	server = g_strdup(g_hash_table_lookup(defaults, "server"));
	g_hash_table_unref(defaults);
	return server;
}

static void
gtalk_groupchat_join(GTalkConnection *connection, const char *name, const char *server)
{
	const char *bound = gtalk_connection_get_bound_jid(connection);
	GHashTable *components = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

	g_hash_table_insert(components, (gpointer) "room", g_strdup(name));
	g_hash_table_insert(components, (gpointer) "server", g_strdup(server));
	g_hash_table_insert(components, (gpointer) "handle", g_strndup(bound, strcspn(bound, "@")));
	gtalk_parent_get_protocol()->join_chat(gtalk_connection_get_purple(connection), components);
	g_hash_table_unref(components);
}

const char *
gtalk_groupchat_start(GTalkConnection *connection, const char *const *who)
{
	GTalkGroupchat *self = gtalk_connection_get_state(connection, &gtalk_groupchat_unit);
	g_autofree char *server = NULL;
	g_autofree char *name = gtalk_groupchat_dup_room_name();
	g_autofree char *jid = NULL;
	GTalkRoom *room = NULL;

	if (!purple_account_is_connected(gtalk_connection_get_account(connection)))
		return NULL;
	server = gtalk_groupchat_find_server(connection);
	if (server == NULL)
		return NULL;
	jid = g_strdup_printf("%s@%s", name, server);
	room = gtalk_groupchat_ensure(self, jid);
	if (room == NULL)
		return NULL;
	room->is_ours = TRUE;
	room->invitees = g_strdupv((char **)who);
	gtalk_groupchat_join(connection, name, server);
	return room->jid;
}

static const char *
gtalk_groupchat_ipc_start(PurpleConnection *gc, const char *const *who)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL && who != NULL ? gtalk_groupchat_start(connection, who) : NULL;
}

static void
gtalk_groupchat_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_GROUPCHAT_REFUSED,
	                       purple_marshal_VOID__POINTER_POINTER_POINTER_POINTER, NULL, 4,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_STRING),
	                       purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_GROUPCHAT_START, PURPLE_CALLBACK(gtalk_groupchat_ipc_start),
		purple_marshal_POINTER__POINTER_POINTER, purple_value_new(PURPLE_TYPE_STRING), 2,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_POINTER));
	gtalk_groupchat_ui_load();
}

const GTalkUnit gtalk_groupchat_unit = {
	.name = "groupchat",
	.load = gtalk_groupchat_load,
	.attach = gtalk_groupchat_attach,
	.detach = gtalk_groupchat_detach,
	.receives = GTALK_ARRIVES_STANZA,
	.receiving = gtalk_groupchat_receiving,
	.sending = gtalk_groupchat_sending,
	.node_menu = gtalk_groupchat_ui_node_menu,
};
