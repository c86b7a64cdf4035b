/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include "bridge-keepsake.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEEPSAKE_BYTES 1024
#define KEEPSAKE_END '\n' /* what is behind it was written before it */

G_STATIC_ASSERT(BRIDGE_KEEPSAKE_CHARS_MAX + 2 == KEEPSAKE_BYTES);

int
bridge_keepsake_new(GError **error)
{
	int fd = memfd_create("keepsake", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && ftruncate(fd, KEEPSAKE_BYTES) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "there is no keepsake: %s",
	            g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static gboolean
bridge_keepsake_is_line(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isprint(text[i]))
			return FALSE;
	return length <= BRIDGE_KEEPSAKE_CHARS_MAX;
}

gboolean
bridge_keepsake_write(int fd, const char *text)
{
	char octets[KEEPSAKE_BYTES] = {0};
	gsize length = strlen(text);
	gboolean written;

	if (!bridge_keepsake_is_line(text, length))
		return FALSE;
	memcpy(octets, text, length);
	octets[length] = KEEPSAKE_END;
	written = pwrite(fd, octets, sizeof octets, 0) == sizeof octets;
	explicit_bzero(octets, sizeof octets);
	return written;
}

char *
bridge_keepsake_read(int fd)
{
	char octets[KEEPSAKE_BYTES];
	char *text = NULL;
	const char *end = NULL;

	if (pread(fd, octets, sizeof octets, 0) == sizeof octets)
		end = memchr(octets, KEEPSAKE_END, sizeof octets);
	if (end != NULL && end > octets && bridge_keepsake_is_line(octets, (gsize)(end - octets)))
		text = g_strndup(octets, (gsize)(end - octets));
	explicit_bzero(octets, sizeof octets);
	return text;
}
