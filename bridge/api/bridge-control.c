/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-control.h"

#include <errno.h>

#include "bridge-jid.h"
#include "bridge-server.h"

#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_VALID_HOURS_DEFAULT 24
#define CONTROL_VALID_HOURS_MAX (24 * 366)
#define CONTROL_DOMAIN_BYTES_MAX 1023

struct _BridgeControl {
	GObject parent;
	BridgeServer *server;
	BridgeAccounts *accounts;
	BridgeSupervisor *supervisor;
	gboolean ready;
	char *detail; /* why it is not */
};

G_DEFINE_FINAL_TYPE(BridgeControl, bridge_control, G_TYPE_OBJECT)

/* ---- Health ---------------------------------------------------------------------------------- */

static void
control_answer_state(BridgeExchange *exchange, const char *state)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "state", state);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
control_healthz(BridgeExchange *exchange)
{
	control_answer_state(exchange, "running");
}

static void
control_readyz(BridgeExchange *exchange)
{
	BridgeControl *self = bridge_exchange_get_context(exchange);

	if (self->ready)
		control_answer_state(exchange, "ready");
	else
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_SEALED, self->detail, NULL);
}

/* ---- Invitations ------------------------------------------------------------------------------
 */

typedef struct {
	BridgeExchange *exchange;
	char *domain;
	gint64 expires_us;
} ControlInvitation;

static void
control_invitation_free(ControlInvitation *invitation)
{
	g_object_unref(invitation->exchange);
	g_free(invitation->domain);
	g_free(invitation);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ControlInvitation, control_invitation_free)

static void
control_invited_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(ControlInvitation) invitation = user_data;
	g_autoptr(GError) error = NULL;
	g_autofree char *code =
		bridge_accounts_invite_finish(BRIDGE_ACCOUNTS(source), result, &error);
	g_autoptr(JsonBuilder) builder = NULL;

	if (code == NULL) {
		bridge_exchange_fail(invitation->exchange, error);
		return;
	}
	builder = json_builder_new();
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "code", code);
	bridge_json_add_string(builder, "domain", invitation->domain);
	bridge_json_add_time(builder, "expires", invitation->expires_us);
	json_builder_end_object(builder);
	bridge_exchange_answer(invitation->exchange, 201, builder);
}

/* Returns: (nullable): the normalised domain; NULL also when none is given */
static char *
control_read_domain(BridgeJsonReader *reader)
{
	const char *text = bridge_json_reader_get_string(reader, "/domain", BRIDGE_JSON_OPTIONAL,
	                                                 CONTROL_DOMAIN_BYTES_MAX);
	g_autoptr(GError) error = NULL;
	char *domain = text != NULL ? bridge_jid_normalise_domain(text, &error) : NULL;

	if (error != NULL)
		bridge_json_reader_refuse(reader, "/domain", error->message);
	return domain;
}

static void
control_invite(BridgeExchange *exchange)
{
	BridgeControl *self = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	guint hours = bridge_json_reader_get_uint(
		reader, "/valid_hours", 1, CONTROL_VALID_HOURS_MAX, CONTROL_VALID_HOURS_DEFAULT);
	g_autofree char *domain = control_read_domain(reader);
	ControlInvitation *invitation = NULL;

	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	invitation = g_new0(ControlInvitation, 1);
	invitation->exchange = g_object_ref(exchange);
	invitation->domain = g_steal_pointer(&domain);
	invitation->expires_us = g_get_real_time() + hours * G_TIME_SPAN_HOUR;
	bridge_accounts_invite_async(self->accounts, invitation->domain, hours * 3600,
	                             control_invited_cb, invitation);
}

/* ---- Hosts ----------------------------------------------------------------------------------- */

static void
control_hosts(BridgeExchange *exchange)
{
	BridgeControl *self = bridge_exchange_get_context(exchange);
	g_autoptr(GArray) pids = bridge_supervisor_dup_host_pids(self->supervisor);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, "hosts");
	json_builder_begin_array(builder);
	for (guint i = 0; i < pids->len; i++) {
		json_builder_begin_object(builder);
		bridge_json_add_int(builder, "pid", g_array_index(pids, GPid, i));
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static const BridgeRoute control_routes[] = {
	{"GET", "/healthz", BRIDGE_ROUTE_OPEN, control_healthz},
	{"GET", "/readyz", BRIDGE_ROUTE_OPEN, control_readyz},
	{"POST", "/admin/invite", BRIDGE_ROUTE_OPEN | BRIDGE_ROUTE_BODY, control_invite},
	{"GET", "/admin/hosts", BRIDGE_ROUTE_OPEN, control_hosts},
	{NULL},
};

/* ---- Making ---------------------------------------------------------------------------------- */

gboolean
bridge_control_listen(BridgeControl *self, const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *address = g_strconcat("unix:", path, NULL);

	if (g_mkdir_with_parents(directory, 0700) != 0) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", directory,
		            g_strerror(errno));
		return FALSE;
	}
	return bridge_listener_add(bridge_server_get_listener(self->server), address, error);
}

void
bridge_control_set_ready(BridgeControl *self)
{
	self->ready = TRUE;
	g_clear_pointer(&self->detail, g_free);
}

void
bridge_control_set_sealed(BridgeControl *self, const char *detail)
{
	self->ready = FALSE;
	g_free(self->detail);
	self->detail = g_strdup(detail);
}

void
bridge_control_stop(BridgeControl *self)
{
	bridge_server_stop(self->server);
}

static void
bridge_control_dispose(GObject *object)
{
	BridgeControl *self = BRIDGE_CONTROL(object);

	g_clear_object(&self->server);
	g_clear_object(&self->accounts);
	g_clear_object(&self->supervisor);
	g_clear_pointer(&self->detail, g_free);
	G_OBJECT_CLASS(bridge_control_parent_class)->dispose(object);
}

static void
bridge_control_class_init(BridgeControlClass *klass)
{
	G_OBJECT_CLASS(klass)->dispose = bridge_control_dispose;
}

static void
bridge_control_init(BridgeControl *self)
{
	BridgeServerOptions options = {
		.routes = control_routes,
		.context = self,
		.listener = {.max_connections = CONTROL_CONNECTIONS_MAX,
	                     .max_per_address = CONTROL_CONNECTIONS_MAX,
	                     .audience = BRIDGE_LISTENER_OWN_USER,
	                     .deadlines = BRIDGE_LISTENER_DEADLINES},
	};

	self->server = bridge_server_new(&options);
}

BridgeControl *
bridge_control_new(BridgeAccounts *accounts, BridgeSupervisor *supervisor)
{
	BridgeControl *self = g_object_new(BRIDGE_TYPE_CONTROL, NULL);

	bridge_control_set_sealed(self, "the master key is being looked for");
	self->accounts = g_object_ref(accounts);
	self->supervisor = g_object_ref(supervisor);
	return self;
}
