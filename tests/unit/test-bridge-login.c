/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "bridge-core-testing.h"
#include "base/bridge-error.h"
#include "bridge-store-testing.h"
#include "link/bridge-link.h"

static guint
test_count_accounts(CoreFixture *fixture)
{
	g_autoptr(GPtrArray) accounts = bridge_store_testing_load_accounts(fixture->sqlite, NULL);

	return accounts->len;
}

static void
test_new_account(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = core_login(fixture, "Juliet@Open.example/home", &seat);
	g_autoptr(GPtrArray) accounts = bridge_store_testing_load_accounts(fixture->sqlite, NULL);
	const BridgeAccountRecord *record;

	g_assert_cmpstr(scripted_seat_get(seat, "username"), ==, "juliet@open.example");
	g_assert_cmpstr(scripted_seat_get(seat, "mechanism"), ==, "token");
	g_assert_cmpstr(scripted_seat_get(seat, "server"), ==, "");
	g_assert_cmpstr(scripted_seat_get(seat, "security"), ==, "starttls");
	g_assert_cmpstr(seat->credential, ==, "token");
	g_assert_cmpuint(strlen(login->access_token), ==, 43);
	g_assert_cmpuint(login->seq, ==, 0);
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_ONLINE);
	g_assert_true(core_authenticate(fixture, login->access_token, NULL));
	g_assert_cmpuint(accounts->len, ==, 1);
	record = g_ptr_array_index(accounts, 0);
	g_assert_cmpstr(record->username, ==, "juliet@open.example");
	g_assert_cmpstr(record->endpoint, ==, "");
	g_assert_cmpmem(g_bytes_get_data(record->credential, NULL),
	                g_bytes_get_size(record->credential), "token", 5);
}

static void
test_endpoint_comes_from_the_configuration(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) login = core_login(fixture, "juliet@fixed.example", &seat);
	guint16 port = 0;

	g_assert_cmpstr(scripted_seat_get(seat, "server"), ==, "192.0.2.1");
	g_assert_true(g_variant_lookup(seat->settings, "port", "q", &port));
	g_assert_cmpuint(port, ==, 5299);
}

/* What comes before the account is stored is neither lost nor stored too early. */
static void
test_first_messages_wait_for_the_account(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) login = NULL;
	ScriptedSeat *seat;
	ScriptedCall *message;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_store_hold(fixture->store, TRUE);
	scripted_seat_tell_online(seat);
	message = scripted_seat_tell(seat, "message",
	                             "{'direction': <'received'>, 'body': <'first'>,"
	                             " 'from': <'romeo@open.example/orchard'>, 'id': <'1'>}");
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	g_assert_false(message->answered);
	scripted_store_hold(fixture->store, FALSE);
	login = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(login);
	SCRIPTED_WAIT(message->answered);
	g_assert_cmpuint(core_count_events(fixture, login->account, "message", "first"), ==, 1);
}

/* A host keeps only so many calls under way: those on trial must not take them from each other. */
static void
test_news_of_a_trial_is_taken_at_once(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) login = NULL;
	ScriptedSeat *seat;
	ScriptedCall *call;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	call = scripted_seat_tell(seat, "state", "{'state': <'connecting'>}");
	SCRIPTED_WAIT(call->answered);
	g_assert_null(result);
	scripted_seat_go_online(seat);
	login = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(login);
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_ONLINE);
}

/* A chat server that says nothing keeps nobody waiting for ever, and costs no place in a host. */
static void
test_silence_ends_the_sign_in(CoreFixture *fixture, gconstpointer data)
{
	/* So long that the host has had its turn on a busy machine. */
	const BridgePatience patience = {.login = 1000, .connect = G_MAXINT};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	ScriptedSeat *seat;

	bridge_accounts_set_patience(fixture->accounts, &patience);
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TIMED_OUT);
	SCRIPTED_WAIT(seat->signed_out);
	g_assert_cmpuint(test_count_accounts(fixture), ==, 0);
}

