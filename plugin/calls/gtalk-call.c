/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-call.h"

#include "core/gtalk-conversation.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-parent.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk-call-stanza.h"
#include "gtalk.h"

#define GTALK_CALL_AUDIO (PURPLE_MEDIA_CAPS_AUDIO | PURPLE_MEDIA_CAPS_AUDIO_SINGLE_DIRECTION)
#define GTALK_CALL_VIDEO (PURPLE_MEDIA_CAPS_VIDEO | PURPLE_MEDIA_CAPS_VIDEO_SINGLE_DIRECTION)

/* The one call; all NULL without. */
typedef struct {
	char *id;
	char *initiator;
	char *remote; /* the other side's full JID */
} GTalkCall;

static gpointer
gtalk_call_attach(GTalkConnection *connection)
{
	return g_new0(GTalkCall, 1);
}

static void
gtalk_call_forget(GTalkCall *self)
{
	g_clear_pointer(&self->id, g_free);
	g_clear_pointer(&self->initiator, g_free);
	g_clear_pointer(&self->remote, g_free);
}

static void
gtalk_call_detach(GTalkConnection *connection, gpointer state)
{
	gtalk_call_forget(state);
	g_free(state);
}

/* ---- What there is -------------------------------------------------------------------------- */

PurpleMediaCaps
gtalk_call_get_media_caps(void)
{
	PurpleMediaManager *manager = purple_media_manager_get();

	return manager != NULL ? purple_media_manager_get_ui_caps(manager) : PURPLE_MEDIA_CAPS_NONE;
}

/* Whatever its protocol. */
static gboolean
gtalk_call_is_any(PurpleAccount *account)
{
	GList *medias =
		purple_media_manager_get_media_by_account(purple_media_manager_get(), account);
	gboolean is_any = medias != NULL;

	g_list_free(medias);
	return is_any;
}

static gboolean
gtalk_call_is_session(const GTalkCall *self, const GTalkCallSession *session)
{
	return purple_strequal(self->id, session->id) &&
	       purple_strequal(self->initiator, session->initiator);
}

static void
gtalk_call_tell(GTalkConnection *connection, const char *jid, GTalkCallState state)
{
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_CALL,
	                   gtalk_connection_get_purple(connection), jid, state);
}

static void
gtalk_call_remember(GTalkConnection *connection, GTalkCall *self, const GTalkCallSession *session,
                    const char *remote, GTalkCallState state)
{
	gtalk_call_forget(self);
	self->id = g_strdup(session->id);
	self->initiator = g_strdup(session->initiator);
	self->remote = g_strdup(remote);
	gtalk_call_tell(connection, remote, state);
}

static void
gtalk_call_end(GTalkConnection *connection, GTalkCall *self)
{
	g_autofree char *remote = g_strdup(self->remote);

	gtalk_call_forget(self);
	gtalk_call_tell(connection, remote, GTALK_CALL_ENDED);
}

/* ---- Incoming ------------------------------------------------------------------------------- */

/* A line where the user talks with the caller anyway; no window opens for it. */
static void
gtalk_call_tell_missed(GTalkConnection *connection, const char *from, const char *sentence)
{
	PurpleConversation *conversation = gtalk_conversation_find(connection, from);
	g_autofree char *name = gtalk_conversation_dup_name(connection, from);
	g_autofree char *text = gtalk_conversation_dup_sentence(sentence, name);

	if (conversation != NULL)
		gtalk_conversation_write(conversation, text, PURPLE_MESSAGE_SYSTEM, time(NULL));
	gtalk_call_tell(connection, from, GTALK_CALL_MISSED);
}

static gboolean
gtalk_call_is_contact(GTalkConnection *connection, const char *from)
{
	g_autofree char *bare = gtalk_jid_dup_bare(from);

	return purple_find_buddy(gtalk_connection_get_account(connection), bare) != NULL;
}

static gboolean
gtalk_call_refuse(GTalkConnection *connection, const xmlnode *iq)
{
	gtalk_requests_refuse(connection, iq);
	return TRUE;
}

static void
gtalk_call_rejected_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	/* Whatever the caller's client thinks of it. */
}

/* Whether to swallow: what may ring is passed on. */
static gboolean
gtalk_call_receive_initiate(GTalkConnection *connection, GTalkCall *self,
                            const GTalkCallSession *session, const xmlnode *iq)
{
	const char *from = xmlnode_get_attrib(iq, "from");
	PurpleMediaCaps needed = session->is_video ? GTALK_CALL_VIDEO : GTALK_CALL_AUDIO;

	/* Strangers hear what they would hear from nobody. */
	if (!session->is_call || gtalk_call_is_session(self, session) ||
	    !purple_strequal(from, session->initiator) || !gtalk_call_is_contact(connection, from))
		return gtalk_call_refuse(connection, iq);
	if ((gtalk_call_get_media_caps() & needed) == 0) {
		gtalk_call_tell_missed(connection, from,
		                       _("%s tried to call you, but this program cannot take "
		                         "such calls."));
		return gtalk_call_refuse(connection, iq);
	}
	if (gtalk_call_is_any(gtalk_connection_get_account(connection))) {
		gtalk_requests_answer(connection, iq);
		gtalk_requests_send(connection, gtalk_call_build_reject(session, from),
		                    gtalk_call_rejected_cb, NULL);
		gtalk_call_tell_missed(connection, from,
		                       _("%s tried to call you during another call."));
		return TRUE;
	}
	gtalk_call_remember(connection, self, session, from, GTALK_CALL_INCOMING);
	return FALSE;
}

