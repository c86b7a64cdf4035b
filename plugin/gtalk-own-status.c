/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-own-status.h"

#include "gtalk-i18n.h"
#include "gtalk-invisible.h"
#include "gtalk-local-status.h"
#include "gtalk-parent.h"
#include "gtalk-presence.h"
#include "gtalk-saved-statuses.h"
#include "gtalk-shared-status.h"
#include "gtalk.h"

/* How a server without shared status knows the session. */
typedef enum {
	GTALK_OWN_STATUS_SHOWN,
	GTALK_OWN_STATUS_HIDING, /* the command is under way */
	GTALK_OWN_STATUS_HIDDEN, /* by the command */
	GTALK_OWN_STATUS_WITHDRAWN,
	GTALK_OWN_STATUS_SHOWING, /* the command is under way */
} GTalkOwnStatusPlain;

typedef struct {
	gboolean is_settled;   /* it is known whether the server has shared status */
	gboolean is_following; /* the status is being set to what the server says */
	guint follow_source;   /* it will be, 0 if not */
	gboolean was_told;     /* that another session keeps the server from hiding this account */
	gboolean is_command_refused;
	gboolean is_withdrawn; /* unavailable, since the shared status could not be set */
	GTalkOwnStatusPlain plain;
	GTalkVisibility visibility; /* as told last */
} GTalkOwnStatus;

static GTalkOwnStatus *
gtalk_own_status_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_own_status_unit);
}

static GTalkLocalStatus *
gtalk_own_status_read(GTalkConnection *connection)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);

	return gtalk_local_status_read(gtalk_connection_get_account(connection),
	                               document != NULL ? document->text_max_bytes : G_MAXINT);
}

static void
gtalk_own_status_note(GTalkConnection *connection, GTalkVisibility visibility)
{
	GTalkOwnStatus *self = gtalk_own_status_find(connection);

	if (self->visibility == visibility)
		return;
	self->visibility = visibility;
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_VISIBILITY,
	                   gtalk_connection_get_purple(connection), (guint)visibility);
}

/* ---- What the user is told ------------------------------------------------------------------ */

static void
gtalk_own_status_tell(GTalkConnection *connection, const char *title, const char *text)
{
	purple_notify_warning(gtalk_connection_get_purple(connection), title, title, text);
}

static void
gtalk_own_status_tell_cannot_hide(GTalkConnection *connection, GTalkOwnStatus *self)
{
	if (self->was_told)
		return;
	self->was_told = TRUE;
	gtalk_own_status_tell(connection, _("You are not invisible."),
	                      _("You are also signed in elsewhere, with a program that does not "
	                        "know how to be invisible. You are shown as busy instead."));
}

static void
gtalk_own_status_tell_withdrawn(GTalkConnection *connection)
{
	gtalk_own_status_tell(connection, _("The server does not make you invisible."),
	                      _("So that nobody sees you, you are shown as offline. You do not see "
	                        "who else is there until you choose another status."));
}

/* ---- Shared --------------------------------------------------------------------------------- */

/* What program and server agree on, kept for the next sign-in. */
static void
gtalk_own_status_agree(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	g_autoptr(GTalkLocalStatus) status =
		gtalk_local_status_new_from_document(gtalk_shared_status_find(connection));
	g_autofree char *key = gtalk_local_status_dup_key(status);

	if (!purple_strequal(key,
	                     purple_account_get_string(account, GTALK_OPTION_STATUS_AGREED, NULL)))
		purple_account_set_string(account, GTALK_OPTION_STATUS_AGREED, key);
}

static void
gtalk_own_status_open_gate(GTalkConnection *connection, const GTalkLocalStatus *local)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);
	gboolean is_hidden = document->is_invisible && gtalk_status_document_can_hide(document) &&
	                     !gtalk_shared_status_is_setting(connection);

	if (local->kind != GTALK_LOCAL_INVISIBLE) {
		gtalk_presence_set_mode(connection, GTALK_PRESENCE_SHARED);
		gtalk_own_status_note(connection, GTALK_VISIBILITY_SHOWN);
	} else {
		gtalk_presence_set_mode(connection,
		                        is_hidden ? GTALK_PRESENCE_HIDDEN : GTALK_PRESENCE_HELD);
		if (is_hidden)
			gtalk_own_status_note(connection, GTALK_VISIBILITY_HIDDEN);
	}
}

static void
gtalk_own_status_send_presence(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	gtalk_parent_get_protocol()->set_status(account, purple_account_get_active_status(account));
}

static void
gtalk_own_status_withdraw(GTalkConnection *connection, GTalkOwnStatus *self)
{
	if (self->is_withdrawn)
		return;
	self->is_withdrawn = TRUE;
	gtalk_presence_withdraw(connection);
	gtalk_own_status_tell_withdrawn(connection);
	gtalk_own_status_note(connection, GTALK_VISIBILITY_WITHDRAWN);
}

