/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-blocking.h"

#include "host-contacts.h"
#include "host-iq.h"
#include "plugin/gtalk.h"

#define HOST_BLOCKING_NAMESPACE "urn:xmpp:blocking" /* XEP-0191 */

/* ---- What libpurple keeps -------------------------------------------------------------------- */

/* Both ways end in the account's list of those who are denied. */
static void
host_blocking_tell(PurpleAccount *purple, const char *name, gboolean blocked)
{
	HostAccount *account = purple->ui_data;
	GVariantDict data;

	if (account == NULL || name == NULL || !g_utf8_validate(name, -1, NULL))
		return;
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "jid", "s", name);
	g_variant_dict_insert(&data, "blocked", "b", blocked);
	host_account_push(account, "blocked", g_variant_dict_end(&data));
}

static void
host_blocking_denied(PurpleAccount *purple, const char *name)
{
	host_blocking_tell(purple, name, TRUE);
}

static void
host_blocking_allowed(PurpleAccount *purple, const char *name)
{
	host_blocking_tell(purple, name, FALSE);
}

static PurplePrivacyUiOps host_blocking_ops = {
	.deny_added = host_blocking_denied,
	.deny_removed = host_blocking_allowed,
};

/* ---- Until all are told ---------------------------------------------------------------------- */

/* libpurple asks for the roster, which has Google's part of it, and in the same breath for the rest
 * if the server knows XEP-0191. */
typedef struct {
	HostAccount *account;
	char *asked; /* the open question's id, or NULL */
	gboolean has_roster;
	guint done; /* tells so when libpurple has dealt with what is being delivered */
} HostBlocklist;

static void
host_blocklist_free(HostBlocklist *list)
{
	g_clear_handle_id(&list->done, g_source_remove);
	g_free(list->asked);
	g_free(list);
}

static HostBlocklist *
host_blocklist_ensure(HostAccount *account)
{
	HostBlocklist *list = host_account_get_state(account, host_blocking_feature.name);

	if (list != NULL)
		return list;
	list = g_new0(HostBlocklist, 1);
	list->account = account;
	host_account_set_state(account, host_blocking_feature.name, list,
	                       (GDestroyNotify)host_blocklist_free);
	return list;
}

static gboolean
host_blocklist_done_cb(gpointer user_data)
{
	HostBlocklist *list = user_data;
	GVariantDict none;

	list->done = 0;
	g_variant_dict_init(&none, NULL);
	host_account_push(list->account, "blocked-done", g_variant_dict_end(&none));
	return G_SOURCE_REMOVE;
}

static void
host_blocklist_check(HostBlocklist *list)
{
	if (list->has_roster && list->asked == NULL && list->done == 0)
		list->done = g_idle_add(host_blocklist_done_cb, list);
}

void
host_blocking_note_roster(HostAccount *account)
{
	HostBlocklist *list = host_blocklist_ensure(account);

	list->has_roster = TRUE;
	host_blocklist_check(list);
}

static void
host_blocking_sending_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostBlocklist *list;

	if (account == NULL || *packet == NULL || !purple_strequal((*packet)->name, "iq") ||
	    !purple_strequal(xmlnode_get_attrib(*packet, "type"), "get") ||
	    xmlnode_get_child_with_namespace(*packet, "blocklist", HOST_BLOCKING_NAMESPACE) == NULL)
		return;
	list = host_blocklist_ensure(account);
	g_free(list->asked);
	list->asked = g_strdup(xmlnode_get_attrib(*packet, "id"));
}

/* A refusal is an answer, too. */
static gboolean
host_blocking_receiving_cb(PurpleConnection *gc, const char *type, const char *id, const char *from,
                           xmlnode *stanza, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostBlocklist *list = account != NULL
	                              ? host_account_get_state(account, host_blocking_feature.name)
	                              : NULL;

	if (list != NULL && list->asked != NULL && purple_strequal(id, list->asked) &&
	    (purple_strequal(type, "result") || purple_strequal(type, "error"))) {
		g_clear_pointer(&list->asked, g_free);
		host_blocklist_check(list);
	}
	return FALSE;
}

