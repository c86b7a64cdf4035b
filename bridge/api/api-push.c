/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PUT, GET, DELETE /v1/push/{type}, POST /v1/push/{type}/verify and /test: what reaches the device
 * while it sleeps. */
#include "config.h"

#include <string.h>

#include "bridge-api-private.h"
#include "link/bridge-base64.h"
#include "link/bridge-push-link.h"
#include "link/bridge-push-url.h"

#define PUSH_KEY_BYTES_MAX 128 /* of base64: 65 octets, padded */
#define PUSH_TOKEN_BYTES_MAX 4096
#define PUSH_WORD_BYTES_MAX 64
#define PUSH_CHALLENGE_BYTES_MAX 128
#define PUSH_EXPIRATION_MAX_MS 253402300799999 /* the end of the year 9999 */
#define PUSH_SECRET_PREFIX "whsec_"            /* as Standard Webhooks shows them */

static BridgePush *
api_push_get(BridgeExchange *exchange)
{
	return bridge_api_get_push(bridge_exchange_get_context(exchange));
}

/* NULL: there is none; it is answered. */
static const char *
api_push_find_type(BridgeExchange *exchange)
{
	const char *type = bridge_exchange_get_parameter(exchange);

	if (!g_strv_contains(bridge_push_get_types(api_push_get(exchange)), type))
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
		                       "this bridge does not push that way", NULL);
	else if (!bridge_push_is_ready(api_push_get(exchange),
	                               bridge_exchange_get_account(exchange)))
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_BUSY,
		                       "the subscriptions are still being read", NULL);
	else
		return type;
	return NULL;
}

/* ---- What is shown --------------------------------------------------------------------------- */

/* Where it leads, without what would let others push there. */
static void
api_push_add_origin(JsonBuilder *builder, const BridgePushSettings *settings)
{
	g_autoptr(GUri) uri = NULL;
	g_autofree char *origin = NULL;

	if (!bridge_push_type_is_vendor(settings->type))
		uri = g_uri_parse(settings->endpoint, G_URI_FLAGS_NONE, NULL);
	if (uri != NULL)
		origin = g_uri_join(G_URI_FLAGS_NONE, "https", NULL, g_uri_get_host(uri),
		                    g_uri_get_port(uri), "", NULL, NULL);
	bridge_json_add_string(builder, "origin", origin);
}

static void
api_push_add_kinds(JsonBuilder *builder, guint kinds)
{
	json_builder_set_member_name(builder, "events");
	json_builder_begin_array(builder);
	for (guint i = 0; i < BRIDGE_PUSH_N_KINDS; i++)
		if ((kinds & 1u << i) != 0)
			json_builder_add_string_value(
				builder, bridge_push_kind_to_string((BridgePushKind)i));
	json_builder_end_array(builder);
}

static void
api_push_add_quiet(JsonBuilder *builder, const BridgePushSettings *settings)
{
	json_builder_set_member_name(builder, "quiet");
	if (settings->quiet_from == NULL) {
		json_builder_add_null_value(builder);
		return;
	}
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "from", settings->quiet_from);
	bridge_json_add_string(builder, "to", settings->quiet_to);
	bridge_json_add_string(builder, "timezone", settings->quiet_zone);
	json_builder_end_object(builder);
}

void
api_push_build(JsonBuilder *builder, const BridgePushStatus *status)
{
	const BridgePushSettings *settings = status->settings;

	bridge_json_add_string(builder, "type", settings->type);
	api_push_add_origin(builder, settings);
	bridge_json_add_string(builder, "content",
	                       bridge_push_content_to_string((BridgePushContent)settings->content));
	api_push_add_kinds(builder, settings->kinds);
	api_push_add_quiet(builder, settings);
	bridge_json_add_int(builder, "ttl", settings->ttl_s);
	bridge_json_add_boolean(builder, "verified", settings->verified);
	bridge_json_add_time(builder, "expires", settings->expires_us);
	bridge_json_add_time(builder, "created", status->created_us);
	bridge_json_add_time(builder, "last_success", status->last_success_us);
	bridge_json_add_time(builder, "last_failure", status->last_error_us);
	bridge_json_add_string(builder, "last_error", status->last_error);
	bridge_json_add_int(builder, "attempts", status->attempts);
	bridge_json_add_time(builder, "next_try", status->next_try_us);
	bridge_json_add_int(builder, "queue_length", status->queue_length);
}

