/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With times that are short, but not so short that a busy machine lets them pass by. */
#include "config.h"

#include "pushes/bridge-push-origins.h"

#define HOST "push.example.net:443"
#define OTHER "other.example.net:443"
#define MS ((gint64)1000)
#define MANY 100

static const BridgePushOriginsPace quick = {
	.at_once = 4,
	.failures = 10,
	.failing = 3,
	.pause_us = 300 * MS,
	.pause_max_us = 1200 * MS,
	.throttled = 3,
	.throttled_us = 300 * MS,
	.burst = 1000,
	.spacing_us = 1,
	.burst_of_all = 1000,
	.spacing_of_all_us = 1,
};

typedef struct {
	BridgePushOrigins *origins;
	GQueue passes; /* of BridgePushPass, that are there */
	guint turned_away;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer pace)
{
	fixture->origins = bridge_push_origins_new(pace);
	g_queue_init(&fixture->passes);
}

static void
end_one(Fixture *fixture)
{
	bridge_push_pass_end(g_queue_pop_head(&fixture->passes), TRUE);
}

static void
tear_down(Fixture *fixture, gconstpointer pace)
{
	bridge_push_origins_stop(fixture->origins);
	while (!g_queue_is_empty(&fixture->passes))
		end_one(fixture);
	bridge_push_origins_unref(fixture->origins);
}

static void
turn(BridgePushPass *pass, gpointer user_data)
{
	Fixture *fixture = user_data;

	if (pass != NULL)
		g_queue_push_tail(&fixture->passes, pass);
	else
		fixture->turned_away++;
}

static void
enter(Fixture *fixture, const char *host, guint count)
{
	for (guint i = 0; i < count; i++)
		bridge_push_origins_enter(fixture->origins, host, turn, fixture);
}

static void
wait_for(Fixture *fixture, guint count)
{
	while (g_queue_get_length(&fixture->passes) < count)
		g_main_context_iteration(NULL, TRUE);
}

static void
note(Fixture *fixture, guint subscription, BridgePushResult result, guint status)
{
	g_autofree char *id = g_strdup_printf("subscription-%u", subscription);

	bridge_push_origins_note(fixture->origins, HOST, id, result, status, 0);
}

static guint
count(Fixture *fixture)
{
	return g_queue_get_length(&fixture->passes);
}

/* A slow host: the others have its connections for themselves, and wait in line for its own. */
static void
test_so_many_at_once(Fixture *fixture, gconstpointer pace)
{
	enter(fixture, HOST, MANY);
	g_assert_cmpuint(count(fixture), ==, 4);
	g_assert_null(bridge_push_origins_try(fixture->origins, HOST));
	enter(fixture, OTHER, 1);
	g_assert_cmpuint(count(fixture), ==, 5);
	end_one(fixture);
	g_assert_cmpuint(count(fixture), ==, 5);
	for (guint i = 0; i < MANY; i++)
		end_one(fixture);
	g_assert_cmpuint(count(fixture), ==, 0);
}

static void
fail_often(Fixture *fixture, guint times, guint subscriptions)
{
	for (guint i = 0; i < times; i++)
		note(fixture, i % subscriptions, BRIDGE_PUSH_UNKNOWN, 0);
}

static void
test_who_has_trouble_is_probed(Fixture *fixture, gconstpointer pace)
{
	gint64 begin_us = g_get_monotonic_time();

	fail_often(fixture, 9, 3);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 0);
	note(fixture, 0, BRIDGE_PUSH_TRANSIENT, 503);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 1);
	enter(fixture, HOST, 3);
	g_assert_cmpuint(count(fixture), ==, 0);
	wait_for(fixture, 1);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, quick.pause_us);
	/* One of them alone, which fails: then it takes twice as long. */
	g_assert_cmpuint(count(fixture), ==, 1);
	begin_us = g_get_monotonic_time();
	note(fixture, 0, BRIDGE_PUSH_UNKNOWN, 0);
	end_one(fixture);
	g_assert_cmpuint(count(fixture), ==, 0);
	wait_for(fixture, 1);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, 2 * quick.pause_us);
	/* And which does not. */
	note(fixture, 0, BRIDGE_PUSH_DELIVERED, 201);
	end_one(fixture);
	g_assert_cmpuint(count(fixture), ==, 1);
	enter(fixture, HOST, 3);
	g_assert_cmpuint(count(fixture), ==, 4);
}

/* Whoever subscribes with what never answers spoils nothing for others of the host. */
static void
test_one_subscription_is_no_trouble(Fixture *fixture, gconstpointer pace)
{
	fail_often(fixture, MANY, 2);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 0);
}

static void
test_who_answers_is_well(Fixture *fixture, gconstpointer pace)
{
	fail_often(fixture, 9, 3);
	note(fixture, 0, BRIDGE_PUSH_TRANSIENT, 418);
	fail_often(fixture, 9, 3);
	note(fixture, 0, BRIDGE_PUSH_GONE, 410);
	fail_often(fixture, 9, 3);
	note(fixture, 0, BRIDGE_PUSH_REFUSED, 0);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 0);
	fail_often(fixture, 1, 3);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 1);
}

