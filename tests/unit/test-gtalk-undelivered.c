/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-undelivered.h"

#include <string.h>

static const struct {
	GTalkUndeliveredFacts facts;
	GTalkUndeliveredReason reason;
} test_reasons[] = {
	{{.condition = "service-unavailable", .subscription = GTALK_SUBSCRIPTION_BOTH},
         GTALK_UNDELIVERED_OFFLINE},
	{{.condition = "recipient-unavailable", .subscription = GTALK_SUBSCRIPTION_BOTH},
         GTALK_UNDELIVERED_OFFLINE},
	{{.condition = "service-unavailable",
          .subscription = GTALK_SUBSCRIPTION_BOTH,
          .record = GTALK_RECORD_OFF},
         GTALK_UNDELIVERED_OFF_RECORD},
	/* who is there does not get the blame for being away */
	{{.condition = "service-unavailable",
          .subscription = GTALK_SUBSCRIPTION_BOTH,
          .record = GTALK_RECORD_OFF,
          .is_there = TRUE},
         GTALK_UNDELIVERED_UNKNOWN},
	{{.condition = "service-unavailable", .subscription = GTALK_SUBSCRIPTION_NONE},
         GTALK_UNDELIVERED_NOT_SUBSCRIBED},
	{{.condition = "service-unavailable", .subscription = GTALK_SUBSCRIPTION_TO},
         GTALK_UNDELIVERED_NOT_SUBSCRIBED},
	{{.condition = "service-unavailable", .subscription = GTALK_SUBSCRIPTION_FROM},
         GTALK_UNDELIVERED_NOT_SUBSCRIBED},
	{{.condition = "subscription-required", .subscription = GTALK_SUBSCRIPTION_BOTH},
         GTALK_UNDELIVERED_NOT_SUBSCRIBED},
	/* before the roster has come nobody is a stranger */
	{{.condition = "service-unavailable"}, GTALK_UNDELIVERED_OFFLINE},
	{{.condition = "not-acceptable", .says_blocked = TRUE}, GTALK_UNDELIVERED_BLOCKED},
	{{.condition = "service-unavailable", .is_denied = TRUE}, GTALK_UNDELIVERED_BLOCKED},
	{{.condition = "item-not-found"}, GTALK_UNDELIVERED_NO_SUCH_ADDRESS},
	{{.condition = "jid-malformed"}, GTALK_UNDELIVERED_NO_SUCH_ADDRESS},
	{{.condition = "remote-server-not-found"}, GTALK_UNDELIVERED_NO_SERVER},
	{{.condition = "remote-server-timeout", .subscription = GTALK_SUBSCRIPTION_NONE},
         GTALK_UNDELIVERED_NO_SERVER},
	{{.condition = "policy-violation"}, GTALK_UNDELIVERED_REFUSED},
	{{.condition = "forbidden"}, GTALK_UNDELIVERED_REFUSED},
	{{.condition = "resource-constraint"}, GTALK_UNDELIVERED_TOO_MUCH},
	{{.condition = "forbidden", .is_room = TRUE}, GTALK_UNDELIVERED_NO_VOICE},
	{{.condition = "not-acceptable", .is_room = TRUE}, GTALK_UNDELIVERED_NO_VOICE},
	{{.condition = "service-unavailable",
          .is_room = TRUE,
          .subscription = GTALK_SUBSCRIPTION_NONE},
         GTALK_UNDELIVERED_UNKNOWN},
	{{.condition = "undefined-condition", .is_there = TRUE}, GTALK_UNDELIVERED_UNKNOWN},
};

static void
test_reason(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(test_reasons); i++)
		g_assert_cmpint(gtalk_undelivered_find_reason(&test_reasons[i].facts), ==,
		                test_reasons[i].reason);
}

static void
test_every_reason_has_a_sentence_with_the_name(void)
{
	for (GTalkUndeliveredReason reason = GTALK_UNDELIVERED_UNKNOWN;
	     reason <= GTALK_UNDELIVERED_NO_VOICE; reason++) {
		g_autofree char *text =
			gtalk_undelivered_dup_text(reason, "Bob %s 100 %d", NULL, NULL);

		g_assert_nonnull(strstr(text, "Bob %s 100 %d"));
		g_assert_null(strchr(text, '\n'));
	}
}

static void
test_text(void)
{
	g_autofree char *all = gtalk_undelivered_dup_text(GTALK_UNDELIVERED_REFUSED, "Bob",
	                                                  "no\nmore", "one\ntwo");
	g_autofree char *words = g_strnfill(600, 'x');
	g_autofree char *cut =
		gtalk_undelivered_dup_text(GTALK_UNDELIVERED_UNKNOWN, "Bob", words, NULL);

	g_assert_cmpstr(all, ==,
	                "The server has refused your message to Bob.\nThe server says: no more\n"
	                "Not delivered: one\ntwo");
	g_assert_true(g_str_has_suffix(cut, "xxx"));
	g_assert_cmpuint(strlen(strchr(cut, '\n')), <, 530);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-undelivered/reason", test_reason);
	g_test_add_func("/gtalk-undelivered/every-reason-has-a-sentence-with-the-name",
	                test_every_reason_has_a_sentence_with_the_name);
	g_test_add_func("/gtalk-undelivered/text", test_text);
	return g_test_run();
}
