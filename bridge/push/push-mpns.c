/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Microsoft's push service for Windows Phone 7 and 8 (MPNS), as its documentation has it. Of an
 * order: the endpoint is a URL; and of its own: "kind" s, and what belongs to that:
 *
 *   "raw"    "payload" ay: handed to the app as it is
 *   "toast"  "title" s, "text" s: cut off where it is too much, "param" s: the page that it opens
 *   "tile"   "count" u, "tile" s: which one, "" for the app's own
 */
#include "config.h"

#include <string.h>

#include "push-service.h"

#define MPNS_BODY_BYTES_MAX 3072
#define MPNS_TITLE_CHARS_MAX 128
#define MPNS_COUNT_MAX 99
#define MPNS_DEADLINE_MS 15000
#define MPNS_DAILY_LIMIT_S 3600     /* 406: one probe an hour */
#define MPNS_INACTIVE_S (61 * 60)   /* 412: no sooner */
#define MPNS_UNAVAILABLE_S (5 * 60) /* 503 */

#define MPNS_DECLARATION "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
#define MPNS_BEGIN MPNS_DECLARATION "<wp:Notification xmlns:wp=\"WPNotification\">"
#define MPNS_END "</wp:Notification>"

/* The classes that are delivered at once. */
static const struct {
	const char *kind;
	const char *target; /* NULL: the header is left out */
	const char *class;
	const char *type;
} push_mpns_kinds[] = {
	{"raw", NULL, "3", "text/plain"},
	{"toast", "toast", "2", "text/xml"},
	{"tile", "token", "1", "text/xml"}, /* sic */
};

/* ---- XML ------------------------------------------------------------------------------------- */

static gboolean
push_mpns_is_xml_char(gunichar letter)
{
	return letter == '\t' || letter == '\n' || letter == '\r' ||
	       (letter >= 0x20 && letter != 0xfffe && letter != 0xffff);
}

/* As much of @text as fits into so many octets and characters once it is escaped; what XML has no
 * place for is left out. */
static void
push_mpns_append(GString *xml, const char *text, gsize bytes_max, gsize chars_max)
{
	gsize end = xml->len + bytes_max;

	for (; *text != '\0' && chars_max > 0; text = g_utf8_next_char(text), chars_max--) {
		g_autofree char *escaped = NULL;

		if (!push_mpns_is_xml_char(g_utf8_get_char(text)))
			continue;
		escaped = g_markup_escape_text(text, g_utf8_next_char(text) - text);
		if (xml->len + strlen(escaped) > end)
			return;
		g_string_append(xml, escaped);
	}
}

static const char *
push_mpns_get(const BridgePushOrder *push, const char *name)
{
	const char *text = "";

	g_variant_lookup(push->more, name, "&s", &text);
	return text;
}

static GString *
push_mpns_build_toast(const BridgePushOrder *push)
{
	GString *xml = g_string_new(MPNS_BEGIN "<wp:Toast><wp:Text1>");
	g_autofree char *param = g_markup_escape_text(push_mpns_get(push, "param"), -1);
	g_autofree char *end = g_strconcat("</wp:Text2><wp:Param>", param,
	                                   "</wp:Param></wp:Toast>" MPNS_END, NULL);

	push_mpns_append(xml, push_mpns_get(push, "title"), MPNS_BODY_BYTES_MAX,
	                 MPNS_TITLE_CHARS_MAX);
	g_string_append(xml, "</wp:Text1><wp:Text2>");
	if (xml->len + strlen(end) < MPNS_BODY_BYTES_MAX)
		push_mpns_append(xml, push_mpns_get(push, "text"),
		                 MPNS_BODY_BYTES_MAX - xml->len - strlen(end), G_MAXSIZE);
	g_string_append(xml, end);
	return xml;
}

static GString *
push_mpns_build_tile(const BridgePushOrder *push)
{
	GString *xml = g_string_new(MPNS_BEGIN "<wp:Tile");
	const char *tile = push_mpns_get(push, "tile");
	guint32 count = 0;

	g_variant_lookup(push->more, "count", "u", &count);
	if (*tile != '\0') {
		g_string_append(xml, " Id=\"");
		push_mpns_append(xml, tile, MPNS_BODY_BYTES_MAX, G_MAXSIZE);
		g_string_append_c(xml, '"');
	}
	g_string_append_printf(xml, "><wp:Count>%u</wp:Count></wp:Tile>" MPNS_END,
	                       MIN(count, MPNS_COUNT_MAX));
	return xml;
}

/* ---- The request ----------------------------------------------------------------------------- */

static GBytes *
push_mpns_dup_payload(const BridgePushOrder *push)
{
	g_autoptr(GVariant) octets =
		g_variant_lookup_value(push->more, "payload", G_VARIANT_TYPE_BYTESTRING);

	return octets != NULL ? g_variant_get_data_as_bytes(octets) : g_bytes_new(NULL, 0);
}

static GBytes *
push_mpns_build_body(const BridgePushOrder *push, const char *kind)
{
	if (g_str_equal(kind, "raw"))
		return push_mpns_dup_payload(push);
	return g_string_free_to_bytes(g_str_equal(kind, "toast") ? push_mpns_build_toast(push)
	                                                         : push_mpns_build_tile(push));
}

