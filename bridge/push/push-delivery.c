/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-delivery.h"

typedef struct {
	PushContext *context;
	PushFetcher *fetcher;
	const PushService *service;
	GVariant *push;
	PushDeliveryDone done;
	gpointer user_data;
	gboolean renewed;
} PushDelivery;

static void
push_delivery_finish(PushDelivery *delivery, const PushJudgement *judgement, guint status)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "result", "s",
	                      bridge_push_result_to_string(judgement->result));
	g_variant_dict_insert(&dict, "status", "u", status);
	g_variant_dict_insert(&dict, "retry-after", "u", judgement->retry_after_s);
	g_variant_dict_insert(&dict, "detail", "s",
	                      judgement->detail != NULL ? judgement->detail : "");
	delivery->done(g_variant_dict_end(&dict), delivery->user_data);
	g_variant_unref(delivery->push);
	g_free(delivery);
}

static void
push_delivery_try(PushDelivery *delivery);

static void
push_delivery_answered(const PushAnswer *answer, gpointer user_data)
{
	PushDelivery *delivery = user_data;
	PushJudgement judgement =
		push_service_judge(delivery->service, answer, g_get_real_time() / G_USEC_PER_SEC);

	if (judgement.result == BRIDGE_PUSH_AUTH && !delivery->renewed &&
	    delivery->service->renew != NULL &&
	    delivery->service->renew(delivery->context, delivery->push)) {
		delivery->renewed = TRUE;
		push_delivery_try(delivery);
		return;
	}
	push_delivery_finish(delivery, &judgement, answer->status);
}

static void
push_delivery_try(PushDelivery *delivery)
{
	g_auto(PushRequest) request = {0};
	g_autoptr(GError) error = NULL;
	PushJudgement judgement = {BRIDGE_PUSH_REJECTED, .detail = "unusable"};

	if (delivery->service->build(delivery->context, delivery->push, &request, &error)) {
		push_fetcher_post(delivery->fetcher, &request, push_delivery_answered, delivery);
		return;
	}
	g_info("%s: %s", delivery->service->name, error->message);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		judgement = (PushJudgement){BRIDGE_PUSH_REFUSED, .detail = "address-refused"};
	push_delivery_finish(delivery, &judgement, 0);
}

void
push_delivery_start(PushContext *context, PushFetcher *fetcher, const PushService *service,
                    GVariant *push, PushDeliveryDone done, gpointer user_data)
{
	PushDelivery *delivery = g_new0(PushDelivery, 1);

	delivery->context = context;
	delivery->fetcher = fetcher;
	delivery->service = service;
	delivery->push = g_variant_ref(push);
	delivery->done = done;
	delivery->user_data = user_data;
	push_delivery_try(delivery);
}
