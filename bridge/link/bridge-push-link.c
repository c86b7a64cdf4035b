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

BridgePushResult
bridge_push_result_from_string(const char *text)
{
	for (guint i = 0; i < BRIDGE_PUSH_N_RESULTS; i++)
		if (g_strcmp0(bridge_push_results[i], text) == 0)
			return (BridgePushResult)i;
	return BRIDGE_PUSH_UNKNOWN;
}
