/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-link.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "link/bridge-anchors.h"
#include "link/bridge-base64.h"
#include "link/bridge-handover.h"
#include "link/bridge-link-batch.h"
#include "link/bridge-link.h"
#include "bridge-push-link-generated.h"
#include "link/bridge-push-link.h"
#include "push-delivery.h"

#define PUSH_LINK_UNDER_WAY_MAX 4096

struct _PushLink {
	GDBusConnection *connection;
	BridgeLinkPush1 *push;
	void (*ended)(gpointer user_data);
	gpointer user_data;
	PushContext context;
	PushFetcher *fetcher;      /* NULL until Configure, as are the next: */
	BridgeLinkPipe *pushes;    /* and their outcomes */
	BridgeLinkBatch *outcomes; /* on that */
	guint under_way;           /* pushes: being encrypted, waiting for a token, requested */
};

/* A push that is under way. */
typedef struct {
	PushLink *link;
	guint32 number;
} PushLinkCall;

static void
push_link_refuse(GDBusMethodInvocation *invocation, const char *message)
{
	g_dbus_method_invocation_return_error_literal(invocation, BRIDGE_LINK_ERROR,
	                                              BRIDGE_LINK_ERROR_INVALID, message);
}

/* ---- Pushes ---------------------------------------------------------------------------------- */

static void
push_link_answer(PushLink *self, guint32 number, GVariant *outcome)
{
	bridge_link_batch_add(self->outcomes,
	                      g_variant_new("(u@" BRIDGE_PUSH_OUTCOME_TYPE ")", number, outcome));
}

static void
push_link_delivered(GVariant *outcome, gpointer user_data)
{
	const PushLinkCall *call = user_data;

	call->link->under_way--;
	push_link_answer(call->link, call->number, outcome);
}

static void
push_link_push(PushLink *self, guint32 number, const char *name, GVariant *order)
{
	const PushService *service = push_service_find(name);
	PushLinkCall *call;

	if (service == NULL || self->under_way >= PUSH_LINK_UNDER_WAY_MAX) {
		push_link_answer(self, number, bridge_push_outcome_write_none());
		return;
	}
	self->under_way++;
	call = g_new0(PushLinkCall, 1);
	call->link = self;
	call->number = number;
	push_delivery_start(&self->context, self->fetcher, service, order, push_link_delivered,
	                    call, g_free);
}

static void
push_link_received(gpointer user_data, GVariant *pushes)
{
	GVariantIter iter;
	guint32 number;
	const char *name;
	GVariant *order;

	g_variant_iter_init(&iter, pushes);
	while (g_variant_iter_next(&iter, "(u&s@" BRIDGE_PUSH_ORDER_TYPE ")", &number, &name,
	                           &order)) {
		push_link_push(user_data, number, name, order);
		g_variant_unref(order);
	}
}

static void
push_link_pushes_ended(gpointer user_data, const GError *error)
{
	PushLink *self = user_data;

	self->ended(self->user_data);
}

static gboolean
push_link_open_pushes(PushLink *self, GUnixFDList *fds, GVariant *handle, GError **error)
{
	static const BridgeLinkPipeTerms terms = {.type = BRIDGE_PUSH_PUSHES_TYPE,
	                                          .bytes_max = BRIDGE_PUSH_PUSHES_BYTES_MAX,
	                                          .backlog_max = BRIDGE_PUSH_OUTCOMES_BYTES_MAX,
	                                          .trusts = TRUE};
	static const BridgeLinkPipeClient client = {.received = push_link_received,
	                                            .ended = push_link_pushes_ended};
	gint32 place = g_variant_get_handle(handle);
	int fd = -1;

	if (fds != NULL && place >= 0 && place < g_unix_fd_list_get_length(fds))
		fd = g_unix_fd_list_get(fds, place, error);
	else
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "there is no socket for pushes");
	if (fd < 0)
		return FALSE;
	self->pushes = bridge_link_pipe_new(fd, &terms, &client, self);
	self->outcomes = bridge_link_batch_new(self->pushes, BRIDGE_PUSH_OUTCOMES_TYPE,
	                                       BRIDGE_PUSH_BATCH_MAX);
	return TRUE;
}

