/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-settings.h: how an account signs in, as SignIn says it, checked. Pure functions. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HOST_SETTINGS_CREDENTIAL_MAX_BYTES (32 * 1024) /* BRIDGE_GRANT_BYTES_MAX */
#define HOST_SETTINGS_JID_MAX_BYTES 3071 /* RFC 7622: three parts of 1023 and two separators */
#define HOST_SETTINGS_PINS_MAX 16
#define HOST_SETTINGS_ARCHIVE_MAX_BYTES (32 * 1024)

/* What the credential is. */
typedef enum {
	HOST_SECRET_FOR_SERVER,    /* a token or password for the chat server */
	HOST_SECRET_REFRESH_TOKEN, /* see bridge-grant.h */
	HOST_SECRET_SERVICE_PASSWORD,
} HostSecret;

typedef enum {
	HOST_TOKEN_SERVICE_NONE,
	HOST_TOKEN_SERVICE_OAUTH2,
	HOST_TOKEN_SERVICE_CLIENT_LOGIN,
} HostTokenService;

typedef struct _HostDialect HostDialect;

typedef struct {
	char *protocol_id;          /* libpurple's */
	const HostDialect *dialect; /* static */
	char *address;              /* as asked for */
	char *resource;             /* "" = none */
	char *username;             /* libpurple's */
	char *mechanism;            /* the plugin's */
	HostSecret secret;
	HostTokenService token_service;
	char *token_url;
	char *token_client_id;
	char *token_scope;
	char *server; /* "" = DNS */
	guint16 port; /* 0 = libpurple's own */
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
