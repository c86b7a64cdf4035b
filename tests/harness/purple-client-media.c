/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

/* GParameter is what the interface has. */
#define GLIB_DISABLE_DEPRECATION_WARNINGS

#include "harness/purple-client.h"

#include <media/backend-iface.h>

#include "gtalk.h"

/* A backend that makes neither sound nor network traffic: each stream has one codec and one
 * candidate, ready from the main loop. */

#define CLIENT_TYPE_BACKEND client_backend_get_type()
G_DECLARE_FINAL_TYPE(ClientBackend, client_backend, CLIENT, BACKEND, GObject)

struct _ClientBackend {
	GObject parent;
	char *conference_type;
	PurpleMedia *media; /* borrowed */
};

enum {
	CLIENT_BACKEND_CONFERENCE_TYPE = 1,
	CLIENT_BACKEND_MEDIA,
};

typedef struct {
	ClientBackend *backend;
	char *session;
	char *who;
} ClientStream;

static gboolean
client_backend_ready_cb(gpointer user_data)
{
	ClientStream *stream = user_data;

	g_signal_emit_by_name(stream->backend, "candidates-prepared", stream->session, stream->who);
	g_object_unref(stream->backend);
	g_free(stream->session);
	g_free(stream->who);
	g_free(stream);
	return G_SOURCE_REMOVE;
}

static gboolean
client_backend_add_stream(PurpleMediaBackend *backend, const gchar *session, const gchar *who,
                          PurpleMediaSessionType type, gboolean initiator, const gchar *transmitter,
                          guint n_parameters, GParameter *parameters)
{
	ClientStream *stream = g_new0(ClientStream, 1);
	JsonBuilder *builder = client_begin("media-stream");

	for (guint i = 0; i < n_parameters; i++) {
		if (g_str_equal(parameters[i].name, "stun-ip"))
			client_add(builder, "stun", g_value_get_string(&parameters[i].value));
	}
	client_end(builder);
	stream->backend = CLIENT_BACKEND(g_object_ref(backend));
	stream->session = g_strdup(session);
	stream->who = g_strdup(who);
	g_idle_add(client_backend_ready_cb, stream);
	return TRUE;
}

static void
client_backend_add_remote_candidates(PurpleMediaBackend *backend, const gchar *session,
                                     const gchar *participant, GList *candidates)
{
	JsonBuilder *builder = client_begin("media-candidates");

	client_add_int(builder, "number", g_list_length(candidates));
	client_end(builder);
}

static gboolean
client_backend_codecs_ready(PurpleMediaBackend *backend, const gchar *session)
{
	return TRUE;
}

static GList *
client_backend_get_codecs(PurpleMediaBackend *backend, const gchar *session)
{
	return g_list_prepend(NULL, purple_media_codec_new(0, "PCMU", PURPLE_MEDIA_AUDIO, 8000));
}

static GList *
client_backend_get_local_candidates(PurpleMediaBackend *backend, const gchar *session,
                                    const gchar *participant)
{
	PurpleMediaCandidate *candidate = purple_media_candidate_new(
		"1", PURPLE_MEDIA_COMPONENT_RTP, PURPLE_MEDIA_CANDIDATE_TYPE_HOST,
		PURPLE_MEDIA_NETWORK_PROTOCOL_UDP, "127.0.0.1", 9);

	g_object_set(candidate, "username", "u", "password", "p", NULL);
	return g_list_prepend(NULL, candidate);
}

static gboolean
client_backend_set_remote_codecs(PurpleMediaBackend *backend, const gchar *session,
                                 const gchar *participant, GList *codecs)
{
	return TRUE;
}

static void
client_backend_set_params(PurpleMediaBackend *backend, guint n_parameters, GParameter *parameters)
{
}

static const gchar **
client_backend_get_available_params(void)
{
	static const char *none[] = {NULL};

	return none;
}

static void
client_backend_iface_init(PurpleMediaBackendIface *iface)
{
	iface->add_stream = client_backend_add_stream;
	iface->add_remote_candidates = client_backend_add_remote_candidates;
	iface->codecs_ready = client_backend_codecs_ready;
	iface->get_codecs = client_backend_get_codecs;
	iface->get_local_candidates = client_backend_get_local_candidates;
	iface->set_remote_codecs = client_backend_set_remote_codecs;
	iface->set_params = client_backend_set_params;
	iface->get_available_params = client_backend_get_available_params;
}

G_DEFINE_TYPE_WITH_CODE(ClientBackend, client_backend, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(PURPLE_TYPE_MEDIA_BACKEND, client_backend_iface_init))

static void
client_backend_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
	ClientBackend *self = CLIENT_BACKEND(object);

	if (id == CLIENT_BACKEND_CONFERENCE_TYPE)
		self->conference_type = g_value_dup_string(value);
	else
		self->media = g_value_get_object(value);
}

static void
client_backend_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
	ClientBackend *self = CLIENT_BACKEND(object);

	if (id == CLIENT_BACKEND_CONFERENCE_TYPE)
		g_value_set_string(value, self->conference_type);
	else
		g_value_set_object(value, self->media);
}

static void
client_backend_finalize(GObject *object)
{
	g_free(CLIENT_BACKEND(object)->conference_type);
	G_OBJECT_CLASS(client_backend_parent_class)->finalize(object);
}

