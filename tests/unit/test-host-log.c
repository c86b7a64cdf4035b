/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-log.h"

static void
test_each_complaint_once(void)
{
	guint n_new = 0;

	g_assert_true(host_log_is_new("one"));
	g_assert_false(host_log_is_new("one"));
	for (guint i = 0; i < 1000; i++) {
		g_autofree char *message = g_strdup_printf("message %u", i);
		n_new += host_log_is_new(message);
	}
	g_assert_cmpuint(n_new, >, 10);
	g_assert_cmpuint(n_new, <, 1000); /* a stranger cannot fill the memory with them */
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-log/once", test_each_complaint_once);
	return g_test_run();
}
