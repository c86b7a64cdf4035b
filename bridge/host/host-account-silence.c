/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-account-private.h"

#include "bridge-link.h"

#define HOST_ACCOUNT_SIGN_IN_TIMEOUT_S 60

void
host_account_excuse_silence(HostAccount *account)
{
	account->heard_s = g_get_monotonic_time() / G_USEC_PER_SEC;
	account->pinged = FALSE;
}

static void
host_account_check_silence(HostAccount *account, PurpleConnection *gc, guint dead_after_s)
{
	if (gc->last_received != account->received) {
		account->received = gc->last_received;
		host_account_excuse_silence(account);
	}
	if (!account->pinged &&
	    g_get_monotonic_time() / G_USEC_PER_SEC - account->heard_s >= dead_after_s / 2) {
		account->pinged = TRUE;
		account->dialect->ping(account);
	}
}

void
host_account_check_link(HostAccount *account, guint dead_after_s)
{
	PurpleConnection *gc = host_account_get_connection(account);
	gint64 limit_s = account->state == HOST_ACCOUNT_ONLINE ? dead_after_s
	                                                       : HOST_ACCOUNT_SIGN_IN_TIMEOUT_S;

	if (gc == NULL || account->state >= HOST_ACCOUNT_ENDING)
		return;
	if (account->state == HOST_ACCOUNT_ONLINE) {
		if (account->dialect->ping == NULL)
			return;
		host_account_check_silence(account, gc, dead_after_s);
	}
	if (g_get_monotonic_time() / G_USEC_PER_SEC - account->heard_s < limit_s)
		return;
	host_account_note_reason(account, BRIDGE_REASON_UNREACHABLE,
	                         "The chat server does not answer.");
	host_account_disconnect(account);
}