static void
client_backend_class_init(ClientBackendClass *klass)
{
	GObjectClass *object_class = G_OBJECT_CLASS(klass);

	object_class->set_property = client_backend_set_property;
	object_class->get_property = client_backend_get_property;
	object_class->finalize = client_backend_finalize;
	g_object_class_override_property(object_class, CLIENT_BACKEND_CONFERENCE_TYPE,
	                                 "conference-type");
	g_object_class_override_property(object_class, CLIENT_BACKEND_MEDIA, "media");
}

static void
client_backend_init(ClientBackend *self)
{
}

/* ---- The user interface's part -------------------------------------------------------------- */

static gboolean
client_media_init_cb(PurpleMediaManager *manager, PurpleMedia *media, PurpleAccount *account,
                     const char *who, gpointer user_data)
{
	JsonBuilder *builder = client_begin("media");

	client_add(builder, "who", who);
	client_end(builder);
	return TRUE;
}

static void
client_media_begin(void)
{
	PurpleMediaManager *manager = purple_media_manager_get();

	purple_media_manager_set_backend_type(manager, CLIENT_TYPE_BACKEND);
	purple_media_manager_set_ui_caps(manager, PURPLE_MEDIA_CAPS_AUDIO |
	                                                  PURPLE_MEDIA_CAPS_AUDIO_SINGLE_DIRECTION);
	g_signal_connect(manager, "init-media", G_CALLBACK(client_media_init_cb), NULL);
}

/* To all calls of the account. */
static void
client_media_act(PurpleAccount *account, PurpleMediaInfoType action)
{
	GList *medias =
		purple_media_manager_get_media_by_account(purple_media_manager_get(), account);

	for (GList *l = medias; l != NULL; l = l->next)
		purple_media_stream_info(l->data, action, NULL, NULL, TRUE);
	g_list_free(medias);
}

static void
client_media_tell(PurpleAccount *account)
{
	PurpleConnection *gc = purple_account_get_connection(account);
	JsonBuilder *builder = client_begin("calls");
	GList *medias =
		purple_media_manager_get_media_by_account(purple_media_manager_get(), account);
	gboolean ok = FALSE;

	client_add_int(builder, "number", g_list_length(medias));
	client_add(builder, "remote",
	           purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_CALL, &ok, gc));
	client_end(builder);
	g_list_free(medias);
}

static void
client_media_tell_caps(PurpleAccount *account, const char *who)
{
	JsonBuilder *builder = client_begin("media-caps");

	client_add_int(builder, "caps", purple_prpl_get_media_caps(account, who));
	client_end(builder);
}

static void
client_media_call(PurpleAccount *account, const char *who)
{
	JsonBuilder *builder = client_begin("called");

	client_add_boolean(builder, "begun",
	                   purple_prpl_initiate_media(account, who, PURPLE_MEDIA_AUDIO));
	client_end(builder);
}

gboolean
client_media_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	if (g_str_equal(name, "media"))
		client_media_begin();
	else if (g_str_equal(name, "accept-call"))
		client_media_act(account, PURPLE_MEDIA_INFO_ACCEPT);
	else if (g_str_equal(name, "hang-up"))
		client_media_act(account, PURPLE_MEDIA_INFO_HANGUP);
	else if (g_str_equal(name, "reject-call"))
		client_media_act(account, PURPLE_MEDIA_INFO_REJECT);
	else if (g_str_equal(name, "calls"))
		client_media_tell(account);
	else if (g_str_equal(name, "media-caps"))
		client_media_tell_caps(account, json_object_get_string_member(command, "to"));
	else if (g_str_equal(name, "call"))
		client_media_call(account, json_object_get_string_member(command, "to"));
	else
		return FALSE;
	return TRUE;
}

/* ---- The plugin's part ---------------------------------------------------------------------- */

static void
client_media_add_servers(JsonBuilder *builder, const char *name,
                         const GTalkMediaServer *const *servers)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (; *servers != NULL; servers++) {
		g_autofree char *text =
			g_strdup_printf("%s %u %u %u", (*servers)->host, (*servers)->udp_port,
		                        (*servers)->tcp_port, (*servers)->ssltcp_port);

		json_builder_add_string_value(builder, text);
	}
	json_builder_end_array(builder);
}

static void
client_media_info_cb(PurpleConnection *gc, const GTalkJingleInfo *info, gpointer user_data)
{
	JsonBuilder *builder = client_begin("jingle-info");
	gboolean ok = FALSE;

	g_assert_true(purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_JINGLE_INFO,
	                                     &ok, gc) == info);
	client_media_add_servers(builder, "stun", info->stun);
	client_media_add_servers(builder, "relays", info->relays);
	client_add(builder, "token", info->relay_token);
	client_end(builder);
}

static void
client_media_call_cb(PurpleConnection *gc, const char *jid, GTalkCallState state,
                     gpointer user_data)
{
	static const char *const names[] = {"incoming", "outgoing", "accepted", "ended", "missed"};
	JsonBuilder *builder = client_begin("call");

	client_add(builder, "jid", jid);
	client_add(builder, "state", names[state]);
	client_end(builder);
}

void
client_media_connect(PurplePlugin *plugin)
{
	static int handle;

	purple_signal_connect(plugin, GTALK_SIGNAL_JINGLE_INFO, &handle,
	                      PURPLE_CALLBACK(client_media_info_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_CALL, &handle,
	                      PURPLE_CALLBACK(client_media_call_cb), NULL);
}
