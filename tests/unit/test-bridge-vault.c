/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The vault against a real gnome-keyring on a private bus and against libsecret's file. Each vault
 * lives in a process of its own, this program again as "--probe", because libsecret chooses where
 * keys are kept once in the life of a process. */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <glib/gstdio.h>

#include "vault/bridge-seal.h"
#include "vault/bridge-vault.h"

#define DEADLINE_S 60
#define PROBE_OPTION "--probe"

static char *test_program;

/* ---- The probe ------------------------------------------------------------------------------- */

static void
unhex(const char *text, guint8 *octets, gsize length)
{
	for (gsize i = 0; i < length; i++)
		octets[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
		                     g_ascii_xdigit_value(text[2 * i + 1]));
}

/* "state|digest of the key|password in the environment?|detail" */
static void
probe_state_cb(BridgeVault *vault, GParamSpec *pspec, gpointer user_data)
{
	const BridgeKey *key = bridge_vault_get_master_key(vault);
	g_autofree char *digest =
		key != NULL ? g_compute_checksum_for_data(G_CHECKSUM_SHA256,
	                                                  bridge_key_get_octets(key), 32)
			    : NULL;

	g_print("%s|%s|%s|%s\n", bridge_vault_state_to_string(bridge_vault_get_state(vault)),
	        digest != NULL ? digest : "-",
	        g_getenv("SECRET_FILE_TEST_PASSWORD") != NULL ? "leaked" : "unset",
	        bridge_vault_get_detail(vault));
	fflush(stdout);
}

static void
probe_bus_closed_cb(GDBusConnection *bus, gboolean vanished, GError *error, gpointer user_data)
{
	g_print("bus-closed|-|unset|\n");
	fflush(stdout);
}

static gboolean
probe_end_cb(GIOChannel *input, GIOCondition condition, gpointer user_data)
{
	g_main_loop_quit(user_data);
	return G_SOURCE_REMOVE;
}

/* --probe service|file INSTANCE FILE PASSWORD-FILE [SALT KCV]; "-" for none. Goes on until its
 * standard input ends. */
static int
probe(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GIOChannel) input = g_io_channel_unix_new(0);
	guint8 salt[32];
	guint8 kcv[16];
	BridgeVaultOptions options = {
		.source = strcmp(argv[2], "file") == 0 ? BRIDGE_KEY_SOURCE_SECRET_FILE
	                                               : BRIDGE_KEY_SOURCE_SECRET_SERVICE,
		.instance = argv[3],
		.file_path = strcmp(argv[4], "-") != 0 ? argv[4] : NULL,
		.password_path = strcmp(argv[5], "-") != 0 ? argv[5] : NULL,
	};
	g_autoptr(BridgeVault) vault = NULL;
	g_autoptr(GDBusConnection) bus = NULL;

	vault = bridge_vault_new(&options);
	g_signal_connect(vault, "notify::state", G_CALLBACK(probe_state_cb), NULL);
	if (argc > 7) {
		unhex(argv[6], salt, sizeof salt);
		unhex(argv[7], kcv, sizeof kcv);
	}
	bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
	if (bus != NULL)
		g_signal_connect_after(bus, "closed", G_CALLBACK(probe_bus_closed_cb), NULL);
	bridge_vault_open(vault, argc > 7 ? salt : NULL, argc > 7 ? kcv : NULL, 1);
	g_io_add_watch(input, G_IO_HUP, probe_end_cb, loop);
	g_main_loop_run(loop);
	return 0;
}

/* ---- What the tests stand on ----------------------------------------------------------------- */

typedef struct {
	char *home;
	GTestDBus *bus;
	GSubprocess *keyring;
	GSubprocess *prober;
	GDataInputStream *answers;
} Fixture;

static gboolean
late_cb(gpointer user_data)
{
	g_error("%s: nothing within %d s", (const char *)user_data, DEADLINE_S);
	return G_SOURCE_REMOVE;
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name = NULL;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		remove_tree(child);
	}
	g_remove(path);
}

