/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-typing.h"

#include "bridge-events.h"

static void
bridge_typing_take(BridgeAccount *self, BridgeWrite *write, GVariantDict *data)
{
	const char *told = "";
	const char *state = "";
	g_autofree char *resource = NULL;
	g_autofree char *jid = NULL;
	g_autofree char *json = NULL;

	g_variant_dict_lookup(data, "jid", "&s", &told);
	g_variant_dict_lookup(data, "state", "&s", &state);
	jid = self->protocol->split(told, &resource);
	if (jid[0] == '\0')
		return;
	json = bridge_event_build_typing(jid, state);
	bridge_account_emit_ephemeral(self, BRIDGE_EVENT_TYPING, json);
}

static const BridgeAccountNews bridge_typing_news[] = {
	{"typing", bridge_typing_take},
	{NULL},
};

const BridgeAccountFeature bridge_typing_feature = {
	.name = "typing",
	.news = bridge_typing_news,
};
