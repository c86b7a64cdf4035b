/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "messages/gtalk-outbox.h"

static void
test_add(GTalkOutbox *outbox, const char *id, const char *to, const char *text)
{
	const GTalkOutboxMessage message = {
		.id = (char *)id,
		.to = (char *)to,
		.text = (char *)text,
		.sent_us = 7,
		.was_away = TRUE,
	};

	gtalk_outbox_add(outbox, &message);
}

static void
test_finds_by_id_and_contact(void)
{
	GTalkOutbox outbox;
	const GTalkOutboxMessage *found = NULL;

	gtalk_outbox_init(&outbox);
	test_add(&outbox, "m1", "bob@talk.example", "one");
	test_add(&outbox, "m2", "bob@talk.example/Work", "two");
	test_add(&outbox, "m2", "eve@talk.example", "three");
	found = gtalk_outbox_find(&outbox, "m2", "Bob@talk.example/Home");
	g_assert_cmpstr(found->text, ==, "two");
	g_assert_cmpint(found->sent_us, ==, 7);
	g_assert_true(found->was_away);
	g_assert_null(gtalk_outbox_find(&outbox, "m1", "eve@talk.example"));
	g_assert_null(gtalk_outbox_find(&outbox, "m3", "bob@talk.example"));
	gtalk_outbox_remove(&outbox, found);
	g_assert_null(gtalk_outbox_find(&outbox, "m2", "bob@talk.example"));
	g_assert_nonnull(gtalk_outbox_find(&outbox, "m2", "eve@talk.example"));
	gtalk_outbox_clear(&outbox);
	g_assert_cmpuint(outbox.text_bytes, ==, 0);
}

static void
test_forgets_the_oldest(void)
{
	GTalkOutbox outbox;

	gtalk_outbox_init(&outbox);
	for (guint i = 0; i <= GTALK_OUTBOX_MESSAGES_MAX; i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);

		test_add(&outbox, id, "bob@talk.example", "text");
	}
	g_assert_null(gtalk_outbox_find(&outbox, "m0", "bob@talk.example"));
	g_assert_nonnull(gtalk_outbox_find(&outbox, "m1", "bob@talk.example"));
	gtalk_outbox_clear(&outbox);
}

static void
test_holds_one_large_text_at_least(void)
{
	GTalkOutbox outbox;
	g_autofree char *large = g_strnfill(GTALK_OUTBOX_TEXT_MAX_BYTES + 1, 'x');

	gtalk_outbox_init(&outbox);
	test_add(&outbox, "small", "bob@talk.example", "text");
	test_add(&outbox, "large", "bob@talk.example", large);
	g_assert_null(gtalk_outbox_find(&outbox, "small", "bob@talk.example"));
	g_assert_nonnull(gtalk_outbox_find(&outbox, "large", "bob@talk.example"));
	test_add(&outbox, "next", "bob@talk.example", "text");
	g_assert_null(gtalk_outbox_find(&outbox, "large", "bob@talk.example"));
	g_assert_cmpuint(outbox.text_bytes, ==, 4);
	gtalk_outbox_clear(&outbox);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-outbox/finds-by-id-and-contact", test_finds_by_id_and_contact);
	g_test_add_func("/gtalk-outbox/forgets-the-oldest", test_forgets_the_oldest);
	g_test_add_func("/gtalk-outbox/holds-one-large-text-at-least",
	                test_holds_one_large_text_at_least);
	return g_test_run();
}
