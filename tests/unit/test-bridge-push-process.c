/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With the real gtalk-bridge-push, whose path is the first argument. */
#include "config.h"

#include <signal.h>

#include "link/bridge-push-link.h"
#include "pushes/bridge-push-process.h"

#define PROBE_MS 50
#define CALM_PROBE_MS 20000
#define MANY 5000 /* the process refuses what is more than 4096 */

static const char *program;

typedef struct {
	GVariant *outcome;
	GError *error;
	gboolean done;
} Sent;

static void
sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	Sent *sent = user_data;

	sent->outcome =
		bridge_push_process_send_finish(BRIDGE_PUSH_PROCESS(source), result, &sent->error);
	sent->done = TRUE;
}

/* To where nothing may be sent: answered without a request. */
static void
begin(BridgePushProcess *process, Sent *sent)
{
	const BridgePushOrder order = {.endpoint = "https://localhost/"};

	*sent = (Sent){NULL};
	bridge_push_process_send_async(process, BRIDGE_PUSH_SERVICE_WEBHOOK,
	                               bridge_push_order_write(&order), sent_cb, sent);
}

static void
wait_for(Sent *sent)
{
	while (!sent->done)
		g_main_context_iteration(NULL, TRUE);
}

static void
assert_answered(Sent *sent)
{
	wait_for(sent);
	g_assert_no_error(sent->error);
	g_assert_cmpuint(bridge_push_outcome_get_result(sent->outcome), ==, BRIDGE_PUSH_REFUSED);
	g_variant_unref(sent->outcome);
}

/* It is not known whether it was sent. */
static void
assert_lost(Sent *sent)
{
	wait_for(sent);
	g_assert_nonnull(sent->error);
	g_assert_false(g_error_matches(sent->error, G_IO_ERROR, G_IO_ERROR_BUSY));
	g_error_free(sent->error);
}

static void
assert_not_sent(Sent *sent)
{
	wait_for(sent);
	g_assert_error(sent->error, G_IO_ERROR, G_IO_ERROR_BUSY);
	g_error_free(sent->error);
}

static BridgePushProcess *
new_process(const char *path, guint probe_ms)
{
	static const guint8 key[32] = {7};
	static const char *const none[] = {NULL};
	BridgePushProcessOptions options = {.program = path,
	                                    .contact = "mailto:push@example.org",
	                                    .allow = none,
	                                    .hosts = none,
	                                    .deadline_ms = 1000,
	                                    .probe_interval_ms = probe_ms};

	return bridge_push_process_new(&options, key);
}

/* Of one that has ended the news may still be on its way: what it is given then is lost. */
static void
assert_answered_in_the_end(BridgePushProcess *process)
{
	Sent sent = {NULL};

	do {
		g_clear_error(&sent.error);
		begin(process, &sent);
		wait_for(&sent);
		g_assert_false(g_error_matches(sent.error, G_IO_ERROR, G_IO_ERROR_BUSY));
	} while (sent.error != NULL);
	assert_answered(&sent);
}

static void
test_is_started_when_it_is_needed(void)
{
	g_autoptr(BridgePushProcess) process = new_process(program, CALM_PROBE_MS);
	Sent first;
	Sent second;

	g_assert_cmpint(bridge_push_process_get_pid(process), ==, 0);
	begin(process, &first);
	begin(process, &second);
	assert_answered(&first);
	assert_answered(&second);
	g_assert_cmpuint(bridge_push_process_get_starts(process), ==, 1);
	bridge_push_process_stop(process);
	begin(process, &first);
	assert_not_sent(&first);
}

static void
test_is_started_again(void)
{
	g_autoptr(BridgePushProcess) process = new_process(program, CALM_PROBE_MS);
	Sent sent;

	begin(process, &sent);
	assert_answered(&sent);
	kill(bridge_push_process_get_pid(process), SIGKILL);
	assert_answered_in_the_end(process);
	g_assert_cmpuint(bridge_push_process_get_starts(process), ==, 2);
}

static void
test_is_killed_when_it_hangs(void)
{
	g_autoptr(BridgePushProcess) process = new_process(program, PROBE_MS);
	GPid pid;
	Sent sent;

	assert_answered_in_the_end(process);
	pid = bridge_push_process_get_pid(process);
	kill(pid, SIGSTOP);
	begin(process, &sent);
	assert_lost(&sent);
	assert_answered_in_the_end(process);
	g_assert_cmpint(bridge_push_process_get_pid(process), !=, pid);
}

/* More than it takes at once: each is answered, and none is turned away. */
static void
test_takes_its_time(void)
{
	g_autoptr(BridgePushProcess) process = new_process(program, CALM_PROBE_MS);
	g_autofree Sent *sent = g_new0(Sent, MANY);

	for (guint i = 0; i < MANY; i++)
		begin(process, &sent[i]);
	for (guint i = 0; i < MANY; i++)
		assert_answered(&sent[i]);
	g_assert_cmpuint(bridge_push_process_get_starts(process), ==, 1);
}

static void
test_is_not_there(void)
{
	g_autoptr(BridgePushProcess) process =
		new_process("/nowhere/gtalk-bridge-push", CALM_PROBE_MS);
	Sent sent;

	begin(process, &sent);
	assert_not_sent(&sent);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	program = argv[1];
	/* That it is lost is logged, and what is tested. */
	g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	g_test_add_func("/push-process/is-started-when-it-is-needed",
	                test_is_started_when_it_is_needed);
	g_test_add_func("/push-process/is-started-again", test_is_started_again);
	g_test_add_func("/push-process/is-killed-when-it-hangs", test_is_killed_when_it_hangs);
	g_test_add_func("/push-process/takes-its-time", test_takes_its_time);
	g_test_add_func("/push-process/is-not-there", test_is_not_there);
	return g_test_run();
}