/* ---- Configure ------------------------------------------------------------------------------- */

/* (transfer full): one of Configure's; -1: it is not there */
static int
push_link_get_credential(GUnixFDList *list, GVariant *credentials, const char *name)
{
	gint32 handle = -1;

	if (list == NULL || !g_variant_lookup(credentials, name, "h", &handle) || handle < 0 ||
	    handle >= g_unix_fd_list_get_length(list))
		return -1;
	return g_unix_fd_list_get(list, handle, NULL);
}

/* (nullable) (transfer full): likewise; to be wiped */
static char *
push_link_read_credential(GUnixFDList *list, GVariant *credentials, const char *name)
{
	int fd = push_link_get_credential(list, credentials, name);
	char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (fd < 0)
		return NULL;
	text = bridge_handover_read(fd, BRIDGE_PUSH_CREDENTIAL_BYTES_MAX, &error);
	if (text == NULL)
		g_warning("%s: %s", name, error->message);
	close(fd);
	return text;
}

static void
push_link_wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	g_free(text);
}

/* @text: (nullable): the key pair */
static PushVapid *
push_link_parse_vapid(char *text, const char *contact, GError **error)
{
	char *blank = text != NULL ? strchr(text, ' ') : NULL;
	PushVapid *vapid = NULL;

	if (blank != NULL) {
		g_autoptr(GBytes) public_octets = bridge_base64_decode(blank + 1);
		g_autoptr(GBytes) private_octets = NULL;

		*blank = '\0';
		private_octets = bridge_base64_decode(text);
		if (private_octets != NULL && public_octets != NULL)
			vapid = push_vapid_new(private_octets, public_octets, contact, error);
		*blank = ' ';
	}
	if (vapid == NULL && error != NULL && *error == NULL)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		                    "that is no key pair");
	return vapid;
}

/* @text: (nullable): none is needed. (nullable): so, or it is none */
static GTlsCertificate *
push_link_parse_certificate(const char *text)
{
	g_autoptr(GError) error = NULL;
	GTlsCertificate *certificate =
		text != NULL ? g_tls_certificate_new_from_pem(text, -1, &error) : NULL;

	if (error != NULL)
		g_warning("mpns: %s", error->message);
	return certificate;
}

static GUri *
push_link_parse_url(GVariant *options, const char *name, const char *fallback)
{
	const char *text = fallback;

	g_variant_lookup(options, name, "&s", &text);
	return g_uri_parse(text, SOUP_HTTP_URI_FLAGS, NULL);
}

/* Whoever has no right account finds that out when it pushes; the other services are not held up by
 * it. */
static void
push_link_set_up_fcm(PushLink *self, GVariant *options, const char *account)
{
	g_autoptr(GUri) token_uri =
		push_link_parse_url(options, "fcm-token-url", BRIDGE_PUSH_FCM_TOKEN_URL);
	g_autoptr(GError) error = NULL;

	self->context.fcm_uri = push_link_parse_url(options, "fcm-url", BRIDGE_PUSH_FCM_URL);
	if (account == NULL || token_uri == NULL || self->context.fcm_uri == NULL)
		return;
	self->context.fcm = push_fcm_account_new(account, g_steal_pointer(&token_uri), &error);
	if (self->context.fcm == NULL)
		g_warning("fcm: %s", error->message);
}

/* Likewise. Without it, this process is not the one for APNs. @keepsake: (transfer full): -1: none
 */
static void
push_link_set_up_apns(PushLink *self, GVariant *options, const char *pem, int keepsake)
{
	const char *key_id = "";
	const char *team_id = "";
	const char *topic = "";
	g_autoptr(GError) error = NULL;

	push_fetcher_keep_long(self->fetcher);
	g_variant_lookup(options, "apns-key-id", "&s", &key_id);
	g_variant_lookup(options, "apns-team-id", "&s", &team_id);
	g_variant_lookup(options, "apns-topic", "&s", &topic);
	self->context.apns_uri = push_link_parse_url(options, "apns-url", BRIDGE_PUSH_APNS_URL);
	self->context.apns_sandbox_uri =
		push_link_parse_url(options, "apns-sandbox-url", BRIDGE_PUSH_APNS_SANDBOX_URL);
	self->context.apns_topic = g_strdup(topic);
	if (self->context.apns_uri != NULL && self->context.apns_sandbox_uri != NULL)
		self->context.apns = push_apns_key_new(pem, key_id, team_id, &error);
	if (error != NULL)
		g_warning("apns: %s", error->message);
	if (self->context.apns != NULL && keepsake >= 0)
		push_apns_key_keep_in(self->context.apns, keepsake, g_get_monotonic_time());
	else if (keepsake >= 0)
		close(keepsake);
}

