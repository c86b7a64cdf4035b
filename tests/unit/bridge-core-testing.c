/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-core-testing.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#include "base/bridge-error.h"
#include "bridge-store-testing.h"
#include "link/bridge-handover.h"
#include "link/bridge-link.h"

#define CORE_CONFIG                                                                                \
	"[store]\nkey-source=secret-file\n"                                                        \
	"[domain open.example]\nregistration=open\npasswords=true\n"                               \
	"[domain tokens.example]\nregistration=open\n"                                             \
	"[domain renewed.example]\nregistration=open\ntoken-service=oauth2\n"                      \
	"token-url=https://login.example.org/token\ntoken-client-id=bridge\n"                      \
	"[domain fixed.example]\nregistration=open\nserver=192.0.2.1\nport=5299\n"                 \
	"[domain closed.example]\nregistration=closed\n"

static void
core_fixture_start(CoreFixture *fixture)
{
	BridgeSupervisorOptions options = {.accounts_per_host = 100,
	                                   .launch = scripted_hosts_launch};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	fixture->hosts = scripted_hosts_new();
	options.launch_data = fixture->hosts;
	fixture->supervisor = bridge_supervisor_new(&options);
	fixture->store = scripted_store_new(fixture->sqlite);
	fixture->accounts = bridge_accounts_new(fixture->config, BRIDGE_STORE(fixture->store),
	                                        fixture->supervisor);
	bridge_accounts_start_async(fixture->accounts, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	bridge_accounts_start_finish(fixture->accounts, result, &error);
	g_assert_no_error(error);
}

/* Whoever else has it is about to hear that he need not: a call to a host that has died ends in
 * another thread. */
static void
core_finalize(gpointer object)
{
	gpointer weak = object;

	g_object_add_weak_pointer(object, &weak);
	g_object_unref(object);
	SCRIPTED_WAIT(weak == NULL);
}

/* An orderly end, but for hosts that are to die first. */
static void
core_fixture_stop(CoreFixture *fixture)
{
	g_autoptr(GAsyncResult) signed_out = NULL;
	g_autoptr(GAsyncResult) ended = NULL;

	bridge_accounts_stop_async(fixture->accounts, core_done_cb, &signed_out);
	SCRIPTED_WAIT(signed_out != NULL);
	g_assert_true(bridge_accounts_stop_finish(fixture->accounts, signed_out, NULL));
	for (guint i = 0; i < fixture->hosts->hosts->len; i++)
		scripted_host_die(g_ptr_array_index(fixture->hosts->hosts, i));
	bridge_supervisor_stop_async(fixture->supervisor, core_done_cb, &ended);
	SCRIPTED_WAIT(ended != NULL);
	g_clear_object(&signed_out);
	g_clear_object(&ended);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	core_finalize(fixture->accounts);
	core_finalize(fixture->supervisor);
	core_finalize(fixture->store);
	scripted_hosts_free(fixture->hosts);
}

void
core_fixture_set_up(CoreFixture *fixture, gconstpointer data)
{
	g_autofree char *config_path = NULL;
	g_autofree char *store_path = NULL;
	g_autoptr(GError) error = NULL;

	fixture->directory = bridge_store_testing_make_directory();
	config_path = g_build_filename(fixture->directory, "gtalk-bridge.conf", NULL);
	store_path = g_build_filename(fixture->directory, "bridge.db", NULL);
	g_file_set_contents(config_path, CORE_CONFIG, -1, &error);
	g_assert_no_error(error);
	fixture->config = bridge_config_load(config_path, &error);
	g_assert_no_error(error);
	fixture->sqlite = bridge_store_testing_open(store_path, 0, 0);
	core_fixture_start(fixture);
}

void
core_fixture_tear_down(CoreFixture *fixture, gconstpointer data)
{
	core_fixture_stop(fixture);
	bridge_store_close(fixture->sqlite);
	g_object_unref(fixture->sqlite);
	bridge_config_free(fixture->config);
	bridge_store_testing_remove(fixture->directory);
	g_free(fixture->directory);
}

void
core_fixture_restart(CoreFixture *fixture)
{
	for (guint i = 0; i < fixture->hosts->hosts->len; i++)
		scripted_host_die(g_ptr_array_index(fixture->hosts->hosts, i));
	core_fixture_stop(fixture);
	core_fixture_start(fixture);
}

void
core_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GAsyncResult **place = user_data;

	g_assert_null(*place);
	*place = g_object_ref(result);
}

void
core_begin_login(CoreFixture *fixture, const char *username, const char *mechanism,
                 const char *credential, const char *code, GAsyncResult **result)
{
	BridgeLoginRequest request = {.username = username,
	                              .mechanism = mechanism,
	                              .credential = credential,
	                              .enrolment = code,
	                              .device_name = "test"};

	bridge_accounts_login_async(fixture->accounts, &request, core_done_cb, result);
}

BridgeLogin *
core_finish_login(CoreFixture *fixture, GAsyncResult **result, GError **error)
{
	BridgeLogin *login;

	SCRIPTED_WAIT(*result != NULL);
	login = bridge_accounts_login_finish(fixture->accounts, *result, error);
	g_clear_object(result);
	return login;
}

