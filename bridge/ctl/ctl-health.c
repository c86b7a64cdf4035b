/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * health, hosts, events: how it is doing. */
#include "config.h"

#include "ctl.h"

#define CTL_EVENTS_WAIT_S 50

static int
ctl_health(const CtlCall *call)
{
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "GET", "/readyz", NULL, &answer);
	g_autofree char *state = NULL;

	if (answer == NULL)
		return status;
	state = ctl_show_member(answer, "state");
	g_print("%s\n", state);
	return status;
}

static int
ctl_hosts(const CtlCall *call)
{
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "GET", "/admin/hosts", NULL, &answer);
	JsonArray *hosts = answer != NULL ? json_object_get_array_member(answer, "hosts") : NULL;

	for (guint i = 0; hosts != NULL && i < json_array_get_length(hosts); i++) {
		g_autofree char *pid =
			ctl_show_member(json_array_get_object_element(hosts, i), "pid");

		g_print("%s\n", pid);
	}
	return status;
}

static void
ctl_show_event(JsonObject *event)
{
	g_autofree char *time = ctl_show_member(event, "time");
	g_autofree char *account = ctl_show_member(event, "account");
	g_autofree char *seq = ctl_show_member(event, "seq");
	g_autofree char *type = ctl_show_member(event, "type");
	g_autofree char *bytes = ctl_show_member(event, "bytes");

	g_print("%s %s %s %s %s\n", time, account, seq, type, bytes);
}

/* @after: (inout): the number of the last event that was shown */
static int
ctl_events_read(const CtlCall *call, guint64 *after, guint wait_s)
{
	g_autofree char *path = g_strdup_printf("/admin/events?after=%" G_GUINT64_FORMAT "&wait=%u",
	                                        *after, wait_s);
	CtlOptions silent = *call->options;
	CtlCall quiet = {&silent, call->socket};
	g_autoptr(JsonObject) answer = NULL;
	JsonArray *events = NULL;
	int status = 0;

	silent.json = FALSE;
	status = ctl_ask(&quiet, "GET", path, NULL, &answer);
	if (answer == NULL)
		return status;
	*after = (guint64)json_object_get_int_member(answer, "last");
	events = json_object_get_array_member(answer, "events");
	for (guint i = 0; i < json_array_get_length(events); i++) {
		g_autofree char *text = json_to_string(json_array_get_element(events, i), FALSE);

		if (call->options->json)
			g_print("%s\n", text);
		else
			ctl_show_event(json_array_get_object_element(events, i));
	}
	return 0;
}

static int
ctl_events(const CtlCall *call)
{
	guint64 after = 0;
	int status = ctl_events_read(call, &after, 0);

	while (status == 0 && call->options->follow)
		status = ctl_events_read(call, &after, CTL_EVENTS_WAIT_S);
	return status;
}

const CtlCommand ctl_command_health = {
	"health", "", "say whether accounts are served, or why not", 0, 0, NULL, ctl_health};

const CtlCommand ctl_command_hosts = {"hosts", "",       "list the process ids of the hosts", 0, 0,
                                      NULL,    ctl_hosts};

static const CtlOption ctl_events_options[] = {
	{"follow", G_OPTION_ARG_NONE, CTL_OPTION_AT(follow), "Go on with what happens", NULL},
	{NULL},
};

const CtlCommand ctl_command_events = {
	"events",           "",        "show what happened lately, without names and texts", 0, 0,
	ctl_events_options, ctl_events};
