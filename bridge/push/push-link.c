/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-link.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "bridge-anchors.h"
#include "bridge-base64.h"
#include "bridge-handover.h"
#include "bridge-link.h"
#include "bridge-push-link-generated.h"
#include "bridge-push-link.h"
#include "push-delivery.h"

#define PUSH_LINK_VAPID_BYTES_MAX 256
#define PUSH_LINK_CERTIFICATE_BYTES_MAX (256 * 1024)
#define PUSH_LINK_UNDER_WAY_MAX 4096

struct _PushLink {
	GDBusConnection *connection;
	BridgeLinkPush1 *push;
	void (*ended)(gpointer user_data);
	gpointer user_data;
	PushContext context;
	PushFetcher *fetcher; /* NULL until Configure */
};

static void
push_link_refuse(GDBusMethodInvocation *invocation, const char *message)
{
	g_dbus_method_invocation_return_error_literal(invocation, BRIDGE_LINK_ERROR,
	                                              BRIDGE_LINK_ERROR_INVALID, message);
}

/* ---- Configure ------------------------------------------------------------------------------- */

static int
push_link_take_fd(GUnixFDList *list, GVariant *handle)
{
	if (list == NULL || g_variant_get_handle(handle) >= g_unix_fd_list_get_length(list))
		return -1;
	return g_unix_fd_list_get(list, g_variant_get_handle(handle), NULL);
}

static PushVapid *
push_link_read_vapid(int fd, const char *contact, GError **error)
{
	char *text = bridge_handover_read(fd, PUSH_LINK_VAPID_BYTES_MAX, error);
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
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	g_free(text);
	return vapid;
}

/* (nullable): none is needed, or it is none */
static GTlsCertificate *
push_link_load_certificate(GUnixFDList *list, GVariant *options)
{
	g_autoptr(GVariant) handle =
		g_variant_lookup_value(options, "mpns-certificate", G_VARIANT_TYPE_HANDLE);
	int fd = handle != NULL ? push_link_take_fd(list, handle) : -1;
	char *text = NULL;
	GTlsCertificate *certificate = NULL;
	g_autoptr(GError) error = NULL;

	if (fd < 0)
		return NULL;
	text = bridge_handover_read(fd, PUSH_LINK_CERTIFICATE_BYTES_MAX, &error);
	close(fd);
	if (text != NULL) {
		certificate = g_tls_certificate_new_from_pem(text, -1, &error);
		explicit_bzero(text, strlen(text));
		g_free(text);
	}
	if (certificate == NULL)
		g_warning("mpns-certificate: %s", error->message);
	return certificate;
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
push_link_set_up(PushLink *self, GUnixFDList *list, GVariant *options)
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
	self->context.mpns_certificate = push_link_load_certificate(list, options);
	self->fetcher =
		push_fetcher_new(self->context.rules, anchors, deadline_ms, push_link_stuck, self);
}

static gboolean
push_link_configure_cb(BridgeLinkPush1 *push, GDBusMethodInvocation *invocation,
                       GUnixFDList *fd_list, GVariant *options, GVariant *handle,
                       gpointer user_data)
{
	PushLink *self = user_data;
	const char *contact = "";
	int fd = push_link_take_fd(fd_list, handle);
	g_autoptr(GError) error = NULL;

	g_variant_lookup(options, "contact", "&s", &contact);
	if (self->fetcher != NULL || fd < 0) {
		push_link_refuse(invocation, "it is configured, or there is no key");
	} else if (self->context.encryption == NULL &&
	           (self->context.encryption = push_encryption_new(&error)) == NULL) {
		push_link_refuse(invocation, error->message);
	} else if (*contact != '\0' &&
	           (self->context.vapid = push_link_read_vapid(fd, contact, &error)) == NULL) {
		push_link_refuse(invocation, error->message);
	} else {
		push_link_set_up(self, fd_list, options);
		bridge_link_push1_complete_configure(push, invocation, NULL);
	}
	if (fd >= 0)
		close(fd);
	return TRUE;
}

/* ---- Send and Probe -------------------------------------------------------------------------- */

static void
push_link_delivered(GVariant *outcome, gpointer user_data)
{
	g_dbus_method_invocation_return_value(user_data, g_variant_new("(@a{sv})", outcome));
}

static gboolean
push_link_send_cb(BridgeLinkPush1 *push, GDBusMethodInvocation *invocation, const char *name,
                  GVariant *arguments, gpointer user_data)
{
	PushLink *self = user_data;
	const PushService *service = push_service_find(name);

	if (self->fetcher == NULL || service == NULL ||
	    push_fetcher_get_under_way(self->fetcher) >= PUSH_LINK_UNDER_WAY_MAX)
		push_link_refuse(invocation, "not configured, no such service, or too many");
	else
		push_delivery_start(&self->context, self->fetcher, service, arguments,
		                    push_link_delivered, invocation);
	return TRUE;
}

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
	self->connection = g_steal_pointer(&connection);
	self->push = bridge_link_push1_skeleton_new();
	g_signal_connect(self->push, "handle-configure", G_CALLBACK(push_link_configure_cb), self);
	g_signal_connect(self->push, "handle-send", G_CALLBACK(push_link_send_cb), self);
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
	g_clear_pointer(&self->fetcher, push_fetcher_free);
	g_clear_pointer(&self->context.encryption, push_encryption_free);
	g_clear_pointer(&self->context.vapid, push_vapid_free);
	g_clear_pointer(&self->context.rules, bridge_push_rules_free);
	g_clear_pointer(&self->context.mpns_rules, bridge_push_rules_free);
	g_clear_object(&self->context.mpns_certificate);
	g_clear_object(&self->push);
	g_clear_object(&self->connection);
	g_free(self);
}
