/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-config.h: the daemon's key file, read once, every key checked. An unknown group or key, a
 * wrong type or a value out of range is an error whose message names file, group and key and says
 * what is allowed. data/gtalk-bridge.conf is the commented example and names every key. */
#pragma once

#include <gio/gio.h>

#include "vault/bridge-vault.h"

G_BEGIN_DECLS

#define BRIDGE_CONFIG_ERROR (bridge_config_error_quark())
typedef enum {
	BRIDGE_CONFIG_ERROR_UNREADABLE,
	BRIDGE_CONFIG_ERROR_INVALID,
} BridgeConfigError;

GQuark
bridge_config_error_quark(void);

typedef enum {
	BRIDGE_REGISTRATION_INVITE, /* an enrolment code is needed (default) */
	BRIDGE_REGISTRATION_OPEN,
	BRIDGE_REGISTRATION_CLOSED, /* nobody, whatever code */
} BridgeRegistration;

/* Who turns a secret into what the domain's chat servers take. */
typedef enum {
	BRIDGE_TOKEN_SERVICE_KIND_NONE, /* nobody: they take it as it is */
	BRIDGE_TOKEN_SERVICE_KIND_OAUTH2,
	BRIDGE_TOKEN_SERVICE_KIND_CLIENT_LOGIN,
} BridgeTokenServiceKind;

/* [domain example.org], or the defaults for a domain without a group. Borrowed from the config. */
typedef struct {
	const char *domain;
	BridgeRegistration registration;
	gboolean passwords; /* accept passwords as credentials */
	const char *server; /* "" = DNS */
	guint16 port;       /* 0 = default */
	gboolean direct_tls;
	const char *const *pins; /* SHA-256 of the certificate, lower-case hex; NULL-terminated */
	BridgeTokenServiceKind token_service;
	const char *token_url;       /* "" without a token service */
	const char *token_client_id; /* "": none */
	const char *token_scope;
} BridgeDomainConfig;

typedef enum {
	BRIDGE_FORWARDED_X_FORWARDED_FOR,
	BRIDGE_FORWARDED_RFC7239, /* "Forwarded" */
} BridgeForwardedHeader;

/* [listen]; lists are NULL-terminated. Borrowed. */
typedef struct {
	char **addresses;       /* "127.0.0.1:8642", "unix:/path" */
	char **host_names;      /* what Host may be */
	char **origins;         /* of web pages that may ask; NULL for none */
	char **trusted_proxies; /* addresses, networks and "unix"; NULL for none */
	guint forwarded_header; /* BridgeForwardedHeader: what those set */
	char *tls_certificate;  /* PEM, the chain behind it; NULL for no TLS */
	char *tls_key;          /* PEM; not NULL with it */
	guint max_connections;
} BridgeListenConfig;

/* [limits]; all 1 or more. The rates are what a token bucket refills. What is of an address is not
 * of loopback and unix sockets, where proxies come from, unless a trusted one says for whom. */
typedef struct {
	guint connections_per_address;
	guint requests_per_second;         /* of a device, or of an address without one */
	guint account_requests_per_second; /* of all devices of an account */
	guint sign_ins_per_minute;         /* of an address */
	guint account_sign_ins_per_minute; /* to an account, from wherever */
	guint devices_per_account;
	guint subscriptions_per_account; /* for push, of all its devices */
	guint readers_per_device;        /* who wait for events, or have them streamed */
	guint readers_per_account;
	guint readers_per_address;
} BridgeLimitsConfig;

/* [legacy]: the API of the old proxy. Borrowed. */
typedef struct {
	char **addresses;      /* as of [listen]; empty: it is not served */
	char *tls_certificate; /* PEM; NULL: that of [listen] */
	char *tls_key;         /* PEM; not NULL with it */
	guint session_s;       /* since the phone did something; 0: for ever */
	guint answer_s;        /* each request is answered within */
	gboolean toast_text;   /* toasts have the words of messages */
} BridgeLegacyConfig;

/* [idle], in seconds; 0: never. */
typedef struct {
	guint away_s; /* since somebody did something */
	guint extended_away_s;
	guint sign_out_s; /* since a device was there */
} BridgeIdleConfig;

