/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-settings.h: how an account signs in, as SignIn says it, checked. Pure functions. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HOST_SETTINGS_CREDENTIAL_MAX_BYTES (16 * 1024)
#define HOST_SETTINGS_JID_MAX_BYTES 3071 /* RFC 7622: three parts of 1023 and two separators */
#define HOST_SETTINGS_PINS_MAX 16
#define HOST_SETTINGS_ARCHIVE_MAX_BYTES (32 * 1024)

typedef struct {
	char *protocol_id; /* libpurple's */
	char *username;    /* with the resource, if any */
	char *mechanism;
	char *server; /* "" = DNS */
	guint16 port; /* never 0 */
	gboolean direct_tls;
	char **pins;
	char *archive_after;
	char *archive_recent; /* GTALK_OPTION_ARCHIVE_RECENT */
	char *archive_since;  /* decimal seconds, or "" */
	GVariant *wanted;     /* a{sv}, or NULL; its values are unchecked */
} HostSettings;

/**
 * host_settings_parse:
 * @settings: the a{sv} of SignIn; members that are not known are ignored
 * @error: #BRIDGE_LINK_ERROR_INVALID, names the member */
HostSettings *
host_settings_parse(GVariant *settings, GError **error);

void
host_settings_free(HostSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostSettings, host_settings_free)

/**
 * host_settings_read_credential:
 * @fd: (transfer none): a memory file or a pipe whose other end has been written and closed
 * @error: #BRIDGE_LINK_ERROR_INVALID
 *
 * Returns: (transfer full): the secret; to be given to host_settings_free_credential() */
char *
host_settings_read_credential(int fd, GError **error);

/* Wipes and frees. */
void
host_settings_free_credential(char *credential);
G_END_DECLS
