/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <purple.h>
#include <string.h>

#include "link/bridge-link.h"
#include "harness/purple-boot.h"
#include "host-event.h"

static void
test_assert_printed(GVariant *value, const char *expected)
{
	g_autoptr(GVariant) event = g_variant_ref_sink(value);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) wanted =
		g_variant_parse(G_VARIANT_TYPE_VARDICT, expected, NULL, NULL, &error);
	GVariantIter iter;
	GVariant *member;
	const char *name;

	g_assert_no_error(error);
	g_assert_cmpuint(g_variant_n_children(event), ==, g_variant_n_children(wanted));
	g_variant_iter_init(&iter, wanted);
	while (g_variant_iter_next(&iter, "{&sv}", &name, &member)) {
		g_autoptr(GVariant) expected_member = member;
		g_autoptr(GVariant) found = g_variant_lookup_value(event, name, NULL);

		g_assert_nonnull(found);
		g_assert_cmpvariant(found, expected_member);
	}
}

static void
test_assert_message(GVariant *value, const char *expected)
{
	g_autoptr(GVariant) event = g_variant_ref_sink(value);
	g_autoptr(GVariant) wanted = g_variant_parse(G_VARIANT_TYPE(BRIDGE_LINK_MESSAGE_TYPE),
	                                             expected, NULL, NULL, NULL);

	g_assert_nonnull(wanted);
	g_assert_cmpvariant(event, wanted);
}

static void
test_states(void)
{
	test_assert_printed(host_event_build_state("connecting", NULL, NULL, NULL),
	                    "{'state': <'connecting'>}");
	test_assert_printed(host_event_build_state("online", NULL, NULL, "a@b/c"),
	                    "{'state': <'online'>, 'bound-jid': <'a@b/c'>}");
	test_assert_printed(host_event_build_state("offline", "server", "It ended.", NULL),
	                    "{'state': <'offline'>, 'reason': <'server'>, "
	                    "'detail': <'It ended.'>}");
}

static void
test_messages(void)
{
	GTalkMessage message = {
		.direction = GTALK_MESSAGE_SENT,
		.origin = GTALK_MESSAGE_ARCHIVE,
		.id = "i",
		.stanza_id = "s",
		.from = "a@b/c",
		.to = "d@e",
		.body = "hello",
		.type = "chat",
		.time_us = 17,
		.encrypted = TRUE,
		.record = GTALK_RECORD_OFF,
	};

	test_assert_message(host_event_build_message(&message, 3, 4),
	                    "(true, 'archive', 'i', 's', 'a@b/c', 'd@e', 'hello', 'chat', 17, "
	                    "true, 2, 3, 4)");
	message = (GTalkMessage){.body = "x\xff", .type = "normal"};
	test_assert_message(host_event_build_message(&message, 1, 0),
	                    "(false, 'live', '', '', '', '', 'x\xef\xbf\xbd', 'normal', 0, "
	                    "false, 0, 1, 0)");
}

static void
test_long_ids_are_cut(void)
{
	g_autofree char *id = g_strnfill(100000, 'x');
	g_autoptr(GVariant) event =
		g_variant_ref_sink(host_event_build_status(id, "failed", id, id));
	const char *text;

	g_assert_true(g_variant_lookup(event, "id", "&s", &text));
	g_assert_cmpuint(strlen(text), ==, HOST_EVENT_ADDRESS_MAX_BYTES);
	g_assert_true(g_variant_lookup(event, "detail", "&s", &text));
	g_assert_cmpuint(strlen(text), ==, HOST_EVENT_SENTENCE_MAX_BYTES);
}

static void
test_small_ones(void)
{
	const char *const features[] = {"archive", "carbons", NULL};
	const char *const none[] = {NULL};

	test_assert_printed(host_event_build_acknowledged(2, 5),
	                    "{'stream': <uint32 2>, 'stanza': <uint32 5>}");
	test_assert_printed(host_event_build_archive_done(TRUE, FALSE, NULL, "", 0),
	                    "{'available': <true>, 'complete': <false>, 'last-id': <''>, "
	                    "'base-id': <''>, 'since': <int64 0>}");
	test_assert_printed(host_event_build_archive_done(TRUE, TRUE, "c", "a\nb\nc", 7),
	                    "{'available': <true>, 'complete': <true>, 'last-id': <'c'>, "
	                    "'base-id': <'a'>, 'since': <int64 7>}");
	test_assert_printed(host_event_build_features(features, "more"),
	                    "{'features': <['archive', 'carbons', 'more']>}");
	test_assert_printed(host_event_build_features(none, NULL), "{'features': <@as []>}");
}

static void
test_presence(void)
{
	static const struct {
		const char *stanza;
		const char *expected; /* but for jid and resource */
	} cases[] = {
		{"<presence/>", "'show': <'available'>, 'status': <''>, 'priority': <0>"},
		{"<presence type='unavailable'><show>dnd</show><status>bye</status></presence>",
	         "'show': <'unavailable'>, 'status': <'bye'>, 'priority': <0>"},
		{"<presence><show>xa</show><status>a &lt; "
	         "b</status><priority>-5</priority></presence>",
	         "'show': <'xa'>, 'status': <'a < b'>, 'priority': <-5>"},
		{"<presence><show>strange</show><priority>4000</priority></presence>",
	         "'show': <'available'>, 'status': <''>, 'priority': <127>"},
		{"<presence><priority>x</priority><status/></presence>",
	         "'show': <'available'>, 'status': <''>, 'priority': <0>"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		xmlnode *presence = xmlnode_from_str(cases[i].stanza, -1);
		g_autofree char *expected = g_strdup_printf(
			"{'jid': <'a@b'>, 'resource': <'r'>, %s}", cases[i].expected);

		test_assert_printed(host_event_build_presence(presence, "a@b", "r"), expected);
		xmlnode_free(presence);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/host-event/state", test_states);
	g_test_add_func("/host-event/message", test_messages);
	g_test_add_func("/host-event/limits", test_long_ids_are_cut);
	g_test_add_func("/host-event/small", test_small_ones);
	g_test_add_func("/host-event/presence", test_presence);
	return g_test_run();
}
