/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * doctor: what is wrong with configuration, keyring, certificates and chat servers. */
#include "config.h"

#include "ctl-doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "link/bridge-address.h"
#include "link/bridge-clock.h"

static const char *const doctor_verdicts[] = {"good", "bad", "unknown"};

void
doctor_tell(Doctor *doctor, DoctorVerdict verdict, const char *subject, const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	if (verdict == DOCTOR_BAD)
		doctor->bad++;
	if (!doctor->json)
		g_print("%-7s %s: %s\n", doctor_verdicts[verdict], subject, message);
	json_builder_begin_object(doctor->findings);
	json_builder_set_member_name(doctor->findings, "verdict");
	json_builder_add_string_value(doctor->findings, doctor_verdicts[verdict]);
	json_builder_set_member_name(doctor->findings, "subject");
	json_builder_add_string_value(doctor->findings, subject);
	json_builder_set_member_name(doctor->findings, "message");
	json_builder_add_string_value(doctor->findings, message);
	json_builder_end_object(doctor->findings);
}

/* ---- The configuration ----------------------------------------------------------------------- */

static void
doctor_examine_program(Doctor *doctor, const char *path)
{
	if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
		doctor_tell(doctor, DOCTOR_GOOD, "hosts", "%s is there", path);
	else
		doctor_tell(doctor, DOCTOR_BAD, "hosts",
		            "%s is not there, or no program: correct [hosts] program", path);
}

/* Certificates are judged by it, and what is signed for push services. */
static void
doctor_examine_clock(Doctor *doctor)
{
	if (bridge_clock_is_right())
		doctor_tell(doctor, DOCTOR_GOOD, "clock", "it may be right");
	else
		doctor_tell(doctor, DOCTOR_BAD, "clock",
		            "it stands before the day that this program was built on, so nothing "
		            "is pushed: put it right");
}

static void
doctor_examine_push(Doctor *doctor, const BridgePushConfig *push)
{
	if (push->types[0] == NULL)
		doctor_tell(doctor, DOCTOR_GOOD, "push", "nothing is pushed: [push] types");
	else if (g_file_test(push->program, G_FILE_TEST_IS_EXECUTABLE))
		doctor_tell(doctor, DOCTOR_GOOD, "push", "%s is there", push->program);
	else
		doctor_tell(doctor, DOCTOR_BAD, "push",
		            "%s is not there, or no program: correct [push] program",
		            push->program);
}

/* What others could read or change. */
static void
doctor_examine_folder(Doctor *doctor, const char *subject, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	GStatBuf status;

	if (g_stat(folder, &status) != 0)
		doctor_tell(doctor, DOCTOR_UNKNOWN, subject, "%s is not there yet", folder);
	else if ((status.st_mode & 0022) != 0)
		doctor_tell(doctor, DOCTOR_BAD, subject,
		            "others can change what is in %s: chmod go-w it", folder);
	else
		doctor_tell(doctor, DOCTOR_GOOD, subject, "%s is for its owner to change", folder);
}

/* What this machine calls itself is asked for by nobody who sees a certificate. */
static gboolean
doctor_is_local_name(const char *name)
{
	return g_str_equal(name, "localhost") || bridge_address_is_literal(name) || *name == '[';
}

/* (transfer container): of the names that apps may use */
static const char **
doctor_list_public_names(char **names)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	for (; *names != NULL; names++)
		if (!doctor_is_local_name(*names))
			g_ptr_array_add(found, *names);
	g_ptr_array_add(found, NULL);
	return (const char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
}

static void
doctor_examine_tls(Doctor *doctor, BridgeConfig *config)
{
	const BridgeListenConfig *listen = bridge_config_get_listen(config);
	const BridgeLegacyConfig *legacy = bridge_config_get_legacy(config);
	const BridgePushConfig *push = bridge_config_get_push(config);
	g_autofree const char **names = doctor_list_public_names(listen->host_names);

	if (listen->tls_certificate != NULL)
		doctor_examine_certificate(doctor, "certificate", listen->tls_certificate,
		                           listen->tls_key, names);
	if (legacy->tls_certificate != NULL)
		doctor_examine_certificate(doctor, "certificate for phones",
		                           legacy->tls_certificate, legacy->tls_key, NULL);
	if (push->mpns_certificate != NULL)
		doctor_examine_certificate(doctor, "certificate for MPNS", push->mpns_certificate,
		                           push->mpns_key, NULL);
	if (bridge_config_get_ca_directory(config) != NULL)
		doctor_examine_authorities(doctor, bridge_config_get_ca_directory(config));
}

