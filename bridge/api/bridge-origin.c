/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-origin.h"

#include <string.h>

#define ORIGIN_REQUEST_FIELDS                                                                      \
	"Authorization, Content-Type, If-None-Match, Last-Event-ID, X-Request-Id"
#define ORIGIN_ANSWER_FIELDS                                                                       \
	"ETag, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id"
#define ORIGIN_PREFLIGHT_AGE_S "600"

static gboolean
origin_is_configured(const char *const *origins, const char *origin)
{
	return origin != NULL && origins != NULL && g_strv_contains(origins, origin);
}

/* Where the request goes to; the server has looked whether that is one of its names. */
static gboolean
origin_is_own(BridgeExchange *exchange, const char *origin)
{
	const char *authority = strstr(origin, "://");

	return authority != NULL &&
	       g_ascii_strcasecmp(authority + strlen("://"),
	                          bridge_exchange_get_header(exchange, "Host")) == 0;
}

gboolean
bridge_origin_admit(BridgeExchange *exchange, const char *const *origins)
{
	const char *origin = bridge_exchange_get_header(exchange, "Origin");

	if (origins != NULL)
		bridge_exchange_set_header(exchange, "Vary", "Origin");
	if (origin_is_configured(origins, origin)) {
		bridge_exchange_set_header(exchange, "Access-Control-Allow-Origin", origin);
		bridge_exchange_set_header(exchange, "Access-Control-Expose-Headers",
		                           ORIGIN_ANSWER_FIELDS);
		return TRUE;
	}
	if (origin == NULL || origin_is_own(exchange, origin))
		return TRUE;
	bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_WRONG_ORIGIN, NULL, NULL);
	return FALSE;
}

void
bridge_origin_answer_preflight(BridgeExchange *exchange, const char *const *origins,
                               const char *methods)
{
	if (!origin_is_configured(origins, bridge_exchange_get_header(exchange, "Origin")))
		return;
	bridge_exchange_set_header(exchange, "Access-Control-Allow-Methods", methods);
	bridge_exchange_set_header(exchange, "Access-Control-Allow-Headers", ORIGIN_REQUEST_FIELDS);
	bridge_exchange_set_header(exchange, "Access-Control-Max-Age", ORIGIN_PREFLIGHT_AGE_S);
}

gboolean
bridge_origin_is_host(const char *const *names, const char *host)
{
	const char *port = strrchr(host, ':');
	g_autofree char *name = NULL;

	if (names == NULL)
		return TRUE;
	if (port != NULL && port[strspn(port + 1, "0123456789") + 1] == '\0')
		name = g_strndup(host, port - host);
	else
		name = g_strdup(host);
	for (guint i = 0; names[i] != NULL; i++)
		if (g_ascii_strcasecmp(names[i], name) == 0)
			return TRUE;
	return FALSE;
}
