/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is asked of the host in which an account sits. */
#include "config.h"

#include "bridge-supervisor-private.h"

#include "link/bridge-link.h"

static BridgeLinkHost1 *
bridge_seat_get_host(BridgeSeat *seat)
{
	if (seat == NULL || seat->leaving)
		return NULL;
	return bridge_host_link_get_host(seat->host->link);
}

static void
bridge_supervisor_signed_out_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeSupervisor *self = BRIDGE_SUPERVISOR(g_task_get_source_object(task));
	BridgeSeat *seat = g_hash_table_lookup(self->seats, g_task_get_task_data(task));
	g_autoptr(GError) error = NULL;

	/* A host that cannot even sign out is one that the probe finds, or that has gone. */
	if (!bridge_link_host1_call_sign_out_finish(BRIDGE_LINK_HOST1(source), result, &error))
		g_info("sign-out: %s", error->message);
	if (seat != NULL)
		bridge_supervisor_vacate(self, seat);
	g_task_return_boolean(task, TRUE);
}

void
bridge_supervisor_sign_out_async(BridgeSupervisor *self, const char *account_id,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	BridgeSeat *seat;
	BridgeLinkHost1 *host;

	g_return_if_fail(BRIDGE_IS_SUPERVISOR(self));

	g_task_set_source_tag(task, bridge_supervisor_sign_out_async);
	g_task_set_task_data(task, g_strdup(account_id), g_free);
	seat = g_hash_table_lookup(self->seats, account_id);
	host = bridge_seat_get_host(seat);
	if (host == NULL) {
		if (seat != NULL && !seat->leaving)
			bridge_supervisor_vacate(self, seat);
		g_task_return_boolean(task, TRUE);
		return;
	}
	seat->leaving = TRUE;
	bridge_link_host1_call_sign_out(host, account_id, NULL, bridge_supervisor_signed_out_cb,
	                                g_steal_pointer(&task));
}

gboolean
bridge_supervisor_sign_out_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

static void
bridge_supervisor_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;

	if (bridge_link_host1_call_send_message_finish(BRIDGE_LINK_HOST1(source), result, &error)) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	g_dbus_error_strip_remote_error(error);
	g_task_return_error(task, g_steal_pointer(&error));
}

void
bridge_supervisor_send_async(BridgeSupervisor *self, const char *account_id, const char *id,
                             const char *to, const char *body, GAsyncReadyCallback callback,
                             gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	BridgeLinkHost1 *host;

	g_return_if_fail(BRIDGE_IS_SUPERVISOR(self));

	g_task_set_source_tag(task, bridge_supervisor_send_async);
	host = bridge_seat_get_host(g_hash_table_lookup(self->seats, account_id));
	if (host == NULL) {
		g_task_return_new_error(task, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                        "the account is not signed in");
		return;
	}
	bridge_link_host1_call_send_message(host, account_id, id, to, body, NULL,
	                                    bridge_supervisor_sent_cb, g_steal_pointer(&task));
}

gboolean
bridge_supervisor_send_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

static void
bridge_supervisor_requested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	GVariant *answer =
		bridge_host_link_request_finish(BRIDGE_HOST_LINK(source), result, &error);

	if (answer != NULL)
		g_task_return_pointer(task, answer, (GDestroyNotify)g_variant_unref);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

void
bridge_supervisor_request_async(BridgeSupervisor *self, const char *account_id, const char *command,
                                GVariant *arguments, GAsyncReadyCallback callback,
                                gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	BridgeSeat *seat;

	g_return_if_fail(BRIDGE_IS_SUPERVISOR(self));

	g_task_set_source_tag(task, bridge_supervisor_request_async);
	seat = g_hash_table_lookup(self->seats, account_id);
	if (bridge_seat_get_host(seat) == NULL) {
		g_task_return_new_error(task, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                        "the account is not signed in");
		return;
	}
	bridge_host_link_request_async(seat->host->link, account_id, command, arguments,
	                               bridge_supervisor_requested_cb, g_steal_pointer(&task));
}

GVariant *
bridge_supervisor_request_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}