static gboolean
push_mpns_fill(const BridgePushOrder *push, guint place, PushRequest *request, GError **error)
{
	request->body = push_mpns_build_body(push, push_mpns_kinds[place].kind);
	if (g_bytes_get_size(request->body) > MPNS_BODY_BYTES_MAX) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "that is too much for one push");
		return FALSE;
	}
	request->headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);
	soup_message_headers_replace(request->headers, "Content-Type", push_mpns_kinds[place].type);
	soup_message_headers_replace(request->headers, "X-NotificationClass",
	                             push_mpns_kinds[place].class);
	if (push_mpns_kinds[place].target != NULL)
		soup_message_headers_replace(request->headers, "X-WindowsPhone-Target",
		                             push_mpns_kinds[place].target);
	return TRUE;
}

static gboolean
push_mpns_build(PushContext *context, const BridgePushOrder *push, const PushSealed *sealed,
                PushRequest *request, GError **error)
{
	const char *kind = push_mpns_get(push, "kind");
	guint i = 0;

	request->uri = bridge_push_url_parse(context->mpns_rules, push->endpoint, error);
	if (request->uri == NULL)
		return FALSE;
	while (i < G_N_ELEMENTS(push_mpns_kinds) && !g_str_equal(push_mpns_kinds[i].kind, kind))
		i++;
	if (i == G_N_ELEMENTS(push_mpns_kinds)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "there is no such kind");
		return FALSE;
	}
	g_set_object(&request->certificate, context->mpns_certificate);
	request->deadline_ms = MPNS_DEADLINE_MS;
	return push_mpns_fill(push, i, request, error);
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* Its documentation writes these words in more than one way. */
static gboolean
push_mpns_says(const PushAnswer *answer, const char *name, const char *word)
{
	const char *value =
		soup_message_headers_get_one((SoupMessageHeaders *)answer->headers, name);
	g_autofree char *plain = g_strdup(value != NULL ? value : "");
	char *to = plain;

	for (const char *from = plain; *from != '\0'; from++)
		if (*from != ' ')
			*to++ = *from;
	*to = '\0';
	return g_ascii_strcasecmp(plain, word) == 0;
}

/* It says 200 to much that it does not deliver. */
static void
push_mpns_judge_taken(const PushAnswer *answer, PushJudgement *judgement)
{
	if (push_mpns_says(answer, "X-NotificationStatus", "Received"))
		*judgement = (PushJudgement){BRIDGE_PUSH_DELIVERED};
	else if (push_mpns_says(answer, "X-NotificationStatus", "QueueFull"))
		*judgement = (PushJudgement){BRIDGE_PUSH_THROTTLED, .detail = "queue-full"};
	else if (push_mpns_says(answer, "X-NotificationStatus", "Suppressed"))
		*judgement = (PushJudgement){BRIDGE_PUSH_REJECTED,
		                             .detail = BRIDGE_PUSH_DETAIL_SUPPRESSED};
	else
		*judgement = (PushJudgement){BRIDGE_PUSH_REJECTED, .detail = "dropped"};
}

static void
push_mpns_judge(const BridgePushOrder *push, const PushAnswer *answer, PushJudgement *judgement)
{
	switch (answer->status) {
	case 200:
		push_mpns_judge_taken(answer, judgement);
		break;
	case 401: /* the channel is another sender's */
	case 403: /* our certificate is none for it */
		*judgement = (PushJudgement){BRIDGE_PUSH_AUTH, .detail = "not-authorized"};
		break;
	case 404:
	case 410:
		*judgement = (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"};
		break;
	case 406:
		*judgement =
			(PushJudgement){BRIDGE_PUSH_THROTTLED, MPNS_DAILY_LIMIT_S, "daily-limit"};
		break;
	case 412:
		*judgement = (PushJudgement){
			BRIDGE_PUSH_TRANSIENT, MPNS_INACTIVE_S,
			push_mpns_says(answer, "X-DeviceConnectionStatus", "TempDisconnected")
				? "device-disconnected"
				: "device-inactive"};
		break;
	case 413:
		*judgement = (PushJudgement){BRIDGE_PUSH_TOO_LARGE, .detail = "too-large"};
		break;
	case 503:
		judgement->retry_after_s = MPNS_UNAVAILABLE_S;
		break;
	default:
		/* No other success is known of it. */
		if (judgement->result == BRIDGE_PUSH_DELIVERED)
			*judgement = (PushJudgement){BRIDGE_PUSH_REJECTED, .detail = "dropped"};
		break;
	}
	/* Whatever else it says, that channel is no more. */
	if (push_mpns_says(answer, "X-SubscriptionStatus", "Expired"))
		*judgement = (PushJudgement){BRIDGE_PUSH_GONE, .detail = "gone"};
}

const PushService push_service_mpns = {
	.name = BRIDGE_PUSH_SERVICE_MPNS,
	.build = push_mpns_build,
	.judge = push_mpns_judge,
};
