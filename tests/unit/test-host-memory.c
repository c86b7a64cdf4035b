/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-memory.h"

static void
test_private_pages_add_up(void)
{
	const char *rollup = "00400000-7ffe00000000 ---p 00000000 00:00 0    [rollup]\n"
			     "Rss:                4000 kB\n"
			     "Shared_Dirty:        900 kB\n"
			     "Private_Clean:       100 kB\n"
			     "Private_Dirty:        23 kB\n";

	g_assert_cmpuint(host_memory_parse_private_bytes(rollup), ==, 123 * 1024);
	g_assert_cmpuint(host_memory_parse_private_bytes(""), ==, 0);
	g_assert_cmpuint(host_memory_parse_private_bytes("x\nPrivate_Dirty: much kB\n"), ==, 0);
}

static void
test_this_process_has_some(void)
{
	g_assert_cmpuint(host_memory_get_private_bytes(), >, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-memory/parse", test_private_pages_add_up);
	g_test_add_func("/host-memory/self", test_this_process_has_some);
	return g_test_run();
}
