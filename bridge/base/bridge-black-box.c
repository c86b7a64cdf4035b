/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() and sealing */
#include "config.h"

#include "bridge-black-box.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct _BridgeBlackBox {
	int fd;
	BridgeBlackBoxNote *shared;
	BridgeBlackBoxNote read;
};

BridgeBlackBox *
bridge_black_box_new(GError **error)
{
	int fd = memfd_create("black-box", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *shared = MAP_FAILED;
	BridgeBlackBox *box;

	/* A host that shrank it would take the daemon along. */
	if (fd >= 0 && ftruncate(fd, sizeof(BridgeBlackBoxNote)) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		shared = mmap(NULL, sizeof(BridgeBlackBoxNote), PROT_READ, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "no black box: %s",
		            g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	box = g_new0(BridgeBlackBox, 1);
	box->fd = fd;
	box->shared = shared;
	return box;
}

void
bridge_black_box_free(BridgeBlackBox *box)
{
	if (box == NULL)
		return;
	munmap(box->shared, sizeof *box->shared);
	close(box->fd);
	explicit_bzero(&box->read, sizeof box->read);
	g_free(box);
}

int
bridge_black_box_get_fd(BridgeBlackBox *box)
{
	return box->fd;
}

static gboolean
bridge_black_box_is_text(const char *text, gsize size)
{
	return memchr(text, '\0', size) != NULL && g_utf8_validate(text, -1, NULL);
}

const BridgeBlackBoxNote *
bridge_black_box_read(BridgeBlackBox *box)
{
	BridgeBlackBoxNote *note = &box->read;

	*note = *box->shared;
	if (!note->busy || !bridge_black_box_is_text(note->account, sizeof note->account) ||
	    !bridge_black_box_is_text(note->key, sizeof note->key) ||
	    !bridge_black_box_is_text(note->from, sizeof note->from) ||
	    !bridge_black_box_is_text(note->id, sizeof note->id))
		return NULL;
	return note;
}