static char *
in_home(Fixture *fixture, const char *name)
{
	return g_build_filename(fixture->home, name, NULL);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
	fixture->home = g_dir_make_tmp("bridge-vault-XXXXXX", NULL);
	g_assert_nonnull(fixture->home);
}

static void
set_up_bus(Fixture *fixture, gconstpointer data)
{
	set_up(fixture, data);
	fixture->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(fixture->bus);
}

static void
stop(GSubprocess **process)
{
	if (*process == NULL)
		return;
	g_subprocess_send_signal(*process, SIGTERM);
	g_subprocess_wait(*process, NULL, NULL);
	g_clear_object(process);
}

static void
stop_prober(Fixture *fixture)
{
	stop(&fixture->prober);
	g_clear_object(&fixture->answers);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	stop_prober(fixture);
	stop(&fixture->keyring);
	if (fixture->bus != NULL) {
		g_test_dbus_stop(fixture->bus);
		g_object_unref(fixture->bus);
	}
	remove_tree(fixture->home);
	g_free(fixture->home);
}

static GSubprocess *
spawn(Fixture *fixture, const char *const *argv)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autoptr(GError) error = NULL;
	GSubprocess *process = NULL;

	g_subprocess_launcher_setenv(launcher, "HOME", fixture->home, TRUE);
	g_subprocess_launcher_setenv(launcher, "XDG_RUNTIME_DIR", fixture->home, TRUE);
	g_subprocess_launcher_setenv(launcher, "XDG_DATA_HOME", fixture->home, TRUE);
	g_subprocess_launcher_unsetenv(launcher, "DISPLAY");
	g_subprocess_launcher_unsetenv(launcher, "WAYLAND_DISPLAY");
	if (fixture->bus == NULL) {
		g_subprocess_launcher_unsetenv(launcher, "DBUS_SESSION_BUS_ADDRESS");
		g_subprocess_launcher_unsetenv(launcher, "XDG_RUNTIME_DIR");
	}
	process = g_subprocess_launcher_spawnv(launcher, argv, &error);
	g_assert_no_error(error);
	return process;
}

/* ---- The keyring ----------------------------------------------------------------------------- */

static void
appeared_cb(GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
	g_main_loop_quit(user_data);
}

static GDBusConnection *
connect_bus(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *bus = g_dbus_connection_new_for_address_sync(
		g_test_dbus_get_bus_address(fixture->bus),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);

	g_assert_no_error(error);
	return bus;
}

/* Unlocked by a password through a pipe, before anything else could start it. */
static void
start_keyring(Fixture *fixture)
{
	static const char *const argv[] = {"gnome-keyring-daemon", "--foreground", "--unlock",
	                                   "--components=secrets", NULL};
	g_autoptr(GDBusConnection) bus = connect_bus(fixture);
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	GOutputStream *input = NULL;
	guint watch = 0;
	guint late = g_timeout_add_seconds(DEADLINE_S, late_cb, (gpointer) "gnome-keyring");

	fixture->keyring = spawn(fixture, argv);
	input = g_subprocess_get_stdin_pipe(fixture->keyring);
	g_assert_true(g_output_stream_write_all(input, "keyring password", 16, NULL, NULL, NULL));
	g_assert_true(g_output_stream_close(input, NULL, NULL));
	watch = g_bus_watch_name_on_connection(bus, "org.freedesktop.secrets",
	                                       G_BUS_NAME_WATCHER_FLAGS_NONE, appeared_cb, NULL,
	                                       loop, NULL);
	g_main_loop_run(loop);
	g_bus_unwatch_name(watch);
	g_source_remove(late);
}

