/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/requests: what waits for a person. POST /v1/requests/{id}: the answer, as do
 * POST /v1/contacts/{jid}/approve and /deny for whoever asks for a subscription. */
#include "config.h"

#include "api-page.h"
#include "bridge-api-private.h"
#include "account/bridge-requests.h"
#include "account/bridge-rooms.h"
#include "base/bridge-text.h"

#define REQUESTS_ANSWER_BYTES_MAX 256

static void
api_requests_build_one(JsonBuilder *builder, gconstpointer thing, gpointer user_data)
{
	const BridgeRequest *request = thing;

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "id", request->id);
	bridge_json_add_string(builder, "type", request->type);
	bridge_json_add_string(builder, "jid", request->jid);
	bridge_json_add_string(builder, "from", request->from);
	bridge_json_add_string(builder, "name", request->name);
	bridge_json_add_string(builder, "text", request->text);
	bridge_json_add_string(builder, "url", request->url);
	bridge_json_add_time(builder, "time", request->time_us);
	bridge_json_add_time(builder, "expires", request->expires_us);
	bridge_json_add_strings(builder, "answers", request->answers);
	json_builder_end_object(builder);
}

static char *
api_requests_dup_key(gconstpointer thing)
{
	const BridgeRequest *request = thing;

	return api_page_dup_time_key(request->time_us, request->id);
}

static gint
api_requests_compare(gconstpointer a, gconstpointer b)
{
	g_autofree char *first = api_requests_dup_key(*(const BridgeRequest *const *)a);
	g_autofree char *second = api_requests_dup_key(*(const BridgeRequest *const *)b);

	return strcmp(first, second);
}

static const ApiPageKind api_requests_kind = {
	.member = "requests",
	.dup_key = api_requests_dup_key,
	.build = api_requests_build_one,
};

void
api_requests_get(BridgeExchange *exchange)
{
	g_autoptr(ApiPage) page = api_page_new(exchange);
	g_autoptr(GPtrArray) list = bridge_requests_list(bridge_exchange_get_account(exchange));
	g_autoptr(JsonBuilder) builder = json_builder_new();

	if (page == NULL)
		return;
	g_ptr_array_sort(list, api_requests_compare);
	json_builder_begin_object(builder);
	api_page_build(page, builder, list, &api_requests_kind, NULL);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_requests_answered(BridgeExchange *exchange, GVariant *answer)
{
	const char *jid = NULL;

	if (g_variant_lookup(answer, "jid", "&s", &jid))
		bridge_requests_close_subscription(bridge_exchange_get_account(exchange), jid);
	bridge_exchange_answer_empty(exchange, 204);
}

/* @answer: static */
static void
api_requests_answer(BridgeExchange *exchange, const char *jid, const char *answer)
{
	GVariantDict arguments;

	bridge_requests_note_answer(bridge_exchange_get_account(exchange), jid, answer);
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	g_variant_dict_insert(&arguments, "answer", "s", answer);
	api_request(exchange, "contact-answer", g_variant_dict_end(&arguments),
	            api_requests_answered);
}

static void
api_requests_accepted_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_rooms_join_finish(BRIDGE_ACCOUNT(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

static void
api_requests_declined(BridgeExchange *exchange, GVariant *answer)
{
	bridge_requests_note_declined(bridge_exchange_get_account(exchange),
	                              bridge_exchange_get_parameter(exchange));
	bridge_exchange_answer_empty(exchange, 204);
}

static void
api_requests_answer_invitation(BridgeExchange *exchange, const BridgeRequest *request,
                               const char *answer)
{
	GVariantDict arguments;

	if (g_str_equal(answer, "accept")) {
		bridge_rooms_join_async(bridge_exchange_get_account(exchange), request->jid, NULL,
		                        request->components, api_requests_accepted_cb,
		                        g_object_ref(exchange));
		return;
	}
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", request->jid);
	g_variant_dict_insert(&arguments, "who", "s", request->from != NULL ? request->from : "");
	api_request(exchange, "room-decline", g_variant_dict_end(&arguments),
	            api_requests_declined);
}

static const char *
api_requests_find_answer(const BridgeRequest *request, const char *answer)
{
	for (guint i = 0; request->answers[i] != NULL; i++)
		if (g_str_equal(request->answers[i], answer))
			return request->answers[i];
	return NULL;
}

static void
api_requests_answer_captcha(BridgeExchange *exchange, BridgeJsonReader *reader,
                            const BridgeRequest *request, const char *read)
{
	g_autoptr(GError) error = NULL;

	if (!bridge_text_check_line(read, REQUESTS_ANSWER_BYTES_MAX, "the answer", &error))
		bridge_json_reader_refuse(reader, "/answer", error->message);
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	bridge_requests_answer_captcha(bridge_exchange_get_account(exchange), request, read);
	bridge_exchange_answer_empty(exchange, 204);
}

void
api_requests_post(BridgeExchange *exchange)
{
	const BridgeRequest *request = bridge_requests_find(
		bridge_exchange_get_account(exchange), bridge_exchange_get_parameter(exchange));
	g_autoptr(BridgeJsonReader) reader = NULL;
	const char *wanted;
	const char *answer;

	if (request == NULL) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
		                       "no such request waits for an answer", NULL);
		return;
	}
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	wanted = bridge_json_reader_get_string(reader, "/answer", BRIDGE_JSON_REQUIRED,
	                                       REQUESTS_ANSWER_BYTES_MAX);
	if (wanted != NULL && bridge_requests_is_captcha(request)) {
		api_requests_answer_captcha(exchange, reader, request, wanted);
		return;
	}
	answer = wanted != NULL ? api_requests_find_answer(request, wanted) : NULL;
	if (wanted != NULL && answer == NULL)
		bridge_json_reader_refuse(reader, "/answer", "it is none of the answers allowed");
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	if (g_str_equal(request->type, "room-invite"))
		api_requests_answer_invitation(exchange, request, answer);
	else
		api_requests_answer(exchange, request->jid, answer);
}

static void
api_contact_answer(BridgeExchange *exchange, const char *answer)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);

	if (jid != NULL)
		api_requests_answer(exchange, jid, answer);
}

void
api_contact_approve(BridgeExchange *exchange)
{
	api_contact_answer(exchange, "approve");
}

void
api_contact_deny(BridgeExchange *exchange)
{
	api_contact_answer(exchange, "deny");
}
