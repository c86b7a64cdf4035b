/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-suspects.h"

#include "bridge-events.h"
#include "base/bridge-json-text.h"
#include "base/bridge-log.h"

#define SUSPECTS_NAME "suspects" /* in host/host-suspects.c, too */
#define SUSPECTS_MAX 64          /* the oldest were acknowledged long ago */

static BridgeEventRecord *
bridge_suspects_new_event(BridgeAccount *self, const BridgeBlackBoxNote *note)
{
	GString *text = bridge_json_text_begin();
	BridgeEventRecord *event;
	g_autofree char *resource = NULL;
	g_autofree char *from = self->protocol->split(note->from, &resource);

	bridge_json_text_add(text, "id", note->id[0] != '\0' ? note->id : NULL);
	bridge_json_text_add(text, "from", from[0] != '\0' ? from : NULL);
	bridge_json_text_add(text, "resource", resource);
	bridge_json_text_add(text, "reason", "host-lost");
	bridge_json_text_add(text, "detail",
	                     "What was sent made the process end twice that had the account, and "
	                     "was left out.");
	bridge_json_text_end(text);
	event = bridge_event_new_of_json(BRIDGE_EVENT_MESSAGE_UNDELIVERABLE, text->str);
	g_string_free(text, TRUE);
	return event;
}

void
bridge_suspects_add(BridgeAccount *self, BridgeWrite *write, const BridgeBlackBoxNote *note)
{
	g_autoptr(GVariant) before = bridge_account_dup_kept(self, SUSPECTS_NAME);
	g_autofree const char **keys = NULL;
	gsize n_keys = 0;
	GVariantBuilder now;

	if (before != NULL && g_variant_is_of_type(before, G_VARIANT_TYPE_STRING_ARRAY))
		keys = g_variant_get_strv(before, &n_keys);
	if (keys != NULL && g_strv_contains(keys, note->key))
		return;
	g_variant_builder_init(&now, G_VARIANT_TYPE_STRING_ARRAY);
	for (gsize i = n_keys >= SUSPECTS_MAX ? 1 : 0; i < n_keys; i++)
		g_variant_builder_add(&now, "s", keys[i]);
	g_variant_builder_add(&now, "s", note->key);
	bridge_account_keep(self, write, SUSPECTS_NAME, g_variant_builder_end(&now));
	bridge_write_add_event(write, bridge_suspects_new_event(self, note), NULL);
	bridge_log_account(G_LOG_LEVEL_WARNING, self->record->id,
	                   "account %s: a stanza that ended two hosts is left out",
	                   self->record->id);
}
