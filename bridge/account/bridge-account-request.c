/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"

#include "base/bridge-error.h"
#include "link/bridge-link.h"

/* What a host or the chat server said, as the core says it. */
static const BridgeError bridge_account_errors[] = {
	[BRIDGE_LINK_ERROR_NOT_ONLINE] = BRIDGE_ERROR_NOT_ONLINE,
	[BRIDGE_LINK_ERROR_UNKNOWN_ACCOUNT] = BRIDGE_ERROR_NOT_ONLINE,
	[BRIDGE_LINK_ERROR_INVALID] = BRIDGE_ERROR_INVALID,
	[BRIDGE_LINK_ERROR_EXISTS] = BRIDGE_ERROR_BUSY,
	[BRIDGE_LINK_ERROR_UNSUPPORTED] = BRIDGE_ERROR_UNSUPPORTED,
	[BRIDGE_LINK_ERROR_REFUSED] = BRIDGE_ERROR_REFUSED,
	[BRIDGE_LINK_ERROR_NO_ANSWER] = BRIDGE_ERROR_NO_ANSWER,
};

static BridgeError
bridge_account_get_error(const GError *error)
{
	if (error->domain == BRIDGE_LINK_ERROR &&
	    (guint)error->code < G_N_ELEMENTS(bridge_account_errors))
		return bridge_account_errors[error->code];
	/* The host hangs or went away. */
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ? BRIDGE_ERROR_NO_ANSWER
	                                                                : BRIDGE_ERROR_NOT_ONLINE;
}

static void
bridge_account_requested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	GVariant *answer = bridge_session_request_finish(BRIDGE_SESSION(source), result, &error);

	if (answer != NULL)
		g_task_return_pointer(task, answer, (GDestroyNotify)g_variant_unref);
	else
		g_task_return_new_error(task, BRIDGE_ERROR, (gint)bridge_account_get_error(error),
		                        "%s", error->message);
}

void
bridge_account_request_async(BridgeAccount *self, const char *command, GVariant *arguments,
                             GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	g_task_set_source_tag(task, bridge_account_request_async);
	if (self->state != BRIDGE_ACCOUNT_ONLINE || self->session == NULL) {
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE,
		                        "the account is not signed in");
		return;
	}
	bridge_session_request_async(self->session, command, owned, bridge_account_requested_cb,
	                             g_steal_pointer(&task));
}

GVariant *
bridge_account_request_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}