static gboolean
gtalk_own_status_should_leave(GTalkConnection *connection)
{
	return purple_account_get_bool(gtalk_connection_get_account(connection),
	                               GTALK_OPTION_HIDE_OR_LEAVE, FALSE);
}

static void
gtalk_own_status_show_here(GTalkConnection *connection, GTalkOwnStatus *self,
                           const GTalkLocalStatus *wanted)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);

	if (gtalk_local_status_equal(wanted, local))
		return;
	self->is_following = TRUE;
	if (!gtalk_saved_statuses_show(connection, wanted))
		gtalk_local_status_apply(wanted, gtalk_connection_get_account(connection));
	self->is_following = FALSE;
}

/* The document says invisible, and the server cannot. */
static void
gtalk_own_status_follow_in_vain(GTalkConnection *connection, GTalkOwnStatus *self,
                                GTalkLocalStatus *wanted)
{
	if (!gtalk_own_status_should_leave(connection)) {
		self->is_withdrawn = FALSE;
		gtalk_own_status_tell_cannot_hide(connection, self);
		return;
	}
	wanted->kind = GTALK_LOCAL_INVISIBLE;
	*wanted->text = '\0';
	gtalk_own_status_withdraw(connection, self);
}

/* Sets the account's status to what the document says. */
static void
gtalk_own_status_follow(GTalkConnection *connection, GTalkOwnStatus *self)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);
	g_autoptr(GTalkLocalStatus) wanted = gtalk_local_status_new_from_document(document);

	if (document->is_invisible && wanted->kind != GTALK_LOCAL_INVISIBLE)
		gtalk_own_status_follow_in_vain(connection, self, wanted);
	else
		self->was_told = self->is_withdrawn = FALSE;
	gtalk_own_status_show_here(connection, self, wanted);
	gtalk_own_status_open_gate(connection, wanted);
}

static gboolean
gtalk_own_status_follow_cb(gpointer user_data)
{
	GTalkConnection *connection = user_data;
	GTalkOwnStatus *self = gtalk_own_status_find(connection);
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);

	self->follow_source = 0;
	if (local->kind != GTALK_LOCAL_AWAY)
		gtalk_own_status_follow(connection, self);
	return G_SOURCE_REMOVE;
}

/* While the user's choice is being announced, another one would be announced before it. */
static void
gtalk_own_status_follow_later(GTalkConnection *connection, GTalkOwnStatus *self)
{
	if (self->follow_source == 0)
		self->follow_source = purple_timeout_add(0, gtalk_own_status_follow_cb, connection);
}

static void
gtalk_own_status_set_cb(GTalkConnection *connection, gboolean ok)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);

	if (ok)
		return; /* the document is there as well */
	if (local->kind == GTALK_LOCAL_INVISIBLE) {
		gtalk_own_status_withdraw(connection, gtalk_own_status_find(connection));
		return;
	}
	gtalk_own_status_open_gate(connection, local);
	gtalk_own_status_tell(connection, _("The server did not take your status."),
	                      _("What it has instead is shown here."));
}

static void
gtalk_own_status_set_document(GTalkConnection *connection, GTalkStatusDocument *document)
{
	gtalk_shared_status_set(connection, document, gtalk_own_status_set_cb);
}

/* The user wants to be invisible. Shown as available is what must never come of it. */
static void
gtalk_own_status_set_invisible(GTalkConnection *connection, GTalkOwnStatus *self)
{
	GTalkStatusDocument *document =
		gtalk_status_document_copy(gtalk_shared_status_find(connection));

	if (gtalk_status_document_can_hide(document)) {
		document->is_invisible = TRUE;
		gtalk_presence_set_mode(connection, GTALK_PRESENCE_HELD);
		gtalk_own_status_set_document(connection, document);
		return;
	}
	if (gtalk_own_status_should_leave(connection)) {
		gtalk_status_document_free(document);
		gtalk_own_status_withdraw(connection, self);
		return;
	}
	document->is_busy = TRUE;
	document->is_invisible = FALSE;
	gtalk_own_status_set_document(connection, document);
	gtalk_own_status_follow_later(connection, self);
	gtalk_own_status_tell_cannot_hide(connection, self);
}

static void
gtalk_own_status_set_visible(GTalkConnection *connection, const GTalkLocalStatus *local)
{
	GTalkStatusDocument *document =
		gtalk_status_document_copy(gtalk_shared_status_find(connection));

	gtalk_status_document_set_state(document, local->text, local->kind == GTALK_LOCAL_BUSY);
	gtalk_own_status_set_document(connection, document);
	gtalk_own_status_open_gate(connection, local);
}

