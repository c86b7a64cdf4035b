/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-typing.h"

#include <string.h>

#include "host-text.h"

#define HOST_TYPING_MAX 64 /* contacts who type at a time; beyond that all are forgotten */

static const struct {
	const char *name;
	PurpleTypingState state;
} host_typing_states[] = {
	{"composing", PURPLE_TYPING},
	{"paused", PURPLE_TYPED},
	{"active", PURPLE_NOT_TYPING},
};

static gint
host_typing_find(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_typing_states); i++)
		if (purple_strequal(host_typing_states[i].name, name))
			return (gint)i;
	return -1;
}

static void
host_typing_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *to = "";
	const char *name = "";
	gint found;

	g_variant_dict_lookup(arguments, "to", "&s", &to);
	g_variant_dict_lookup(arguments, "state", "&s", &name);
	found = host_typing_find(name);
	if (!host_text_is_jid(to) || found < 0) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "typing: \"to\" or \"state\" is not acceptable");
		return;
	}
	serv_send_typing(host_account_get_connection(account), to, host_typing_states[found].state);
	host_request_answer(request, NULL);
}

/* libpurple says of whoever sends a message that he stopped: only those count who had begun. */
static gboolean
host_typing_note(HostAccount *account, const char *jid, gboolean typing)
{
	GHashTable *typists = host_account_get_state(account, "typing");

	if (!typing)
		return typists != NULL && g_hash_table_remove(typists, jid);
	if (typists == NULL) {
		typists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		host_account_set_state(account, "typing", typists,
		                       (GDestroyNotify)g_hash_table_unref);
	}
	if (g_hash_table_size(typists) >= HOST_TYPING_MAX)
		g_hash_table_remove_all(typists);
	g_hash_table_add(typists, g_strdup(jid));
	return TRUE;
}

static void
host_typing_tell(PurpleAccount *purple, const char *name, const char *state)
{
	HostAccount *account = purple->ui_data;
	GVariantDict data;
	g_autofree char *jid = NULL;

	if (account == NULL || name == NULL)
		return;
	jid = g_strndup(name, strcspn(name, "/"));
	if (!host_typing_note(account, jid, !g_str_equal(state, "active")))
		return;
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "jid", "s", jid);
	g_variant_dict_insert(&data, "state", "s", state);
	host_account_push(account, "typing", g_variant_dict_end(&data));
}

static void
host_typing_composing_cb(PurpleAccount *purple, const char *name)
{
	host_typing_tell(purple, name, "composing");
}

static void
host_typing_paused_cb(PurpleAccount *purple, const char *name)
{
	host_typing_tell(purple, name, "paused");
}

static void
host_typing_active_cb(PurpleAccount *purple, const char *name)
{
	host_typing_tell(purple, name, "active");
}

static void
host_typing_install(PurplePlugin *plugin)
{
	void *conversations = purple_conversations_get_handle();
	void *handle = (void *)&host_typing_feature;

	purple_signal_connect(conversations, "buddy-typing", handle,
	                      PURPLE_CALLBACK(host_typing_composing_cb), NULL);
	purple_signal_connect(conversations, "buddy-typed", handle,
	                      PURPLE_CALLBACK(host_typing_paused_cb), NULL);
	purple_signal_connect(conversations, "buddy-typing-stopped", handle,
	                      PURPLE_CALLBACK(host_typing_active_cb), NULL);
}

static const HostCommand host_typing_commands[] = {
	{"typing", host_typing_run},
	{NULL},
};

const HostFeature host_typing_feature = {
	.name = "typing",
	.commands = host_typing_commands,
	.install = host_typing_install,
};
