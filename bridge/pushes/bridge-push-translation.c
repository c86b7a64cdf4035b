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

GVariant *
bridge_push_translation_address(BridgePushQueue *queue, GVariantDict *push)
{
	const BridgePushOrder order = {.endpoint = queue->settings->endpoint,
	                               .id = queue->record->id,
	                               .more = g_variant_dict_end(push)};

	return bridge_push_order_write(&order);
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
	*push = bridge_push_translation_address(queue, &dict);
	return step;
}

/* Borrowed of @outcome. */
static const char *
bridge_push_translation_get_detail(GVariant *outcome)
{
	return outcome != NULL ? bridge_push_outcome_get_detail(outcome) : "";
}

BridgePushStep
bridge_push_translation_judge(BridgePushQueue *queue, const BridgePushItem *item,
                              BridgePushResult result, GVariant *outcome)
{
	const BridgePushTranslation *translation = queue->push->translation;
	BridgePushMatter matter = bridge_push_translation_get_matter(queue, item);

	return translation != NULL ? translation->judge(&matter, result,
	                                                bridge_push_translation_get_detail(outcome),
	                                                queue->push->translator)
	                           : BRIDGE_PUSH_STEP_DONE;
}

void
bridge_push_translation_judge_aside(BridgePushQueue *queue, BridgePushResult result,
                                    GVariant *outcome)
{
	const BridgePushTranslation *translation = queue->push->translation;

	if (translation != NULL)
		translation->judge_aside(queue->account, queue->record->device_id, result,
		                         bridge_push_translation_get_detail(outcome),
		                         queue->push->translator);
}

void
bridge_push_translation_tell_gone(BridgePushQueue *queue)
{
	const BridgePushTranslation *translation = queue->push->translation;

	if (bridge_push_is_translated(queue->settings->type) && translation != NULL)
		translation->gone(queue->account, queue->record->device_id,
		                  queue->push->translator);
}
