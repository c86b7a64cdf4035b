/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-boot.h"
#include "host-status.h"

static GList *
test_status_types(PurpleAccount *account)
{
	GList *types = NULL;

	types = g_list_append(types, purple_status_type_new_with_attrs(
					     PURPLE_STATUS_AWAY, "away", "Gone", FALSE, TRUE, FALSE,
					     "message", "Text",
					     purple_value_new(PURPLE_TYPE_STRING), "mood", "Mood",
					     purple_value_new(PURPLE_TYPE_STRING), "priority",
					     "Priority", purple_value_new(PURPLE_TYPE_INT), NULL));
	types = g_list_append(types, purple_status_type_new_with_attrs(
					     PURPLE_STATUS_TUNE, "tune", NULL, TRUE, FALSE, TRUE,
					     "message", "Text",
					     purple_value_new(PURPLE_TYPE_STRING), NULL));
	return types;
}

static void
test_keeps_text_and_priority(void)
{
	PurplePluginProtocolInfo protocol = {.status_types = test_status_types};
	GList *types = NULL;
	PurpleStatusType *away = NULL;
	PurpleStatusType *tune = NULL;

	host_status_install(&protocol);
	types = protocol.status_types(NULL);
	g_assert_cmpuint(g_list_length(types), ==, 2);

	away = g_list_nth_data(types, 0);
	g_assert_cmpint(purple_status_type_get_primitive(away), ==, PURPLE_STATUS_AWAY);
	g_assert_cmpstr(purple_status_type_get_id(away), ==, "away");
	g_assert_cmpstr(purple_status_type_get_name(away), ==, "Gone");
	g_assert_false(purple_status_type_is_saveable(away));
	g_assert_true(purple_status_type_is_user_settable(away));
	g_assert_true(purple_status_type_is_exclusive(away));
	g_assert_cmpuint(g_list_length(purple_status_type_get_attrs(away)), ==, 2);
	g_assert_nonnull(purple_status_type_get_attr(away, "message"));
	g_assert_cmpint(purple_value_get_type(purple_status_attr_get_value(
				purple_status_type_get_attr(away, "priority"))),
	                ==, PURPLE_TYPE_INT);

	tune = g_list_nth_data(types, 1);
	g_assert_cmpstr(purple_status_type_get_id(tune), ==, "tune");
	g_assert_true(purple_status_type_is_independent(tune));
	g_assert_false(purple_status_type_is_user_settable(tune));
	g_assert_null(purple_status_type_get_attrs(tune));

	g_list_free_full(types, (GDestroyNotify)purple_status_type_destroy);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/host-status/keeps-text-and-priority", test_keeps_text_and_priority);
	return g_test_run();
}
