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

static void
host_blocking_install(PurplePlugin *plugin)
{
	purple_privacy_set_ui_ops(&host_blocking_ops);
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