static void
gtalk_own_status_impose(GTalkConnection *connection, GTalkOwnStatus *self,
                        const GTalkLocalStatus *local)
{
	self->is_withdrawn = FALSE;
	if (local->kind == GTALK_LOCAL_INVISIBLE)
		gtalk_own_status_set_invisible(connection, self);
	else
		gtalk_own_status_set_visible(connection, local);
}

/* Presence says away; but first the server must stop hiding, and say so. */
static void
gtalk_own_status_go_away(GTalkConnection *connection)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);

	if (document->is_invisible && gtalk_status_document_can_hide(document)) {
		GTalkStatusDocument *visible = gtalk_status_document_copy(document);

		visible->is_invisible = FALSE;
		gtalk_presence_set_mode(connection, GTALK_PRESENCE_HELD);
		gtalk_own_status_set_document(connection, visible);
	}
	gtalk_own_status_send_presence(connection);
}

static gboolean
gtalk_own_status_is_agreed(GTalkConnection *connection, const GTalkLocalStatus *local)
{
	g_autofree char *key = gtalk_local_status_dup_key(local);

	return purple_strequal(key,
	                       purple_account_get_string(gtalk_connection_get_account(connection),
	                                                 GTALK_OPTION_STATUS_AGREED, NULL));
}

/* Back from away to the status before it, which another session has changed meanwhile: that
 * one holds. It is set all the same, as coming back is. */
static void
gtalk_own_status_come_back(GTalkConnection *connection, GTalkOwnStatus *self,
                           const GTalkLocalStatus *local)
{
	if (!gtalk_own_status_is_agreed(connection, local)) {
		gtalk_own_status_impose(connection, self, local);
		return;
	}
	gtalk_own_status_set_document(
		connection, gtalk_status_document_copy(gtalk_shared_status_find(connection)));
	gtalk_own_status_follow_later(connection, self);
}

static void
gtalk_own_status_choose(GTalkConnection *connection, GTalkOwnStatus *self,
                        const GTalkLocalStatus *local)
{
	g_autoptr(GTalkLocalStatus) known =
		gtalk_local_status_new_from_document(gtalk_shared_status_find(connection));

	if (self->is_following)
		gtalk_own_status_open_gate(connection, local);
	else if (gtalk_presence_is_away(connection))
		gtalk_own_status_come_back(connection, self, local);
	else if (self->is_withdrawn || !gtalk_local_status_equal(local, known))
		gtalk_own_status_impose(connection, self, local);
	else
		gtalk_own_status_send_presence(connection); /* if only the priority has changed */
}

/* Away was set by presence and is lifted by it; rooms know nothing of the shared status; and who is
 * invisible must have said so to the gate, to be shown again later. */
static void
gtalk_own_status_set_shared(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	gboolean was_away = gtalk_presence_is_away(connection);
	gboolean is_in_rooms = gtalk_connection_get_purple(connection)->buddy_chats != NULL;

	if (local->kind == GTALK_LOCAL_AWAY) {
		gtalk_own_status_go_away(connection);
		return;
	}
	gtalk_own_status_choose(connection, self, local);
	if (was_away || is_in_rooms || local->kind == GTALK_LOCAL_INVISIBLE ||
	    !gtalk_presence_is_out(connection))
		gtalk_own_status_send_presence(connection);
}

static gboolean
gtalk_own_status_is_blank(const GTalkLocalStatus *status)
{
	return status->kind == GTALK_LOCAL_AVAILABLE && *status->text == '\0';
}

/* At sign-in the server's status holds, unless the user has chosen another one here since the two
 * last agreed; "available" without a text is no choice. Invisible always holds. */
static gboolean
gtalk_own_status_should_follow(GTalkConnection *connection, const GTalkLocalStatus *local,
                               const GTalkLocalStatus *known)
{
	const char *agreed = purple_account_get_string(gtalk_connection_get_account(connection),
	                                               GTALK_OPTION_STATUS_AGREED, NULL);

	if (local->kind == GTALK_LOCAL_INVISIBLE)
		return FALSE;
	if (gtalk_local_status_equal(local, known) || gtalk_own_status_is_blank(local))
		return TRUE;
	if (agreed == NULL)
		return !gtalk_own_status_is_blank(known);
	return gtalk_own_status_is_agreed(connection, local);
}

static void
gtalk_own_status_start_shared(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	g_autoptr(GTalkLocalStatus) known =
		gtalk_local_status_new_from_document(gtalk_shared_status_find(connection));

	if (local->kind == GTALK_LOCAL_AWAY) {
		gtalk_own_status_open_gate(connection, local);
	} else if (gtalk_own_status_should_follow(connection, local, known)) {
		gtalk_own_status_follow(connection, self);
		gtalk_own_status_agree(connection);
	} else if (gtalk_local_status_equal(local, known)) {
		gtalk_own_status_open_gate(connection, local);
	} else {
		gtalk_own_status_impose(connection, self, local);
	}
}