static void
push_link_stuck(gpointer user_data)
{
	PushLink *self = user_data;

	g_warning("too many requests never ended: this process makes room for another one");
	self->ended(self->user_data);
}

static GTlsDatabase *
push_link_load_anchors(const char *directory)
{
	g_autoptr(GError) error = NULL;
	GTlsDatabase *anchors = NULL;

	if (*directory == '\0')
		return NULL;
	anchors = bridge_anchors_load(directory, &error);
	if (anchors == NULL)
		g_warning("ca-directory: push services are trusted by the system's authorities "
		          "only: %s",
		          error->message);
	return anchors;
}

static void
push_link_set_up(PushLink *self, GVariant *options)
{
	static const char *const mpns_hosts[] = {BRIDGE_PUSH_MPNS_HOSTS, NULL};
	const char *directory = "";
	guint32 deadline_ms = BRIDGE_PUSH_DEADLINE_MS;
	g_autofree const char **allow = NULL;
	g_autofree const char **hosts = NULL;
	g_autoptr(GTlsDatabase) anchors = NULL;

	g_variant_lookup(options, "ca-directory", "&s", &directory);
	g_variant_lookup(options, "deadline-ms", "u", &deadline_ms);
	g_variant_lookup(options, "allow", "^a&s", &allow);
	g_variant_lookup(options, "hosts", "^a&s", &hosts);
	anchors = push_link_load_anchors(directory);
	self->context.rules = bridge_push_rules_new(allow, hosts);
	self->context.mpns_rules = bridge_push_rules_new(allow, mpns_hosts);
	self->fetcher =
		push_fetcher_new(self->context.rules, anchors, deadline_ms, push_link_stuck, self);
}

static gboolean
push_link_configure_cb(BridgeLinkPush1 *push, GDBusMethodInvocation *invocation,
                       GUnixFDList *fd_list, GVariant *options, GVariant *credentials,
                       GVariant *pushes, gpointer user_data)
{
	PushLink *self = user_data;
	const char *contact = "";
	char *vapid = push_link_read_credential(fd_list, credentials, BRIDGE_PUSH_CREDENTIAL_VAPID);
	char *fcm = push_link_read_credential(fd_list, credentials, BRIDGE_PUSH_CREDENTIAL_FCM);
	char *apns = push_link_read_credential(fd_list, credentials, BRIDGE_PUSH_CREDENTIAL_APNS);
	char *mpns = push_link_read_credential(fd_list, credentials, BRIDGE_PUSH_CREDENTIAL_MPNS);
	g_autoptr(GError) error = NULL;

	g_variant_lookup(options, "contact", "&s", &contact);
	if (self->fetcher != NULL || vapid == NULL) {
		push_link_refuse(invocation, "it is configured, or there is no key");
	} else if (self->context.sealer == NULL &&
	           (self->context.sealer = push_sealer_new(&error)) == NULL) {
		push_link_refuse(invocation, error->message);
	} else if (*contact != '\0' &&
	           (self->context.vapid = push_link_parse_vapid(vapid, contact, &error)) == NULL) {
		push_link_refuse(invocation, error->message);
	} else if (self->pushes == NULL && !push_link_open_pushes(self, fd_list, pushes, &error)) {
		push_link_refuse(invocation, error->message);
	} else {
		push_link_set_up(self, options);
		push_link_set_up_fcm(self, options, fcm);
		if (apns != NULL)
			push_link_set_up_apns(
				self, options, apns,
				push_link_get_credential(fd_list, credentials,
			                                 BRIDGE_PUSH_CREDENTIAL_APNS_TOKEN));
		self->context.mpns_certificate = push_link_parse_certificate(mpns);
		bridge_link_push1_complete_configure(push, invocation, NULL);
	}
	push_link_wipe(vapid);
	push_link_wipe(fcm);
	push_link_wipe(apns);
	push_link_wipe(mpns);
	return TRUE;
}

