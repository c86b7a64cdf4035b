/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /admin/invite: an enrolment code. */
#include "config.h"

#include "bridge-control-private.h"
#include "base/bridge-jid.h"

#define CONTROL_VALID_HOURS_DEFAULT 24
#define CONTROL_VALID_HOURS_MAX (24 * 366)
#define CONTROL_DOMAIN_BYTES_MAX 1023

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

void
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
	bridge_accounts_invite_async(bridge_control_get_accounts(self), invitation->domain,
	                             hours * 3600, control_invited_cb, invitation);
}