static void
lock_keyring(Fixture *fixture)
{
	static const char *const login[] = {"/org/freedesktop/secrets/collection/login", NULL};
	g_autoptr(GDBusConnection) bus = connect_bus(fixture);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
		bus, "org.freedesktop.secrets", "/org/freedesktop/secrets",
		"org.freedesktop.Secret.Service", "Lock", g_variant_new("(^ao)", login), NULL,
		G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

	g_assert_no_error(error);
}

static GVariant *
call_keyring(GDBusConnection *bus, const char *interface, const char *method, GVariant *parameters)
{
	g_autoptr(GError) error = NULL;
	GVariant *answer = g_dbus_connection_call_sync(
		bus, "org.freedesktop.secrets", "/org/freedesktop/secrets", interface, method,
		parameters, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

	g_assert_no_error(error);
	return answer;
}

/* As a person would by a prompt. */
static void
unlock_keyring(Fixture *fixture)
{
	g_autoptr(GDBusConnection) bus = connect_bus(fixture);
	g_autoptr(GVariant) session = NULL;
	g_autoptr(GVariant) done = NULL;
	const char *path = NULL;

	session = call_keyring(bus, "org.freedesktop.Secret.Service", "OpenSession",
	                       g_variant_new("(sv)", "plain", g_variant_new_string("")));
	g_variant_get(session, "(v&o)", NULL, &path);
	done = call_keyring(bus, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
	                    "UnlockWithMasterPassword",
	                    g_variant_new("(o(o@ay@ays))",
	                                  "/org/freedesktop/secrets/collection/login", path,
	                                  g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, "", 0, 1),
	                                  g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE,
	                                                            "keyring password", 16, 1),
	                                  "text/plain"));
}

/* ---- Asking a vault -------------------------------------------------------------------------- */

static void
start_prober(Fixture *fixture, const char *source, const char *file, const char *password_file,
             const guint8 *salt, const guint8 *kcv)
{
	g_autoptr(GString) salt_text = g_string_new(NULL);
	g_autoptr(GString) kcv_text = g_string_new(NULL);
	const char *argv[] = {
		test_program, PROBE_OPTION, source, "test", file, password_file, NULL, NULL, NULL,
	};

	for (guint i = 0; salt != NULL && i < 32; i++)
		g_string_append_printf(salt_text, "%02x", salt[i]);
	for (guint i = 0; kcv != NULL && i < 16; i++)
		g_string_append_printf(kcv_text, "%02x", kcv[i]);
	if (salt != NULL) {
		argv[6] = salt_text->str;
		argv[7] = kcv_text->str;
	}
	stop_prober(fixture);
	fixture->prober = spawn(fixture, argv);
	fixture->answers = g_data_input_stream_new(g_subprocess_get_stdout_pipe(fixture->prober));
}

static void
line_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	char **line = user_data;

	*line = g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(source), result, NULL,
	                                             NULL);
	if (*line == NULL)
		*line = g_strdup("(the probe died)");
}

/* The next state: its word, its key's digest, whether the password leaks, its detail. */
static char **
next_state(Fixture *fixture)
{
	g_autofree char *line = NULL;
	guint late = g_timeout_add_seconds(DEADLINE_S, late_cb, (gpointer) "vault");

	g_data_input_stream_read_line_async(fixture->answers, G_PRIORITY_DEFAULT, NULL, line_cb,
	                                    &line);
	while (line == NULL)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(late);
	g_test_message("%s", line);
	return g_strsplit(line, "|", 4);
}

/* (transfer full): the digest of the key. */
static char *
expect(Fixture *fixture, const char *state)
{
	g_auto(GStrv) parts = next_state(fixture);

	g_assert_cmpstr(parts[0], ==, state);
	g_assert_cmpstr(parts[2], ==, "unset");
	return g_strdup(parts[1]);
}

static void
expect_sealed(Fixture *fixture, const char *state)
{
	g_autofree char *key = expect(fixture, state);

	g_assert_cmpstr(key, ==, "-");
}

