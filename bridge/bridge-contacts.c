/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-contacts.h"

#include "bridge-events.h"

static void
bridge_contacts_on_blocked(BridgeAccount *self, BridgeWrite *write, GVariantDict *data)
{
	const char *told = "";
	gboolean blocked = FALSE;
	g_autofree char *resource = NULL;
	g_autofree char *jid = NULL;
	const BridgeContact *changed;

	g_variant_dict_lookup(data, "jid", "&s", &told);
	g_variant_dict_lookup(data, "blocked", "b", &blocked);
	jid = self->protocol->split(told, &resource);
	changed = bridge_roster_set_blocked(self->roster, jid, blocked);
	if (changed != NULL && bridge_roster_is_complete(self->roster))
		bridge_write_add_event(write, bridge_event_new_contact(changed), NULL);
}

static const BridgeAccountNews bridge_contacts_news[] = {
	{"blocked", bridge_contacts_on_blocked},
	{NULL},
};

const BridgeAccountFeature bridge_contacts_feature = {
	.name = "contacts",
	.news = bridge_contacts_news,
};