/* [push]; lists are NULL-terminated. Borrowed. */
typedef struct {
	char **types;  /* BRIDGE_PUSH_SERVICE_*; none: nothing is pushed */
	char *contact; /* mailto: or https:, "" without Web Push */
	char *program;
	char **allow;           /* exceptions as bridge-push-url.h has them */
	char **hosts;           /* the only ones; none: any */
	char *mpns_certificate; /* PEM; NULL for none */
	char *mpns_key;         /* PEM; not NULL with it */
	char *fcm_account;      /* a file of Google's, or NULL: as the store has it */
	char *fcm_url;
	char *fcm_token_url;
	char *apns_key; /* a file of Apple's, or NULL: as the store has it */
	char *apns_key_id;
	char *apns_team_id;
	char *apns_topic;
	char *apns_url;
	char *apns_sandbox_url;
} BridgePushConfig;

typedef struct _BridgeConfig BridgeConfig;

BridgeConfig *
bridge_config_load(const char *path, GError **error);
typedef gboolean (*BridgeConfigUsed)(const char *domain, gpointer user_data);

/**
 * bridge_config_reload:
 * @used: whether there are accounts of a domain: where their server is does not change then
 *
 * Reads the file anew. What can change while the daemon runs ([limits], [idle], host-names,
 * origins, what [legacy] says of times and toasts, domains) does; what was borrowed before stays
 * valid, and has the old values unless it is a struct of bridge_config_get_listen(), _limits(),
 * _idle() or _legacy(). Returns: (transfer full): "[group] key" of each that would have changed,
 * but needs a restart; %NULL if the file is wrong, and then nothing changed */
char **
bridge_config_reload(BridgeConfig *config, const char *path, BridgeConfigUsed used,
                     gpointer user_data, GError **error);
void
bridge_config_free(BridgeConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeConfig, bridge_config_free)

const BridgeListenConfig *
bridge_config_get_listen(BridgeConfig *config);
const BridgeLimitsConfig *
bridge_config_get_limits(BridgeConfig *config);
const BridgeIdleConfig *
bridge_config_get_idle(BridgeConfig *config);
const BridgeLegacyConfig *
bridge_config_get_legacy(BridgeConfig *config);
const BridgePushConfig *
bridge_config_get_push(BridgeConfig *config);
/* [control] socket of gtalk-bridgectl */
const char *
bridge_config_get_control_socket(BridgeConfig *config);
/* Where health and metrics are served, too; empty unless configured. */
const char *const *
bridge_config_get_monitor_addresses(BridgeConfig *config);
/* Where the control socket is when nothing says otherwise. */
char *
bridge_config_build_control_socket(void);
/* [store] */
const char *
bridge_config_get_store_path(BridgeConfig *config);
BridgeKeySource
bridge_config_get_key_source(BridgeConfig *config);
/* Of the key source secret-file; NULL: libsecret's own place, and its password from the systemd
 * credential "key-password". */
const char *
bridge_config_get_key_file(BridgeConfig *config);
const char *
bridge_config_get_key_password_file(BridgeConfig *config);
const char *
bridge_config_get_instance(BridgeConfig *config);
guint
bridge_config_get_history_days(BridgeConfig *config);
guint
bridge_config_get_history_events(BridgeConfig *config);
/* Of each account. */
guint64
bridge_config_get_history_bytes(BridgeConfig *config);
/* [hosts] */
guint
bridge_config_get_accounts_per_host(BridgeConfig *config);
/* Of accounts that come back by themselves, all servers together. */
guint
bridge_config_get_sign_ins_per_second(BridgeConfig *config);
/* After which a host that does not answer is taken for hung. */
guint
bridge_config_get_hang_s(BridgeConfig *config);
/* That accounts' servers may be in without being named. */
const char *const *
bridge_config_get_private_networks(BridgeConfig *config);
/* What accounts may speak, the first when a login does not say. */
const char *const *
bridge_config_get_protocols(BridgeConfig *config);
const char *
bridge_config_get_host_program(BridgeConfig *config);
/* [tls] ca-directory; NULL if none */
const char *
bridge_config_get_ca_directory(BridgeConfig *config);

/* (element-type BridgeDomainConfig) (transfer container): those with a group of their own */
GPtrArray *
bridge_config_list_domains(BridgeConfig *config);
const BridgeDomainConfig *
bridge_config_get_domain(BridgeConfig *config, const char *domain);

G_END_DECLS
