/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * backup and restore. */
#include "config.h"

#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gio/gunixoutputstream.h>
#include <libsoup/soup.h>

#define BACKUP_LENGTH_HEADER "Backup-Length"
#define BACKUP_PROGRAM "gtalk-bridge"

/* ---- backup ---------------------------------------------------------------------------------- */

/* What came is all that there was. */
static gboolean
ctl_backup_is_whole(SoupMessage *message, gssize length)
{
	const char *text = soup_message_headers_get_one(soup_message_get_response_headers(message),
	                                                BACKUP_LENGTH_HEADER);

	return text != NULL && length >= 0 && g_ascii_strtoull(text, NULL, 10) == (guint64)length;
}

/* Returns: an exit status */
static int
ctl_backup_receive(const CtlCall *call, SoupMessage *message, GInputStream *stream, int fd)
{
	g_autoptr(GOutputStream) out = g_unix_output_stream_new(fd, FALSE);
	g_autoptr(GError) error = NULL;
	gssize length =
		g_output_stream_splice(out, stream, G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error);

	if (error != NULL)
		return ctl_fail(CTL_EXIT_REFUSED, "the backup was broken off: %s", error->message);
	if (!ctl_backup_is_whole(message, length))
		return ctl_fail(CTL_EXIT_REFUSED, "the backup ended early");
	if (fd != STDOUT_FILENO && fsync(fd) != 0)
		return ctl_fail(CTL_EXIT_REFUSED, "%s", g_strerror(errno));
	return 0;
}

static JsonBuilder *
ctl_backup_build_request(const char *passphrase)
{
	JsonBuilder *builder = json_builder_new();

	json_builder_begin_object(builder);
	if (passphrase != NULL) {
		json_builder_set_member_name(builder, "passphrase");
		json_builder_add_string_value(builder, passphrase);
	}
	json_builder_end_object(builder);
	return builder;
}

static int
ctl_backup_fetch(const CtlCall *call, const char *passphrase, int fd)
{
	g_autoptr(JsonBuilder) body = ctl_backup_build_request(passphrase);
	g_autoptr(SoupSession) session = NULL;
	g_autoptr(SoupMessage) message = NULL;
	g_autoptr(GInputStream) stream = NULL;
	int status = ctl_open(call, "POST", "/admin/backup", body, &session, &message, &stream);

	return status != 0 ? status : ctl_backup_receive(call, message, stream, fd);
}

/* (transfer full): {"name": "text"} and whatever is added behind it */
static JsonBuilder *
ctl_backup_begin_answer(const char *name, const char *text)
{
	JsonBuilder *builder = json_builder_new();

	json_builder_begin_object(builder);
	json_builder_set_member_name(builder, name);
	json_builder_add_string_value(builder, text);
	return builder;
}

static void
ctl_backup_print_answer(JsonBuilder *builder)
{
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_end_object(builder);
	root = json_builder_get_root(builder);
	text = json_to_string(root, FALSE);
	g_print("%s\n", text);
}

static void
ctl_backup_tell(const char *path)
{
	g_autoptr(JsonBuilder) builder = ctl_backup_begin_answer("file", path);
	GStatBuf status = {0};

	g_stat(path, &status);
	json_builder_set_member_name(builder, "bytes");
	json_builder_add_int_value(builder, status.st_size);
	ctl_backup_print_answer(builder);
}

/* Written beside, and given its name when it is whole. */
static int
ctl_backup_to_file(const CtlCall *call, const char *passphrase, const char *path)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	int fd = g_open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int status = 0;

	if (fd < 0)
		return ctl_fail(CTL_EXIT_REFUSED, "%s: %s", part, g_strerror(errno));
	status = ctl_backup_fetch(call, passphrase, fd);
	close(fd);
	if (status == 0 && g_rename(part, path) != 0)
		status = ctl_fail(CTL_EXIT_REFUSED, "%s: %s", path, g_strerror(errno));
	if (status != 0)
		g_unlink(part);
	else if (call->options->json)
		ctl_backup_tell(path);
	return status;
}