static char *
ask_service(Fixture *fixture, const guint8 *salt, const guint8 *kcv, const char *state)
{
	start_prober(fixture, "service", "-", "-", salt, kcv);
	return expect(fixture, state);
}

static char *
ask_file(Fixture *fixture, const guint8 *salt, const guint8 *kcv, const char *state)
{
	g_autofree char *file = in_home(fixture, "keys/bridge.keyring");
	g_autofree char *password = in_home(fixture, "password");

	start_prober(fixture, "file", file, password, salt, kcv);
	return expect(fixture, state);
}

static void
set_password(Fixture *fixture, const char *text)
{
	g_autofree char *path = in_home(fixture, "password");

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The check value of a store that no key here belongs to. */
static const guint8 foreign_salt[32] = "a store";
static const guint8 foreign_kcv[16] = "of another key";

/* ---- Secret Service -------------------------------------------------------------------------- */

static void
test_service_makes_a_key_once(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	start_keyring(fixture);
	first = ask_service(fixture, NULL, NULL, "ready");
	g_assert_cmpuint(strlen(first), ==, 64);
	/* the store was not made after all: the key that is there is taken */
	second = ask_service(fixture, NULL, NULL, "ready");
	g_assert_cmpstr(first, ==, second);
}

static void
test_service_key_is_not_this_stores(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *third = NULL;

	start_keyring(fixture);
	first = ask_service(fixture, NULL, NULL, "ready");
	second = ask_service(fixture, foreign_salt, foreign_kcv, "sealed-mismatch");
	g_assert_cmpstr(second, ==, "-");
	third = ask_service(fixture, NULL, NULL, "ready");
	g_assert_cmpstr(first, ==, third);
}

static void
test_service_without_the_key(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = NULL;
	g_autofree char *file = in_home(fixture, "keyrings/login.keyring");
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	start_keyring(fixture);
	g_assert_true(g_file_get_contents(file, &before, NULL, NULL));
	key = ask_service(fixture, foreign_salt, foreign_kcv, "sealed-absent");
	g_assert_cmpstr(key, ==, "-");
	/* and nothing was written */
	g_assert_true(g_file_get_contents(file, &after, NULL, NULL));
	g_assert_cmpstr(before, ==, after);
}

static void
test_service_locked(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = NULL;
	g_autofree char *again = NULL;

	start_keyring(fixture);
	first = ask_service(fixture, NULL, NULL, "ready");
	lock_keyring(fixture);
	start_prober(fixture, "service", "-", "-", NULL, NULL);
	expect_sealed(fixture, "sealed-locked");
	/* the same daemon goes on by itself once the keyring is open */
	stop(&fixture->keyring);
	start_keyring(fixture);
	again = expect(fixture, "ready");
	g_assert_cmpstr(first, ==, again);
}

static void
test_service_is_unlocked(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = NULL;
	g_autofree char *again = NULL;

	start_keyring(fixture);
	first = ask_service(fixture, NULL, NULL, "ready");
	lock_keyring(fixture);
	start_prober(fixture, "service", "-", "-", NULL, NULL);
	expect_sealed(fixture, "sealed-locked");
	unlock_keyring(fixture);
	again = expect(fixture, "ready");
	g_assert_cmpstr(first, ==, again);
}

static void
test_service_locked_and_empty(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = NULL;

	start_keyring(fixture);
	lock_keyring(fixture);
	key = ask_service(fixture, NULL, NULL, "sealed-locked");
	g_assert_cmpstr(key, ==, "-");
}

static void
test_service_comes_late(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = NULL;

	start_prober(fixture, "service", "-", "-", NULL, NULL);
	expect_sealed(fixture, "sealed-unavailable");
	start_keyring(fixture);
	key = expect(fixture, "ready");
	g_assert_cmpuint(strlen(key), ==, 64);
}

static void
test_service_hangs(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = NULL;

	start_keyring(fixture);
	g_subprocess_send_signal(fixture->keyring, SIGSTOP);
	start_prober(fixture, "service", "-", "-", NULL, NULL);
	expect_sealed(fixture, "sealed-unavailable");
	g_subprocess_send_signal(fixture->keyring, SIGCONT);
	key = expect(fixture, "ready");
	g_assert_cmpuint(strlen(key), ==, 64);
}

static void
test_no_bus(Fixture *fixture, gconstpointer data)
{
	start_prober(fixture, "service", "-", "-", NULL, NULL);
	expect_sealed(fixture, "sealed-unavailable");
}

static void
test_bus_goes_away(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = NULL;
	g_autoptr(GError) error = NULL;

	start_keyring(fixture);
	key = ask_service(fixture, NULL, NULL, "ready");
	stop(&fixture->keyring);
	g_test_dbus_stop(fixture->bus);
	g_clear_object(&fixture->bus);
	expect_sealed(fixture, "bus-closed");
	/* that took nobody along */
	g_assert_true(
		g_output_stream_close(g_subprocess_get_stdin_pipe(fixture->prober), NULL, &error));
	g_subprocess_wait_check(fixture->prober, NULL, &error);
	g_assert_no_error(error);
}

/* ---- libsecret's file ------------------------------------------------------------------------ */

static void
test_file_makes_a_key_once(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *directory = in_home(fixture, "keys");
	GStatBuf status;

	set_password(fixture, "correct horse\n");
	first = ask_file(fixture, NULL, NULL, "ready");
	set_password(fixture, "correct horse");
	second = ask_file(fixture, NULL, NULL, "ready");
	g_assert_cmpstr(first, ==, second);
	g_assert_cmpint(g_stat(directory, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0700);
}

static void
test_file_wrong_password(Fixture *fixture, gconstpointer data)
{
	g_autofree char *file = in_home(fixture, "keys/bridge.keyring");
	g_autofree char *first = NULL;
	g_autofree char *wrong = NULL;
	g_autofree char *wrong_store = NULL;
	g_autofree char *again = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	gsize before_length = 0;
	gsize after_length = 0;

	set_password(fixture, "correct horse");
	first = ask_file(fixture, NULL, NULL, "ready");
	g_assert_true(g_file_get_contents(file, &before, &before_length, NULL));
	set_password(fixture, "battery staple");
	wrong = ask_file(fixture, NULL, NULL, "sealed-wrong-password");
	wrong_store = ask_file(fixture, foreign_salt, foreign_kcv, "sealed-wrong-password");
	g_assert_true(g_file_get_contents(file, &after, &after_length, NULL));
	g_assert_cmpmem(before, before_length, after, after_length);
	set_password(fixture, "correct horse");
	again = ask_file(fixture, NULL, NULL, "ready");
	g_assert_cmpstr(first, ==, again);
}

static void
test_file_without_password(Fixture *fixture, gconstpointer data)
{
	g_autofree char *none = NULL;
	g_autofree char *empty = NULL;

	none = ask_file(fixture, NULL, NULL, "sealed-unavailable");
	g_assert_cmpstr(none, ==, "-");
	set_password(fixture, "\n");
	empty = ask_file(fixture, NULL, NULL, "sealed-unavailable");
	g_assert_cmpstr(empty, ==, "-");
}

static void
test_file_password_comes_late(Fixture *fixture, gconstpointer data)
{
	g_autofree char *none = NULL;
	g_autofree char *key = NULL;

	none = ask_file(fixture, NULL, NULL, "sealed-unavailable");
	/* looked for again by itself */
	set_password(fixture, "correct horse");
	key = expect(fixture, "ready");
	g_assert_cmpuint(strlen(key), ==, 64);
}

static void
test_file_password_is_a_credential(Fixture *fixture, gconstpointer data)
{
	g_autofree char *file = in_home(fixture, "keys/bridge.keyring");
	g_autofree char *credential = in_home(fixture, "key-password");
	g_autofree char *key = NULL;

	g_assert_true(g_file_set_contents(credential, "correct horse", -1, NULL));
	g_setenv("CREDENTIALS_DIRECTORY", fixture->home, TRUE);
	start_prober(fixture, "file", file, "-", NULL, NULL);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	key = expect(fixture, "ready");
	g_assert_cmpuint(strlen(key), ==, 64);
	start_prober(fixture, "file", file, "-", NULL, NULL);
	expect_sealed(fixture, "sealed-unavailable");
}

static void
test_file_without_the_key(Fixture *fixture, gconstpointer data)
{
	g_autofree char *key = NULL;
	g_autofree char *file = in_home(fixture, "keys/bridge.keyring");

	set_password(fixture, "correct horse");
	key = ask_file(fixture, foreign_salt, foreign_kcv, "sealed-absent");
	g_assert_cmpstr(key, ==, "-");
	g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
}

static void
test_file_key_is_not_this_stores(Fixture *fixture, gconstpointer data)
{
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	set_password(fixture, "correct horse");
	first = ask_file(fixture, NULL, NULL, "ready");
	second = ask_file(fixture, foreign_salt, foreign_kcv, "sealed-mismatch");
	g_assert_cmpstr(second, ==, "-");
}

static void
test_file_that_is_garbled(Fixture *fixture, gconstpointer data)
{
	g_autofree char *directory = in_home(fixture, "keys");
	g_autofree char *file = in_home(fixture, "keys/bridge.keyring");
	g_autofree char *key = NULL;

	set_password(fixture, "correct horse");
	g_mkdir_with_parents(directory, 0700);
	g_assert_true(g_file_set_contents(file, "not a keyring", -1, NULL));
	key = ask_file(fixture, NULL, NULL, "sealed-unavailable");
	g_assert_cmpstr(key, ==, "-");
}

/* ---- The process ----------------------------------------------------------------------------- */

static void
test_hardened(void)
{
	struct rlimit limit;

	if (g_test_subprocess()) {
		bridge_vault_harden_process();
		g_assert_cmpint(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), ==, 0);
		g_assert_cmpint(getrlimit(RLIMIT_CORE, &limit), ==, 0);
		g_assert_cmpuint(limit.rlim_max, ==, 0);
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
}

#define ADD(name, set, func) g_test_add("/vault/" name, Fixture, NULL, set, func, tear_down)

int
main(int argc, char **argv)
{
	if (argc > 5 && strcmp(argv[1], PROBE_OPTION) == 0)
		return probe(argc, argv);
	test_program = argv[0];
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vault/process/hardened", test_hardened);
	ADD("service/makes-a-key-once", set_up_bus, test_service_makes_a_key_once);
	ADD("service/mismatch", set_up_bus, test_service_key_is_not_this_stores);
	ADD("service/absent", set_up_bus, test_service_without_the_key);
	ADD("service/locked", set_up_bus, test_service_locked);
	ADD("service/unlocked", set_up_bus, test_service_is_unlocked);
	ADD("service/locked-and-empty", set_up_bus, test_service_locked_and_empty);
	ADD("service/comes-late", set_up_bus, test_service_comes_late);
	ADD("service/bus-goes-away", set_up_bus, test_bus_goes_away);
	ADD("service/hangs", set_up_bus, test_service_hangs);
	ADD("service/no-bus", set_up, test_no_bus);
	ADD("file/makes-a-key-once", set_up, test_file_makes_a_key_once);
	ADD("file/wrong-password", set_up, test_file_wrong_password);
	ADD("file/no-password", set_up, test_file_without_password);
	ADD("file/password-comes-late", set_up, test_file_password_comes_late);
	ADD("file/credential", set_up, test_file_password_is_a_credential);
	ADD("file/absent", set_up, test_file_without_the_key);
	ADD("file/mismatch", set_up, test_file_key_is_not_this_stores);
	ADD("file/garbled", set_up, test_file_that_is_garbled);
	return g_test_run();
}
