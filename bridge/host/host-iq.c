/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-iq.h"

#include <string.h>

#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_IQ_STATE "iq"
#define HOST_IQ_PING "urn:xmpp:ping"
#define HOST_IQ_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define HOST_IQ_TEXT_MAX_BYTES 512 /* of what a server says to a refusal */

typedef struct {
	HostAccount *account;
	char *id;
	char *to; /* NULL: the own account */
	HostIqAnswered answered;
	gpointer user_data;
	GDestroyNotify free_data;
	guint deadline;
} HostIq;

static void
host_iq_free(HostIq *iq)
{
	g_clear_handle_id(&iq->deadline, g_source_remove);
	if (iq->free_data != NULL)
		iq->free_data(iq->user_data);
	g_free(iq->to);
	g_free(iq->id);
	g_free(iq);
}

static GHashTable *
host_iq_ensure_open(HostAccount *account)
{
	GHashTable *open = host_account_get_state(account, HOST_IQ_STATE);

	if (open != NULL)
		return open;
	open = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)host_iq_free);
	host_account_set_state(account, HOST_IQ_STATE, open, (GDestroyNotify)g_hash_table_unref);
	return open;
}

static void
host_iq_end(HostIq *iq, xmlnode *reply)
{
	GHashTable *open = host_account_get_state(iq->account, HOST_IQ_STATE);

	g_hash_table_steal(open, iq->id);
	if (iq->answered != NULL)
		iq->answered(iq->account, reply, iq->user_data);
	host_iq_free(iq);
}

static gboolean
host_iq_deadline_cb(gpointer user_data)
{
	HostIq *iq = user_data;

	iq->deadline = 0;
	host_iq_end(iq, NULL);
	return G_SOURCE_REMOVE;
}

/* ---- Who answers ----------------------------------------------------------------------------- */

/* Resources are told apart by case, the rest is not. */
static gboolean
host_iq_is_same_jid(const char *one, const char *other)
{
	gsize bare = strcspn(one, "/");

	return strcspn(other, "/") == bare && g_ascii_strncasecmp(one, other, bare) == 0 &&
	       g_str_equal(one + bare, other + bare);
}

/* RFC 6120 section 8.1.2.1: for its accounts a server speaks in their name, or in none; some say
 * their own. */
static gboolean
host_iq_is_own(HostAccount *account, const char *jid)
{
	const char *full = host_account_get_bound_jid(account);
	g_autofree char *bare = g_strndup(full, strcspn(full, "/"));
	const char *at = strchr(bare, '@');

	return jid == NULL || host_iq_is_same_jid(jid, full) || host_iq_is_same_jid(jid, bare) ||
	       (at != NULL && host_iq_is_same_jid(jid, at + 1));
}

static gboolean
host_iq_is_from(const HostIq *iq, const char *from)
{
	if (from != NULL && iq->to != NULL && host_iq_is_same_jid(iq->to, from))
		return TRUE;
	return host_iq_is_own(iq->account, iq->to) && host_iq_is_own(iq->account, from);
}

/* Returns: whether libpurple need not look at it */
static gboolean
host_iq_receiving_cb(PurpleConnection *gc, const char *type, const char *id, const char *from,
                     xmlnode *stanza, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	GHashTable *open = account != NULL ? host_account_get_state(account, HOST_IQ_STATE) : NULL;
	HostIq *iq = open != NULL && id != NULL ? g_hash_table_lookup(open, id) : NULL;

	if (iq == NULL || (!purple_strequal(type, "result") && !purple_strequal(type, "error")) ||
	    !host_iq_is_from(iq, from))
		return FALSE;
	host_iq_end(iq, stanza);
	return TRUE;
}

/* ---- Sending --------------------------------------------------------------------------------- */

xmlnode *
host_iq_new(const char *type, const char *to)
{
	xmlnode *iq = xmlnode_new("iq");

	xmlnode_set_attrib(iq, "type", type);
	if (to != NULL)
		xmlnode_set_attrib(iq, "to", to);
	return iq;
}

xmlnode *
host_iq_new_with_child(const char *type, const char *to, const char *name, const char *xmlns,
                       xmlnode **child)
{
	xmlnode *iq = host_iq_new(type, to);

	*child = xmlnode_new_child(iq, name);
	xmlnode_set_namespace(*child, xmlns);
	return iq;
}

xmlnode *
host_iq_new_ping(void)
{
	xmlnode *ping;

	return host_iq_new_with_child("get", NULL, "ping", HOST_IQ_PING, &ping);
}

gboolean
host_iq_is_possible(HostAccount *account)
{
	PurpleAccount *purple = host_account_get_purple(account);

	return host_account_get_connection(account) != NULL &&
	       purple_strequal(purple_account_get_protocol_id(purple), GTALK_PRPL_ID) &&
	       g_hash_table_size(host_iq_ensure_open(account)) < HOST_IQ_OPEN_MAX;
}

