/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-contacts.h"

#include "bridge-events.h"

#define CONTACTS_RESTORED "bridge-contacts-restored" /* of the account's data: it has been done */

static GVariant *
bridge_contacts_build_blocked(BridgeAccount *self)
{
	GPtrArray *contacts = bridge_roster_get_contacts(self->roster);
	GVariantBuilder kept;
	guint n_kept = 0;

	g_variant_builder_init(&kept, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < contacts->len && n_kept < BRIDGE_CONTACTS_KEPT_MAX; i++) {
		const BridgeContact *contact = g_ptr_array_index(contacts, i);

		if (!contact->blocked)
			continue;
		g_variant_builder_add(&kept, "s", contact->jid);
		n_kept++;
	}
	return g_variant_ref_sink(g_variant_builder_end(&kept));
}

/* Before the roster has been told that would only forget those who are still to come. */
static void
bridge_contacts_keep_blocked(BridgeAccount *self, BridgeWrite *write)
{
	g_autoptr(GVariant) before = bridge_account_dup_kept(self, bridge_contacts_feature.name);
	g_autoptr(GVariant) now = NULL;
	gboolean is_empty;

	if (!bridge_roster_is_complete(self->roster))
		return;
	now = bridge_contacts_build_blocked(self);
	is_empty = g_variant_n_children(now) == 0;
	if (before == NULL ? !is_empty : !g_variant_equal(before, now))
		bridge_account_keep(self, write, bridge_contacts_feature.name,
		                    is_empty ? NULL : now);
}

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
	if (changed == NULL)
		return;
	bridge_contacts_keep_blocked(self, write);
	if (bridge_roster_is_complete(self->roster))
		bridge_write_add_event(write, bridge_event_new_contact(changed), NULL);
}

static void
bridge_contacts_on_blocked_done(BridgeAccount *self, BridgeWrite *write, GVariantDict *data)
{
	g_autoptr(GPtrArray) unblocked = bridge_roster_finish_blocked(self->roster);

	for (guint i = 0; i < unblocked->len; i++)
		bridge_write_add_event(
			write, bridge_event_new_contact(g_ptr_array_index(unblocked, i)), NULL);
	bridge_contacts_keep_blocked(self, write);
}

/* Once, before the first roster of this process is told. */
static void
bridge_contacts_online(BridgeAccount *self, BridgeWrite *write)
{
	g_autoptr(GVariant) kept = bridge_account_dup_kept(self, bridge_contacts_feature.name);
	GVariantIter iter;
	const char *jid;

	if (g_object_get_data(G_OBJECT(self), CONTACTS_RESTORED) != NULL)
		return;
	g_object_set_data(G_OBJECT(self), CONTACTS_RESTORED, GINT_TO_POINTER(TRUE));
	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE_STRING_ARRAY))
		return;
	g_variant_iter_init(&iter, kept);
	while (g_variant_iter_next(&iter, "&s", &jid))
		bridge_roster_remember_blocked(self->roster, jid);
}

static const BridgeAccountNews bridge_contacts_news[] = {
	{"blocked", bridge_contacts_on_blocked},
	{"blocked-done", bridge_contacts_on_blocked_done},
	{NULL},
};

const BridgeAccountFeature bridge_contacts_feature = {
	.name = "contacts",
	.news = bridge_contacts_news,
	.online = bridge_contacts_online,
};