/* ---- Probe ----------------------------------------------------------------------------------- */

static gboolean
push_link_probe_cb(BridgeLinkPush1 *push, GDBusMethodInvocation *invocation, gpointer user_data)
{
	PushLink *self = user_data;
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "under-way", "u",
	                      self->fetcher != NULL ? push_fetcher_get_under_way(self->fetcher)
	                                            : 0);
	g_variant_dict_insert(&dict, "hung", "u",
	                      self->fetcher != NULL ? push_fetcher_get_hung(self->fetcher) : 0);
	bridge_link_push1_complete_probe(push, invocation, g_variant_dict_end(&dict));
	return TRUE;
}

/* ---- The connection -------------------------------------------------------------------------- */

static void
push_link_closed_cb(GDBusConnection *connection, gboolean vanished, GError *error,
                    gpointer user_data)
{
	PushLink *self = user_data;

	self->ended(self->user_data);
}

static GDBusConnection *
push_link_connect(int fd, GError **error)
{
	g_autoptr(GSocket) socket = g_socket_new_from_fd(fd, error);
	g_autoptr(GSocketConnection) stream = NULL;

	if (socket == NULL) {
		close(fd);
		return NULL;
	}
	stream = g_socket_connection_factory_create_connection(socket);
	return g_dbus_connection_new_sync(G_IO_STREAM(stream), NULL,
	                                  G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
	                                          G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
	                                  NULL, NULL, error);
}

PushLink *
push_link_new(int fd, void (*ended)(gpointer user_data), gpointer user_data, GError **error)
{
	g_autoptr(GDBusConnection) connection = push_link_connect(fd, error);
	PushLink *self;

	if (connection == NULL)
		return NULL;
	self = g_new0(PushLink, 1);
	self->ended = ended;
	self->user_data = user_data;
	self->context.deliveries = g_hash_table_new(NULL, NULL);
	self->context.paused = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	self->connection = g_steal_pointer(&connection);
	self->push = bridge_link_push1_skeleton_new();
	g_signal_connect(self->push, "handle-configure", G_CALLBACK(push_link_configure_cb), self);
	g_signal_connect(self->push, "handle-probe", G_CALLBACK(push_link_probe_cb), self);
	g_signal_connect(self->connection, "closed", G_CALLBACK(push_link_closed_cb), self);
	if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(self->push),
	                                      self->connection, BRIDGE_PUSH_LINK_PATH, error)) {
		push_link_free(self);
		return NULL;
	}
	g_dbus_connection_start_message_processing(self->connection);
	return self;
}

void
push_link_free(PushLink *self)
{
	g_signal_handlers_disconnect_by_data(self->connection, self);
	g_signal_handlers_disconnect_by_data(self->push, self);
	g_clear_pointer(&self->outcomes, bridge_link_batch_free);
	g_clear_pointer(&self->pushes, bridge_link_pipe_free);
	g_clear_pointer(&self->fetcher, push_fetcher_free);
	g_clear_pointer(&self->context.sealer, push_sealer_free);
	push_delivery_drop_all(&self->context);
	g_clear_pointer(&self->context.deliveries, g_hash_table_unref);
	g_clear_pointer(&self->context.vapid, push_vapid_free);
	g_clear_pointer(&self->context.fcm, push_fcm_account_free);
	g_clear_pointer(&self->context.fcm_uri, g_uri_unref);
	g_clear_pointer(&self->context.apns, push_apns_key_free);
	g_clear_pointer(&self->context.apns_uri, g_uri_unref);
	g_clear_pointer(&self->context.apns_sandbox_uri, g_uri_unref);
	g_clear_pointer(&self->context.apns_topic, g_free);
	g_clear_pointer(&self->context.paused, g_hash_table_unref);
	g_clear_pointer(&self->context.rules, bridge_push_rules_free);
	g_clear_pointer(&self->context.mpns_rules, bridge_push_rules_free);
	g_clear_object(&self->context.mpns_certificate);
	g_clear_object(&self->push);
	g_clear_object(&self->connection);
	g_free(self);
}
