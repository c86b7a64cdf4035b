/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-link.h"

const char *const bridge_push_services[BRIDGE_PUSH_N_SERVICES] = {
	BRIDGE_PUSH_SERVICE_WEB,  BRIDGE_PUSH_SERVICE_WEBHOOK, BRIDGE_PUSH_SERVICE_FCM,
	BRIDGE_PUSH_SERVICE_APNS, BRIDGE_PUSH_SERVICE_MPNS,
};

int
bridge_push_service_find(const char *name)
{
	for (int i = 0; i < BRIDGE_PUSH_N_SERVICES; i++)
		if (g_str_equal(bridge_push_services[i], name))
			return i;
	return -1;
}

static const char *const bridge_push_results[BRIDGE_PUSH_N_RESULTS] = {
	[BRIDGE_PUSH_DELIVERED] = "delivered", [BRIDGE_PUSH_GONE] = "gone",
	[BRIDGE_PUSH_REJECTED] = "rejected",   [BRIDGE_PUSH_TOO_LARGE] = "too-large",
	[BRIDGE_PUSH_THROTTLED] = "throttled", [BRIDGE_PUSH_AUTH] = "auth",
	[BRIDGE_PUSH_REFUSED] = "refused",     [BRIDGE_PUSH_TRANSIENT] = "transient",
	[BRIDGE_PUSH_UNKNOWN] = "unknown",     [BRIDGE_PUSH_CONFIG] = "config",
};

const char *
bridge_push_result_to_string(BridgePushResult result)
{
	g_return_val_if_fail(result < BRIDGE_PUSH_N_RESULTS, NULL);
	return bridge_push_results[result];
}

/* ---- Outcomes -------------------------------------------------------------------------------- */

/* Of BRIDGE_PUSH_OUTCOME_TYPE. */
enum { OUTCOME_RESULT, OUTCOME_STATUS, OUTCOME_RETRY_AFTER, OUTCOME_DETAIL };

GVariant *
bridge_push_outcome_write(BridgePushResult result, guint status, guint retry_after_s,
                          const char *detail)
{
	return g_variant_new(BRIDGE_PUSH_OUTCOME_TYPE, (guint)result, status, retry_after_s,
	                     detail);
}

GVariant *
bridge_push_outcome_write_none(void)
{
	return bridge_push_outcome_write(BRIDGE_PUSH_N_RESULTS, 0, 0, "");
}

static guint
bridge_push_outcome_get_number(GVariant *outcome, gsize place)
{
	guint number = 0;

	g_variant_get_child(outcome, place, "u", &number);
	return number;
}

gboolean
bridge_push_outcome_is_none(GVariant *outcome)
{
	return bridge_push_outcome_get_number(outcome, OUTCOME_RESULT) >= BRIDGE_PUSH_N_RESULTS;
}

BridgePushResult
bridge_push_outcome_get_result(GVariant *outcome)
{
	guint number = bridge_push_outcome_get_number(outcome, OUTCOME_RESULT);

	return number < BRIDGE_PUSH_N_RESULTS ? (BridgePushResult)number : BRIDGE_PUSH_UNKNOWN;
}

guint
bridge_push_outcome_get_status(GVariant *outcome)
{
	return bridge_push_outcome_get_number(outcome, OUTCOME_STATUS);
}

guint
bridge_push_outcome_get_retry_after_s(GVariant *outcome)
{
	return bridge_push_outcome_get_number(outcome, OUTCOME_RETRY_AFTER);
}

const char *
bridge_push_outcome_get_detail(GVariant *outcome)
{
	const char *detail = NULL;

	g_variant_get_child(outcome, OUTCOME_DETAIL, "&s", &detail);
	return detail;
}
