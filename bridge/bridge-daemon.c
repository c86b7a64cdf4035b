/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-daemon.h"

#include <glib-unix.h>
#include <signal.h>

#include "api/bridge-api.h"
#include "account/bridge-accounts.h"
#include "bridge-notify.h"
#include "pushes/bridge-push-identity.h"
#include "pushes/bridge-push.h"
#include "store/bridge-rotation.h"
#include "hosts/bridge-supervisor.h"
#include "control/bridge-control.h"
#include "legacy/bridge-legacy.h"
#include "store/bridge-sqlite-store.h"
#include "vault/bridge-vault.h"

#define DAEMON_STOP_DEADLINE_S 25 /* systemd kills after 90 */
#define DAEMON_STUCK_DEADLINE_S 3 /* while nothing can be written, what is not will not be */
/* A key that comes at once is waited for, so that nobody hears "sealed" in between. */
#define DAEMON_KEY_PATIENCE_MS 3000

typedef struct {
	BridgeConfig *config; /* borrowed */
	const char *config_path;
	GMainLoop *loop;
	BridgeVault *vault;
	BridgeStore *store; /* NULL while sealed */
	BridgeSupervisor *supervisor;
	BridgeAccounts *accounts;
	BridgePush *push;
	BridgeActivation *activation;
	BridgeApi *api;
	BridgeLegacy *legacy; /* NULL: it is not served */
	BridgeControl *control;
	int status;
	gboolean stopping;
	guint signals[3];
	guint deadline;
	guint patience; /* until it listens although the key is not there */
} BridgeDaemon;

static void
bridge_daemon_complain(const char *what, const GError *error)
{
	g_printerr("gtalk-bridge: %s: %s\n", what, error->message);
}

/* ---- Stopping -------------------------------------------------------------------------------- */

static void
bridge_daemon_hosts_ended_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeDaemon *daemon = user_data;

	bridge_supervisor_stop_finish(BRIDGE_SUPERVISOR(source), result, NULL);
	g_main_loop_quit(daemon->loop);
}

static void
bridge_daemon_signed_out_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeDaemon *daemon = user_data;

	bridge_accounts_stop_finish(BRIDGE_ACCOUNTS(source), result, NULL);
	bridge_supervisor_stop_async(daemon->supervisor, bridge_daemon_hosts_ended_cb, daemon);
}

static gboolean
bridge_daemon_deadline_cb(gpointer user_data)
{
	BridgeDaemon *daemon = user_data;

	g_warning("not everything has ended");
	daemon->deadline = 0;
	g_main_loop_quit(daemon->loop);
	return G_SOURCE_REMOVE;
}

static guint
bridge_daemon_get_patience_s(BridgeDaemon *daemon)
{
	g_autofree char *trouble =
		daemon->store != NULL ? bridge_store_dup_trouble(daemon->store) : NULL;

	return trouble != NULL ? DAEMON_STUCK_DEADLINE_S : DAEMON_STOP_DEADLINE_S;
}

static void
bridge_daemon_stop(BridgeDaemon *daemon, int status)
{
	if (daemon->stopping) {
		/* Asked twice: somebody is impatient. What is durable is durable. */
		g_main_loop_quit(daemon->loop);
		return;
	}
	daemon->stopping = TRUE;
	daemon->status = status;
	bridge_notify("STOPPING=1");
	g_message("stopping");
	bridge_api_stop(daemon->api);
	if (daemon->legacy != NULL)
		bridge_legacy_stop(daemon->legacy);
	bridge_control_stop(daemon->control);
	bridge_push_stop(daemon->push);
	daemon->deadline = g_timeout_add_seconds(bridge_daemon_get_patience_s(daemon),
	                                         bridge_daemon_deadline_cb, daemon);
	bridge_accounts_stop_async(daemon->accounts, bridge_daemon_signed_out_cb, daemon);
}

static gboolean
bridge_daemon_signal_cb(gpointer user_data)
{
	bridge_daemon_stop(user_data, BRIDGE_EXIT_OK);
	return G_SOURCE_CONTINUE;
}

/* ---- Listening ------------------------------------------------------------------------------- */

/* @addresses: (transfer full) */
static void
bridge_daemon_tell_addresses(const char *what, char **addresses)
{
	g_autofree char *list = g_strjoinv(", ", addresses);

	g_message("%s %s", what, list);
	g_strfreev(addresses);
}