/* @secret: (nullable): to be shown this once */
static void
api_push_answer(BridgeExchange *exchange, guint http_status, const char *type, GBytes *secret)
{
	BridgePushStatus status;
	g_autoptr(JsonBuilder) builder = NULL;

	if (!bridge_push_get_status(api_push_get(exchange),
	                            bridge_exchange_get_device(exchange)->id, type, &status)) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
		                       "the device has no such subscription", NULL);
		return;
	}
	builder = json_builder_new();
	json_builder_begin_object(builder);
	api_push_build(builder, &status);
	if (secret != NULL) {
		g_autofree char *text =
			g_base64_encode(g_bytes_get_data(secret, NULL), g_bytes_get_size(secret));
		g_autofree char *shown = g_strconcat(PUSH_SECRET_PREFIX, text, NULL);

		bridge_json_add_string(builder, "secret", shown);
	}
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, http_status, builder);
}

void
api_push_get_one(BridgeExchange *exchange)
{
	const char *type = api_push_find_type(exchange);

	if (type != NULL)
		api_push_answer(exchange, 200, type, NULL);
}

/* ---- What is asked for ----------------------------------------------------------------------- */

static GBytes *
api_push_read_key(BridgeJsonReader *reader, const char *pointer, BridgeJsonNeed need)
{
	const char *text = bridge_json_reader_get_string(reader, pointer, need, PUSH_KEY_BYTES_MAX);
	GBytes *octets = text != NULL ? bridge_base64_decode(text) : NULL;

	if (text != NULL && octets == NULL)
		bridge_json_reader_refuse(reader, pointer, "it is not base64");
	return octets;
}

static guint
api_push_read_kinds(BridgeJsonReader *reader)
{
	g_auto(GStrv) words = bridge_json_reader_dup_strings(reader, "/events", BRIDGE_PUSH_N_KINDS,
	                                                     PUSH_WORD_BYTES_MAX);
	guint kinds = 0;

	if (words == NULL)
		return BRIDGE_PUSH_ALL_KINDS;
	for (guint i = 0; words[i] != NULL; i++) {
		BridgePushKind kind;

		if (bridge_push_kind_from_string(words[i], &kind))
			kinds |= 1u << kind;
		else
			bridge_json_reader_refuse(reader, "/events", "there is no such event");
	}
	return kinds;
}

static guint
api_push_read_content(BridgeJsonReader *reader)
{
	const char *word = bridge_json_reader_get_string(reader, "/content", BRIDGE_JSON_OPTIONAL,
	                                                 PUSH_WORD_BYTES_MAX);
	BridgePushContent content = BRIDGE_PUSH_CONTENT_NONE;

	if (word != NULL && !bridge_push_content_from_string(word, &content))
		bridge_json_reader_refuse(reader, "/content", "it is none, sender or full");
	return content;
}

static char *
api_push_read_minute(BridgeJsonReader *reader, const char *pointer)
{
	const char *text = bridge_json_reader_get_string(reader, pointer, BRIDGE_JSON_REQUIRED,
	                                                 PUSH_WORD_BYTES_MAX);

	if (text != NULL && bridge_push_parse_minute(text) < 0)
		bridge_json_reader_refuse(reader, pointer, "it looks like 22:00");
	return g_strdup(text);
}

static void
api_push_read_quiet(BridgeJsonReader *reader, BridgePushSettings *settings)
{
	const char *zone;
	g_autoptr(GTimeZone) known = NULL;

	if (bridge_json_reader_get_object(reader, "/quiet") == NULL)
		return;
	settings->quiet_from = api_push_read_minute(reader, "/quiet/from");
	settings->quiet_to = api_push_read_minute(reader, "/quiet/to");
	zone = bridge_json_reader_get_string(reader, "/quiet/timezone", BRIDGE_JSON_OPTIONAL,
	                                     PUSH_WORD_BYTES_MAX);
	settings->quiet_zone = g_strdup(zone != NULL ? zone : "UTC");
	known = g_time_zone_new_identifier(settings->quiet_zone);
	if (known == NULL)
		bridge_json_reader_refuse(reader, "/quiet/timezone", "there is no such time zone");
}

/* How a vendor's service calls the device: nothing that a URL or JSON would have to escape. */
static char *
api_push_read_token(BridgeJsonReader *reader, const char *pointer, BridgeJsonNeed need)
{
	const char *text =
		bridge_json_reader_get_string(reader, pointer, need, PUSH_TOKEN_BYTES_MAX);

	for (const char *at = text; at != NULL && *at != '\0'; at++)
		if (!g_ascii_isalnum(*at) && strchr("-_.:=+/", *at) == NULL) {
			bridge_json_reader_refuse(reader, pointer, "it is no token");
			break;
		}
	if (text != NULL && *text == '\0')
		bridge_json_reader_refuse(reader, pointer, "it is no token");
	return g_strdup(text);
}

