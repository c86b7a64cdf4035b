/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-feature.h"
#include "bridge-avatar.h"
#include "bridge-contacts.h"
#include "bridge-mail.h"
#include "bridge-off-record.h"
#include "bridge-presence.h"
#include "bridge-requests.h"
#include "bridge-rooms.h"
#include "bridge-shared-status.h"
#include "bridge-typing.h"

/* clang-format off */
static const BridgeAccountFeature *const bridge_account_features[] = {
	&bridge_avatar_feature,
	&bridge_contacts_feature,
	&bridge_mail_feature,
	&bridge_off_record_feature,
	&bridge_presence_feature,
	&bridge_requests_feature,
	&bridge_rooms_feature,
	&bridge_shared_status_feature,
	&bridge_typing_feature,
};
/* clang-format on */

/* ---- What is kept ---------------------------------------------------------------------------- */

GVariant *
bridge_account_dup_kept(BridgeAccount *self, const char *name)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);

	if (self->record->kept == NULL)
		return NULL;
	return g_variant_lookup_value(self->record->kept, name, NULL);
}

gboolean
bridge_account_keep(BridgeAccount *self, BridgeWrite *write, const char *name, GVariant *value)
{
	g_autoptr(GVariant) kept = NULL;
	GVariantDict dict;

	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), FALSE);

	g_variant_dict_init(&dict, self->record->kept);
	if (value != NULL)
		g_variant_dict_insert_value(&dict, name, value);
	else
		g_variant_dict_remove(&dict, name);
	kept = g_variant_ref_sink(g_variant_dict_end(&dict));
	if (g_variant_get_size(kept) > BRIDGE_ACCOUNT_KEPT_BYTES_MAX)
		return FALSE;
	g_clear_pointer(&self->record->kept, g_variant_unref);
	self->record->kept = g_steal_pointer(&kept);
	bridge_write_add_record(write);
	return TRUE;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static const BridgeAccountNews *
bridge_account_feature_find_news(const BridgeAccountFeature *feature, const char *type)
{
	const BridgeAccountNews *news = feature->news;

	while (news != NULL && news->type != NULL && !g_str_equal(news->type, type))
		news++;
	return news != NULL && news->type != NULL ? news : NULL;
}

gboolean
bridge_account_features_take(BridgeAccount *self, BridgeWrite *write, const char *type,
                             GVariant *members, gboolean of_past)
{
	const BridgeAccountNews *news = NULL;
	g_auto(GVariantDict) data = G_VARIANT_DICT_INIT(members);

	for (guint i = 0; news == NULL && i < G_N_ELEMENTS(bridge_account_features); i++)
		news = bridge_account_feature_find_news(bridge_account_features[i], type);
	if (news == NULL)
		return FALSE;
	if (!of_past || news->of_past)
		news->take(self, write, &data);
	return TRUE;
}

void
bridge_account_features_online(BridgeAccount *self, BridgeWrite *write)
{
	for (guint i = 0; i < G_N_ELEMENTS(bridge_account_features); i++)
		if (bridge_account_features[i]->online != NULL)
			bridge_account_features[i]->online(self, write);
}

void
bridge_account_features_offline(BridgeAccount *self, BridgeWrite *write)
{
	for (guint i = 0; i < G_N_ELEMENTS(bridge_account_features); i++)
		if (bridge_account_features[i]->offline != NULL)
			bridge_account_features[i]->offline(self, write);
}