/* Tokens go by there. What is of the service manager or a socket is somebody else's to judge. */
static gboolean
doctor_is_open_to_others(const char *address)
{
	g_autoptr(GSocketConnectable) parsed = g_network_address_parse(address, 0, NULL);
	g_autoptr(GInetAddress) inet = NULL;

	if (parsed == NULL || g_str_has_prefix(address, "unix:"))
		return FALSE;
	inet = g_inet_address_new_from_string(
		g_network_address_get_hostname(G_NETWORK_ADDRESS(parsed)));
	return inet != NULL && !g_inet_address_get_is_loopback(inet);
}

static void
doctor_examine_listen(Doctor *doctor, const BridgeListenConfig *listen)
{
	for (guint i = 0; listen->addresses[i] != NULL; i++)
		if (listen->tls_certificate == NULL &&
		    doctor_is_open_to_others(listen->addresses[i]))
			doctor_tell(
				doctor, DOCTOR_BAD, "listen",
				"%s can be reached from outside without TLS, tokens would go in "
				"clear: set [listen] tls-certificate, or listen on loopback "
				"behind a reverse proxy",
				listen->addresses[i]);
}

/* The password of libsecret's file, which everything hangs on. */
static void
doctor_examine_key(Doctor *doctor, BridgeConfig *config)
{
	const char *path = bridge_config_get_key_password_file(config);
	GStatBuf status;

	if (path == NULL)
		return;
	if (g_stat(path, &status) != 0)
		doctor_tell(doctor, DOCTOR_BAD, "key password",
		            "%s: %s: correct [store] "
		            "key-password-file",
		            path, g_strerror(errno));
	else if ((status.st_mode & 0077) != 0)
		doctor_tell(doctor, DOCTOR_BAD, "key password",
		            "others can read or change %s: chmod go= it", path);
	else
		doctor_tell(doctor, DOCTOR_GOOD, "key password", "%s is there", path);
}

static void
doctor_examine_config(Doctor *doctor, BridgeConfig *config)
{
	g_autoptr(GPtrArray) domains = bridge_config_list_domains(config);

	doctor_examine_program(doctor, bridge_config_get_host_program(config));
	doctor_examine_push(doctor, bridge_config_get_push(config));
	doctor_examine_folder(doctor, "store", bridge_config_get_store_path(config));
	doctor_examine_key(doctor, config);
	doctor_examine_listen(doctor, bridge_config_get_listen(config));
	doctor_examine_tls(doctor, config);
	for (guint i = 0; i < domains->len; i++)
		doctor_examine_domain(doctor, config, g_ptr_array_index(domains, i));
}

/* ---- The daemon ------------------------------------------------------------------------------ */

static void
doctor_examine_account(JsonArray *accounts, guint index, JsonNode *node, gpointer user_data)
{
	Doctor *doctor = user_data;
	JsonObject *account = json_node_get_object(node);
	g_autofree char *id = ctl_show_member(account, "id");
	g_autofree char *state = ctl_show_member(account, "state");
	g_autofree char *reason = ctl_show_member(account, "reason");
	g_autofree char *action = ctl_show_member(account, "user_action");
	g_autofree char *subject = g_strconcat("account ", id, NULL);

	if (!g_str_equal(state, "online"))
		doctor_tell(doctor, DOCTOR_BAD, subject, "%s (%s): %s", state, reason, action);
}