/* The next one may try at once. */
static void
test_after_silence_another_may_try(CoreFixture *fixture, gconstpointer data)
{
	/* So long that the host has had its turn on a busy machine. */
	const BridgePatience short_one = {.login = 1000, .connect = G_MAXINT};
	const BridgePatience long_one = {.login = G_MAXINT, .connect = G_MAXINT};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GAsyncResult) again = NULL;
	g_autoptr(BridgeLogin) login = NULL;

	bridge_accounts_set_patience(fixture->accounts, &short_one);
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	scripted_hosts_wait_for_seat(fixture->hosts, 0);
	g_assert_null(core_finish_login(fixture, &result, NULL));
	bridge_accounts_set_patience(fixture->accounts, &long_one);
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &again);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 1));
	login = core_finish_login(fixture, &again, NULL);
	g_assert_nonnull(login);
}

static void
test_refused_credentials_store_nothing(CoreFixture *fixture, gconstpointer data)
{
	const struct {
		const char *reason;
		int code;
	} cases[] = {
		{"credentials-refused", BRIDGE_ERROR_CREDENTIALS_REFUSED},
		{"certificate-refused", BRIDGE_ERROR_CERTIFICATE_REFUSED},
		{"unreachable", BRIDGE_ERROR_SERVER_UNREACHABLE},
		{"encryption", BRIDGE_ERROR_SERVER_UNREACHABLE},
		{"server", BRIDGE_ERROR_SERVER_UNREACHABLE},
		{"unsupported", BRIDGE_ERROR_INVALID},
		{"conflict", BRIDGE_ERROR_REFUSED},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GAsyncResult) result = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *data_text = g_strdup_printf(
			"{'state': <'offline'>, 'reason': <'%s'>}", cases[i].reason);
		ScriptedSeat *seat;

		core_begin_login(fixture, "juliet@open.example", NULL, "bad", NULL, &result);
		seat = scripted_hosts_wait_for_seat(fixture->hosts, i);
		scripted_seat_tell(seat, "state", data_text);
		g_assert_null(core_finish_login(fixture, &result, &error));
		g_assert_error(error, BRIDGE_ERROR, cases[i].code);
		SCRIPTED_WAIT(seat->signed_out);
	}
	g_assert_cmpuint(test_count_accounts(fixture), ==, 0);
}

static void
test_host_death_is_no_verdict(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	ScriptedSeat *seat;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_host_die(seat->host);
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY);
	fixture->hosts->refuse = TRUE;
	g_clear_error(&error);
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY);
	g_assert_cmpuint(test_count_accounts(fixture), ==, 0);
}

static void
test_refuses_before_any_sign_in(CoreFixture *fixture, gconstpointer data)
{
	g_autofree char *long_token = g_strnfill(8193, 'x');

	core_refuse_login(fixture, "juliet", NULL, "token", NULL, BRIDGE_ERROR_INVALID);
	core_refuse_login(fixture, "jul iet@open.example", NULL, "token", NULL,
	                  BRIDGE_ERROR_INVALID);
	core_refuse_login(fixture, "juliet@open.example", "plain", "token", NULL,
	                  BRIDGE_ERROR_INVALID);
	core_refuse_login(fixture, "juliet@open.example", NULL, "", NULL, BRIDGE_ERROR_INVALID);
	core_refuse_login(fixture, "juliet@open.example", NULL, "a\x01z", NULL,
	                  BRIDGE_ERROR_INVALID);
	core_refuse_login(fixture, "juliet@open.example", NULL, long_token, NULL,
	                  BRIDGE_ERROR_INVALID);
	core_refuse_login(fixture, "juliet@closed.example", NULL, "token", NULL,
	                  BRIDGE_ERROR_ENROLMENT_REQUIRED);
	core_refuse_login(fixture, "juliet@other.example", NULL, "token", NULL,
	                  BRIDGE_ERROR_ENROLMENT_REQUIRED);
	core_refuse_login(fixture, "juliet@other.example", NULL, "token", "guessed",
	                  BRIDGE_ERROR_ENROLMENT_REQUIRED);
	core_refuse_login(fixture, "juliet@tokens.example", "password", "secret", NULL,
	                  BRIDGE_ERROR_PASSWORD_NOT_ALLOWED);
}

