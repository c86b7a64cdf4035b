/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-roster-change.h"

#include <string.h>

#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-parent.h"
#include "core/gtalk-requests.h"
#include "gtalk-roster-stanza.h"
#include "gtalk-roster.h"

typedef struct {
	char *jid;
	GTalkRosterKind kind;
} GTalkRosterChange;

typedef struct {
	GPtrArray *open;     /* GTalkRosterChange, asked and not answered; NULL until the first */
	gboolean is_sending; /* the set that passes now is ours */
} GTalkRosterChanges;

static gpointer
gtalk_roster_change_attach(GTalkConnection *connection)
{
	return g_new0(GTalkRosterChanges, 1);
}

static void
gtalk_roster_change_detach(GTalkConnection *connection, gpointer state)
{
	GTalkRosterChanges *self = state;

	g_clear_pointer(&self->open, g_ptr_array_unref);
	g_free(self);
}

gboolean
gtalk_roster_change_is_sending(GTalkConnection *connection)
{
	GTalkRosterChanges *self =
		gtalk_connection_get_state(connection, &gtalk_roster_change_unit);

	return self->is_sending;
}

static void
gtalk_roster_change_free(GTalkRosterChange *change)
{
	g_free(change->jid);
	g_free(change);
}

static const char *
gtalk_roster_change_get_refusal(GTalkRosterKind kind)
{
	static const char *const texts[] = {
		[GTALK_ROSTER_NORMAL] = N_("The server did not change the contact's entry."),
		[GTALK_ROSTER_BLOCKED] = N_("The server did not block the contact."),
		[GTALK_ROSTER_HIDDEN] = N_("The server did not hide the contact."),
		[GTALK_ROSTER_PINNED] = N_("The server did not pin the contact."),
	};

	return _(texts[kind]);
}

static void
gtalk_roster_change_refused(GTalkConnection *connection, const char *jid, GTalkRosterKind kind)
{
	g_autofree char *text = g_strdup_printf(_("%s stays as before. Try again later."), jid);

	if (kind == GTALK_ROSTER_BLOCKED)
		purple_privacy_deny_remove(gtalk_connection_get_account(connection), jid, TRUE);
	purple_notify_error(gtalk_connection_get_purple(connection), _("Contact list"),
	                    gtalk_roster_change_get_refusal(kind), text);
}

/* user_data: a GTalkRosterChange of the unit's state, which dies with the connection; so does the
 * request. */
static void
gtalk_roster_change_changed_cb(GTalkConnection *connection, const xmlnode *reply,
                               gpointer user_data)
{
	GTalkRosterChanges *self =
		gtalk_connection_get_state(connection, &gtalk_roster_change_unit);
	GTalkRosterChange *change = user_data;

	if (!gtalk_requests_is_result(reply))
		gtalk_roster_change_refused(connection, change->jid, change->kind);
	g_ptr_array_remove_fast(self->open, change);
}

static GTalkRosterChange *
gtalk_roster_change_begin(GTalkRosterChanges *self, const char *jid, GTalkRosterKind kind)
{
	GTalkRosterChange *change = g_new0(GTalkRosterChange, 1);

	change->jid = g_strdup(jid);
	change->kind = kind;
	if (self->open == NULL)
		self->open =
			g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_roster_change_free);
	g_ptr_array_add(self->open, change);
	return change;
}

/* By what the buddy list knows, for an entry that has nothing special yet. */
static xmlnode *
gtalk_roster_change_build_for_buddies(GSList *buddies, const char *jid, GTalkRosterKind kind)
{
	g_autoptr(GPtrArray) groups = g_ptr_array_new();
	const char *name = NULL;

	for (GSList *l = buddies; l != NULL; l = l->next) {
		name = purple_buddy_get_local_buddy_alias(l->data);
		g_ptr_array_add(groups,
		                (gpointer)purple_group_get_name(purple_buddy_get_group(l->data)));
	}
	g_ptr_array_add(groups, NULL);
	return gtalk_roster_stanza_build_set(jid, name, (const char *const *)groups->pdata, kind);
}

