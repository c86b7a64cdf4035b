/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push: what is pushed to whom, and whether it arrives. */
#include "config.h"

#include "ctl.h"

static int
ctl_push_list(const CtlCall *call)
{
	static const char *const columns[] = {
		"device",   "account",  "type",         "origin",     "verified", "queue_length",
		"attempts", "next_try", "last_success", "last_error", NULL};
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "GET", "/admin/push", NULL, &answer);

	if (answer != NULL)
		ctl_show_table(answer, "subscriptions", columns);
	return status;
}

static int
ctl_push_test(const CtlCall *call, const char *device, const char *type)
{
	static const char *const members[] = {"result", "status", "detail", NULL};
	g_autofree char *beginning = ctl_build_path("/admin/push/", device);
	g_autofree char *query = type != NULL ? ctl_build_path("/test?type=", type) : NULL;
	g_autofree char *path = g_strconcat(beginning, query != NULL ? query : "/test", NULL);
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "POST", path, NULL, &answer);

	if (answer != NULL)
		ctl_show_object(answer, members);
	return status;
}

static int
ctl_push(const CtlCall *call)
{
	char **words = call->options->words;

	if (words[0] == NULL)
		return ctl_push_list(call);
	if (!g_str_equal(words[0], "test") || words[1] == NULL)
		return ctl_fail(CTL_EXIT_USAGE, "usage: push [test DEVICE [TYPE]]");
	return ctl_push_test(call, words[1], words[2]);
}

const CtlCommand ctl_command_push = {"push",
                                     "[test DEVICE [TYPE]]",
                                     "show what is pushed to whom, or push a test to a device",
                                     0,
                                     3,
                                     NULL,
                                     ctl_push};