/* A password must not get in under the name of a token. */
static void
test_password_policy(CoreFixture *fixture, gconstpointer data)
{
	const char *cases[][3] = {{"juliet@tokens.example", "auto", "token"},
	                          {"juliet@open.example", "auto", "auto"},
	                          {"romeo@open.example", "password", "password"},
	                          {"romeo@tokens.example", "x-oauth2", "x-oauth2"}};
	g_autoptr(GPtrArray) results = g_ptr_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GAsyncResult) result = NULL;
		ScriptedSeat *seat;

		core_begin_login(fixture, cases[i][0], cases[i][1], "secret", NULL, &result);
		seat = scripted_hosts_wait_for_seat(fixture->hosts, i);
		g_assert_cmpstr(scripted_seat_get(seat, "mechanism"), ==, cases[i][2]);
		scripted_seat_tell(seat, "state",
		                   "{'state': <'offline'>, 'reason': <'credentials-refused'>}");
		g_assert_null(core_finish_login(fixture, &result, NULL));
	}
}

static void
test_enrolment_code_is_used_once(CoreFixture *fixture, gconstpointer data)
{
	g_autofree char *code = core_invite(fixture, NULL);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GAsyncResult) second = NULL;
	g_autoptr(BridgeLogin) login = NULL;
	g_autoptr(GError) error = NULL;
	ScriptedSeat *seat;

	core_begin_login(fixture, "juliet@other.example", NULL, "bad", code, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_seat_tell(seat, "state",
	                   "{'state': <'offline'>, 'reason': <'credentials-refused'>}");
	g_assert_null(core_finish_login(fixture, &result, NULL));
	/* Not used up by a failure; in use while somebody tries. */
	core_begin_login(fixture, "juliet@other.example", NULL, "good", code, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	core_refuse_login(fixture, "romeo@other.example", NULL, "token", code,
	                  BRIDGE_ERROR_ENROLMENT_REQUIRED);
	scripted_seat_tell_online(seat);
	login = core_finish_login(fixture, &result, &error);
	g_assert_no_error(error);
	core_refuse_login(fixture, "romeo@other.example", NULL, "token", code,
	                  BRIDGE_ERROR_ENROLMENT_REQUIRED);
}

static void
test_enrolment_code_fits_its_domain(CoreFixture *fixture, gconstpointer data)
{
	g_autofree char *code = core_invite(fixture, "Other.example");
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) login = NULL;

	core_refuse_login(fixture, "juliet@another.example", NULL, "token", code,
	                  BRIDGE_ERROR_ENROLMENT_REQUIRED);
	core_begin_login(fixture, "juliet@other.example", NULL, "token", code, &result);
	scripted_seat_tell_online(scripted_hosts_wait_for_seat(fixture->hosts, 0));
	login = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(login);
}

static void
test_same_credential_attaches_a_device(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) first = core_login(fixture, "juliet@open.example", &seat);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) second = NULL;

	SCRIPTED_WAIT(bridge_account_get_seq(first->account) == 2); /* connecting, online */
	core_begin_login(fixture, "JULIET@open.example", NULL, "token", NULL, &result);
	second = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(second);
	g_assert_true(second->account == first->account);
	g_assert_cmpstr(second->device->id, !=, first->device->id);
	g_assert_cmpstr(second->access_token, !=, first->access_token);
	g_assert_cmpuint(second->seq, ==, bridge_account_get_seq(first->account));
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, 1);
}

