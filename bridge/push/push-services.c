/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-service.h"

#include <string.h>

#include "link/bridge-base64.h"

#define SERVICES_RETRY_MAX_S (6 * 60 * 60)

static const PushService *const push_services[] = {&push_service_web, &push_service_webhook,
                                                   &push_service_fcm, &push_service_apns,
                                                   &push_service_mpns};

const PushService *
push_service_find(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(push_services); i++)
		if (g_str_equal(push_services[i]->name, name))
			return push_services[i];
	return NULL;
}

char *
push_service_write_sealed(GBytes *sealed, gsize bytes_max, GError **error)
{
	g_autofree char *text = NULL;

	text = bridge_base64_encode(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed));
	if (strlen(text) <= bytes_max)
		return g_steal_pointer(&text);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
	                    "the service carries no more than that");
	return NULL;
}

guint
push_service_parse_retry_after(const char *text, gint64 now_s)
{
	guint64 seconds = 0;
	g_autoptr(GDateTime) date = NULL;

	if (text == NULL)
		return 0;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &seconds, NULL)) {
		date = soup_date_time_new_from_http_string(text);
		if (date == NULL || g_date_time_to_unix(date) <= now_s)
			return 0;
		seconds = (guint64)(g_date_time_to_unix(date) - now_s);
	}
	return (guint)MIN(seconds, SERVICES_RETRY_MAX_S);
}

static PushJudgement
push_service_judge_status(guint status)
{
	if (status >= 200 && status < 300)
		return (PushJudgement){BRIDGE_PUSH_DELIVERED};
	if (status == 408 || status >= 500)
		return (PushJudgement){BRIDGE_PUSH_TRANSIENT, .detail = "service-trouble"};
	if (status == 429)
		return (PushJudgement){BRIDGE_PUSH_THROTTLED, .detail = "too-many"};
	/* A redirection leads where nobody has looked. */
	if (status < 400)
		return (PushJudgement){BRIDGE_PUSH_REJECTED, .detail = "redirected"};
	return (PushJudgement){BRIDGE_PUSH_REJECTED, .detail = "rejected"};
}

static PushJudgement
push_service_judge_silence(PushFetchEnd end)
{
	switch (end) {
	case PUSH_FETCH_REFUSED:
		return (PushJudgement){BRIDGE_PUSH_REFUSED, .detail = "address-refused"};
	case PUSH_FETCH_UNREACHABLE:
		return (PushJudgement){BRIDGE_PUSH_TRANSIENT,
		                       .detail = BRIDGE_PUSH_DETAIL_UNREACHABLE};
	case PUSH_FETCH_TLS:
		return (PushJudgement){BRIDGE_PUSH_TRANSIENT,
		                       .detail = BRIDGE_PUSH_DETAIL_CERTIFICATE};
	case PUSH_FETCH_TIMED_OUT:
		return (PushJudgement){BRIDGE_PUSH_UNKNOWN, .detail = "no-answer"};
	case PUSH_FETCH_BROKEN:
	case PUSH_FETCH_ANSWERED:
		break;
	}
	return (PushJudgement){BRIDGE_PUSH_UNKNOWN, .detail = "broken-off"};
}

PushJudgement
push_service_judge_plainly(const PushAnswer *answer)
{
	return answer->end == PUSH_FETCH_ANSWERED ? push_service_judge_status(answer->status)
	                                          : push_service_judge_silence(answer->end);
}

PushJudgement
push_service_judge(const PushService *service, const BridgePushOrder *push,
                   const PushAnswer *answer, gint64 now_s)
{
	PushJudgement judgement = push_service_judge_plainly(answer);
	guint asked_s;

	if (answer->end != PUSH_FETCH_ANSWERED)
		return judgement;
	service->judge(push, answer, &judgement);
	asked_s = push_service_parse_retry_after(
		soup_message_headers_get_one((SoupMessageHeaders *)answer->headers, "Retry-After"),
		now_s);
	judgement.retry_after_s = MAX(judgement.retry_after_s, asked_s);
	return judgement;
}
