/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/bridge-link.h"
#include "bridge-scripted-host.h"

/* One account as its owner sees it. */
typedef struct {
	BridgeSupervisor *supervisor; /* borrowed */
	char *id;
	GPtrArray *calls; /* BridgeHostEvents, held */
	GString *events;
	gboolean hold; /* does not let go of events by itself */
	GError *lost;
	gint64 traffic_us;
} TestOwner;

static void
test_events(gpointer user_data, BridgeHostEvents *call, GVariant *events)
{
	TestOwner *owner = user_data;
	g_autofree char *text = g_variant_print(events, FALSE);

	g_string_append_printf(owner->events, "%s\n", text);
	if (owner->hold)
		g_ptr_array_add(owner->calls, call);
	else
		bridge_host_events_done(call);
}

static void
test_lost(gpointer user_data, const GError *error)
{
	TestOwner *owner = user_data;

	g_assert_no_error(owner->lost);
	owner->lost = g_error_copy(error);
}

static void
test_traffic(gpointer user_data, gint64 time_us)
{
	((TestOwner *)user_data)->traffic_us = time_us;
}

static const BridgeHostClient test_client = {test_events, test_lost, test_traffic};

typedef struct {
	ScriptedHosts *hosts;
	BridgeSupervisor *supervisor;
	GPtrArray *owners;
} TestFixture;

static void
test_owner_free(gpointer data)
{
	TestOwner *owner = data;

	g_free(owner->id);
	g_ptr_array_unref(owner->calls);
	g_string_free(owner->events, TRUE);
	g_clear_error(&owner->lost);
	g_free(owner);
}

static void
test_set_up(TestFixture *fixture, gconstpointer data)
{
	BridgeSupervisorOptions options = {.accounts_per_host = 2,
	                                   .ca_directory = "/ca",
	                                   .launch = scripted_hosts_launch,
	                                   .probe_interval_ms = 100,
	                                   .idle_ms = 50};

	fixture->hosts = scripted_hosts_new();
	options.launch_data = fixture->hosts;
	fixture->supervisor = bridge_supervisor_new(&options);
	fixture->owners = g_ptr_array_new_with_free_func(test_owner_free);
}

static void
test_done_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	GAsyncResult **place = user_data;

	g_assert_null(*place);
	*place = g_object_ref(result);
}

