/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/gtalk-ledger.h"

#define TEST_WRAP G_GUINT64_CONSTANT(0x100000000)

static void
test_receive(GTalkLedger *ledger, guint count)
{
	for (guint i = 0; i < count; i++)
		gtalk_ledger_receive(ledger);
}

static void
test_open_gate_answers_everything(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	test_receive(ledger, 3);
	g_assert_cmpuint(gtalk_ledger_get_due(ledger), ==, 3);
	g_assert_cmpuint(gtalk_ledger_get_withheld(ledger), ==, 0);
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, 3);
	g_assert_cmpuint(gtalk_ledger_get_due(ledger), ==, 0);
}

/* What is done in order: R receives, H holds the newest, digits release that number. */
static const struct {
	const char *steps;
	guint answer;
	guint withheld;
} test_gates[] = {
	{"", 0, 0},          {"RRR", 3, 0},       {"RRHRR", 1, 3},
	{"RH", 0, 1},        {"RH1", 1, 0},       {"RHRHRH", 0, 3},
	{"RHRHRH1", 1, 2},   {"RHRHRH3", 0, 3}, /* out of order: 3 waits for 1 and 2 */
	{"RHRHRH32", 0, 3},  {"RHRHRH321", 3, 0}, {"RHRHRH31", 1, 2},
	{"RHRHRH312", 3, 0}, {"RHH1", 0, 1},    /* holds add up */
	{"RHH11", 1, 0},     {"RHRRRR1", 5, 0}, /* what came behind a hold is freed with it */
	{"RHRRHR1", 2, 2},                      /* up to the next hold */
	{"RH11", 1, 0},                         /* released once too often */
	{"RH29", 0, 1},                         /* nobody holds those */
	{"RRH1", 1, 1},      {"RH0", 0, 1},
};

static void
test_play(GTalkLedger *ledger, char step)
{
	if (step == 'R')
		gtalk_ledger_receive(ledger);
	else if (step == 'H')
		g_assert_cmpuint(gtalk_ledger_hold(ledger), >, 0);
	else
		gtalk_ledger_release(ledger, (guint32)(step - '0'));
}

static void
test_gate(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_gates); i++) {
		g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

		g_test_message("steps %s", test_gates[i].steps);
		for (const char *step = test_gates[i].steps; *step != '\0'; step++)
			test_play(ledger, *step);
		g_assert_cmpuint(gtalk_ledger_get_withheld(ledger), ==, test_gates[i].withheld);
		g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, test_gates[i].answer);
	}
}

static void
test_hold_needs_an_unanswered_stanza(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 0);
	test_receive(ledger, 1);
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, 1);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 0);
	test_receive(ledger, 1);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 2);
}

static void
test_late_release_is_ignored(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	g_assert_false(gtalk_ledger_release(ledger, 7));
	test_receive(ledger, 2);
	g_assert_false(gtalk_ledger_release(ledger, 2));
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 2);
	g_assert_true(gtalk_ledger_release(ledger, 2));
	g_assert_false(gtalk_ledger_release(ledger, 2));
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, 2);
	g_assert_false(gtalk_ledger_release(ledger, 1));
}

static void
test_a_held_stanza_can_be_held_again(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	test_receive(ledger, 1);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 1);
	test_receive(ledger, 2);
	g_assert_true(gtalk_ledger_hold_again(ledger, 1));
	g_assert_false(gtalk_ledger_hold_again(ledger, 2));
	g_assert_true(gtalk_ledger_release(ledger, 1));
	g_assert_cmpuint(gtalk_ledger_get_withheld(ledger), ==, 3);
	g_assert_true(gtalk_ledger_release(ledger, 1));
	g_assert_cmpuint(gtalk_ledger_get_withheld(ledger), ==, 0);
	g_assert_false(gtalk_ledger_hold_again(ledger, 1));
}

static void
test_gate_wraps(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new_at(TEST_WRAP - 3, 0);

	test_receive(ledger, 1);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, G_MAXUINT32 - 1);
	test_receive(ledger, 2);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 0); /* cannot be named */
	test_receive(ledger, 1);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, 1);
	g_assert_cmpuint(gtalk_ledger_get_withheld(ledger), ==, 4);
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, G_MAXUINT32 - 2);
	g_assert_true(gtalk_ledger_release(ledger, G_MAXUINT32 - 1));
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, 0);
	g_assert_true(gtalk_ledger_release(ledger, 1));
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, 1);
	g_assert_false(gtalk_ledger_release(ledger, G_MAXUINT32 - 1));
}

