/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-rooms-private.h"

#include <string.h>

#include "host-dialect.h"
#include "host-iq.h"
#include "host-text.h"

#define HOST_ROOM_COMPONENTS_MAX 16
#define HOST_ROOM_INVITEES_MAX 64

/* ---- Being invited --------------------------------------------------------------------------- */

static GVariant *
host_room_build_invited(GHashTable *components)
{
	GVariantBuilder list;
	GHashTableIter iter;
	gpointer name;
	gpointer value;
	guint n_left = HOST_ROOM_COMPONENTS_MAX;

	g_variant_builder_init(&list, G_VARIANT_TYPE("a{ss}"));
	g_hash_table_iter_init(&iter, components);
	while (n_left > 0 && g_hash_table_iter_next(&iter, &name, &value)) {
		g_autofree char *limited = host_text_limit(value, HOST_ROOMS_NAME_MAX_BYTES);

		if (*limited == '\0')
			continue;
		g_variant_builder_add(&list, "{ss}", name, limited);
		n_left--;
	}
	return g_variant_builder_end(&list);
}

/* Returns -1: libpurple is to forget it. The person is asked, which takes its time; for protocols
 * that want to hear a refusal at once, this is one. */
static int
host_room_invited_cb(PurpleAccount *purple, const char *inviter, const char *name,
                     const char *message, GHashTable *components, gpointer user_data)
{
	HostAccount *account = purple->ui_data;
	g_autofree char *jid = NULL;
	GVariantDict data;

	if (account == NULL || name == NULL || inviter == NULL || components == NULL)
		return -1;
	jid = host_rooms_dup_key(account, name);
	g_variant_dict_init(&data, NULL);
	host_room_insert(&data, "jid", jid, HOST_ROOMS_NAME_MAX_BYTES);
	host_room_insert(&data, "who", inviter, HOST_ROOMS_NAME_MAX_BYTES);
	host_room_insert(&data, "text", message, HOST_ROOMS_TEXT_MAX_BYTES);
	g_variant_dict_insert_value(&data, "components", host_room_build_invited(components));
	host_account_push_held(account, "room-invited", g_variant_dict_end(&data));
	return -1;
}

void
host_rooms_decline(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *name = host_rooms_find_name(arguments, request);
	const char *who = "";
	const char *text = "";

	if (name == NULL)
		return;
	g_variant_dict_lookup(arguments, "who", "&s", &who);
	g_variant_dict_lookup(arguments, "text", "&s", &text);
	if ((*who != '\0' && !host_text_is_jid(who)) || !host_text_is_xml(text) ||
	    strlen(text) > HOST_ROOMS_TEXT_MAX_BYTES) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "room-decline: \"who\" or \"text\" is not acceptable");
		return;
	}
	if (host_rooms_is_xmpp(account) && *who != '\0')
		host_iq_send_stanza(account, host_room_build_decline(name, who, text));
	host_request_answer(request, NULL);
}

/* ---- Inviting -------------------------------------------------------------------------------- */

void
host_rooms_invite(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	HostRoom *room = host_rooms_find_entered(account, arguments, request);
	const char *who = "";
	const char *text = "";

	if (room == NULL)
		return;
	g_variant_dict_lookup(arguments, "who", "&s", &who);
	g_variant_dict_lookup(arguments, "text", "&s", &text);
	if (!host_account_get_dialect(account)->is_peer(who) || !host_text_is_xml(text) ||
	    strlen(text) > HOST_ROOMS_TEXT_MAX_BYTES) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "The invitation is not acceptable.");
	} else if (host_rooms_get_protocol(account)->chat_invite == NULL) {
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "Nobody can be invited with this protocol.");
	} else {
		serv_chat_invite(host_account_get_connection(account),
		                 purple_conv_chat_get_id(PURPLE_CONV_CHAT(room->conversation)),
		                 *text != '\0' ? text : NULL, who);
		host_request_answer(request, NULL);
	}
}

static void
host_room_refused_cb(PurpleConnection *gc, const char *name, const char *who, const char *condition,
                     gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostRoom *room = account != NULL ? host_rooms_find(account, name) : NULL;
	GVariantDict data;

	if (room == NULL)
		return;
	host_room_begin_event(room, &data);
	host_room_insert(&data, "who", who, HOST_ROOMS_NAME_MAX_BYTES);
	host_room_insert(&data, "reason", condition, HOST_ROOMS_NAME_MAX_BYTES);
	host_account_push(account, "room-invite-refused", g_variant_dict_end(&data));
}

/* ---- New rooms ------------------------------------------------------------------------------- */

static gboolean
host_rooms_are_invitees(const char *const *who)
{
	for (guint i = 0; who[i] != NULL; i++)
		if (i >= HOST_ROOM_INVITEES_MAX || !host_text_is_jid(who[i]))
			return FALSE;
	return TRUE;
}

static void
host_rooms_make(HostAccount *account, const char *const *who, HostRequest *request)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gboolean ok = FALSE;
	const char *name = NULL;
	HostRoom *room = NULL;
	GHashTable *defaults = NULL;
	GVariantDict answer;

	if (host_rooms_is_xmpp(account))
		name = purple_plugin_ipc_call(purple_connection_get_prpl(gc),
		                              GTALK_IPC_GROUPCHAT_START, &ok, gc, who);
	if (name != NULL)
		room = host_rooms_ensure(account, name);
	if (room == NULL) {
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "The chat server has no place for a new room.");
		return;
	}
	if (room->state == HOST_ROOM_OUT) {
		defaults = host_rooms_get_protocol(account)->chat_info_defaults(gc, NULL);
		host_room_note_nick(room, defaults);
		g_hash_table_unref(defaults);
		room->state = HOST_ROOM_JOINING;
	}
	g_variant_dict_init(&answer, NULL);
	g_variant_dict_insert(&answer, "jid", "s", room->jid);
	host_request_answer(request, g_variant_dict_end(&answer));
}

void
host_rooms_create(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *const nobody[] = {NULL};
	g_autofree const char **who = NULL;

	g_variant_dict_lookup(arguments, "invite", "^a&s", &who);
	if (who != NULL && !host_rooms_are_invitees(who))
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "room-create: \"invite\" is not acceptable");
	else
		host_rooms_make(account, who != NULL ? who : nobody, request);
}

void
host_room_invite_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_rooms_feature;

	purple_signal_connect(purple_conversations_get_handle(), "chat-invited", handle,
	                      PURPLE_CALLBACK(host_room_invited_cb), NULL);
	if (plugin != NULL)
		purple_signal_connect(plugin, GTALK_SIGNAL_GROUPCHAT_REFUSED, handle,
		                      PURPLE_CALLBACK(host_room_refused_cb), NULL);
}