static void
test_other_credential_must_prove_itself(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) first = core_login(fixture, "juliet@open.example", &seat);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	ScriptedSeat *trial;

	SCRIPTED_WAIT(bridge_account_get_state(first->account) == BRIDGE_ACCOUNT_ONLINE);
	core_begin_login(fixture, "juliet@open.example", NULL, "forged", NULL, &result);
	trial = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	g_assert_cmpstr(trial->credential, ==, "forged");
	g_assert_cmpstr(trial->id, !=, seat->id);
	g_assert_cmpstr(scripted_seat_get(trial, "resource"), !=,
	                scripted_seat_get(seat, "resource"));
	scripted_seat_tell(trial, "state",
	                   "{'state': <'offline'>, 'reason': <'credentials-refused'>}");
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CREDENTIALS_REFUSED);
	g_assert_false(seat->signed_out);
	g_assert_cmpint(bridge_account_get_state(first->account), ==, BRIDGE_ACCOUNT_ONLINE);
	/* The old one still attaches. */
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	g_autoptr(BridgeLogin) again = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(again);
}

static void
test_an_account_has_so_many_devices(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) first = core_login(fixture, "juliet@open.example", &seat);
	guint most = bridge_config_get_limits(fixture->config)->devices_per_account;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 1; i < most; i++) {
		g_autoptr(BridgeLogin) another = NULL;

		core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
		another = core_finish_login(fixture, &result, NULL);
		g_assert_nonnull(another);
	}
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TOO_MANY_DEVICES);
	g_clear_error(&error);
	/* With another credential too, once that is proved. */
	core_begin_login(fixture, "juliet@open.example", "x-oauth2", "fresh", NULL, &result);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 1));
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_TOO_MANY_DEVICES);
	g_assert_cmpint(bridge_account_get_state(first->account), ==, BRIDGE_ACCOUNT_ONLINE);
}

static void
test_proved_credential_takes_over(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) first = core_login(fixture, "juliet@open.example", &seat);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) second = NULL;
	g_autoptr(GPtrArray) accounts = NULL;
	const BridgeAccountRecord *record;
	ScriptedSeat *trial;
	ScriptedCall *message;

	core_begin_login(fixture, "juliet@open.example", "x-oauth2", "fresh", NULL, &result);
	trial = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	scripted_seat_go_online(trial);
	second = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(second);
	g_assert_true(second->account == first->account);
	SCRIPTED_WAIT(seat->signed_out);
	message = scripted_seat_tell(trial, "message",
	                             "{'direction': <'received'>, 'body': <'hello'>,"
	                             " 'from': <'romeo@open.example/orchard'>}");
	SCRIPTED_WAIT(message->answered);
	g_assert_cmpuint(core_count_events(fixture, first->account, "message", "hello"), ==, 1);
	g_assert_true(core_authenticate(fixture, first->access_token, NULL));
	accounts = bridge_store_testing_load_accounts(fixture->sqlite, NULL);
	g_assert_cmpuint(accounts->len, ==, 1);
	record = g_ptr_array_index(accounts, 0);
	g_assert_cmpstr(record->mechanism, ==, "x-oauth2");
	g_assert_cmpmem(g_bytes_get_data(record->credential, NULL),
	                g_bytes_get_size(record->credential), "fresh", 5);
}

/* The chat server takes it no more. */
static void
test_refuse_credential(ScriptedSeat *seat, BridgeAccount *account)
{
	scripted_seat_tell(seat, "state",
	                   "{'state': <'offline'>, 'reason': <'credentials-refused'>}");
	SCRIPTED_WAIT(bridge_account_get_state(account) == BRIDGE_ACCOUNT_SIGNED_OUT);
}

