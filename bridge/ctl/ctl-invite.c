/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * invite: an enrolment code. */
#include "config.h"

#include "ctl.h"

static int
ctl_invite(const CtlCall *call)
{
	const CtlOptions *options = call->options;
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonObject) answer = NULL;
	g_autofree char *code = NULL;
	int status = 0;

	if (options->valid_hours < 1)
		return ctl_fail(CTL_EXIT_USAGE, "--valid must be a number of hours from 1");
	json_builder_begin_object(builder);
	if (options->domain != NULL) {
		json_builder_set_member_name(builder, "domain");
		json_builder_add_string_value(builder, options->domain);
	}
	json_builder_set_member_name(builder, "valid_hours");
	json_builder_add_int_value(builder, options->valid_hours);
	json_builder_end_object(builder);
	status = ctl_ask(call, "POST", "/admin/invite", builder, &answer);
	if (answer == NULL)
		return status;
	code = ctl_show_member(answer, "code");
	g_print("%s\n", code);
	return status;
}

static const CtlOption ctl_invite_options[] = {
	{"domain", G_OPTION_ARG_STRING, CTL_OPTION_AT(domain), "For accounts of this domain only",
         "DOMAIN"},
	{"valid", G_OPTION_ARG_INT, CTL_OPTION_AT(valid_hours),
         "How long the code can be used (24)", "HOURS"},
	{NULL},
};

const CtlCommand ctl_command_invite = {
	"invite", "", "make an enrolment code and print it", 0, 0, ctl_invite_options, ctl_invite};