BridgeLogin *
core_login(CoreFixture *fixture, const char *username, ScriptedSeat **seat)
{
	guint seats = scripted_hosts_count_seats(fixture->hosts);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	BridgeLogin *login;

	core_begin_login(fixture, username, NULL, "token", NULL, &result);
	*seat = scripted_hosts_wait_for_seat(fixture->hosts, seats);
	scripted_seat_go_online(*seat);
	login = core_finish_login(fixture, &result, &error);
	g_assert_no_error(error);
	return login;
}

void
core_keep_credential(ScriptedSeat *seat, const char *mechanism, const char *credential)
{
	int fd = bridge_handover_write(credential, strlen(credential), NULL);
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new_from_array(&fd, 1);
	g_autoptr(BridgeLinkDaemon1) daemon = bridge_link_daemon1_proxy_new_sync(
		seat->host->connection, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, NULL,
		BRIDGE_LINK_DAEMON_PATH, NULL, NULL);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	bridge_link_daemon1_call_keep_credential(daemon, seat->id, mechanism,
	                                         g_variant_new_handle(0), fds, NULL, core_done_cb,
	                                         &result);
	SCRIPTED_WAIT(result != NULL);
	bridge_link_daemon1_call_keep_credential_finish(daemon, NULL, result, &error);
	g_assert_no_error(error);
}

void
core_juliet_sign_in(CoreJuliet *self, CoreFixture *fixture)
{
	self->login = core_login(fixture, "juliet@open.example", &self->seat);
	self->account = self->login->account;
	SCRIPTED_WAIT(bridge_account_get_seq(self->account) == 2); /* connecting, online */
}

ScriptedSeat *
core_lose_host(CoreFixture *fixture, BridgeAccount *account, ScriptedSeat *seat, guint host)
{
	scripted_host_die(seat->host);
	SCRIPTED_WAIT(bridge_account_get_state(account) == BRIDGE_ACCOUNT_WAITING);
	bridge_account_release(account);
	return scripted_hosts_wait_for_seat(fixture->hosts, host);
}

void
core_juliet_clear(CoreJuliet *self)
{
	g_clear_pointer(&self->login, bridge_login_free);
}

void
core_refuse_login(CoreFixture *fixture, const char *username, const char *mechanism,
                  const char *credential, const char *code, int error_code)
{
	guint seats = scripted_hosts_count_seats(fixture->hosts);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	core_begin_login(fixture, username, mechanism, credential, code, &result);
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, error_code);
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, seats);
}

guint
core_count_hosts(CoreFixture *fixture)
{
	g_autoptr(GArray) pids = bridge_supervisor_dup_host_pids(fixture->supervisor);

	return pids->len;
}

char *
core_invite(CoreFixture *fixture, const char *domain)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	char *code;

	bridge_accounts_invite_async(fixture->accounts, domain, 60, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	code = bridge_accounts_invite_finish(fixture->accounts, result, &error);
	g_assert_no_error(error);
	return code;
}

BridgeAccount *
core_identify(CoreFixture *fixture, const char *token, BridgeDeviceRecord **device, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;
	BridgeAccount *account = NULL;
	guint8 hash[BRIDGE_SECRET_HASH_BYTES];

	bridge_accounts_hash_bearer(token, hash);
	if (bridge_accounts_recognize(fixture->accounts, hash, &account, device))
		return account;
	bridge_accounts_authenticate_async(fixture->accounts, hash, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	bridge_accounts_authenticate_finish(fixture->accounts, result, &account, device, error);
	return account;
}

static BridgeAccount *
core_try_find_account(CoreFixture *fixture, const char *token, GError **error)
{
	g_autoptr(BridgeDeviceRecord) device = NULL;

	return core_identify(fixture, token, &device, error);
}

gboolean
core_authenticate(CoreFixture *fixture, const char *token, GError **error)
{
	g_autoptr(BridgeAccount) account = core_try_find_account(fixture, token, error);

	return account != NULL;
}

BridgeAccount *
core_find_account(CoreFixture *fixture, const char *token)
{
	g_autoptr(GError) error = NULL;
	BridgeAccount *account = core_try_find_account(fixture, token, &error);

	g_assert_no_error(error);
	return account;
}

BridgeOutgoingRecord *
core_send(BridgeAccount *account, const char *id, const char *body, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_account_send_async(account, "device", id, "romeo@open.example", body, core_done_cb,
	                          &result);
	SCRIPTED_WAIT(result != NULL);
	return bridge_account_send_finish(account, result, error);
}

gboolean
core_erase(CoreFixture *fixture, BridgeAccount *account, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_accounts_erase_async(fixture->accounts, account, core_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	return bridge_accounts_erase_finish(fixture->accounts, result, error);
}

char *
core_read_events(CoreFixture *fixture, BridgeAccount *account, const char *type)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) events = bridge_store_testing_read_events(
		fixture->sqlite, bridge_account_get_id(account), 0, 500, &error);
	GString *text = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < events->len; i++) {
		const BridgeEventRecord *event = g_ptr_array_index(events, i);

		if (!g_str_equal(event->type, type))
			continue;
		g_string_append_len(text, g_bytes_get_data(event->data, NULL),
		                    (gssize)g_bytes_get_size(event->data));
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

guint
core_count_events(CoreFixture *fixture, BridgeAccount *account, const char *type,
                  const char *containing)
{
	g_autofree char *text = core_read_events(fixture, account, type);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint count = 0;

	for (guint i = 0; lines[i] != NULL; i++)
		count += strstr(lines[i], containing) != NULL && lines[i][0] != '\0';
	return count;
}