static void
test_credential_that_stopped_working(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) first = core_login(fixture, "juliet@open.example", &seat);
	g_autofree char *token = g_strdup(first->access_token);
	g_autoptr(BridgeAccount) account = NULL;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) second = NULL;

	test_refuse_credential(seat, first->account);
	g_assert_cmpstr(bridge_account_get_reason(first->account), ==, "credentials-refused");
	g_assert_cmpstr(bridge_account_get_user_action(first->account), ==, "sign-in-again");
	/* It stays so over a restart, and nobody is signed in. */
	g_clear_pointer(&first, bridge_login_free);
	core_fixture_restart(fixture);
	account = core_find_account(fixture, token);
	g_assert_cmpint(bridge_account_get_state(account), ==, BRIDGE_ACCOUNT_SIGNED_OUT);
	g_assert_cmpstr(bridge_account_get_user_action(account), ==, "sign-in-again");
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, 0);
	/* Even the same credential has to prove itself now. */
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 0));
	second = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(second);
	SCRIPTED_WAIT(bridge_account_get_state(account) == BRIDGE_ACCOUNT_ONLINE);
	g_assert_null(bridge_account_get_reason(account));
}

/* The second waits for its turn and then finds the account. */
static void
test_logins_of_one_account_are_in_turn(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) first = NULL;
	g_autoptr(GAsyncResult) second = NULL;
	g_autoptr(BridgeLogin) one = NULL;
	g_autoptr(BridgeLogin) two = NULL;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &first);
	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &second);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 0));
	one = core_finish_login(fixture, &first, NULL);
	two = core_finish_login(fixture, &second, NULL);
	g_assert_nonnull(one);
	g_assert_nonnull(two);
	g_assert_true(one->account == two->account);
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, 1);
	g_assert_cmpuint(test_count_accounts(fixture), ==, 1);
}

static void
test_few_wait_for_one_account(CoreFixture *fixture, gconstpointer data)
{
	GAsyncResult *results[6] = {NULL};
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(results); i++)
		core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &results[i]);
	/* One tries, four wait, the last does not get that far. */
	g_assert_null(core_finish_login(fixture, &results[5], &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 0));
	for (guint i = 0; i < 5; i++) {
		g_autoptr(BridgeLogin) login = core_finish_login(fixture, &results[i], NULL);

		g_assert_nonnull(login);
	}
}

static void
test_few_try_at_once(CoreFixture *fixture, gconstpointer data)
{
	GAsyncResult *results[51] = {NULL};
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(results); i++) {
		g_autofree char *username = g_strdup_printf("user%u@open.example", i);

		core_begin_login(fixture, username, NULL, "token", NULL, &results[i]);
	}
	g_assert_null(core_finish_login(fixture, &results[50], &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_BUSY);
	for (guint i = 0; i < 50; i++)
		scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, i));
	for (guint i = 0; i < 50; i++) {
		g_autoptr(BridgeLogin) login = core_finish_login(fixture, &results[i], NULL);

		g_assert_nonnull(login);
	}
	g_assert_cmpuint(test_count_accounts(fixture), ==, 50);
}

/* Nobody would look where it leads: see bridge-address.h. */
static void
test_addresses_are_no_domains(CoreFixture *fixture, gconstpointer data)
{
	static const char *const usernames[] = {"juliet@127.0.0.1", "juliet@10.0.0.1"};

	for (guint i = 0; i < G_N_ELEMENTS(usernames); i++) {
		g_autoptr(GAsyncResult) result = NULL;
		g_autoptr(GError) error = NULL;

		core_begin_login(fixture, usernames[i], NULL, "token", NULL, &result);
		g_assert_null(core_finish_login(fixture, &result, &error));
		g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, "is an address"));
	}
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, 0);
}

static void
test_store_failure_lets_nobody_in(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeLogin) login = NULL;
	ScriptedSeat *seat;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_store_fail(fixture->store, TRUE);
	scripted_seat_tell_online(seat);
	g_assert_null(core_finish_login(fixture, &result, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_STORE);
	SCRIPTED_WAIT(seat->signed_out);
	scripted_store_fail(fixture->store, FALSE);
	login = core_login(fixture, "juliet@open.example", &seat);
	g_assert_nonnull(login);
}