static int
ctl_backup(const CtlCall *call)
{
	const CtlOptions *options = call->options;
	const char *path = options->words[0];
	char *passphrase = NULL;
	int status = 0;

	if (!options->by_master_key) {
		passphrase = ctl_passphrase_get(options->passphrase_fd);
		if (passphrase == NULL)
			return ctl_fail(CTL_EXIT_USAGE,
			                "a passphrase is needed, twice the same, or one line at "
			                "--passphrase-fd; or --master-key");
	}
	status = g_str_equal(path, "-") ? ctl_backup_fetch(call, passphrase, STDOUT_FILENO)
	                                : ctl_backup_to_file(call, passphrase, path);
	ctl_passphrase_free(passphrase);
	return status;
}

static const CtlOption ctl_backup_options[] = {
	{"passphrase-fd", G_OPTION_ARG_INT, CTL_OPTION_AT(passphrase_fd),
         "Read the passphrase from this descriptor, a line", "FD"},
	{"master-key", G_OPTION_ARG_NONE, CTL_OPTION_AT(by_master_key),
         "No passphrase: the present master key will open it", NULL},
	{NULL},
};

const CtlCommand ctl_command_backup = {
	"backup",  "FILE", "write the store, sealed, to a file, or - for standard output",
	1,         1,      ctl_backup_options,
	ctl_backup};

/* ---- restore --------------------------------------------------------------------------------- */

/* Beside this program, or where it was installed. */
static char *
ctl_restore_find_program(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = self != NULL ? g_path_get_dirname(self) : g_strdup(BINDIR);
	g_autofree char *beside = g_build_filename(directory, BACKUP_PROGRAM, NULL);

	if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
		return g_steal_pointer(&beside);
	return g_build_filename(BINDIR, BACKUP_PROGRAM, NULL);
}

/* What it says for people is left out, but what it complains of. Returns: its exit status */
static int
ctl_restore_as_json(const CtlCall *call, char **arguments)
{
	g_autoptr(JsonBuilder) builder = ctl_backup_begin_answer("file", call->options->words[0]);
	g_autoptr(GError) error = NULL;
	int waited = 0;

	if (!g_spawn_sync(NULL, arguments, NULL,
	                  G_SPAWN_CHILD_INHERITS_STDIN | G_SPAWN_LEAVE_DESCRIPTORS_OPEN |
	                          G_SPAWN_STDOUT_TO_DEV_NULL,
	                  NULL, NULL, NULL, NULL, &waited, &error))
		return ctl_fail(CTL_EXIT_REFUSED, "%s", error->message);
	json_builder_set_member_name(builder, "restored");
	json_builder_add_boolean_value(builder, waited == 0);
	ctl_backup_print_answer(builder);
	return WIFEXITED(waited) ? WEXITSTATUS(waited) : CTL_EXIT_REFUSED;
}

/* The daemon's program does it, while no daemon runs: it has the keys. */
static int
ctl_restore(const CtlCall *call)
{
	const CtlOptions *options = call->options;
	g_autofree char *program = ctl_restore_find_program();
	g_autofree char *descriptor = g_strdup_printf("--passphrase-fd=%d", options->passphrase_fd);
	char *arguments[] = {program,
	                     (char *)"--config",
	                     options->config,
	                     (char *)"--restore",
	                     options->words[0],
	                     options->passphrase_fd >= 0 ? descriptor : NULL,
	                     NULL};

	if (options->config == NULL)
		return ctl_fail(CTL_EXIT_USAGE, "--config must name the daemon's configuration");
	if (options->json)
		return ctl_restore_as_json(call, arguments);
	execv(program, arguments);
	return ctl_fail(CTL_EXIT_REFUSED, "%s: %s", program, g_strerror(errno));
}

static const CtlOption ctl_restore_options[] = {
	{"passphrase-fd", G_OPTION_ARG_INT, CTL_OPTION_AT(passphrase_fd),
         "Read the passphrase from this descriptor, a line", "FD"},
	{NULL},
};

const CtlCommand ctl_command_restore = {
	"restore",           "FILE",     "make a store of a backup, while no daemon runs", 1, 1,
	ctl_restore_options, ctl_restore};