/* Google replaces registration tokens by the ids of installations. */
static void
api_push_read_fcm_target(BridgeJsonReader *reader, BridgePushSettings *settings)
{
	g_autofree char *id = api_push_read_token(reader, "/fid", BRIDGE_JSON_OPTIONAL);
	g_autofree char *token = api_push_read_token(
		reader, "/token", id != NULL ? BRIDGE_JSON_OPTIONAL : BRIDGE_JSON_REQUIRED);

	if (id != NULL && token != NULL)
		bridge_json_reader_refuse(reader, "/fid", "it goes without a token");
	settings->target = g_strdup(id != NULL ? "fid" : "token");
	settings->endpoint = id != NULL ? g_steal_pointer(&id) : g_steal_pointer(&token);
}

static void
api_push_read_apns_target(BridgeJsonReader *reader, BridgePushSettings *settings)
{
	const char *token = bridge_json_reader_get_string(reader, "/token", BRIDGE_JSON_REQUIRED,
	                                                  BRIDGE_PUSH_APNS_TOKEN_CHARS_MAX);
	const char *environment = bridge_json_reader_get_string(
		reader, "/environment", BRIDGE_JSON_OPTIONAL, PUSH_WORD_BYTES_MAX);

	if (token != NULL && (strlen(token) % 2 != 0 || *token == '\0' ||
	                      token[strspn(token, "0123456789abcdefABCDEF")] != '\0'))
		bridge_json_reader_refuse(reader, "/token", "it is no device token");
	if (environment != NULL && !g_str_equal(environment, "production") &&
	    !g_str_equal(environment, "sandbox"))
		bridge_json_reader_refuse(reader, "/environment", "it is production or sandbox");
	settings->endpoint = token != NULL ? g_ascii_strdown(token, -1) : NULL;
	settings->target = g_strdup(environment != NULL ? environment : "production");
}

static void
api_push_read_target(BridgeJsonReader *reader, BridgePushSettings *settings)
{
	if (g_str_equal(settings->type, BRIDGE_PUSH_SERVICE_FCM))
		api_push_read_fcm_target(reader, settings);
	else if (g_str_equal(settings->type, BRIDGE_PUSH_SERVICE_APNS))
		api_push_read_apns_target(reader, settings);
	else
		settings->endpoint = g_strdup(bridge_json_reader_get_string(
			reader, "/endpoint", BRIDGE_JSON_REQUIRED, BRIDGE_PUSH_URL_BYTES_MAX));
	/* As browsers write it, in milliseconds. */
	if (g_str_equal(settings->type, BRIDGE_PUSH_SERVICE_WEB))
		settings->expires_us = bridge_json_reader_get_number(reader, "/expirationTime", 0,
		                                                     PUSH_EXPIRATION_MAX_MS, 0) *
		                       1000;
	if (bridge_push_type_is_encrypted(settings->type)) {
		settings->p256dh = api_push_read_key(reader, "/keys/p256dh", BRIDGE_JSON_REQUIRED);
		settings->auth = api_push_read_key(reader, "/keys/auth", BRIDGE_JSON_REQUIRED);
	}
}

static guint
api_push_read_ttl(BridgeJsonReader *reader, const char *type)
{
	return bridge_json_reader_get_uint(reader, "/ttl", 0, BRIDGE_PUSH_TTL_MAX_S,
	                                   g_str_equal(type, BRIDGE_PUSH_SERVICE_WEBHOOK)
	                                           ? BRIDGE_PUSH_TTL_WEBHOOK_S
	                                           : BRIDGE_PUSH_TTL_DEFAULT_S);
}

static BridgePushSettings *
api_push_read(BridgeJsonReader *reader, const char *type)
{
	BridgePushSettings *settings = g_new0(BridgePushSettings, 1);

	settings->type = g_strdup(type);
	api_push_read_target(reader, settings);
	settings->content = api_push_read_content(reader);
	settings->kinds = api_push_read_kinds(reader);
	settings->ttl_s = api_push_read_ttl(reader, type);
	api_push_read_quiet(reader, settings);
	return settings;
}