static void
test_credential_is_good_before_it_is_online(CoreFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat = NULL;
	g_autoptr(BridgeLogin) first = core_login(fixture, "juliet@open.example", &seat);
	g_autofree char *token = g_strdup(first->access_token);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(BridgeLogin) second = NULL;
	g_autoptr(BridgeAccount) account = NULL;

	test_refuse_credential(seat, first->account);
	core_begin_login(fixture, "juliet@open.example", NULL, "fresh", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 1);
	scripted_store_hold(fixture->store, TRUE);
	scripted_seat_tell_online(seat);
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	scripted_host_die(seat->host);
	SCRIPTED_WAIT(core_count_hosts(fixture) == 0);
	scripted_store_hold(fixture->store, FALSE);
	second = core_finish_login(fixture, &result, NULL);
	g_assert_nonnull(second);
	g_clear_pointer(&first, bridge_login_free);
	g_clear_pointer(&second, bridge_login_free);
	core_fixture_restart(fixture);
	account = core_find_account(fixture, token);
	g_assert_cmpint(bridge_account_get_state(account), !=, BRIDGE_ACCOUNT_SIGNED_OUT);
}

/* What the token service gave for what was shown is in the store when somebody is let in: what was
 * shown is worth nothing any more. */
static void
test_what_was_renewed_is_kept(CoreFixture *fixture, gconstpointer data)
{
	const BridgeLoginRequest request = {.username = "juliet@renewed.example",
	                                    .mechanism = "token",
	                                    .credential = "access",
	                                    .refresh_token = "shown",
	                                    .device_name = "test"};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeLogin) login = NULL;
	g_autoptr(GPtrArray) accounts = NULL;
	const BridgeAccountRecord *record;
	ScriptedSeat *seat;

	bridge_accounts_login_async(fixture->accounts, &request, core_done_cb, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	core_keep_credential(seat, BRIDGE_MECHANISM_REFRESH_TOKEN, "renewed");
	scripted_store_hold(fixture->store, TRUE);
	scripted_seat_tell_online(seat);
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	/* That one commit, and none behind it. */
	scripted_store_hold(fixture->store, FALSE);
	scripted_store_hold(fixture->store, TRUE);
	login = core_finish_login(fixture, &result, &error);
	g_assert_no_error(error);
	accounts = bridge_store_testing_load_accounts(fixture->sqlite, NULL);
	g_assert_cmpuint(accounts->len, ==, 1);
	record = g_ptr_array_index(accounts, 0);
	g_assert_cmpstr(record->mechanism, ==, BRIDGE_MECHANISM_REFRESH_TOKEN);
	g_assert_cmpmem(g_bytes_get_data(record->credential, NULL),
	                g_bytes_get_size(record->credential), "renewed", 7);
	scripted_store_hold(fixture->store, FALSE);
}

/* The session dies while what it proved is being stored. */
static void
test_host_death_after_the_verdict(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeLogin) login = NULL;
	ScriptedSeat *seat;

	core_begin_login(fixture, "juliet@open.example", NULL, "token", NULL, &result);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	scripted_store_hold(fixture->store, TRUE);
	scripted_seat_tell_online(seat);
	SCRIPTED_WAIT(scripted_store_count_held(fixture->store) > 0);
	scripted_host_die(seat->host);
	SCRIPTED_WAIT(core_count_hosts(fixture) == 0);
	scripted_store_hold(fixture->store, FALSE);
	login = core_finish_login(fixture, &result, &error);
	g_assert_no_error(error);
	scripted_seat_go_online(scripted_hosts_wait_for_seat(fixture->hosts, 1));
	SCRIPTED_WAIT(bridge_account_get_state(login->account) == BRIDGE_ACCOUNT_ONLINE);
}

