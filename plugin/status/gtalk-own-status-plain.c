/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-own-status-private.h"

#include "gtalk-invisible.h"
#include "gtalk-presence.h"

static void
gtalk_own_status_hidden_cb(GTalkConnection *connection, gboolean ok)
{
	GTalkOwnStatus *self = gtalk_own_status_find(connection);

	self->is_command_refused = !ok;
	self->plain = ok ? GTALK_OWN_STATUS_HIDDEN : GTALK_OWN_STATUS_SHOWN;
	if (ok)
		gtalk_own_status_note(connection, GTALK_VISIBILITY_HIDDEN);
	gtalk_own_status_settle_plain(connection, self);
}

static void
gtalk_own_status_shown_cb(GTalkConnection *connection, gboolean ok)
{
	GTalkOwnStatus *self = gtalk_own_status_find(connection);

	self->plain = GTALK_OWN_STATUS_SHOWN;
	gtalk_own_status_settle_plain(connection, self);
}

static void
gtalk_own_status_hide_plain(GTalkConnection *connection, GTalkOwnStatus *self)
{
	gtalk_presence_set_mode(connection, GTALK_PRESENCE_HELD);
	if (!purple_account_is_connected(gtalk_connection_get_account(connection)))
		return; /* hidden, the contacts' presence comes; theirs is lost before the roster */
	if (gtalk_invisible_is_offered(connection) && !self->is_command_refused) {
		self->plain = GTALK_OWN_STATUS_HIDING;
		gtalk_invisible_send(connection, TRUE, gtalk_own_status_hidden_cb);
		return;
	}
	self->plain = GTALK_OWN_STATUS_WITHDRAWN;
	gtalk_presence_withdraw(connection);
	gtalk_own_status_tell_withdrawn(connection);
	gtalk_own_status_note(connection, GTALK_VISIBILITY_WITHDRAWN);
}

static void
gtalk_own_status_show_plain(GTalkConnection *connection, GTalkOwnStatus *self)
{
	if (self->plain == GTALK_OWN_STATUS_HIDDEN) {
		self->plain = GTALK_OWN_STATUS_SHOWING;
		gtalk_invisible_send(connection, FALSE, gtalk_own_status_shown_cb);
		return;
	}
	self->plain = GTALK_OWN_STATUS_SHOWN;
	gtalk_presence_set_mode(connection, GTALK_PRESENCE_OPEN);
	gtalk_own_status_note(connection, GTALK_VISIBILITY_SHOWN);
}

/* Takes the next step from what the server knows to what the user wants; while a command is under
 * way its answer does. */
void
gtalk_own_status_settle_plain(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	gboolean is_invisible = local->kind == GTALK_LOCAL_INVISIBLE;

	if (self->plain == GTALK_OWN_STATUS_HIDING || self->plain == GTALK_OWN_STATUS_SHOWING)
		return;
	if (is_invisible && self->plain == GTALK_OWN_STATUS_SHOWN)
		gtalk_own_status_hide_plain(connection, self);
	else if (!is_invisible)
		gtalk_own_status_show_plain(connection, self);
}

void
gtalk_own_status_set_plain(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);

	/* What is not shown goes to the gate, so that it has what to say when it opens. */
	if (local->kind == GTALK_LOCAL_INVISIBLE || self->plain != GTALK_OWN_STATUS_SHOWN)
		gtalk_presence_set_mode(connection, GTALK_PRESENCE_HELD);
	gtalk_own_status_send_presence(connection);
	gtalk_own_status_settle_plain(connection, self);
}
