/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "base/bridge-black-box.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
	BridgeBlackBox *box;
	BridgeBlackBoxNote *host; /* as a host maps it */
} TestFixture;

static void
test_set_up(TestFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	void *memory;

	fixture->box = bridge_black_box_new(&error);
	g_assert_no_error(error);
	memory = mmap(NULL, sizeof *fixture->host, PROT_READ | PROT_WRITE, MAP_SHARED,
	              bridge_black_box_get_fd(fixture->box), 0);
	g_assert_true(memory != MAP_FAILED);
	fixture->host = memory;
}

static void
test_tear_down(TestFixture *fixture, gconstpointer data)
{
	munmap(fixture->host, sizeof *fixture->host);
	bridge_black_box_free(fixture->box);
}

static void
test_nothing_at_first(TestFixture *fixture, gconstpointer data)
{
	g_assert_null(bridge_black_box_read(fixture->box));
}

static void
test_what_was_written(TestFixture *fixture, gconstpointer data)
{
	const BridgeBlackBoxNote *note;

	g_strlcpy(fixture->host->account, "account", sizeof fixture->host->account);
	g_strlcpy(fixture->host->from, "romeo@example.org", sizeof fixture->host->from);
	fixture->host->busy = 1;
	note = bridge_black_box_read(fixture->box);
	g_assert_nonnull(note);
	g_assert_cmpstr(note->account, ==, "account");
	g_assert_cmpstr(note->from, ==, "romeo@example.org");
	fixture->host->busy = 0;
	g_assert_null(bridge_black_box_read(fixture->box));
}

/* Whoever has taken a host over writes what he likes. */
static void
test_what_is_no_text(TestFixture *fixture, gconstpointer data)
{
	fixture->host->busy = 1;
	memset(fixture->host->id, 'x', sizeof fixture->host->id);
	g_assert_null(bridge_black_box_read(fixture->box));
	memset(fixture->host->id, 0, sizeof fixture->host->id);
	g_assert_nonnull(bridge_black_box_read(fixture->box));
	g_strlcpy(fixture->host->from, "\xff", sizeof fixture->host->from);
	g_assert_null(bridge_black_box_read(fixture->box));
}

static void
test_nobody_can_shrink_it(TestFixture *fixture, gconstpointer data)
{
	g_assert_cmpint(ftruncate(bridge_black_box_get_fd(fixture->box), 0), <, 0);
}

static void
test_add(const char *name, void (*test)(TestFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/bridge-black-box/", name, NULL);

	g_test_add(path, TestFixture, NULL, test_set_up, test, test_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	test_add("nothing-at-first", test_nothing_at_first);
	test_add("what-was-written", test_what_was_written);
	test_add("what-is-no-text", test_what_is_no_text);
	test_add("nobody-can-shrink-it", test_nobody_can_shrink_it);
	return g_test_run();
}
