/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include "bridge-handover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
bridge_handover_write_all(int fd, const char *data, gsize length)
{
	while (length > 0) {
		gssize written = write(fd, data, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		data += written;
		length -= (gsize)written;
	}
	return lseek(fd, 0, SEEK_SET) == 0;
}

int
bridge_handover_write(const char *secret, gsize length, GError **error)
{
	int fd = memfd_create("credential", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && bridge_handover_write_all(fd, secret, length) &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
	            "cannot hand over a credential: %s", g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static gboolean
bridge_handover_read_all(int fd, char *text, gsize length)
{
	gsize done = 0;

	while (done < length) {
		gssize n_read = pread(fd, text + done, length - done, (off_t)done);

		if (n_read < 0 && errno == EINTR)
			continue;
		if (n_read <= 0)
			return FALSE;
		done += (gsize)n_read;
	}
	return TRUE;
}

/* 0: none that may be read */
static gsize
bridge_handover_get_length(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status = {0};

	if (seals < 0 || (seals & F_SEAL_WRITE) == 0 || fstat(fd, &status) != 0)
		return 0;
	return (gsize)MAX(status.st_size, 0);
}

char *
bridge_handover_read(int fd, gsize bytes_max, GError **error)
{
	gsize length = bridge_handover_get_length(fd);
	char *text = length > 0 && length <= bytes_max ? g_malloc0(length + 1) : NULL;

	if (text != NULL && bridge_handover_read_all(fd, text, length) && strlen(text) == length &&
	    g_utf8_validate(text, (gssize)length, NULL))
		return text;
	if (text != NULL)
		explicit_bzero(text, length);
	g_free(text);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "that is no credential");
	return NULL;
}