static HostIq *
host_iq_open(HostAccount *account, xmlnode *stanza)
{
	HostIq *iq = g_new0(HostIq, 1);

	/* Nobody else can guess it. */
	iq->id = g_strdup(xmlnode_get_attrib(stanza, "id"));
	if (iq->id == NULL)
		iq->id = g_uuid_string_random();
	xmlnode_set_attrib(stanza, "id", iq->id);
	iq->account = account;
	iq->to = g_strdup(xmlnode_get_attrib(stanza, "to"));
	iq->deadline = g_timeout_add_seconds(HOST_IQ_DEADLINE_S, host_iq_deadline_cb, iq);
	g_hash_table_replace(host_iq_ensure_open(account), iq->id, iq);
	return iq;
}

void
host_iq_send_stanza(HostAccount *account, xmlnode *stanza)
{
	PurpleConnection *gc = host_account_get_connection(account);

	if (gc != NULL)
		purple_signal_emit(purple_connection_get_prpl(gc), "jabber-sending-xmlnode", gc,
		                   &stanza);
	if (stanza != NULL)
		xmlnode_free(stanza);
}

gboolean
host_iq_send(HostAccount *account, xmlnode *stanza, HostIqAnswered answered, gpointer user_data,
             GDestroyNotify free_data)
{
	HostIq *iq;

	if (!host_iq_is_possible(account)) {
		xmlnode_free(stanza);
		if (free_data != NULL)
			free_data(user_data);
		return FALSE;
	}
	iq = host_iq_open(account, stanza);
	iq->answered = answered;
	iq->user_data = user_data;
	iq->free_data = free_data;
	host_iq_send_stanza(account, stanza);
	return TRUE;
}

/* ---- What comes back ------------------------------------------------------------------------- */

gboolean
host_iq_is_result(xmlnode *reply)
{
	return reply != NULL && purple_strequal(xmlnode_get_attrib(reply, "type"), "result");
}

const char *
host_iq_find_condition(xmlnode *reply)
{
	xmlnode *error = reply != NULL ? xmlnode_get_child(reply, "error") : NULL;
	xmlnode *child = error != NULL ? error->child : NULL;

	for (; child != NULL; child = child->next)
		if (child->type == XMLNODE_TYPE_TAG && !g_str_equal(child->name, "text") &&
		    purple_strequal(xmlnode_get_namespace(child), HOST_IQ_STANZAS))
			return child->name;
	return NULL;
}

/* What the server says in words, else the condition. */
static char *
host_iq_dup_sentence(xmlnode *reply, const char *condition)
{
	xmlnode *error = xmlnode_get_child(reply, "error");
	xmlnode *text = error != NULL
	                        ? xmlnode_get_child_with_namespace(error, "text", HOST_IQ_STANZAS)
	                        : NULL;
	g_autofree char *data = text != NULL ? xmlnode_get_data(text) : NULL;
	g_autofree char *said = host_text_limit(data, HOST_IQ_TEXT_MAX_BYTES);

	return *said != '\0' ? g_strdup_printf("The chat server refused: %s", said)
	                     : g_strdup_printf("The chat server refused (%s).",
	                                       condition != NULL ? condition : "no reason given");
}

gboolean
host_iq_check(xmlnode *reply, HostRequest *request)
{
	const char *condition = host_iq_find_condition(reply);
	g_autofree char *sentence = NULL;

	if (host_iq_is_result(reply))
		return TRUE;
	if (reply == NULL) {
		host_request_fail(request, BRIDGE_LINK_ERROR_NO_ANSWER,
		                  "The chat server did not answer in time.");
		return FALSE;
	}
	if (purple_strequal(condition, "feature-not-implemented") ||
	    purple_strequal(condition, "service-unavailable")) {
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "The chat server does not know how to do that.");
		return FALSE;
	}
	sentence = host_iq_dup_sentence(reply, condition);
	host_request_fail(request, BRIDGE_LINK_ERROR_REFUSED, sentence);
	return FALSE;
}

void
host_iq_fail_unsent(HostAccount *account, HostRequest *request)
{
	if (host_account_get_connection(account) == NULL)
		host_request_fail(request, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                  "The account is not signed in.");
	else
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "The account's protocol cannot do that.");
}

static void
host_iq_run_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	if (host_iq_check(reply, user_data))
		host_request_answer(user_data, NULL);
}

void
host_iq_run(HostAccount *account, xmlnode *iq, HostRequest *request)
{
	if (!host_iq_send(account, iq, host_iq_run_cb, host_request_ref(request),
	                  (GDestroyNotify)host_request_unref))
		host_iq_fail_unsent(account, request);
}

static void
host_iq_install(PurplePlugin *plugin)
{
	if (plugin != NULL)
		purple_signal_connect(plugin, "jabber-receiving-iq", (void *)&host_iq_feature,
		                      PURPLE_CALLBACK(host_iq_receiving_cb), NULL);
}

const HostFeature host_iq_feature = {
	.name = HOST_IQ_STATE,
	.install = host_iq_install,
};