/* Once: when the store is open, or when that takes longer. */
static void
bridge_daemon_listen(BridgeDaemon *daemon)
{
	g_autoptr(GError) error = NULL;

	if (daemon->patience == 0 || daemon->stopping)
		return;
	g_clear_handle_id(&daemon->patience, g_source_remove);
	/* the own API last: it may take whatever socket is left, and says what nobody wants */
	if ((daemon->legacy != NULL &&
	     !bridge_legacy_listen(daemon->legacy, daemon->activation, &error)) ||
	    !bridge_api_listen(daemon->api, daemon->activation, &error)) {
		bridge_daemon_complain("cannot listen", error);
		bridge_daemon_stop(daemon, BRIDGE_EXIT_FAILURE);
		return;
	}
	bridge_daemon_tell_addresses("listening on", bridge_api_dup_addresses(daemon->api));
	if (daemon->legacy != NULL)
		bridge_daemon_tell_addresses("the old proxy's API is on",
		                             bridge_legacy_dup_addresses(daemon->legacy));
	bridge_notify("READY=1");
}

static gboolean
bridge_daemon_patience_cb(gpointer user_data)
{
	bridge_daemon_listen(user_data);
	return G_SOURCE_REMOVE;
}

/* ---- The store ------------------------------------------------------------------------------- */

static int
bridge_daemon_get_store_status(const GError *error)
{
	if (error->domain != BRIDGE_SQLITE_ERROR)
		return BRIDGE_EXIT_STORE_FAILED;
	switch ((BridgeSqliteError)error->code) {
	case BRIDGE_SQLITE_ERROR_FOREIGN:
	case BRIDGE_SQLITE_ERROR_NEWER:
	case BRIDGE_SQLITE_ERROR_OLDER:
	case BRIDGE_SQLITE_ERROR_CORRUPT:
	case BRIDGE_SQLITE_ERROR_WRONG_KEY:
		return BRIDGE_EXIT_STORE_REFUSED;
	case BRIDGE_SQLITE_ERROR_IN_USE:
		return BRIDGE_EXIT_STORE_IN_USE;
	case BRIDGE_SQLITE_ERROR_IO:
		break;
	}
	return BRIDGE_EXIT_STORE_FAILED;
}

static void
bridge_daemon_started_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeDaemon *daemon = user_data;
	g_autoptr(GError) error = NULL;

	if (bridge_accounts_start_finish(BRIDGE_ACCOUNTS(source), result, &error)) {
		bridge_control_set_ready(daemon->control);
		bridge_daemon_listen(daemon);
	} else if (!daemon->stopping) {
		bridge_daemon_complain("the store", error);
		bridge_daemon_stop(daemon, BRIDGE_EXIT_STORE_FAILED);
	}
}

/* The store is as good under the key that it has. */
static void
bridge_daemon_resumed_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;

	if (bridge_rotation_finish(BRIDGE_VAULT(source), result, &error) == 0)
		g_warning("the master key was not replaced: %s", error->message);
}

static void
bridge_daemon_open_store(BridgeDaemon *daemon)
{
	BridgeSqliteOptions options = {
		.history_days = bridge_config_get_history_days(daemon->config),
		.history_events = bridge_config_get_history_events(daemon->config),
		.history_bytes = bridge_config_get_history_bytes(daemon->config)};
	g_autoptr(GError) error = NULL;

	daemon->store = bridge_sqlite_store_open(
		bridge_config_get_store_path(daemon->config),
		bridge_key_get_octets(bridge_vault_get_master_key(daemon->vault)), &options,
		&error);
	if (daemon->store == NULL) {
		bridge_daemon_complain("the store", error);
		bridge_daemon_stop(daemon, bridge_daemon_get_store_status(error));
		return;
	}
	bridge_accounts_unseal(daemon->accounts, daemon->store);
	bridge_push_unseal(daemon->push, daemon->store);
	bridge_rotation_resume_async(daemon->vault, daemon->store, bridge_daemon_resumed_cb,
	                             daemon);
	bridge_accounts_start_async(daemon->accounts, bridge_daemon_started_cb, daemon);
}

static void
bridge_daemon_vault_cb(BridgeVault *vault, GParamSpec *property, gpointer user_data)
{
	BridgeDaemon *daemon = user_data;
	BridgeVaultState state = bridge_vault_get_state(vault);
	g_autofree char *status =
		g_strdup_printf("STATUS=%s: %s", bridge_vault_state_to_string(state),
	                        bridge_vault_get_detail(vault));

	if (state == BRIDGE_VAULT_LOOKING)
		return;
	bridge_notify(status);
	if (state != BRIDGE_VAULT_READY) {
		g_warning("%s: %s", bridge_vault_state_to_string(state),
		          bridge_vault_get_detail(vault));
		if (daemon->store == NULL)
			bridge_control_set_sealed(daemon->control, bridge_vault_get_detail(vault));
		bridge_daemon_listen(daemon);
	} else if (daemon->store == NULL && !daemon->stopping) {
		bridge_daemon_open_store(daemon);
	}
}

