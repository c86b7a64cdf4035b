/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-config-check.h: checks of single values of the configuration. Each returns the value as it
 * is to be kept, (transfer full), or NULL; @why is then a sentence that says what is needed. Pure.
 */
#pragma once

#include "bridge-config.h"

G_BEGIN_DECLS

char *
bridge_config_check_path(const char *value, const char **why);
char *
bridge_config_check_socket_path(const char *value, const char **why);
char *
bridge_config_check_address(const char *value, const char **why);
/* That, or "systemd" and "systemd:name". */
char *
bridge_config_check_listen_address(const char *value, const char **why);
/* That, or "systemd:name" only: what is left is for the own API. */
char *
bridge_config_check_legacy_address(const char *value, const char **why);
char *
bridge_config_check_host_name(const char *value, const char **why);
/* As a browser writes it: "https://chat.example.org", with a port if it is not the usual one. */
char *
bridge_config_check_origin(const char *value, const char **why);
char *
bridge_config_check_proxy(const char *value, const char **why);
char *
bridge_config_check_network(const char *value, const char **why);
char *
bridge_config_check_server(const char *value, const char **why);
char *
bridge_config_check_instance(const char *value, const char **why);
/* Of bridge-protocol.h. */
char *
bridge_config_check_protocol(const char *value, const char **why);
char *
bridge_config_check_pin(const char *value, const char **why);
char *
bridge_config_check_token_url(const char *value, const char **why);
/* A client id or a scope of OAuth 2.0. */
char *
bridge_config_check_token_word(const char *value, const char **why);
/* Of bridge-push-link.h. */
char *
bridge_config_check_push_type(const char *value, const char **why);
/* Ten letters and digits, as Apple calls keys and teams. */
char *
bridge_config_check_apple_name(const char *value, const char **why);
/* The id of an app's bundle. */
char *
bridge_config_check_apple_app(const char *value, const char **why);
/* mailto: or https:, at a place that a push service can believe in. */
char *
bridge_config_check_contact(const char *value, const char **why);
char *
bridge_config_check_push_exception(const char *value, const char **why);
/* A host name, perhaps with "*." before it. */
char *
bridge_config_check_push_host(const char *value, const char **why);

/* Whether each service has what it cannot do without; @path: of the configuration.
 * BRIDGE_CONFIG_ERROR_INVALID */
gboolean
bridge_config_check_push(const BridgePushConfig *push, const char *path, GError **error);

G_END_DECLS
