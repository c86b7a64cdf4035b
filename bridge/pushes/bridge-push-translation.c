/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-translation.h"

#include "bridge-push-private.h"

void
bridge_push_set_translation(BridgePush *self, const BridgePushTranslation *translation,
                            gpointer user_data)
{
	self->translation = translation;
	self->translator = user_data;
}

gboolean
bridge_push_is_translated(const char *type)
{
	return g_str_equal(type, BRIDGE_PUSH_SERVICE_MPNS);
}

static BridgePushMatter
bridge_push_translation_get_matter(BridgePushQueue *queue, const BridgePushItem *item)
{
	return (BridgePushMatter){queue->account, queue->record->device_id, item};
}

BridgePushStep
bridge_push_translation_build(BridgePushQueue *queue, const BridgePushItem *item, GVariant **push)
{
	const BridgePushTranslation *translation = queue->push->translation;
	BridgePushMatter matter = bridge_push_translation_get_matter(queue, item);
	GVariantDict dict;
	BridgePushStep step;

	if (translation == NULL)
		return BRIDGE_PUSH_STEP_DONE;
	g_variant_dict_init(&dict, NULL);
	step = translation->build(&matter, &dict, queue->push->translator);
	if (step != BRIDGE_PUSH_STEP_SEND) {
		g_variant_dict_clear(&dict);
		return step;
	}
	g_variant_dict_insert(&dict, "endpoint", "s", queue->settings->endpoint);
	g_variant_dict_insert(&dict, "id", "s", queue->record->id);
	*push = g_variant_dict_end(&dict);
	return step;
}

BridgePushStep
bridge_push_translation_judge(BridgePushQueue *queue, const BridgePushItem *item,
                              BridgePushResult result, GVariant *outcome)
{
	const BridgePushTranslation *translation = queue->push->translation;
	BridgePushMatter matter = bridge_push_translation_get_matter(queue, item);
	const char *detail = "";

	if (outcome != NULL)
		g_variant_lookup(outcome, "detail", "&s", &detail);
	return translation != NULL
	               ? translation->judge(&matter, result, detail, queue->push->translator)
	               : BRIDGE_PUSH_STEP_DONE;
}

void
bridge_push_translation_tell_gone(BridgePushQueue *queue)
{
	const BridgePushTranslation *translation = queue->push->translation;

	if (bridge_push_is_translated(queue->settings->type) && translation != NULL)
		translation->gone(queue->account, queue->record->device_id,
		                  queue->push->translator);
}
