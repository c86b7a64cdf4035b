/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /v1/login: a device gets its token once the chat server has let the account in. */
#include "config.h"

#include <string.h>

#include "bridge-api-private.h"
#include "base/bridge-cursor.h"
#include "base/bridge-jid.h"
#include "base/bridge-protocol.h"
#include "base/bridge-text.h"

#define LOGIN_USERNAME_BYTES_MAX (3 * BRIDGE_JID_PART_BYTES_MAX + 2)
#define LOGIN_WORD_BYTES_MAX 64
#define LOGIN_TOKEN_BYTES_MAX (16 * 1024) /* of the access tokens in use, the longest are 4 KiB */
#define LOGIN_PASSWORD_BYTES_MAX 1024
#define LOGIN_CLIENT_ID_BYTES_MAX 512
#define LOGIN_CODE_BYTES_MAX 256

/* What "mechanism" may name: the plugin's words for the ways to sign in by token. */
static const char *const login_mechanisms[] = {"token", "x-oauth2", "oauthbearer", "x-google-token",
                                               NULL};

/* One row for each auth.type: where the secret is and how it is used. */
typedef struct {
	const char *type;
	const char *pointer;
	gsize bytes_max;
	const char *mechanism; /* unless the request may name one and does */
	gboolean names_mechanism;
	gboolean refreshes; /* it may have a refresh token beside it */
} LoginAuth;

static const LoginAuth login_auths[] = {
	{"token", "/auth/token", LOGIN_TOKEN_BYTES_MAX, "token", TRUE, FALSE},
	{"oauth2", "/auth/access_token", LOGIN_TOKEN_BYTES_MAX, "token", FALSE, TRUE},
	{"password", "/auth/password", LOGIN_PASSWORD_BYTES_MAX, "password", FALSE, FALSE},
};

static const LoginAuth *
api_login_find_auth(BridgeJsonReader *reader, const BridgeProtocol *protocol)
{
	const char *type = bridge_json_reader_get_string(reader, "/auth/type", BRIDGE_JSON_REQUIRED,
	                                                 LOGIN_WORD_BYTES_MAX);

	for (guint i = 0; type != NULL && i < G_N_ELEMENTS(login_auths); i++)
		if (g_str_equal(login_auths[i].type, type) && g_strv_contains(protocol->auth, type))
			return &login_auths[i];
	if (type != NULL) {
		g_autofree char *needed = g_strjoinv(", ", (char **)protocol->auth);
		g_autofree char *why = g_strconcat("one of these is needed: ", needed, NULL);

		bridge_json_reader_refuse(reader, "/auth/type", why);
	}
	return NULL;
}

static void
api_login_read_mechanism(BridgeJsonReader *reader, const LoginAuth *auth,
                         BridgeLoginRequest *request)
{
	const char *named = NULL;

	request->mechanism = auth->mechanism;
	if (!auth->names_mechanism)
		return;
	named = bridge_json_reader_get_string(reader, "/auth/mechanism", BRIDGE_JSON_OPTIONAL,
	                                      LOGIN_WORD_BYTES_MAX);
	if (named == NULL)
		return;
	if (g_strv_contains(login_mechanisms, named))
		request->mechanism = named;
	else
		bridge_json_reader_refuse(reader, "/auth/mechanism",
		                          "token, x-oauth2, oauthbearer or x-google-token is "
		                          "needed");
}

static void
api_login_read_refresh_token(BridgeJsonReader *reader, BridgeLoginRequest *request)
{
	request->refresh_token = bridge_json_reader_get_string(
		reader, "/auth/refresh_token", BRIDGE_JSON_OPTIONAL, LOGIN_TOKEN_BYTES_MAX);
	if (request->refresh_token != NULL && *request->refresh_token == '\0')
		bridge_json_reader_refuse(reader, "/auth/refresh_token", "it is empty");
	request->client_id = bridge_json_reader_get_string(
		reader, "/auth/client_id", BRIDGE_JSON_OPTIONAL, LOGIN_CLIENT_ID_BYTES_MAX);
}

void
api_login_read_auth(BridgeJsonReader *reader, const char *protocol, BridgeLoginRequest *request)
{
	const LoginAuth *auth = api_login_find_auth(reader, bridge_protocol_get(protocol));

	if (auth == NULL)
		return;
	request->credential = bridge_json_reader_get_string(reader, auth->pointer,
	                                                    BRIDGE_JSON_REQUIRED, auth->bytes_max);
	if (request->credential != NULL && *request->credential == '\0')
		bridge_json_reader_refuse(reader, auth->pointer, "it is empty");
	api_login_read_mechanism(reader, auth, request);
	if (auth->refreshes)
		api_login_read_refresh_token(reader, request);
}