/* The document has changed. What is under way of ours is newer; away is ours alone; and who could
 * not be hidden is not shown because somebody else was visible before. */
static void
gtalk_own_status_take_document(GTalkConnection *connection, GTalkOwnStatus *self)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	gboolean was_withdrawn = self->is_withdrawn;

	if (gtalk_shared_status_is_setting(connection))
		return;
	if (local->kind == GTALK_LOCAL_AWAY) {
		gtalk_own_status_open_gate(connection, local);
		return;
	}
	if (was_withdrawn && !document->is_invisible)
		return;
	gtalk_own_status_follow(connection, self);
	gtalk_own_status_agree(connection);
	/* The parent would not send again what it has sent before. */
	if (was_withdrawn && !self->is_withdrawn && !gtalk_presence_is_out(connection))
		gtalk_connection_send(connection, xmlnode_new("presence"));
}

/* ---- Plain ---------------------------------------------------------------------------------- */

static void
gtalk_own_status_settle_plain(GTalkConnection *connection, GTalkOwnStatus *self);

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
static void
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

static void
gtalk_own_status_set_plain(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);

	/* What is not shown goes to the gate, so that it has what to say when it opens. */
	if (local->kind == GTALK_LOCAL_INVISIBLE || self->plain != GTALK_OWN_STATUS_SHOWN)
		gtalk_presence_set_mode(connection, GTALK_PRESENCE_HELD);
	gtalk_own_status_send_presence(connection);
	gtalk_own_status_settle_plain(connection, self);
}

/* ---- The unit ------------------------------------------------------------------------------- */

static void
gtalk_own_status_shared_cb(PurpleConnection *gc, const GTalkSharedStatus *shared,
                           gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOwnStatus *self = connection != NULL ? gtalk_own_status_find(connection) : NULL;
	gboolean was_settled = self != NULL && self->is_settled;

	if (self == NULL)
		return;
	self->is_settled = TRUE;
	if (shared == NULL)
		gtalk_own_status_settle_plain(connection, self);
	else if (!was_settled)
		gtalk_own_status_start_shared(connection, self);
	else
		gtalk_own_status_take_document(connection, self);
}

static gboolean
gtalk_own_status_is_choice(PurpleStatus *status)
{
	return purple_status_is_exclusive(status) && purple_status_is_active(status);
}

void
gtalk_own_status_set(PurpleAccount *account, PurpleStatus *status)
{
	GTalkConnection *connection = gtalk_connection_find(purple_account_get_connection(account));
	GTalkOwnStatus *self = connection != NULL ? gtalk_own_status_find(connection) : NULL;

	/* Until it is settled, the gate keeps what is sent now. */
	if (self == NULL || !self->is_settled || !gtalk_own_status_is_choice(status))
		gtalk_parent_get_protocol()->set_status(account, status);
	else if (gtalk_shared_status_find(connection) != NULL)
		gtalk_own_status_set_shared(connection, self);
	else
		gtalk_own_status_set_plain(connection, self);
}

GList *
gtalk_own_status_types(PurpleAccount *account)
{
	return gtalk_local_status_add_invisible_type(
		gtalk_parent_get_protocol()->status_types(account));
}

static void
gtalk_own_status_signed_on(GTalkConnection *connection, gpointer state)
{
	GTalkOwnStatus *self = state;

	if (self->is_settled && gtalk_shared_status_find(connection) == NULL)
		gtalk_own_status_settle_plain(connection, self);
}

static gpointer
gtalk_own_status_attach(GTalkConnection *connection)
{
	return g_new0(GTalkOwnStatus, 1);
}

static void
gtalk_own_status_detach(GTalkConnection *connection, gpointer state)
{
	GTalkOwnStatus *self = state;

	if (self->follow_source != 0)
		purple_timeout_remove(self->follow_source);
	g_free(self);
}

static void
gtalk_own_status_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_VISIBILITY, purple_marshal_VOID__POINTER_UINT,
	                       NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_connect(plugin, GTALK_SIGNAL_SHARED_STATUS, plugin,
	                      PURPLE_CALLBACK(gtalk_own_status_shared_cb), NULL);
}

const GTalkUnit gtalk_own_status_unit = {
	.name = "own-status",
	.load = gtalk_own_status_load,
	.attach = gtalk_own_status_attach,
	.detach = gtalk_own_status_detach,
	.signed_on = gtalk_own_status_signed_on,
};
