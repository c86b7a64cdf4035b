/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-shared-status.h"

#include "bridge-events.h"
#include "base/bridge-json-text.h"

#define SHARED_STATUS_JSON "bridge-shared-status" /* of the account's data: a string */

const char *
bridge_account_get_shared_status(BridgeAccount *self)
{
	return g_object_get_data(G_OBJECT(self), SHARED_STATUS_JSON);
}

static void
bridge_shared_status_add_texts(GString *text, const char *name, GVariantDict *data)
{
	g_auto(GStrv) texts = NULL;
	char *none[] = {NULL};

	g_variant_dict_lookup(data, name, "^as", &texts);
	bridge_json_text_add_strings(text, name, texts != NULL ? texts : none);
}

static gboolean
bridge_shared_status_lookup(GVariantDict *data, const char *member)
{
	gboolean value = FALSE;

	g_variant_dict_lookup(data, member, "b", &value);
	return value;
}

static GString *
bridge_shared_status_build(GVariantDict *data, const char *status)
{
	GString *text = bridge_json_text_begin();
	GString *texts = bridge_json_text_begin();
	GString *limits = bridge_json_text_begin();
	guint32 status_max = 0;
	guint32 texts_max = 0;

	g_variant_dict_lookup(data, "status-max", "u", &status_max);
	g_variant_dict_lookup(data, "texts-max", "u", &texts_max);
	bridge_json_text_add(text, "show",
	                     bridge_shared_status_lookup(data, "busy") ? "dnd" : "available");
	bridge_json_text_add(text, "status", status);
	bridge_json_text_add_boolean(text, "invisible",
	                             bridge_shared_status_lookup(data, "invisible"));
	bridge_json_text_add_boolean(text, "can_hide",
	                             bridge_shared_status_lookup(data, "can-hide"));
	bridge_shared_status_add_texts(texts, "available", data);
	bridge_shared_status_add_texts(texts, "dnd", data);
	bridge_json_text_add_object(text, "texts", texts);
	bridge_json_text_add_number(limits, "status_bytes", status_max);
	bridge_json_text_add_number(limits, "texts", texts_max);
	bridge_json_text_add_object(text, "limits", limits);
	return text;
}

/* What was told last is known by its checksum, so that a sign-in is no news. */
static gboolean
bridge_shared_status_is_news(BridgeAccount *self, BridgeWrite *write, const char *json)
{
	g_autoptr(GVariant) before =
		bridge_account_dup_kept(self, bridge_shared_status_feature.name);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, json, -1);
	g_autoptr(GVariant) now = g_variant_ref_sink(g_variant_new_string(sum));

	if (before != NULL && g_variant_is_of_type(before, G_VARIANT_TYPE_STRING) &&
	    g_variant_equal(before, now))
		return FALSE;
	bridge_account_keep(self, write, bridge_shared_status_feature.name, now);
	return TRUE;
}

static void
bridge_shared_status_take(BridgeAccount *self, BridgeWrite *write, GVariantDict *data)
{
	const char *status = NULL;
	GString *text;

	if (!g_variant_dict_lookup(data, "status", "&s", &status)) {
		g_object_set_data(G_OBJECT(self), SHARED_STATUS_JSON, NULL);
		return;
	}
	text = bridge_shared_status_build(data, status);
	bridge_json_text_end(text);
	if (bridge_shared_status_is_news(self, write, text->str))
		bridge_write_add_event(
			write, bridge_event_new_of_json(BRIDGE_EVENT_SHARED_STATUS, text->str),
			NULL);
	g_object_set_data_full(G_OBJECT(self), SHARED_STATUS_JSON, g_string_free(text, FALSE),
	                       g_free);
}

static void
bridge_shared_status_offline(BridgeAccount *self, BridgeWrite *write)
{
	g_object_set_data(G_OBJECT(self), SHARED_STATUS_JSON, NULL);
}

static const BridgeAccountNews bridge_shared_status_news[] = {
	{"shared-status", bridge_shared_status_take},
	{NULL},
};

const BridgeAccountFeature bridge_shared_status_feature = {
	.name = "shared-status",
	.news = bridge_shared_status_news,
	.offline = bridge_shared_status_offline,
};