static gboolean
gtalk_call_receive_session(GTalkConnection *connection, GTalkCall *self,
                           const GTalkCallSession *session, const xmlnode *iq)
{
	if (!gtalk_call_is_session(self, session) ||
	    !purple_strequal(xmlnode_get_attrib(iq, "from"), self->remote))
		return gtalk_call_refuse(connection, iq);
	switch (session->type) {
	case GTALK_CALL_ACCEPT:
		gtalk_call_tell(connection, self->remote, GTALK_CALL_ACCEPTED);
		return FALSE;
	case GTALK_CALL_CANDIDATES:
		return FALSE;
	case GTALK_CALL_REJECT:
	case GTALK_CALL_TERMINATE:
		gtalk_requests_answer(connection, iq);
		gtalk_call_end(connection, self);
		return FALSE;
	default:
		gtalk_requests_refuse(connection, iq);
		return TRUE;
	}
}

/* The other protocol's: not beside a call of ours. One that has ended without a word is forgotten
 * now, so that nothing of it can reach the inherited protocol any more. */
static gboolean
gtalk_call_receive_jingle(GTalkConnection *connection, GTalkCall *self, const xmlnode *iq)
{
	if (gtalk_call_is_any(gtalk_connection_get_account(connection)))
		return gtalk_call_refuse(connection, iq);
	gtalk_call_end(connection, self);
	return FALSE;
}

static gboolean
gtalk_call_is_request(const xmlnode *iq)
{
	const char *type = xmlnode_get_attrib(iq, "type");

	return (purple_strequal(type, "set") || purple_strequal(type, "get")) &&
	       xmlnode_get_attrib(iq, "from") != NULL && xmlnode_get_attrib(iq, "id") != NULL;
}

static gboolean
gtalk_call_receive_request(GTalkConnection *connection, GTalkCall *self, const xmlnode *iq)
{
	GTalkCallSession session;

	/* The inherited protocol keeps silent about what it cannot read. */
	if (!gtalk_call_parse(iq, &session) ||
	    purple_strequal(xmlnode_get_attrib(iq, "type"), "get"))
		return gtalk_call_refuse(connection, iq);
	if (session.type == GTALK_CALL_INITIATE)
		return gtalk_call_receive_initiate(connection, self, &session, iq);
	return gtalk_call_receive_session(connection, self, &session, iq);
}

static gboolean
gtalk_call_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkCall *self = state;

	if (gtalk_xml_find_child(*packet, "session", GTALK_NS_GOOGLE_SESSION) != NULL)
		return gtalk_call_is_request(*packet) &&
		       gtalk_call_receive_request(connection, self, *packet);
	return self->id != NULL && gtalk_call_is_jingle_initiate(*packet) &&
	       gtalk_call_is_request(*packet) &&
	       gtalk_call_receive_jingle(connection, self, *packet);
}

/* ---- Outgoing ------------------------------------------------------------------------------- */

static void
gtalk_call_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkCall *self = state;
	GTalkCallSession session;
	const char *to;

	if (!gtalk_xml_is(packet, "iq", GTALK_NS_CLIENT))
		return;
	if (self->id != NULL && gtalk_call_is_jingle_initiate(packet))
		gtalk_call_end(connection, self);
	if (!gtalk_call_parse(packet, &session) ||
	    !purple_strequal(xmlnode_get_attrib(packet, "type"), "set"))
		return;
	to = xmlnode_get_attrib(packet, "to");
	if (session.type == GTALK_CALL_INITIATE && to != NULL)
		gtalk_call_remember(connection, self, &session, to, GTALK_CALL_OUTGOING);
	else if (!gtalk_call_is_session(self, &session))
		return;
	else if (session.type == GTALK_CALL_ACCEPT)
		gtalk_call_tell(connection, self->remote, GTALK_CALL_ACCEPTED);
	else if (session.type == GTALK_CALL_REJECT || session.type == GTALK_CALL_TERMINATE)
		gtalk_call_end(connection, self);
}

PurpleMediaCaps
gtalk_call_get_contact_caps(PurpleAccount *account, const char *who)
{
	if (gtalk_call_get_media_caps() == PURPLE_MEDIA_CAPS_NONE)
		return PURPLE_MEDIA_CAPS_NONE;
	return gtalk_parent_get_protocol()->get_media_caps(account, who);
}

gboolean
gtalk_call_initiate(PurpleAccount *account, const char *who, PurpleMediaSessionType type)
{
	if (gtalk_call_get_media_caps() == PURPLE_MEDIA_CAPS_NONE)
		return FALSE;
	if (gtalk_call_is_any(account)) {
		purple_notify_error(purple_account_get_connection(account), _("Call"),
		                    _("There is a call already."),
		                    _("End it before you begin another one with this account."));
		return FALSE;
	}
	return gtalk_parent_get_protocol()->initiate_media(account, who, type);
}

/* ---- IPC ------------------------------------------------------------------------------------ */

static const char *
gtalk_call_ipc_get(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkCall *self = connection != NULL
	                          ? gtalk_connection_get_state(connection, &gtalk_call_unit)
	                          : NULL;

	return self != NULL ? self->remote : NULL;
}

static void
gtalk_call_load(PurplePlugin *plugin)
{
	purple_signal_register(
		plugin, GTALK_SIGNAL_CALL, purple_marshal_VOID__POINTER_POINTER_UINT, NULL, 3,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_UINT));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_CALL, PURPLE_CALLBACK(gtalk_call_ipc_get),
		purple_marshal_POINTER__POINTER, purple_value_new(PURPLE_TYPE_STRING), 1,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION));
}

const GTalkUnit gtalk_call_unit = {
	.name = "call",
	.load = gtalk_call_load,
	.attach = gtalk_call_attach,
	.detach = gtalk_call_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_call_receiving,
	.sending = gtalk_call_sending,
};
