/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-own-status-private.h"

#include "core/gtalk-i18n.h"
#include "gtalk-presence.h"
#include "gtalk-saved-statuses.h"
#include "gtalk-shared-status.h"

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

/* Where its text is everybody's; else the status before it is what was agreed on. */
static void
gtalk_own_status_agree_away(GTalkConnection *connection)
{
	if (purple_account_get_bool(gtalk_connection_get_account(connection),
	                            GTALK_OPTION_SHARE_AWAY_TEXT, FALSE))
		gtalk_own_status_agree(connection);
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

/* Whether the text of "away" is to be everybody's, and is not yet. */
static gboolean
gtalk_own_status_shares_text(GTalkConnection *connection, const GTalkLocalStatus *away)
{
	g_autoptr(GTalkLocalStatus) known =
		gtalk_local_status_new_from_document(gtalk_shared_status_find(connection));

	return purple_account_get_bool(gtalk_connection_get_account(connection),
	                               GTALK_OPTION_SHARE_AWAY_TEXT, FALSE) &&
	       strcmp(away->text, known->text) != 0;
}

/* Presence says away; but first the server must stop hiding, and say so. */
static void
gtalk_own_status_go_away(GTalkConnection *connection, const GTalkLocalStatus *away)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);
	gboolean is_hidden = document->is_invisible && gtalk_status_document_can_hide(document);
	gboolean shares_text = gtalk_own_status_shares_text(connection, away);

	if (is_hidden || shares_text) {
		GTalkStatusDocument *visible = gtalk_status_document_copy(document);

		visible->is_invisible = FALSE;
		if (shares_text)
			gtalk_status_document_set_state(visible, away->text, visible->is_busy);
		if (is_hidden)
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
void
gtalk_own_status_set_shared(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	gboolean was_away = gtalk_presence_is_away(connection);
	gboolean is_in_rooms = gtalk_connection_get_purple(connection)->buddy_chats != NULL;

	if (local->kind == GTALK_LOCAL_AWAY) {
		gtalk_own_status_go_away(connection, local);
		return;
	}
	gtalk_own_status_choose(connection, self, local);
	if (was_away || is_in_rooms || local->kind == GTALK_LOCAL_INVISIBLE ||
	    !gtalk_presence_is_out(connection))
		gtalk_own_status_send_presence(connection);
}

/* Whether "away" was chosen here, with its text, since what everybody has was last agreed on. Who
 * was hidden by another session meanwhile stays it. */
static gboolean
gtalk_own_status_is_new_away(GTalkConnection *connection, const GTalkLocalStatus *away,
                             const GTalkLocalStatus *known)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	const char *agreed = purple_account_get_string(account, GTALK_OPTION_STATUS_AGREED, NULL);

	if (agreed == NULL ||
	    !purple_account_get_bool(account, GTALK_OPTION_SHARE_AWAY_TEXT, FALSE))
		return FALSE;
	if (known->kind == GTALK_LOCAL_INVISIBLE)
		return gtalk_own_status_is_agreed(connection, known);
	return strcmp(away->text, known->text) != 0 &&
	       !gtalk_local_status_has_text_of_key(away, agreed);
}

static void
gtalk_own_status_start_away(GTalkConnection *connection, const GTalkLocalStatus *away,
                            const GTalkLocalStatus *known)
{
	if (gtalk_own_status_is_new_away(connection, away, known)) {
		gtalk_own_status_go_away(connection, away);
		if (!gtalk_shared_status_is_setting(connection))
			gtalk_own_status_open_gate(connection, away);
		return;
	}
	gtalk_own_status_open_gate(connection, away);
	gtalk_own_status_agree_away(connection);
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

void
gtalk_own_status_start_shared(GTalkConnection *connection, GTalkOwnStatus *self)
{
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	g_autoptr(GTalkLocalStatus) known =
		gtalk_local_status_new_from_document(gtalk_shared_status_find(connection));

	if (local->kind == GTALK_LOCAL_AWAY) {
		gtalk_own_status_start_away(connection, local, known);
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
void
gtalk_own_status_take_document(GTalkConnection *connection, GTalkOwnStatus *self)
{
	const GTalkStatusDocument *document = gtalk_shared_status_find(connection);
	g_autoptr(GTalkLocalStatus) local = gtalk_own_status_read(connection);
	gboolean was_withdrawn = self->is_withdrawn;

	if (gtalk_shared_status_is_setting(connection))
		return;
	if (local->kind == GTALK_LOCAL_AWAY) {
		gtalk_own_status_open_gate(connection, local);
		gtalk_own_status_agree_away(connection);
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
