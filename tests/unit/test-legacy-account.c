/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy/legacy-account.h"

/* Its phones and queue only. */
typedef struct {
	LegacyAccount account;
	LegacyPhone one;
	LegacyPhone other;
} Fixture;

static void
fixture_set_up(Fixture *fixture, gconstpointer data)
{
	*fixture = (Fixture){.account.queue = 10};
	fixture->account.phones = g_ptr_array_new();
	fixture->one.taken = g_array_new(FALSE, FALSE, sizeof(guint64));
	fixture->other.taken = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_ptr_array_add(fixture->account.phones, &fixture->one);
}

static void
fixture_tear_down(Fixture *fixture, gconstpointer data)
{
	g_ptr_array_unref(fixture->account.phones);
	g_array_unref(fixture->one.taken);
	g_array_unref(fixture->other.taken);
}

static void
test_what_is_taken_in_order_leaves_the_queue(Fixture *fixture, gconstpointer data)
{
	LegacyAccount *account = &fixture->account;

	g_assert_false(legacy_account_has_queued(account, &fixture->one, 10));
	g_assert_true(legacy_account_has_queued(account, &fixture->one, 12));
	legacy_account_take(account, &fixture->one, 12);
	g_assert_cmpuint(account->queue, ==, 12);
	g_assert_cmpuint(fixture->one.taken->len, ==, 0);
	legacy_account_take(account, &fixture->one, 11);
	g_assert_cmpuint(account->queue, ==, 12);
}

/* What it was not handed is still to be fetched. */
static void
test_what_is_left_is_not_jumped_over(Fixture *fixture, gconstpointer data)
{
	LegacyAccount *account = &fixture->account;

	fixture->one.left = 12;
	legacy_account_take(account, &fixture->one, 13);
	legacy_account_take(account, &fixture->one, 15);
	g_assert_cmpuint(account->queue, ==, 10);
	g_assert_true(legacy_account_has_queued(account, &fixture->one, 12));
	g_assert_false(legacy_account_has_queued(account, &fixture->one, 13));
	g_assert_true(legacy_account_has_queued(account, &fixture->one, 14));
	g_assert_false(legacy_account_has_queued(account, &fixture->one, 15));
	legacy_account_move_on(account, 14);
	g_assert_cmpuint(fixture->one.taken->len, ==, 1);
	g_assert_false(legacy_account_has_queued(account, &fixture->one, 15));
	legacy_account_take(account, &fixture->one, 16);
	g_assert_cmpuint(account->queue, ==, 16);
	g_assert_cmpuint(fixture->one.taken->len, ==, 0);
}

static void
test_another_phone_still_waits(Fixture *fixture, gconstpointer data)
{
	LegacyAccount *account = &fixture->account;

	g_ptr_array_add(account->phones, &fixture->other);
	legacy_account_take(account, &fixture->one, 11);
	g_assert_cmpuint(account->queue, ==, 10);
	g_assert_false(legacy_account_has_queued(account, &fixture->one, 11));
	g_assert_true(legacy_account_has_queued(account, &fixture->other, 11));
	for (guint64 seq = 12; seq < 1000; seq++)
		legacy_account_take(account, &fixture->one, seq);
	g_assert_cmpuint(fixture->one.taken->len, ==, 500);
	legacy_account_move_on(account, 2000);
	g_assert_cmpuint(fixture->one.taken->len, ==, 0);
}

#define ADD(name, function)                                                                        \
	g_test_add("/legacy-account/" name, Fixture, NULL, fixture_set_up, function,               \
	           fixture_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("what-is-taken-in-order-leaves-the-queue",
	    test_what_is_taken_in_order_leaves_the_queue);
	ADD("what-is-left-is-not-jumped-over", test_what_is_left_is_not_jumped_over);
	ADD("another-phone-still-waits", test_another_phone_still_waits);
	return g_test_run();
}
