/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-delivery.h"

#include "link/bridge-clock.h"

typedef struct {
	PushContext *context;
	PushFetcher *fetcher;
	const PushService *service;
	BridgePushOrder push;
	PushDeliveryDone done;
	gpointer user_data;
	GDestroyNotify destroy;
	gint64 begun_us; /* monotonic: of the attempt */
	gboolean renewed;
} PushDelivery;

/* A service that is set up wrongly is left alone for so long: it would say the same of each. */
#define DELIVERY_PAUSE_US (10 * 60 * (gint64)G_USEC_PER_SEC)

static void
push_delivery_free(PushDelivery *delivery)
{
	delivery->destroy(delivery->user_data);
	bridge_push_order_clear(&delivery->push);
	g_free(delivery);
}

static void
push_delivery_finish(PushDelivery *delivery, const PushJudgement *judgement, guint status)
{
	const char *detail = judgement->detail != NULL ? judgement->detail : "";

	delivery->done(bridge_push_outcome_write(judgement->result, status,
	                                         judgement->retry_after_s, detail),
	               delivery->user_data);
	g_hash_table_remove(delivery->context->deliveries, delivery);
	push_delivery_free(delivery);
}

void
push_delivery_drop_all(PushContext *context)
{
	GHashTableIter iter;
	gpointer delivery;

	g_hash_table_iter_init(&iter, context->deliveries);
	while (g_hash_table_iter_next(&iter, &delivery, NULL)) {
		g_hash_table_iter_remove(&iter);
		push_delivery_free(delivery);
	}
}

static void
push_delivery_try(PushDelivery *delivery);

static gboolean
push_delivery_is_paused(PushDelivery *delivery)
{
	const gint64 *until_us = g_hash_table_lookup(delivery->context->paused, delivery->service);

	return until_us != NULL && g_get_monotonic_time() < *until_us;
}

static void
push_delivery_pause(PushDelivery *delivery, const char *why)
{
	gint64 until_us = g_get_monotonic_time() + DELIVERY_PAUSE_US;

	if (push_delivery_is_paused(delivery))
		return;
	g_warning("nothing is pushed by %s for now, it is set up wrongly: %s",
	          delivery->service->name, why);
	g_hash_table_replace(delivery->context->paused, (gpointer)delivery->service,
	                     g_memdup2(&until_us, sizeof until_us));
}

static void
push_delivery_answered(const PushAnswer *answer, gpointer user_data)
{
	PushDelivery *delivery = user_data;
	PushJudgement judgement = push_service_judge(delivery->service, &delivery->push, answer,
	                                             g_get_real_time() / G_USEC_PER_SEC);

	if (judgement.result == BRIDGE_PUSH_AUTH && !delivery->renewed &&
	    delivery->service->renew != NULL &&
	    delivery->service->renew(delivery->context, &delivery->push, delivery->begun_us)) {
		delivery->renewed = TRUE;
		push_delivery_try(delivery);
		return;
	}
	if (judgement.result == BRIDGE_PUSH_CONFIG)
		push_delivery_pause(delivery, judgement.detail);
	push_delivery_finish(delivery, &judgement, answer->status);
}

static void
push_delivery_give_up(PushDelivery *delivery, const GError *error)
{
	PushJudgement judgement = {BRIDGE_PUSH_REJECTED, .detail = "unusable"};

	g_info("%s: %s", delivery->service->name, error->message);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		judgement = (PushJudgement){BRIDGE_PUSH_REFUSED, .detail = "address-refused"};
	else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE))
		judgement = (PushJudgement){BRIDGE_PUSH_TOO_LARGE, .detail = "too-large"};
	push_delivery_finish(delivery, &judgement, 0);
}

/* @sealed: NULL: it is not to be */
static void
push_delivery_build(PushDelivery *delivery, const PushSealed *sealed)
{
	g_auto(PushRequest) request = {0};
	g_autoptr(GError) error = NULL;

	if (delivery->service->build(delivery->context, &delivery->push, sealed, &request, &error))
		push_fetcher_post(delivery->fetcher, &request, push_delivery_answered, delivery);
	else
		push_delivery_give_up(delivery, error);
}

static void
push_delivery_sealed(const PushSealed *sealed, const GError *error, gpointer user_data)
{
	if (sealed->body != NULL)
		push_delivery_build(user_data, sealed);
	else
		push_delivery_give_up(user_data, error);
}

static void
push_delivery_begin(PushDelivery *delivery)
{
	if (delivery->service->sealed)
		push_sealer_seal(delivery->context->sealer, &delivery->push,
		                 delivery->service->write, push_delivery_sealed, delivery);
	else
		push_delivery_build(delivery, NULL);
}

static void
push_delivery_ready(const PushJudgement *trouble, gpointer user_data)
{
	PushDelivery *delivery = user_data;

	if (trouble == NULL) {
		push_delivery_begin(delivery);
		return;
	}
	if (trouble->result == BRIDGE_PUSH_CONFIG)
		push_delivery_pause(delivery, trouble->detail);
	push_delivery_finish(delivery, trouble, 0);
}

static void
push_delivery_try(PushDelivery *delivery)
{
	static const PushJudgement paused = {BRIDGE_PUSH_CONFIG, .detail = "paused"};
	static const PushJudgement wrong = {BRIDGE_PUSH_TRANSIENT,
	                                    .detail = BRIDGE_PUSH_DETAIL_CLOCK};

	delivery->begun_us = g_get_monotonic_time();
	/* What would be signed now is good for nobody. */
	if (!bridge_clock_is_right())
		push_delivery_finish(delivery, &wrong, 0);
	else if (push_delivery_is_paused(delivery))
		push_delivery_finish(delivery, &paused, 0);
	else if (delivery->service->prepare != NULL)
		delivery->service->prepare(delivery->context, delivery->fetcher,
		                           push_delivery_ready, delivery);
	else
		push_delivery_begin(delivery);
}

void
push_delivery_start(PushContext *context, PushFetcher *fetcher, const PushService *service,
                    GVariant *order, PushDeliveryDone done, gpointer user_data,
                    GDestroyNotify destroy)
{
	PushDelivery *delivery = g_new0(PushDelivery, 1);

	delivery->context = context;
	delivery->fetcher = fetcher;
	delivery->service = service;
	bridge_push_order_read(&delivery->push, order);
	delivery->done = done;
	delivery->user_data = user_data;
	delivery->destroy = destroy;
	g_hash_table_add(context->deliveries, delivery);
	push_delivery_try(delivery);
}