static void
test_many_holds_out_of_order(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();
	const guint count = 1000;

	for (guint i = 1; i <= count; i++) {
		gtalk_ledger_receive(ledger);
		g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, i);
	}
	for (guint i = 2; i <= count; i += 2)
		g_assert_true(gtalk_ledger_release(ledger, i));
	g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, 0);
	for (guint i = 1; i <= count; i += 2) {
		g_assert_true(gtalk_ledger_release(ledger, i));
		g_assert_cmpuint(gtalk_ledger_answer(ledger), ==, i + 1);
	}
	test_receive(ledger, 1);
	g_assert_cmpuint(gtalk_ledger_hold(ledger), ==, count + 1);
	g_assert_cmpuint(gtalk_ledger_get_withheld(ledger), ==, 1);
}

static void
test_assert_accepted(GTalkLedger *ledger, const char *expected)
{
	g_autofree char *id = gtalk_ledger_take_accepted(ledger);

	g_assert_cmpstr(id, ==, expected);
}

static void
test_accepted_in_order(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	gtalk_ledger_send(ledger, NULL);
	gtalk_ledger_send(ledger, "a");
	gtalk_ledger_send(ledger, "b");
	gtalk_ledger_send(ledger, NULL);
	g_assert_true(gtalk_ledger_is_awaiting(ledger));
	g_assert_true(gtalk_ledger_acknowledge(ledger, 1));
	test_assert_accepted(ledger, NULL);
	g_assert_true(gtalk_ledger_acknowledge(ledger, 2));
	test_assert_accepted(ledger, "a");
	test_assert_accepted(ledger, NULL);
	g_assert_true(gtalk_ledger_acknowledge(ledger, 2));
	test_assert_accepted(ledger, NULL);
	g_assert_true(gtalk_ledger_is_awaiting(ledger));
	g_assert_true(gtalk_ledger_acknowledge(ledger, 4));
	g_assert_false(gtalk_ledger_is_awaiting(ledger));
	test_assert_accepted(ledger, "b");
	test_assert_accepted(ledger, NULL);
}

static void
test_impossible_counts(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	g_assert_false(gtalk_ledger_acknowledge(ledger, 1));
	gtalk_ledger_send(ledger, "a");
	gtalk_ledger_send(ledger, "b");
	g_assert_false(gtalk_ledger_acknowledge(ledger, 3));
	test_assert_accepted(ledger, NULL); /* nothing is believed of it */
	g_assert_true(gtalk_ledger_acknowledge(ledger, 2));
	g_assert_false(gtalk_ledger_acknowledge(ledger, 1)); /* backwards */
	g_assert_true(gtalk_ledger_acknowledge(ledger, 2));
}

static void
test_acknowledgement_wraps(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new_at(0, TEST_WRAP - 2);

	for (guint i = 0; i < 3; i++)
		gtalk_ledger_send(ledger, "m");
	g_assert_false(gtalk_ledger_acknowledge(ledger, 2));
	g_assert_true(gtalk_ledger_acknowledge(ledger, G_MAXUINT32));
	test_assert_accepted(ledger, "m");
	test_assert_accepted(ledger, NULL);
	g_assert_true(gtalk_ledger_acknowledge(ledger, 1));
	test_assert_accepted(ledger, "m");
	test_assert_accepted(ledger, "m");
	test_assert_accepted(ledger, NULL);
}

static void
test_unacknowledged_are_bounded(void)
{
	g_autoptr(GTalkLedger) ledger = gtalk_ledger_new();

	gtalk_ledger_send(ledger, "forgotten");
	for (guint i = 0; i < 10000; i++)
		gtalk_ledger_send(ledger, "kept");
	g_assert_true(gtalk_ledger_acknowledge(ledger, 10001));
	test_assert_accepted(ledger, "kept");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ledger/open-gate-answers-everything", test_open_gate_answers_everything);
	g_test_add_func("/ledger/gate", test_gate);
	g_test_add_func("/ledger/hold-needs-an-unanswered-stanza",
	                test_hold_needs_an_unanswered_stanza);
	g_test_add_func("/ledger/late-release-is-ignored", test_late_release_is_ignored);
	g_test_add_func("/ledger/held-again", test_a_held_stanza_can_be_held_again);
	g_test_add_func("/ledger/gate-wraps", test_gate_wraps);
	g_test_add_func("/ledger/many-holds-out-of-order", test_many_holds_out_of_order);
	g_test_add_func("/ledger/accepted-in-order", test_accepted_in_order);
	g_test_add_func("/ledger/impossible-counts", test_impossible_counts);
	g_test_add_func("/ledger/acknowledgement-wraps", test_acknowledgement_wraps);
	g_test_add_func("/ledger/unacknowledged-are-bounded", test_unacknowledged_are_bounded);
	return g_test_run();
}
