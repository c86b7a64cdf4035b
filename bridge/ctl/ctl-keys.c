/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * rotate: another master key. */
#include "config.h"

#include "ctl.h"

static int
ctl_rotate(const CtlCall *call)
{
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "POST", "/admin/rotate", NULL, &answer);
	g_autofree char *number = NULL;

	if (answer == NULL)
		return status;
	number = ctl_show_member(answer, "master_key");
	g_print("The store has the master key %s; the one before it is forgotten.\n", number);
	return status;
}

const CtlCommand ctl_command_rotate = {
	"rotate", "", "give the store another master key", 0, 0, NULL, ctl_rotate};