static xmlnode *
gtalk_roster_change_build_change(GTalkConnection *connection, const char *jid, GTalkRosterKind kind)
{
	const GTalkRosterContact *contact = gtalk_roster_find(connection, jid);
	GSList *buddies = NULL;
	xmlnode *iq = NULL;

	if (contact != NULL)
		return gtalk_roster_stanza_build_set(jid, contact->name, contact->groups, kind);
	buddies = purple_find_buddies(gtalk_connection_get_account(connection), jid);
	iq = gtalk_roster_change_build_for_buddies(buddies, jid, kind);
	g_slist_free(buddies);
	return iq;
}

static void
gtalk_roster_change_send(GTalkConnection *connection, const char *jid, GTalkRosterKind kind)
{
	GTalkRosterChanges *self =
		gtalk_connection_get_state(connection, &gtalk_roster_change_unit);
	xmlnode *iq = gtalk_roster_change_build_change(connection, jid, kind);

	self->is_sending = TRUE;
	gtalk_requests_send(connection, iq, gtalk_roster_change_changed_cb,
	                    gtalk_roster_change_begin(self, jid, kind));
	self->is_sending = FALSE;
}

/* What a contact's state is after it has not been followed for a while. */
static void
gtalk_roster_change_probe(GTalkConnection *connection, const char *jid)
{
	xmlnode *presence = xmlnode_new("presence");

	xmlnode_set_attrib(presence, "to", jid);
	xmlnode_set_attrib(presence, "type", "probe");
	gtalk_connection_send(connection, presence);
}

gboolean
gtalk_roster_change_is_denied(PurpleAccount *account, const char *jid)
{
	const char *name = purple_normalize(account, jid);

	return g_slist_find_custom(account->deny, name, (GCompareFunc)strcmp) != NULL;
}

/* By the way that the user interfaces go, so that they show it; it ends in the slots below. */
static void
gtalk_roster_change_set_blocked(PurpleAccount *account, const char *jid, gboolean blocked)
{
	if (blocked)
		purple_privacy_deny(account, jid, FALSE, FALSE);
	else
		purple_privacy_deny_remove(account, jid, FALSE);
}

gboolean
gtalk_roster_change_kind(GTalkConnection *connection, const char *jid, GTalkRosterKind kind)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	g_autofree char *bare = g_strdup(purple_normalize(account, jid));
	gboolean is_denied = gtalk_roster_change_is_denied(account, bare);
	gboolean is_blocking = kind == GTALK_ROSTER_BLOCKED;

	if (!purple_account_is_connected(account))
		return FALSE;
	if (is_blocking != is_denied)
		gtalk_roster_change_set_blocked(account, bare, is_blocking);
	if (!gtalk_discovery_has(connection, GTALK_FEATURE_ROSTER))
		return is_blocking || kind == GTALK_ROSTER_NORMAL;
	if (kind == GTALK_ROSTER_NORMAL && is_denied)
		return TRUE;
	if (is_blocking && !is_denied)
		return TRUE;
	gtalk_roster_change_send(connection, bare, kind);
	if (gtalk_roster_is_kind(connection, bare, GTALK_ROSTER_HIDDEN))
		gtalk_roster_change_probe(connection, bare);
	return TRUE;
}

/* Whether the inherited protocol can do nothing, since it has no such buddy. */
static GTalkConnection *
gtalk_roster_change_find_for_stranger(PurpleConnection *gc, const char *who)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || !gtalk_discovery_has(connection, GTALK_FEATURE_ROSTER) ||
	    purple_find_buddy(purple_connection_get_account(gc), who) != NULL)
		return NULL;
	return connection;
}

void
gtalk_roster_change_add_deny(PurpleConnection *gc, const char *who)
{
	GTalkConnection *stranger = gtalk_roster_change_find_for_stranger(gc, who);

	if (stranger != NULL)
		gtalk_roster_change_send(stranger, who, GTALK_ROSTER_BLOCKED);
	else
		gtalk_parent_get_protocol()->add_deny(gc, who);
}

void
gtalk_roster_change_rem_deny(PurpleConnection *gc, const char *who)
{
	GTalkConnection *stranger = gtalk_roster_change_find_for_stranger(gc, who);

	if (stranger != NULL)
		gtalk_roster_change_send(stranger, who, GTALK_ROSTER_NORMAL);
	else
		gtalk_parent_get_protocol()->rem_deny(gc, who);
}

const GTalkUnit gtalk_roster_change_unit = {
	.name = "roster-change",
	.attach = gtalk_roster_change_attach,
	.detach = gtalk_roster_change_detach,
};