static void
test_too_much_for_three_is_too_much(Fixture *fixture, gconstpointer pace)
{
	gint64 begin_us = g_get_monotonic_time();

	note(fixture, 0, BRIDGE_PUSH_THROTTLED, 429);
	note(fixture, 0, BRIDGE_PUSH_THROTTLED, 429);
	note(fixture, 1, BRIDGE_PUSH_THROTTLED, 429);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 0);
	note(fixture, 2, BRIDGE_PUSH_THROTTLED, 429);
	g_assert_cmpuint(bridge_push_origins_count_paused(fixture->origins), ==, 1);
	enter(fixture, HOST, 2);
	g_assert_cmpuint(count(fixture), ==, 0);
	wait_for(fixture, 2);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, quick.throttled_us);
}

static const BridgePushOriginsPace slow = {
	.at_once = 100,
	.failures = 10,
	.failing = 3,
	.burst = 5,
	.spacing_us = 100 * MS,
	.burst_of_all = 8,
	.spacing_of_all_us = 150 * MS,
};

/* Each host has its pace, and all of them together have one. */
static void
test_has_a_pace(Fixture *fixture, gconstpointer pace)
{
	gint64 begin_us = g_get_monotonic_time();

	enter(fixture, HOST, 7);
	g_assert_cmpuint(count(fixture), ==, 5);
	wait_for(fixture, 7);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, 2 * slow.spacing_us);
	enter(fixture, OTHER, 5);
	g_assert_cmpuint(count(fixture), <, 12);
	wait_for(fixture, 12);
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, 4 * slow.spacing_of_all_us);
}

/* What was not used for anything is there for others. */
static void
test_gives_back(Fixture *fixture, gconstpointer pace)
{
	for (guint i = 0; i < MANY; i++) {
		BridgePushPass *pass = bridge_push_origins_try(fixture->origins, HOST);

		g_assert_nonnull(pass);
		bridge_push_pass_end(pass, FALSE);
	}
}

static void
test_remembers_what_was_too_large(Fixture *fixture, gconstpointer pace)
{
	g_assert_false(bridge_push_origins_wants_little(fixture->origins, HOST));
	note(fixture, 0, BRIDGE_PUSH_TOO_LARGE, 413);
	g_assert_true(bridge_push_origins_wants_little(fixture->origins, HOST));
	g_assert_false(bridge_push_origins_wants_little(fixture->origins, OTHER));
}

static void
test_turns_away_at_the_end(Fixture *fixture, gconstpointer pace)
{
	enter(fixture, HOST, 6);
	bridge_push_origins_stop(fixture->origins);
	g_assert_cmpuint(fixture->turned_away, ==, 2);
	enter(fixture, HOST, 1);
	g_assert_cmpuint(fixture->turned_away, ==, 3);
	g_assert_null(bridge_push_origins_try(fixture->origins, HOST));
}

/* However it is written, a host is one. */
static void
test_knows_a_host_by_its_name(void)
{
	g_autoptr(BridgePushRules) rules = bridge_push_rules_new(NULL, NULL);
	g_autofree char *one =
		bridge_push_origins_build_name(rules, "webpush", "https://push.example.net/a");
	g_autofree char *same =
		bridge_push_origins_build_name(rules, "webhook", "https://PUSH.example.net.:443/b");
	g_autofree char *none = bridge_push_origins_build_name(rules, "pigeon", "a token");

	g_assert_cmpstr(one, ==, HOST);
	g_assert_cmpstr(same, ==, HOST);
	g_assert_cmpstr(none, ==, "pigeon");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		const BridgePushOriginsPace *pace;
		void (*test)(Fixture *fixture, gconstpointer pace);
	} tests[] = {
		{"so-many-at-once", &quick, test_so_many_at_once},
		{"who-has-trouble-is-probed", &quick, test_who_has_trouble_is_probed},
		{"one-subscription-is-no-trouble", &quick, test_one_subscription_is_no_trouble},
		{"who-answers-is-well", &quick, test_who_answers_is_well},
		{"too-much-for-three-is-too-much", &quick, test_too_much_for_three_is_too_much},
		{"has-a-pace", &slow, test_has_a_pace},
		{"gives-back", &slow, test_gives_back},
		{"remembers-what-was-too-large", &quick, test_remembers_what_was_too_large},
		{"turns-away-at-the-end", &quick, test_turns_away_at_the_end},
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/push-origins/", tests[i].name, NULL);

		g_test_add(path, Fixture, tests[i].pace, set_up, tests[i].test, tear_down);
	}
	g_test_add_func("/push-origins/knows-a-host-by-its-name", test_knows_a_host_by_its_name);
	return g_test_run();
}