static void
api_login_read_username(BridgeJsonReader *reader, BridgeLoginRequest *request)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *username = NULL;

	request->username = bridge_json_reader_get_string(reader, "/username", BRIDGE_JSON_REQUIRED,
	                                                  LOGIN_USERNAME_BYTES_MAX);
	if (request->username == NULL)
		return;
	username = bridge_protocol_get(request->protocol)
	                   ->normalise_username(request->username, &error);
	if (username == NULL)
		bridge_json_reader_refuse(reader, "/username", error->message);
}

static void
api_login_read_name(BridgeJsonReader *reader, const char *pointer, BridgeJsonNeed need,
                    const char *what, const char **name)
{
	g_autoptr(GError) error = NULL;

	*name = bridge_json_reader_get_string(reader, pointer, need, BRIDGE_TEXT_NAME_BYTES_MAX);
	if (*name != NULL && !bridge_text_check_name(*name, what, &error))
		bridge_json_reader_refuse(reader, pointer, error->message);
}

/* What follows depends on it, so there is always one that is allowed. */
static void
api_login_read_protocol(BridgeJsonReader *reader, const char *const *allowed,
                        BridgeLoginRequest *request)
{
	const char *named = bridge_json_reader_get_string(reader, "/protocol", BRIDGE_JSON_OPTIONAL,
	                                                  LOGIN_WORD_BYTES_MAX);

	request->protocol = allowed[0];
	if (named != NULL && g_strv_contains(allowed, named)) {
		request->protocol = named;
	} else if (named != NULL) {
		g_autofree char *list = g_strjoinv(", ", (char **)allowed);
		g_autofree char *why = g_strconcat("this bridge has: ", list, NULL);

		bridge_json_reader_refuse(reader, "/protocol", why);
	}
}

static void
api_login_read(BridgeJsonReader *reader, const char *const *allowed, BridgeLoginRequest *request)
{
	api_login_read_protocol(reader, allowed, request);
	api_login_read_username(reader, request);
	api_login_read_auth(reader, request->protocol, request);
	request->enrolment = bridge_json_reader_get_string(
		reader, "/enrolment", BRIDGE_JSON_OPTIONAL, LOGIN_CODE_BYTES_MAX);
	api_login_read_name(reader, "/device/name", BRIDGE_JSON_REQUIRED, "name",
	                    &request->device_name);
	api_login_read_name(reader, "/device/kind", BRIDGE_JSON_OPTIONAL, "kind",
	                    &request->device_kind);
}

static void
api_login_answer(BridgeExchange *exchange, const BridgeLogin *login)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	const char *epoch = bridge_api_get_epoch(api);
	g_autofree char *cursor = bridge_cursor_format(epoch, login->seq);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	bridge_account_note_act(login->account);
	json_builder_begin_object(builder);
	bridge_json_add_string(builder, "access_token", login->access_token);
	json_builder_set_member_name(builder, "device");
	api_device_build(builder, login->device, epoch);
	json_builder_set_member_name(builder, "account");
	api_account_build(builder, login->account);
	bridge_json_add_string(builder, "cursor", cursor);
	json_builder_end_object(builder);
	bridge_exchange_answer(exchange, 201, builder);
}

static void
api_login_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeLogin) login =
		bridge_accounts_login_finish(BRIDGE_ACCOUNTS(source), result, &error);

	if (login != NULL)
		api_login_answer(exchange, login);
	else
		bridge_exchange_fail(exchange, error);
}

void
api_login_post(BridgeExchange *exchange)
{
	BridgeApi *api = bridge_exchange_get_context(exchange);
	g_autoptr(BridgeJsonReader) reader =
		bridge_json_reader_new(bridge_exchange_get_body(exchange));
	BridgeLoginRequest request = {0};
	g_autofree char *account = NULL;

	api_login_read(reader, bridge_config_get_protocols(bridge_api_get_config(api)), &request);
	if (!bridge_exchange_check_reader(exchange, reader))
		return;
	account = bridge_protocol_get(request.protocol)->normalise_username(request.username, NULL);
	if (bridge_server_admit_sign_in(bridge_api_get_server(api), exchange, account))
		bridge_accounts_login_async(bridge_api_get_accounts(api), &request,
		                            api_login_done_cb, g_object_ref(exchange));
}
