/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * accounts, devices, revoke, release, erase: who is here. Accounts are named by id or JID. */
#include "config.h"

#include "ctl.h"

#include <stdio.h>
#include <unistd.h>

#define CTL_ANSWER_BYTES 16

static int
ctl_accounts_list(const CtlCall *call)
{
	static const char *const columns[] = {"id",     "state",        "username",
	                                      "reason", "last_traffic", NULL};
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "GET", "/admin/accounts", NULL, &answer);

	if (answer != NULL)
		ctl_show_table(answer, "accounts", columns);
	return status;
}

static int
ctl_accounts(const CtlCall *call)
{
	static const char *const members[] = {
		"id",          "protocol", "username",     "bound_jid", "state",       "reason",
		"user_action", "next_try", "last_traffic", "features",  "quarantined", NULL};
	g_autoptr(JsonObject) answer = NULL;
	g_autofree char *path = NULL;
	int status = 0;

	if (call->options->words[0] == NULL)
		return ctl_accounts_list(call);
	path = ctl_build_path("/admin/accounts/", call->options->words[0]);
	status = ctl_ask(call, "GET", path, NULL, &answer);
	if (answer != NULL)
		ctl_show_object(answer, members);
	return status;
}

static int
ctl_devices(const CtlCall *call)
{
	static const char *const columns[] = {"id", "name", "kind", "created", "acked", NULL};
	g_autofree char *path = ctl_build_path("/admin/devices/", call->options->words[0]);
	g_autoptr(JsonObject) answer = NULL;
	int status = ctl_ask(call, "GET", path, NULL, &answer);

	if (answer != NULL)
		ctl_show_table(answer, "devices", columns);
	return status;
}

static int
ctl_revoke(const CtlCall *call)
{
	g_autofree char *account = ctl_build_path("/admin/devices/", call->options->words[0]);
	g_autofree char *query = ctl_build_path("?device=", call->options->words[1]);
	g_autofree char *path = g_strconcat(account, query, NULL);
	g_autoptr(JsonObject) answer = NULL;

	return ctl_ask(call, "DELETE", path, NULL, &answer);
}

/* What is erased is gone: a person is asked, a script has to say so. */
static gboolean
ctl_erase_is_meant(const char *account)
{
	char answer[CTL_ANSWER_BYTES] = {0};

	if (!isatty(STDIN_FILENO))
		return FALSE;
	g_printerr("Erase %s with everything that is stored of it? Type yes: ", account);
	return fgets(answer, sizeof answer, stdin) != NULL && g_str_equal(answer, "yes\n");
}

static int
ctl_erase(const CtlCall *call)
{
	const char *account = call->options->words[0];
	g_autofree char *path = ctl_build_path("/admin/accounts/", account);
	g_autoptr(JsonObject) answer = NULL;

	if (!call->options->yes && !ctl_erase_is_meant(account))
		return ctl_fail(CTL_EXIT_USAGE, "nothing was erased; --yes means it");
	return ctl_ask(call, "DELETE", path, NULL, &answer);
}

static int
ctl_release(const CtlCall *call)
{
	g_autofree char *account = ctl_build_path("/admin/accounts/", call->options->words[0]);
	g_autofree char *path = g_strconcat(account, "/release", NULL);
	g_autoptr(JsonObject) answer = NULL;

	return ctl_ask(call, "POST", path, NULL, &answer);
}

const CtlCommand ctl_command_accounts = {
	"accounts", "[ACCOUNT]", "list the accounts, or show one", 0, 1, NULL, ctl_accounts};

const CtlCommand ctl_command_devices = {
	"devices", "ACCOUNT", "list the devices of an account", 1, 1, NULL, ctl_devices};

const CtlCommand ctl_command_revoke = {
	"revoke", "ACCOUNT DEVICE", "sign a device out: its token is good no more", 2, 2,
	NULL,     ctl_revoke};

const CtlCommand ctl_command_release = {
	"release", "ACCOUNT",  "let an account out of quarantine, and sign it in", 1, 1,
	NULL,      ctl_release};

static const CtlOption ctl_erase_options[] = {
	{"yes", G_OPTION_ARG_NONE, CTL_OPTION_AT(yes), "Do not ask", NULL},
	{NULL},
};

const CtlCommand ctl_command_erase = {
	"erase",           "ACCOUNT", "sign an account out and erase every stored byte of it", 1, 1,
	ctl_erase_options, ctl_erase};
