/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Feeds every file of the folders that are named to a fuzz target, each also cut short at many
 * places: what stands in for libFuzzer in the ordinary tests. */
#include "fuzz.h"

#define REPLAY_STEP                                                                                \
	7 /* cut at every seventh byte: short enough for tags, long enough to be quick */

static void
replay_file(const char *path)
{
	g_autofree char *data = NULL;
	gsize size;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, &data, &size, &error))
		g_error("%s", error->message);
	for (gsize length = 0; length < size; length += REPLAY_STEP)
		LLVMFuzzerTestOneInput((const guint8 *)data, length);
	LLVMFuzzerTestOneInput((const guint8 *)data, size);
}

static guint
replay_folder(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
	const char *name = NULL;
	guint count = 0;

	if (folder == NULL)
		g_error("%s", error->message);
	for (; (name = g_dir_read_name(folder)) != NULL; count++) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		replay_file(file);
	}
	return count;
}

int
main(int argc, char **argv)
{
	guint count = 0;

	for (int i = 1; i < argc; i++)
		count += replay_folder(argv[i]);
	return count > 0 ? 0 : 1;
}