/* ---- Another configuration ------------------------------------------------------------------- */

static gboolean
bridge_daemon_is_domain_used(const char *domain, gpointer user_data)
{
	BridgeDaemon *daemon = user_data;

	return bridge_accounts_use_domain(daemon->accounts, domain);
}

static void
bridge_daemon_read_again(BridgeDaemon *daemon)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) kept = bridge_config_reload(daemon->config, daemon->config_path,
	                                          bridge_daemon_is_domain_used, daemon, &error);

	if (kept == NULL) {
		g_warning("the configuration stays as it is: %s", error->message);
		return;
	}
	for (guint i = 0; kept[i] != NULL; i++)
		g_warning("%s has changed: that needs a restart", kept[i]);
	bridge_accounts_reconfigure(daemon->accounts);
	bridge_api_reconfigure(daemon->api);
	if (daemon->legacy != NULL)
		bridge_legacy_reconfigure(daemon->legacy);
	if (bridge_api_reload_certificate(daemon->api, &error) &&
	    (daemon->legacy == NULL || bridge_legacy_reload_certificate(daemon->legacy, &error)))
		g_message("the configuration was read anew");
	else
		g_warning("the certificate stays as it is: %s", error->message);
}

static gboolean
bridge_daemon_reload_cb(gpointer user_data)
{
	BridgeDaemon *daemon = user_data;

	if (daemon->stopping)
		return G_SOURCE_CONTINUE;
	bridge_notify("RELOADING=1");
	bridge_daemon_read_again(daemon);
	if (daemon->patience == 0)
		bridge_notify("READY=1");
	return G_SOURCE_CONTINUE;
}

/* ---- Starting -------------------------------------------------------------------------------- */

static void
bridge_daemon_make_vault(BridgeDaemon *daemon)
{
	BridgeVaultOptions options = {.source = bridge_config_get_key_source(daemon->config),
	                              .instance = bridge_config_get_instance(daemon->config),
	                              .file_path = bridge_config_get_key_file(daemon->config),
	                              .password_path =
	                                      bridge_config_get_key_password_file(daemon->config)};

	daemon->vault = bridge_vault_new(&options);
	g_signal_connect(daemon->vault, "notify::state", G_CALLBACK(bridge_daemon_vault_cb),
	                 daemon);
}

static int
bridge_daemon_open_vault(BridgeDaemon *daemon)
{
	BridgeSqlitePeek peek = {0};
	g_autoptr(GError) error = NULL;

	if (!bridge_sqlite_store_peek(bridge_config_get_store_path(daemon->config), &peek,
	                              &error)) {
		bridge_daemon_complain("the store", error);
		return bridge_daemon_get_store_status(error);
	}
	bridge_vault_open(daemon->vault, peek.exists ? peek.salt : NULL,
	                  peek.exists ? peek.kcv : NULL, peek.master_key_id);
	return BRIDGE_EXIT_OK;
}

static void
bridge_daemon_tell_monitor(BridgeDaemon *daemon)
{
	g_auto(GStrv) addresses = bridge_control_dup_monitor_addresses(daemon->control);
	g_autofree char *list = g_strjoinv(", ", addresses);

	if (addresses[0] != NULL)
		g_message("health and metrics on %s", list);
}

/* From the first moment on: whoever administers a sealed bridge asks there what is wrong. */
static int
bridge_daemon_open_control(BridgeDaemon *daemon)
{
	g_autoptr(GError) error = NULL;
	BridgeControlParts parts = {
		.accounts = daemon->accounts,
		.supervisor = daemon->supervisor,
		.vault = daemon->vault,
		.api = daemon->api,
		.host_names =
			(const char *const *)bridge_config_get_listen(daemon->config)->host_names};

	daemon->control = bridge_control_new(&parts);
	if (bridge_control_listen(daemon->control, bridge_config_get_control_socket(daemon->config),
	                          &error) &&
	    bridge_control_listen_monitor(
		    daemon->control, bridge_config_get_monitor_addresses(daemon->config), &error)) {
		bridge_daemon_tell_monitor(daemon);
		return BRIDGE_EXIT_OK;
	}
	bridge_daemon_complain("the control socket", error);
	return BRIDGE_EXIT_FAILURE;
}

static gboolean
bridge_daemon_check_identity(const BridgePushConfig *push)
{
	g_autoptr(GError) error = NULL;
	char *identity = NULL;

	if (push->mpns_certificate == NULL)
		return TRUE;
	identity = bridge_push_identity_load(push->mpns_certificate, push->mpns_key, &error);
	bridge_secret_free_text(identity);
	if (identity == NULL)
		g_printerr("gtalk-bridge: [push] mpns-certificate, mpns-key: %s\n", error->message);
	return identity != NULL;
}