static void
test_sealed(CoreFixture *fixture, gconstpointer data)
{
	g_autoptr(BridgeAccounts) accounts =
		bridge_accounts_new(fixture->config, NULL, fixture->supervisor);
	BridgeLoginRequest request = {
		.username = "juliet@open.example", .credential = "token", .device_name = "test"};
	g_autoptr(GAsyncResult) login = NULL;
	g_autoptr(GAsyncResult) token = NULL;
	g_autoptr(GAsyncResult) invite = NULL;
	g_autoptr(GError) error = NULL;
	guint8 hash[BRIDGE_SECRET_HASH_BYTES] = {0};

	bridge_accounts_login_async(accounts, &request, core_done_cb, &login);
	bridge_accounts_authenticate_async(accounts, hash, core_done_cb, &token);
	bridge_accounts_invite_async(accounts, NULL, 60, core_done_cb, &invite);
	SCRIPTED_WAIT(login != NULL && token != NULL && invite != NULL);
	g_assert_null(bridge_accounts_login_finish(accounts, login, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_SEALED);
	g_clear_error(&error);
	g_assert_false(bridge_accounts_authenticate_finish(accounts, token, NULL, NULL, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_SEALED);
	g_clear_error(&error);
	g_assert_null(bridge_accounts_invite_finish(accounts, invite, &error));
	g_assert_error(error, BRIDGE_ERROR, BRIDGE_ERROR_SEALED);
	g_assert_cmpuint(scripted_hosts_count_seats(fixture->hosts), ==, 0);
}

static void
test_add(const char *name, void (*func)(CoreFixture *fixture, gconstpointer data))
{
	g_autofree char *path = g_strconcat("/bridge-login/", name, NULL);

	g_test_add(path, CoreFixture, NULL, core_fixture_set_up, func, core_fixture_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Warnings are part of what is tested here: hosts die, stores fail. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	test_add("new-account", test_new_account);
	test_add("endpoint-comes-from-the-configuration",
	         test_endpoint_comes_from_the_configuration);
	test_add("first-messages-wait-for-the-account", test_first_messages_wait_for_the_account);
	test_add("news-of-a-trial-is-taken-at-once", test_news_of_a_trial_is_taken_at_once);
	test_add("silence", test_silence_ends_the_sign_in);
	test_add("after-silence", test_after_silence_another_may_try);
	test_add("refused-credentials-store-nothing", test_refused_credentials_store_nothing);
	test_add("host-death-is-no-verdict", test_host_death_is_no_verdict);
	test_add("refuses-before-any-sign-in", test_refuses_before_any_sign_in);
	test_add("password-policy", test_password_policy);
	test_add("enrolment-code-is-used-once", test_enrolment_code_is_used_once);
	test_add("enrolment-code-fits-its-domain", test_enrolment_code_fits_its_domain);
	test_add("same-credential-attaches-a-device", test_same_credential_attaches_a_device);
	test_add("other-credential-must-prove-itself", test_other_credential_must_prove_itself);
	test_add("an-account-has-so-many-devices", test_an_account_has_so_many_devices);
	test_add("proved-credential-takes-over", test_proved_credential_takes_over);
	test_add("what-was-renewed-is-kept", test_what_was_renewed_is_kept);
	test_add("credential-that-stopped-working", test_credential_that_stopped_working);
	test_add("credential-is-good-before-it-is-online",
	         test_credential_is_good_before_it_is_online);
	test_add("logins-of-one-account-are-in-turn", test_logins_of_one_account_are_in_turn);
	test_add("few-wait-for-one-account", test_few_wait_for_one_account);
	test_add("few-try-at-once", test_few_try_at_once);
	test_add("addresses-are-no-domains", test_addresses_are_no_domains);
	test_add("store-failure-lets-nobody-in", test_store_failure_lets_nobody_in);
	test_add("host-death-after-the-verdict", test_host_death_after_the_verdict);
	test_add("sealed", test_sealed);
	return g_test_run();
}
