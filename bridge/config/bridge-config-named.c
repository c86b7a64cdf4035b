/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-config-named.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define NAMED_CREDENTIALS "/run/credentials/" /* systemd's, while the service runs */

typedef enum {
	BRIDGE_NAMED_FILE,
	BRIDGE_NAMED_DIRECTORY,
	BRIDGE_NAMED_PROGRAM,
} BridgeNamedKind;

typedef struct {
	const char *key;
	const char *path; /* NULL: not named */
	BridgeNamedKind kind;
} BridgeNamed;

static const struct {
	const char *what; /* it has to be */
	int mode;         /* what the bridge does with it */
	const char *does;
} bridge_named_kinds[] = {
	[BRIDGE_NAMED_FILE] = {"a file", R_OK, "read"},
	[BRIDGE_NAMED_DIRECTORY] = {"a directory", R_OK | X_OK, "read"},
	[BRIDGE_NAMED_PROGRAM] = {"a program", X_OK, "started"},
};

static gboolean
bridge_named_is_of_kind(const BridgeNamed *named, const struct stat *status)
{
	if (named->kind == BRIDGE_NAMED_DIRECTORY)
		return S_ISDIR(status->st_mode);
	if (named->kind == BRIDGE_NAMED_PROGRAM)
		return S_ISREG(status->st_mode) &&
		       (status->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	return !S_ISDIR(status->st_mode); /* a pipe, too, gives what a file would */
}

/* Of a service that does not run now, or not for who asks. */
static gboolean
bridge_named_is_credential(const BridgeNamed *named)
{
	const char *own = g_getenv("CREDENTIALS_DIRECTORY");

	return g_str_has_prefix(named->path, NAMED_CREDENTIALS) &&
	       (own == NULL || !g_str_has_prefix(named->path, own));
}

static gboolean
bridge_named_refuse(const BridgeNamed *named, const char *path, const char *why, GError **error)
{
	g_set_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID,
	            "%s: %s: %s %s: put it there, or name another one", path, named->key,
	            named->path, why);
	return FALSE;
}

/* Who asks is perhaps not who will read it. */
static void
bridge_named_note_access(const BridgeNamed *named, GPtrArray *notes)
{
	const char *does = bridge_named_kinds[named->kind].does;

	if (access(named->path, bridge_named_kinds[named->kind].mode) != 0)
		g_ptr_array_add(notes,
		                g_strdup_printf("%s: %s cannot be %s by who asks now (user %u): "
		                                "the bridge has to be allowed to",
		                                named->key, named->path, does, (guint)geteuid()));
}

static gboolean
bridge_named_check(const BridgeNamed *named, const char *path, GPtrArray *notes, GError **error)
{
	g_autofree char *why = NULL;
	struct stat status;

	if (named->path == NULL)
		return TRUE;
	if (stat(named->path, &status) != 0 && errno == EACCES) {
		bridge_named_note_access(named, notes);
		return TRUE;
	}
	if (stat(named->path, &status) != 0) {
		if (!bridge_named_is_credential(named))
			return bridge_named_refuse(named, path, "is not there", error);
		g_ptr_array_add(notes,
		                g_strdup_printf("%s: %s is there only while the service runs",
		                                named->key, named->path));
		return TRUE;
	}
	if (!bridge_named_is_of_kind(named, &status)) {
		why = g_strconcat("is not ", bridge_named_kinds[named->kind].what, NULL);
		return bridge_named_refuse(named, path, why, error);
	}
	bridge_named_note_access(named, notes);
	return TRUE;
}

gboolean
bridge_config_check_named(BridgeConfig *config, const char *path, GPtrArray *notes, GError **error)
{
	const BridgeListenConfig *listen = bridge_config_get_listen(config);
	const BridgeLegacyConfig *legacy = bridge_config_get_legacy(config);
	const BridgePushConfig *push = bridge_config_get_push(config);
	const BridgeNamed named[] = {
		{"[listen] tls-certificate", listen->tls_certificate, BRIDGE_NAMED_FILE},
		{"[listen] tls-key", listen->tls_key, BRIDGE_NAMED_FILE},
		{"[legacy] tls-certificate", legacy->tls_certificate, BRIDGE_NAMED_FILE},
		{"[legacy] tls-key", legacy->tls_key, BRIDGE_NAMED_FILE},
		{"[store] key-password-file", bridge_config_get_key_password_file(config),
	         BRIDGE_NAMED_FILE},
		{"[hosts] program", bridge_config_get_host_program(config), BRIDGE_NAMED_PROGRAM},
		{"[push] program", push->types[0] != NULL ? push->program : NULL,
	         BRIDGE_NAMED_PROGRAM},
		{"[push] mpns-certificate", push->mpns_certificate, BRIDGE_NAMED_FILE},
		{"[push] mpns-key", push->mpns_key, BRIDGE_NAMED_FILE},
		{"[tls] ca-directory", bridge_config_get_ca_directory(config),
	         BRIDGE_NAMED_DIRECTORY},
	};

	for (guint i = 0; i < G_N_ELEMENTS(named); i++)
		if (!bridge_named_check(&named[i], path, notes, error))
			return FALSE;
	return TRUE;
}
