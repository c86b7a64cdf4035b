/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-contacts.h"

#include <string.h>

#include "host-iq.h"
#include "host-text.h"

/* ---- What is asked --------------------------------------------------------------------------- */

static gboolean
host_contacts_is_name(const char *name)
{
	return strlen(name) <= HOST_ROSTER_NAME_MAX_BYTES && host_text_is_xml(name);
}

static gboolean
host_contacts_are_groups(const char *const *groups)
{
	for (guint i = 0; groups[i] != NULL; i++)
		if (i >= HOST_ROSTER_GROUPS_MAX || groups[i][0] == '\0' ||
		    !host_contacts_is_name(groups[i]))
			return FALSE;
	return TRUE;
}

const char *
host_contacts_find_jid(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *own = host_account_get_bound_jid(account);
	const char *jid = "";
	gsize length;

	g_variant_dict_lookup(arguments, "jid", "&s", &jid);
	length = strlen(jid);
	if (!host_text_is_jid(jid) || strchr(jid, '/') != NULL ||
	    (strcspn(own, "/") == length && g_ascii_strncasecmp(own, jid, length) == 0)) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "This address cannot be a contact.");
		return NULL;
	}
	return jid;
}

/* ---- Until the server has confirmed ---------------------------------------------------------- */

typedef struct {
	HostRequest *request;
	char *jid;
} HostContactAnswer;

static void
host_contact_answer_free(HostContactAnswer *answer)
{
	host_request_unref(answer->request);
	g_free(answer->jid);
	g_free(answer);
}

static void
host_contacts_settled_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	HostContactAnswer *answer = user_data;
	GVariantDict told;

	if (reply == NULL) {
		host_iq_check(NULL, answer->request);
		return;
	}
	g_variant_dict_init(&told, NULL);
	g_variant_dict_insert(&told, "jid", "s", answer->jid);
	host_request_answer(answer->request, g_variant_dict_end(&told));
}

void
host_contacts_settle(HostAccount *account, const char *jid, HostRequest *request)
{
	HostContactAnswer *answer = g_new0(HostContactAnswer, 1);

	answer->request = host_request_ref(request);
	answer->jid = g_strdup(jid);
	if (!host_iq_send(account, host_iq_new_ping(), host_contacts_settled_cb, answer,
	                  (GDestroyNotify)host_contact_answer_free))
		host_iq_fail_unsent(account, request);
}

static void
host_contacts_send_presence(HostAccount *account, const char *type, const char *to)
{
	xmlnode *presence = xmlnode_new("presence");

	xmlnode_set_attrib(presence, "type", type);
	xmlnode_set_attrib(presence, "to", to);
	host_iq_send_stanza(account, presence);
}

/* ---- Changes of the roster ------------------------------------------------------------------- */

typedef struct {
	HostRequest *request;
	char *jid;
	gboolean subscribe; /* ask for the presence when it is done */
} HostContactChange;

static void
host_contact_change_free(HostContactChange *change)
{
	host_request_unref(change->request);
	g_free(change->jid);
	g_free(change);
}

static void
host_contacts_changed_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	HostContactChange *change = user_data;

	if (!host_iq_check(reply, change->request))
		return;
	if (change->subscribe)
		host_contacts_send_presence(account, "subscribe", change->jid);
	host_contacts_settle(account, change->jid, change->request);
}

static void
host_contacts_change(HostAccount *account, xmlnode *set, const char *jid, gboolean subscribe,
                     HostRequest *request)
{
	HostContactChange *change = g_new0(HostContactChange, 1);

	change->request = host_request_ref(request);
	change->jid = g_strdup(jid);
	change->subscribe = subscribe;
	if (!host_iq_send(account, set, host_contacts_changed_cb, change,
	                  (GDestroyNotify)host_contact_change_free))
		host_iq_fail_unsent(account, request);
}

static void
host_contacts_put(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	HostRoster *roster = host_account_get_roster(account);
	const char *jid = host_contacts_find_jid(account, arguments, request);
	const char *name = NULL;
	g_autofree const char **groups = NULL;
	xmlnode *set;

	if (jid == NULL)
		return;
	g_variant_dict_lookup(arguments, "name", "&s", &name);
	g_variant_dict_lookup(arguments, "groups", "^a&s", &groups);
	if ((name != NULL && !host_contacts_is_name(name)) ||
	    (groups != NULL && !host_contacts_are_groups(groups))) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "The name or a group is not acceptable.");
		return;
	}
	set = host_roster_build_set(roster, jid, name, groups);
	host_contacts_change(account, set, jid, !host_roster_is_subscribed(roster, jid), request);
}

static void
host_contacts_remove(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *jid = host_contacts_find_jid(account, arguments, request);

	if (jid != NULL)
		host_contacts_change(
			account, host_roster_build_remove(host_account_get_roster(account), jid),
			jid, FALSE, request);
}

static void
host_contacts_answer(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *jid = host_contacts_find_jid(account, arguments, request);
	const char *answer = "";

	if (jid == NULL)
		return;
	g_variant_dict_lookup(arguments, "answer", "&s", &answer);
	if (!g_str_equal(answer, "approve") && !g_str_equal(answer, "deny")) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "The answer is \"approve\" or \"deny\".");
		return;
	}
	if (host_iq_is_possible(account))
		host_contacts_send_presence(
			account, g_str_equal(answer, "approve") ? "subscribed" : "unsubscribed",
			jid);
	host_contacts_settle(account, jid, request);
}

static const HostCommand host_contacts_commands[] = {
	{"contact-put", host_contacts_put},
	{"contact-remove", host_contacts_remove},
	{"contact-answer", host_contacts_answer},
	{NULL},
};

const HostFeature host_contacts_feature = {
	.name = "contacts",
	.commands = host_contacts_commands,
};