/* A webhook has one from its beginning, and another one when that is asked for. */
static GBytes *
api_push_make_secret(BridgeExchange *exchange, BridgeJsonReader *reader, const char *type)
{
	gboolean rotates = bridge_json_reader_get_boolean(reader, "/rotate_secret",
	                                                  BRIDGE_JSON_OPTIONAL, FALSE);
	BridgePushStatus status;
	guint8 octets[BRIDGE_PUSH_SECRET_BYTES];

	if (!g_str_equal(type, BRIDGE_PUSH_SERVICE_WEBHOOK) ||
	    (!rotates &&
	     bridge_push_get_status(api_push_get(exchange),
	                            bridge_exchange_get_device(exchange)->id, type, &status)) ||
	    !bridge_seal_random(octets, sizeof octets, NULL))
		return NULL;
	return g_bytes_new(octets, sizeof octets);
}

typedef struct {
	BridgeExchange *exchange;
	GBytes *secret;
} ApiPushPut;

static void
api_push_subscribed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	ApiPushPut *put = user_data;
	gboolean created = FALSE;
	g_autoptr(GError) error = NULL;

	if (bridge_push_subscribe_finish(BRIDGE_PUSH(source), result, &created, &error))
		api_push_answer(put->exchange, created ? 201 : 200,
		                bridge_exchange_get_parameter(put->exchange), put->secret);
	else
		bridge_exchange_fail(put->exchange, error);
	g_object_unref(put->exchange);
	g_clear_pointer(&put->secret, g_bytes_unref);
	g_free(put);
}

void
api_push_put(BridgeExchange *exchange)
{
	const char *type = api_push_find_type(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	g_autoptr(BridgePushSettings) settings = NULL;
	ApiPushPut *put;

	if (type == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	settings = api_push_read(reader, type);
	settings->secret = api_push_make_secret(exchange, reader, type);
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	put = g_new0(ApiPushPut, 1);
	put->exchange = g_object_ref(exchange);
	put->secret = settings->secret != NULL ? g_bytes_ref(settings->secret) : NULL;
	bridge_push_subscribe_async(api_push_get(exchange), bridge_exchange_get_account(exchange),
	                            bridge_exchange_get_device(exchange)->id,
	                            g_steal_pointer(&settings), api_push_subscribed_cb, put);
}

/* ---- The rest -------------------------------------------------------------------------------- */

static void
api_push_unsubscribed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_push_unsubscribe_finish(BRIDGE_PUSH(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_push_delete(BridgeExchange *exchange)
{
	const char *type = api_push_find_type(exchange);

	if (type != NULL)
		bridge_push_unsubscribe_async(api_push_get(exchange),
		                              bridge_exchange_get_device(exchange)->id, type,
		                              api_push_unsubscribed_cb, g_object_ref(exchange));
}

static void
api_push_verified_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_push_verify_finish(BRIDGE_PUSH(source), result, &error))
		bridge_exchange_answer_empty(exchange, 204);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_push_verify_post(BridgeExchange *exchange)
{
	const char *type = api_push_find_type(exchange);
	g_autoptr(BridgeJsonReader) reader = NULL;
	const char *challenge;

	if (type == NULL)
		return;
	reader = bridge_json_reader_new(bridge_exchange_get_body(exchange));
	challenge = bridge_json_reader_get_string(reader, "/challenge", BRIDGE_JSON_REQUIRED,
	                                          PUSH_CHALLENGE_BYTES_MAX);
	if (bridge_exchange_check_reader(exchange, reader))
		bridge_push_verify_async(api_push_get(exchange),
		                         bridge_exchange_get_device(exchange)->id, type, challenge,
		                         api_push_verified_cb, g_object_ref(exchange));
}

static void
api_push_answer_outcome(BridgeExchange *exchange, GVariant *outcome)
{
	BridgePushResult result = bridge_push_outcome_get_result(outcome);
	const char *detail = bridge_push_outcome_get_detail(outcome);
	guint status = bridge_push_outcome_get_status(outcome);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "result", bridge_push_result_to_string(result));
	bridge_json_add_string(builder, "detail", *detail != '\0' ? detail : NULL);
	json_builder_set_member_name(builder, "status");
	if (status != 0)
		json_builder_add_int_value(builder, status);
	else
		json_builder_add_null_value(builder);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 200, builder);
}

static void
api_push_tested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) outcome = bridge_push_test_finish(BRIDGE_PUSH(source), result, &error);

	if (outcome != NULL)
		api_push_answer_outcome(exchange, outcome);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_push_send_test(BridgeExchange *exchange, BridgePush *push, const char *device_id,
                   const char *type)
{
	bridge_push_test_async(push, device_id, type, api_push_tested_cb, g_object_ref(exchange));
}

void
api_push_test_post(BridgeExchange *exchange)
{
	const char *type = api_push_find_type(exchange);

	if (type != NULL)
		api_push_send_test(exchange, api_push_get(exchange),
		                   bridge_exchange_get_device(exchange)->id, type);
}