/* What a configuration may name before it is there, but a running bridge needs. */
static gboolean
bridge_daemon_check_files(BridgeDaemon *daemon)
{
	const char *program = bridge_config_get_host_program(daemon->config);
	const char *directory = bridge_config_get_ca_directory(daemon->config);
	const BridgePushConfig *push = bridge_config_get_push(daemon->config);

	if (!g_file_test(program, G_FILE_TEST_IS_EXECUTABLE)) {
		g_printerr("gtalk-bridge: [hosts] program: %s is not there, or not a program\n",
		           program);
		return FALSE;
	}
	if (push->types[0] != NULL && !g_file_test(push->program, G_FILE_TEST_IS_EXECUTABLE)) {
		g_printerr("gtalk-bridge: [push] program: %s is not there, or not a program\n",
		           push->program);
		return FALSE;
	}
	if (!bridge_daemon_check_identity(push))
		return FALSE;
	if (directory != NULL && !g_file_test(directory, G_FILE_TEST_IS_DIR)) {
		g_printerr("gtalk-bridge: [tls] ca-directory: %s is not a directory\n", directory);
		return FALSE;
	}
	return TRUE;
}

static int
bridge_daemon_start(BridgeDaemon *daemon)
{
	BridgeSupervisorOptions options = {
		.program = bridge_config_get_host_program(daemon->config),
		.accounts_per_host = bridge_config_get_accounts_per_host(daemon->config),
		.ca_directory = bridge_config_get_ca_directory(daemon->config),
		.private_networks = bridge_config_get_private_networks(daemon->config),
		.protocols = bridge_config_get_protocols(daemon->config),
		/* it is found when the second goes by without an answer */
		.probe_interval_ms = bridge_config_get_hang_s(daemon->config) * 1000 / 2};
	int status = BRIDGE_EXIT_OK;

	if (!bridge_daemon_check_files(daemon))
		return BRIDGE_EXIT_CONFIGURATION;
	daemon->loop = g_main_loop_new(NULL, FALSE);
	daemon->activation = bridge_activation_new();
	daemon->supervisor = bridge_supervisor_new(&options);
	daemon->accounts = bridge_accounts_new(daemon->config, NULL, daemon->supervisor);
	daemon->push = bridge_push_new(daemon->config, daemon->accounts);
	daemon->api = bridge_api_new(daemon->config, daemon->accounts, daemon->push);
	if (bridge_config_get_legacy(daemon->config)->addresses[0] != NULL)
		daemon->legacy = bridge_legacy_new(daemon->config, daemon->accounts, daemon->push);
	bridge_daemon_make_vault(daemon);
	daemon->patience = g_timeout_add(DAEMON_KEY_PATIENCE_MS, bridge_daemon_patience_cb, daemon);
	status = bridge_daemon_open_control(daemon);
	return status == BRIDGE_EXIT_OK ? bridge_daemon_open_vault(daemon) : status;
}

static void
bridge_daemon_clear(BridgeDaemon *daemon)
{
	for (guint i = 0; i < G_N_ELEMENTS(daemon->signals); i++)
		g_clear_handle_id(&daemon->signals[i], g_source_remove);
	g_clear_handle_id(&daemon->deadline, g_source_remove);
	g_clear_handle_id(&daemon->patience, g_source_remove);
	if (daemon->vault != NULL)
		g_signal_handlers_disconnect_by_data(daemon->vault, daemon);
	g_clear_object(&daemon->legacy);
	g_clear_object(&daemon->api);
	g_clear_pointer(&daemon->activation, bridge_activation_free);
	g_clear_object(&daemon->control);
	g_clear_object(&daemon->push);
	g_clear_object(&daemon->accounts);
	g_clear_object(&daemon->supervisor);
	if (daemon->store != NULL)
		bridge_store_close(daemon->store);
	g_clear_object(&daemon->store);
	g_clear_object(&daemon->vault);
	g_clear_pointer(&daemon->loop, g_main_loop_unref);
}

int
bridge_daemon_run(BridgeConfig *config, const char *config_path)
{
	BridgeDaemon daemon = {.config = config, .config_path = config_path};

	daemon.status = bridge_daemon_start(&daemon);
	if (daemon.status == BRIDGE_EXIT_OK) {
		daemon.signals[0] = g_unix_signal_add(SIGTERM, bridge_daemon_signal_cb, &daemon);
		daemon.signals[1] = g_unix_signal_add(SIGINT, bridge_daemon_signal_cb, &daemon);
		daemon.signals[2] = g_unix_signal_add(SIGHUP, bridge_daemon_reload_cb, &daemon);
		g_main_loop_run(daemon.loop);
	}
	bridge_daemon_clear(&daemon);
	return daemon.status;
}
