/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-avatar.h"

#include <string.h>

#include "bridge-events.h"

#define AVATAR_RESTORED "bridge-avatar-restored" /* of the account's data: it has been done */
#define AVATAR_HASH_CHARS 40                     /* SHA-1 in hexadecimal */

static void
bridge_avatar_keep_contact(GVariantBuilder *kept, guint *n_kept, const char *jid, const char *hash)
{
	if (hash == NULL || *hash == '\0' || *n_kept >= BRIDGE_AVATAR_KEPT_MAX)
		return;
	(*n_kept)++;
	g_variant_builder_add(kept, "{ss}", jid, hash);
}

static void
bridge_avatar_keep(BridgeAccount *self, BridgeWrite *write)
{
	GPtrArray *contacts = bridge_roster_get_contacts(self->roster);
	GHashTable *remembered = bridge_roster_get_remembered_avatars(self->roster);
	GVariantBuilder kept;
	GHashTableIter iter;
	gpointer jid;
	gpointer hash;
	guint n_kept = 0;

	g_variant_builder_init(&kept, G_VARIANT_TYPE("a{ss}"));
	for (guint i = 0; i < contacts->len; i++) {
		const BridgeContact *contact = g_ptr_array_index(contacts, i);

		bridge_avatar_keep_contact(&kept, &n_kept, contact->jid, contact->avatar);
	}
	g_hash_table_iter_init(&iter, remembered); /* those who have not been told yet */
	while (g_hash_table_iter_next(&iter, &jid, &hash))
		bridge_avatar_keep_contact(&kept, &n_kept, jid, hash);
	bridge_account_keep(self, write, bridge_avatar_feature.name, g_variant_builder_end(&kept));
}

void
bridge_avatar_take(BridgeAccount *self, BridgeWrite *write, const char *jid, const char *hash)
{
	const BridgeContact *changed = NULL;

	if (*hash == '\0' || strlen(hash) == AVATAR_HASH_CHARS)
		changed = bridge_roster_set_avatar(self->roster, jid, hash);
	if (changed == NULL)
		return;
	bridge_avatar_keep(self, write);
	if (bridge_roster_is_complete(self->roster))
		bridge_write_add_event(write, bridge_event_new_contact(changed), NULL);
}

/* Once, before the first roster of this process is told. */
static void
bridge_avatar_online(BridgeAccount *self, BridgeWrite *write)
{
	g_autoptr(GVariant) kept = bridge_account_dup_kept(self, bridge_avatar_feature.name);
	GVariantIter iter;
	const char *jid;
	const char *hash;

	if (g_object_get_data(G_OBJECT(self), AVATAR_RESTORED) != NULL)
		return;
	g_object_set_data(G_OBJECT(self), AVATAR_RESTORED, GINT_TO_POINTER(TRUE));
	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE("a{ss}")))
		return;
	g_variant_iter_init(&iter, kept);
	while (g_variant_iter_next(&iter, "{&s&s}", &jid, &hash))
		bridge_roster_remember_avatar(self->roster, jid, hash);
}

const BridgeAccountFeature bridge_avatar_feature = {
	.name = "avatar",
	.online = bridge_avatar_online,
};