static void
test_tear_down(TestFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;

	for (guint i = 0; i < fixture->hosts->hosts->len; i++)
		scripted_host_die(g_ptr_array_index(fixture->hosts->hosts, i));
	bridge_supervisor_stop_async(fixture->supervisor, test_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_clear_object(&result);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	g_assert_finalize_object(fixture->supervisor);
	scripted_hosts_free(fixture->hosts);
	g_ptr_array_unref(fixture->owners);
}

static TestOwner *
test_sign_in(TestFixture *fixture, const char *id, BridgePlace place)
{
	TestOwner *owner = g_new0(TestOwner, 1);
	g_autoptr(GBytes) credential = g_bytes_new_static("secret", 6);
	GVariantDict settings;

	owner->id = g_strdup(id);
	owner->supervisor = fixture->supervisor;
	owner->calls = g_ptr_array_new();
	owner->events = g_string_new(NULL);
	g_ptr_array_add(fixture->owners, owner);
	g_variant_dict_init(&settings, NULL);
	g_variant_dict_insert(&settings, "username", "s", id);
	bridge_supervisor_sign_in(fixture->supervisor, id, place, g_variant_dict_end(&settings),
	                          credential, &test_client, owner);
	return owner;
}

static void
test_sign_out(TestFixture *fixture, TestOwner *owner)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_supervisor_sign_out_async(fixture->supervisor, owner->id, test_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	g_assert_true(bridge_supervisor_sign_out_finish(fixture->supervisor, result, NULL));
}

static guint
test_count_pids(TestFixture *fixture)
{
	g_autoptr(GArray) pids = bridge_supervisor_dup_host_pids(fixture->supervisor);

	return pids->len;
}

/* ---- Places ---------------------------------------------------------------------------------- */

static void
test_configures_first(TestFixture *fixture, gconstpointer data)
{
	ScriptedSeat *seat;
	const char *directory = NULL;

	test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	g_assert_true(seat->host->configured);
	g_assert_true(g_variant_lookup(seat->host->options, "ca-directory", "&s", &directory));
	g_assert_cmpstr(directory, ==, "/ca");
	g_assert_cmpstr(seat->credential, ==, "secret");
	g_assert_cmpstr(seat->id, ==, "a");
}

static void
test_fills_hosts_up(TestFixture *fixture, gconstpointer data)
{
	const char *ids[] = {"a", "b", "c", "d", "e"};

	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		test_sign_in(fixture, ids[i], BRIDGE_PLACE_SHARED);
	scripted_hosts_wait_for_seat(fixture->hosts, 4);
	g_assert_cmpuint(fixture->hosts->hosts->len, ==, 3);
	for (guint i = 0; i < 2; i++)
		g_assert_cmpuint(scripted_hosts_get(fixture->hosts, i)->seats->len, ==, 2);
	g_assert_cmpuint(test_count_pids(fixture), ==, 3);
}

static void
test_alone_is_alone(TestFixture *fixture, gconstpointer data)
{
	test_sign_in(fixture, "a", BRIDGE_PLACE_ALONE);
	test_sign_in(fixture, "b", BRIDGE_PLACE_SHARED);
	test_sign_in(fixture, "c", BRIDGE_PLACE_ALONE);
	test_sign_in(fixture, "d", BRIDGE_PLACE_SHARED);
	scripted_hosts_wait_for_seat(fixture->hosts, 3);
	g_assert_cmpuint(fixture->hosts->hosts->len, ==, 3);
	g_assert_cmpuint(scripted_hosts_get(fixture->hosts, 0)->seats->len, ==, 1);
	g_assert_cmpuint(scripted_hosts_get(fixture->hosts, 1)->seats->len, ==, 2);
	g_assert_cmpuint(scripted_hosts_get(fixture->hosts, 2)->seats->len, ==, 1);
}

static void
test_place_is_given_back(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	ScriptedSeat *seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);

	test_sign_in(fixture, "b", BRIDGE_PLACE_SHARED);
	test_sign_out(fixture, owner);
	g_assert_true(seat->signed_out);
	/* What it says of its end still came, nothing after. */
	g_assert_nonnull(strstr(owner->events->str, "signed-out"));
	g_assert_no_error(owner->lost);
	test_sign_in(fixture, "c", BRIDGE_PLACE_SHARED);
	scripted_hosts_wait_for_seat(fixture->hosts, 2);
	g_assert_cmpuint(fixture->hosts->hosts->len, ==, 1);
	test_sign_out(fixture, owner); /* nobody there: no error */
}

static void
test_empty_host_ends(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	ScriptedHost *host = scripted_hosts_wait_for_seat(fixture->hosts, 0)->host;

	test_sign_out(fixture, owner);
	/* The daemon hangs up, which ends a host that works. */
	SCRIPTED_WAIT(g_dbus_connection_is_closed(host->connection));
	scripted_host_die(host);
	SCRIPTED_WAIT(test_count_pids(fixture) == 0);
	test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	scripted_hosts_get(fixture->hosts, 1);
}

/* ---- Death ----------------------------------------------------------------------------------- */

static void
test_death_is_told_to_each(TestFixture *fixture, gconstpointer data)
{
	TestOwner *a = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	TestOwner *b = test_sign_in(fixture, "b", BRIDGE_PLACE_SHARED);
	TestOwner *c = test_sign_in(fixture, "c", BRIDGE_PLACE_SHARED);
	ScriptedSeat *seat;
	ScriptedCall *call;

	scripted_hosts_wait_for_seat(fixture->hosts, 2);
	scripted_host_die(scripted_hosts_get(fixture->hosts, 0));
	SCRIPTED_WAIT(a->lost != NULL && b->lost != NULL);
	/* Nobody else notices. */
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 2);
	g_assert_cmpstr(seat->id, ==, "c");
	call = scripted_seat_tell(seat, "x", "{}");
	SCRIPTED_WAIT(call->answered);
	g_assert_no_error(c->lost);
	/* The place is free again. */
	test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	seat = scripted_hosts_wait_for_seat(fixture->hosts, 3);
	g_assert_cmpstr(seat->id, ==, "a");
}

