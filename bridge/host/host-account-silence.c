/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-account-private.h"

#include "link/bridge-link.h"
#include "host-rooms.h"

#define HOST_ACCOUNT_SIGN_IN_TIMEOUT_US (60 * (gint64)G_USEC_PER_SEC)

void
host_account_excuse_silence(HostAccount *account)
{
	host_silence_begin(&account->silence, g_get_monotonic_time());
}

/* Returns: whether it was too long */
static gboolean
host_account_check_silence(HostAccount *account, PurpleConnection *gc, guint dead_after_s)
{
	switch (host_silence_look(&account->silence, gc->last_received, g_get_monotonic_time(),
	                          dead_after_s)) {
	case HOST_SILENCE_ASK:
		account->dialect->ping(account);
		return FALSE;
	case HOST_SILENCE_DEAD:
		return TRUE;
	case HOST_SILENCE_SHORT:
		break;
	}
	return FALSE;
}

static gboolean
host_account_is_dead(HostAccount *account, PurpleConnection *gc, guint dead_after_s)
{
	if (account->state != HOST_ACCOUNT_ONLINE)
		return host_silence_get_length_us(&account->silence, g_get_monotonic_time()) >=
		       HOST_ACCOUNT_SIGN_IN_TIMEOUT_US;
	return account->dialect->ping != NULL &&
	       host_account_check_silence(account, gc, dead_after_s);
}

void
host_account_check_link(HostAccount *account, guint dead_after_s)
{
	PurpleConnection *gc = host_account_get_connection(account);

	if (gc == NULL || account->state >= HOST_ACCOUNT_ENDING)
		return;
	if (!host_account_is_dead(account, gc, dead_after_s)) {
		if (account->state == HOST_ACCOUNT_ONLINE)
			host_rooms_look(account, dead_after_s);
		return;
	}
	host_account_note_reason(account, BRIDGE_REASON_UNREACHABLE,
	                         "The chat server does not answer.");
	host_account_disconnect(account);
}