/* Of subscriptions, too: what a service or a network has against them. */
static void
doctor_examine_subscription(JsonArray *subscriptions, guint index, JsonNode *node,
                            gpointer user_data)
{
	Doctor *doctor = user_data;
	JsonObject *subscription = json_node_get_object(node);
	g_autofree char *device = ctl_show_member(subscription, "device");
	g_autofree char *type = ctl_show_member(subscription, "type");
	g_autofree char *origin = ctl_show_member(subscription, "origin");
	g_autofree char *failure = ctl_show_member(subscription, "last_error");
	g_autofree char *attempts = ctl_show_member(subscription, "attempts");
	g_autofree char *next = ctl_show_member(subscription, "next_try");
	g_autofree char *subject = g_strdup_printf("push to %s by %s", device, type);

	if (!g_str_equal(failure, "-") && !g_str_equal(attempts, "0"))
		doctor_tell(doctor, DOCTOR_BAD, subject,
		            "%s, %s attempts failed (%s), next try %s: gtalk-bridgectl push test "
		            "tells more",
		            origin, attempts, failure, next);
}

/* What it says of itself; of accounts and pushes only what is wrong. */
static void
doctor_examine_daemon(Doctor *doctor, const CtlCall *call)
{
	CtlOptions silent = *call->options;
	CtlCall quiet = {&silent, call->socket};
	g_autoptr(JsonObject) ready = NULL;
	g_autoptr(JsonObject) list = NULL;
	g_autoptr(JsonObject) pushed = NULL;
	g_autofree char *why = NULL;
	int status = 0;

	silent.json = FALSE;
	status = ctl_try(&quiet, "GET", "/readyz", &ready, &why);
	if (status == CTL_EXIT_NO_DAEMON) {
		doctor_tell(doctor, DOCTOR_BAD, "daemon", "%s: start it", why);
		return;
	}
	doctor_tell(doctor, DOCTOR_GOOD, "daemon", "it answers at %s", call->socket);
	if (status == CTL_EXIT_SEALED) {
		doctor_tell(doctor, DOCTOR_BAD, "master key", "%s", why);
		return;
	}
	doctor_tell(doctor, DOCTOR_GOOD, "master key", "it is there, the store is open");
	if (status != 0)
		doctor_tell(doctor, DOCTOR_BAD, "store", "%s", why);
	if (ctl_try(&quiet, "GET", "/admin/accounts", &list, &why) == 0)
		json_array_foreach_element(json_object_get_array_member(list, "accounts"),
		                           doctor_examine_account, doctor);
	g_clear_pointer(&why, g_free);
	if (ctl_try(&quiet, "GET", "/admin/push", &pushed, &why) == 0)
		json_array_foreach_element(json_object_get_array_member(pushed, "subscriptions"),
		                           doctor_examine_subscription, doctor);
}

/* ---- The command ----------------------------------------------------------------------------- */

static void
doctor_examine(Doctor *doctor, const CtlCall *call)
{
	const char *path = call->options->config;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeConfig) config = path != NULL ? bridge_config_load(path, &error) : NULL;

	if (path == NULL)
		doctor_tell(doctor, DOCTOR_UNKNOWN, "configuration", "--config names none");
	else if (config == NULL)
		doctor_tell(doctor, DOCTOR_BAD, "configuration", "%s", error->message);
	else
		doctor_tell(doctor, DOCTOR_GOOD, "configuration", "%s is good", path);
	doctor_examine_clock(doctor);
	doctor_examine_daemon(doctor, call);
	if (config != NULL)
		doctor_examine_config(doctor, config);
}

static int
ctl_doctor(const CtlCall *call)
{
	g_autoptr(JsonBuilder) findings = json_builder_new();
	Doctor doctor = {.findings = findings, .json = call->options->json};
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_begin_object(findings);
	json_builder_set_member_name(findings, "findings");
	json_builder_begin_array(findings);
	doctor_examine(&doctor, call);
	json_builder_end_array(findings);
	json_builder_end_object(findings);
	if (doctor.json) {
		root = json_builder_get_root(findings);
		text = json_to_string(root, FALSE);
		g_print("%s\n", text);
	}
	return doctor.bad > 0 ? CTL_EXIT_REFUSED : EXIT_SUCCESS;
}

const CtlCommand ctl_command_doctor = {
	"doctor", "", "look for what is wrong, and say what to do", 0, 0, NULL, ctl_doctor};