static void
test_launch_that_fails(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner;

	fixture->hosts->refuse = TRUE;
	owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	SCRIPTED_WAIT(owner->lost != NULL);
	g_assert_error(owner->lost, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	fixture->hosts->refuse = FALSE;
	test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	scripted_hosts_wait_for_seat(fixture->hosts, 0);
}

static void
test_hung_host_is_found(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	ScriptedSeat *seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);

	SCRIPTED_WAIT(owner->traffic_us == 1000); /* it answers */
	g_assert_no_error(owner->lost);
	seat->host->mute = TRUE;
	SCRIPTED_WAIT(owner->lost != NULL);
	g_assert_error(owner->lost, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

/* A process that does nothing at all, where a host should be. */
static void
test_launch_sleeper(GTask *task, gpointer data)
{
	pid_t *pid = data;
	BridgeHostProcess *process;
	g_autoptr(GError) error = NULL;
	int ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	*pid = fork();
	if (*pid == 0) {
		pause();
		_exit(0);
	}
	close(ends[1]);
	process = bridge_host_process_new(*pid, (int)syscall(SYS_pidfd_open, *pid, 0), ends[0],
	                                  &error);
	g_assert_no_error(error);
	g_task_return_pointer(task, process, g_object_unref);
}

/* @launched: whether the supervisor gets to know of it before it has to stop */
static void
test_stop_sleeper(gboolean launched)
{
	pid_t pid = 0;
	int status = 0;
	BridgeSupervisorOptions options = {
		.accounts_per_host = 1, .launch = test_launch_sleeper, .launch_data = &pid};
	TestFixture fixture = {.supervisor = bridge_supervisor_new(&options),
	                       .owners = g_ptr_array_new_with_free_func(test_owner_free)};
	g_autoptr(GAsyncResult) result = NULL;

	test_sign_in(&fixture, "a", BRIDGE_PLACE_SHARED);
	g_assert_cmpint(pid, !=, 0);
	if (launched)
		SCRIPTED_WAIT(test_count_pids(&fixture) == 1);
	bridge_supervisor_stop_async(fixture.supervisor, test_done_cb, &result);
	/* It does not mind that its link is closed. */
	SCRIPTED_WAIT(result != NULL);
	SCRIPTED_WAIT(waitpid(pid, &status, WNOHANG) == pid);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
	g_clear_object(&result);
	g_object_unref(fixture.supervisor);
	g_ptr_array_unref(fixture.owners);
}

static void
test_what_does_not_end_is_killed(void)
{
	test_stop_sleeper(TRUE);
}

static void
test_what_comes_too_late_is_killed(void)
{
	test_stop_sleeper(FALSE);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* One call with a part for each of two accounts. */
static ScriptedCall *
test_tell_both(ScriptedHost *host, const char *one, const char *two)
{
	GVariantBuilder events;

	g_variant_builder_init(&events, G_VARIANT_TYPE(BRIDGE_LINK_EVENTS_TYPE));
	g_variant_builder_add(&events, "(tssv)", ++host->number, one, "x",
	                      g_variant_new("a{sv}", NULL));
	g_variant_builder_add(&events, "(tssv)", ++host->number, two, "x",
	                      g_variant_new("a{sv}", NULL));
	return scripted_host_tell(host, g_variant_builder_end(&events));
}

static void
test_answer_waits_for_everybody(TestFixture *fixture, gconstpointer data)
{
	TestOwner *a = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	TestOwner *b = test_sign_in(fixture, "b", BRIDGE_PLACE_SHARED);
	ScriptedHost *host = scripted_hosts_wait_for_seat(fixture->hosts, 1)->host;
	ScriptedCall *call;

	a->hold = b->hold = TRUE;
	call = test_tell_both(host, "a", "b");
	SCRIPTED_WAIT(a->calls->len == 1 && b->calls->len == 1);
	g_assert_null(strstr(a->events->str, "'b'"));
	bridge_host_events_done(g_ptr_array_index(a->calls, 0));
	scripted_iterate();
	g_assert_false(call->answered);
	bridge_host_events_done(g_ptr_array_index(b->calls, 0));
	SCRIPTED_WAIT(call->answered);
}

static void
test_strangers_events_are_dropped(TestFixture *fixture, gconstpointer data)
{
	TestOwner *a = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	TestOwner *other = test_sign_in(fixture, "other", BRIDGE_PLACE_ALONE);
	ScriptedHost *host;
	ScriptedCall *call;

	scripted_hosts_wait_for_seat(fixture->hosts, 1);
	host = scripted_hosts_get(fixture->hosts, 0);
	/* An account of another host is none of its business. */
	call = test_tell_both(host, "stranger", "other");
	SCRIPTED_WAIT(call->answered);
	g_assert_cmpuint(a->events->len, ==, 0);
	g_assert_cmpuint(other->events->len, ==, 0);
}

static void
test_gap_in_numbers_ends_a_host(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	ScriptedSeat *seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);

	seat->host->number++;
	scripted_seat_tell(seat, "x", "{}");
	SCRIPTED_WAIT(owner->lost != NULL);
	g_assert_error(owner->lost, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_window_is_kept(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	ScriptedSeat *seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);

	owner->hold = TRUE;
	for (guint i = 0; i < BRIDGE_LINK_WINDOW_BATCHES; i++)
		scripted_seat_tell(seat, "x", "{}");
	SCRIPTED_WAIT(owner->calls->len == BRIDGE_LINK_WINDOW_BATCHES);
	g_assert_no_error(owner->lost);
	scripted_seat_tell(seat, "x", "{}");
	SCRIPTED_WAIT(owner->lost != NULL);
	g_assert_error(owner->lost, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
	/* Late answers harm nobody. */
	for (guint i = 0; i < owner->calls->len; i++)
		bridge_host_events_done(g_ptr_array_index(owner->calls, i));
}

static void
test_failure_to_store_ends_a_host(TestFixture *fixture, gconstpointer data)
{
	TestOwner *owner = test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	ScriptedSeat *seat = scripted_hosts_wait_for_seat(fixture->hosts, 0);
	ScriptedCall *call;

	owner->hold = TRUE;
	call = scripted_seat_tell(seat, "x", "{}");
	SCRIPTED_WAIT(owner->calls->len == 1);
	bridge_host_events_fail(g_ptr_array_index(owner->calls, 0));
	SCRIPTED_WAIT(owner->lost != NULL && call->failed);
	g_assert_false(call->answered);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static gboolean
test_send(TestFixture *fixture, const char *id, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	bridge_supervisor_send_async(fixture->supervisor, id, "m1", "r@example.org", "hello",
	                             test_done_cb, &result);
	SCRIPTED_WAIT(result != NULL);
	return bridge_supervisor_send_finish(fixture->supervisor, result, error);
}

static void
test_sends(TestFixture *fixture, gconstpointer data)
{
	g_autoptr(GAsyncResult) pending = NULL;
	g_autoptr(GError) error = NULL;
	ScriptedHost *host;

	g_assert_false(test_send(fixture, "a", &error));
	g_assert_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_NOT_ONLINE);
	g_clear_error(&error);
	test_sign_in(fixture, "a", BRIDGE_PLACE_SHARED);
	host = scripted_hosts_wait_for_seat(fixture->hosts, 0)->host;
	g_assert_true(test_send(fixture, "a", &error));
	g_assert_no_error(error);
	host->send_error = BRIDGE_LINK_ERROR_INVALID + 1;
	g_assert_false(test_send(fixture, "a", &error));
	g_assert_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID);
	g_clear_error(&error);
	/* A host that dies leaves it open. */
	host->hold_sends = TRUE;
	bridge_supervisor_send_async(fixture->supervisor, "a", "m2", "r@example.org", "hello",
	                             test_done_cb, &pending);
	scripted_host_wait_for_message(host, 2);
	scripted_host_die(host);
	SCRIPTED_WAIT(pending != NULL);
	g_assert_false(bridge_supervisor_send_finish(fixture->supervisor, pending, &error));
	g_assert_true(error->domain != BRIDGE_LINK_ERROR);
}

static void
test_add(const char *name, void (*func)(TestFixture *fixture, gconstpointer data))
{
	g_autofree char *path = g_strconcat("/bridge-supervisor/", name, NULL);

	g_test_add(path, TestFixture, NULL, test_set_up, func, test_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* Warnings are part of what is tested here: hosts die. */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	test_add("configures-first", test_configures_first);
	test_add("fills-hosts-up", test_fills_hosts_up);
	test_add("alone-is-alone", test_alone_is_alone);
	test_add("place-is-given-back", test_place_is_given_back);
	test_add("empty-host-ends", test_empty_host_ends);
	test_add("death-is-told-to-each", test_death_is_told_to_each);
	test_add("launch-that-fails", test_launch_that_fails);
	test_add("hung-host-is-found", test_hung_host_is_found);
	g_test_add_func("/bridge-supervisor/what-does-not-end-is-killed",
	                test_what_does_not_end_is_killed);
	g_test_add_func("/bridge-supervisor/what-comes-too-late-is-killed",
	                test_what_comes_too_late_is_killed);
	test_add("answer-waits-for-everybody", test_answer_waits_for_everybody);
	test_add("strangers-events-are-dropped", test_strangers_events_are_dropped);
	test_add("gap-in-numbers-ends-a-host", test_gap_in_numbers_ends_a_host);
	test_add("window-is-kept", test_window_is_kept);
	test_add("failure-to-store-ends-a-host", test_failure_to_store_ends_a_host);
	test_add("sends", test_sends);
	return g_test_run();
}