static void
host_blocking_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_blocking_feature;

	purple_privacy_set_ui_ops(&host_blocking_ops);
	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, "jabber-sending-xmlnode", handle,
	                      PURPLE_CALLBACK(host_blocking_sending_cb), NULL);
	purple_signal_connect(plugin, "jabber-receiving-iq", handle,
	                      PURPLE_CALLBACK(host_blocking_receiving_cb), NULL);
}

/* Otherwise libpurple begins its list anew with the first who is blocked here, and tells the
 * server that nobody else is. */
static void
host_blocking_prepare(HostAccount *account, GVariant *wanted)
{
	host_account_get_purple(account)->perm_deny = PURPLE_PRIVACY_DENY_USERS;
}

/* ---- Requests -------------------------------------------------------------------------------- */

typedef struct {
	HostRequest *request;
	char *jid;
	gboolean blocked; /* or no more */
} HostBlock;

static void
host_block_free(HostBlock *block)
{
	host_request_unref(block->request);
	g_free(block->jid);
	g_free(block);
}

static void
host_blocking_done_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	HostBlock *block = user_data;

	if (host_iq_check(reply, block->request))
		host_contacts_settle(account, block->jid, block->request);
}

/* The server has answered what came before; by now the entry says what it has made of it. */
static void
host_blocking_checked_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	HostBlock *block = user_data;
	PurpleConnection *gc = host_account_get_connection(account);
	const GTalkRosterContact *contact = NULL;
	gboolean is_blocked;
	gboolean ok = FALSE;

	if (reply == NULL || gc == NULL) {
		host_iq_check(NULL, block->request);
		return;
	}
	contact = purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_ROSTER_FIND, &ok,
	                                 gc, block->jid);
	is_blocked = contact != NULL && contact->kind == GTALK_ROSTER_BLOCKED;
	if (is_blocked == block->blocked)
		host_request_answer(block->request, NULL);
	else
		host_request_fail(block->request, BRIDGE_LINK_ERROR_REFUSED,
		                  "The chat server left the contact as before.");
}

static void
host_blocking_run_google(HostAccount *account, HostBlock *block)
{
	PurpleConnection *gc = host_account_get_connection(account);
	GTalkRosterKind kind = block->blocked ? GTALK_ROSTER_BLOCKED : GTALK_ROSTER_NORMAL;
	gboolean ok = FALSE;

	if (!GPOINTER_TO_INT(purple_plugin_ipc_call(purple_connection_get_prpl(gc),
	                                            GTALK_IPC_ROSTER_SET_KIND, &ok, gc, block->jid,
	                                            kind)) ||
	    !ok) {
		host_iq_fail_unsent(account, block->request);
		host_block_free(block);
		return;
	}
	host_iq_send(account, host_iq_new_ping(), host_blocking_checked_cb, block,
	             (GDestroyNotify)host_block_free);
}

static void
host_blocking_run_standard(HostAccount *account, HostBlock *block)
{
	xmlnode *list;
	xmlnode *iq = host_iq_new_with_child("set", NULL, block->blocked ? "block" : "unblock",
	                                     HOST_BLOCKING_NAMESPACE, &list);

	xmlnode_set_attrib(xmlnode_new_child(list, "item"), "jid", block->jid);
	host_iq_send(account, iq, host_blocking_done_cb, block, (GDestroyNotify)host_block_free);
}

static void
host_blocking_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *jid = host_contacts_find_jid(account, arguments, request);
	HostBlock *block;

	if (jid == NULL)
		return;
	if (!host_iq_is_possible(account)) {
		host_iq_fail_unsent(account, request);
		return;
	}
	block = g_new0(HostBlock, 1);
	block->request = host_request_ref(request);
	block->jid = g_strdup(jid);
	g_variant_dict_lookup(arguments, "blocked", "b", &block->blocked);
	if (host_account_has_feature(account, GTALK_FEATURE_ROSTER))
		host_blocking_run_google(account, block);
	else
		host_blocking_run_standard(account, block);
}

static const HostCommand host_blocking_commands[] = {
	{"contact-block", host_blocking_run},
	{NULL},
};

const HostFeature host_blocking_feature = {
	.name = "blocking",
	.commands = host_blocking_commands,
	.install = host_blocking_install,
	.prepare = host_blocking_prepare,
};
