/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-link-pipe.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

struct _BridgeLinkPipe {
	BridgeLinkPipeTerms terms;
	BridgeLinkPipeClient client;
	gpointer user_data;
	int fd; /* -1 when it has ended */
	guint reader;
	guint writer; /* 0 while nothing waits */

	guint32 length; /* of the value that comes */
	gsize n_length; /* octets of the length that are there */
	guint8 *value;  /* NULL until the length is */
	gsize n_value;

	GByteArray *backlog;
	gsize n_written; /* of the backlog */
};

static void
bridge_link_pipe_close(BridgeLinkPipe *self)
{
	g_clear_handle_id(&self->reader, g_source_remove);
	g_clear_handle_id(&self->writer, g_source_remove);
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
	g_clear_pointer(&self->value, g_free);
}

static void
bridge_link_pipe_clear(gpointer data)
{
	BridgeLinkPipe *self = data;

	bridge_link_pipe_close(self);
	g_byte_array_unref(self->backlog);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Reads what is there of @length octets. FALSE at the end of the pipe; that less has come so far is
 * none. */
static gboolean
bridge_link_pipe_fill(BridgeLinkPipe *self, gpointer place, gsize length, gsize *n_there,
                      GError **error)
{
	while (*n_there < length) {
		gssize n_read =
			recv(self->fd, (guint8 *)place + *n_there, length - *n_there, MSG_DONTWAIT);

		if (n_read > 0) {
			*n_there += (gsize)n_read;
		} else if (n_read == 0) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED,
			                    "the other end closed the link");
			return FALSE;
		} else if (errno == EAGAIN) {
			return TRUE;
		} else if (errno != EINTR) {
			g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			            "the link failed: %s", g_strerror(errno));
			return FALSE;
		}
	}
	return TRUE;
}

/* Memory for the value whose length is there; its pages are touched as its octets come. */
static gboolean
bridge_link_pipe_prepare(BridgeLinkPipe *self, GError **error)
{
	if (self->length > 0 && self->length <= self->terms.bytes_max)
		self->value = g_try_malloc(self->length);
	if (self->value != NULL)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
	            "the other end announced %" G_GUINT32_FORMAT " octets", self->length);
	return FALSE;
}

static gboolean
bridge_link_pipe_take(BridgeLinkPipe *self, GError **error)
{
	guint8 *octets = g_steal_pointer(&self->value);
	g_autoptr(GVariant) value = g_variant_ref_sink(g_variant_new_from_data(
		G_VARIANT_TYPE(self->terms.type), octets, self->length, FALSE, g_free, octets));

	self->n_length = 0;
	self->n_value = 0;
	if (!self->terms.trusts && !g_variant_is_normal_form(value)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		                    "the other end sent something malformed");
		return FALSE;
	}
	self->client.received(self->user_data, value);
	return TRUE;
}

/* One value, or what is there of it. */
static gboolean
bridge_link_pipe_read(BridgeLinkPipe *self, GError **error)
{
	if (self->value == NULL) {
		if (!bridge_link_pipe_fill(self, &self->length, sizeof self->length,
		                           &self->n_length, error))
			return FALSE;
		if (self->n_length < sizeof self->length)
			return TRUE;
		if (!bridge_link_pipe_prepare(self, error))
			return FALSE;
	}
	if (!bridge_link_pipe_fill(self, self->value, self->length, &self->n_value, error))
		return FALSE;
	return self->n_value < self->length || bridge_link_pipe_take(self, error);
}

static gboolean
bridge_link_pipe_read_cb(int fd, GIOCondition condition, gpointer user_data)
{
	BridgeLinkPipe *self = g_rc_box_acquire(user_data);
	g_autoptr(GError) error = NULL;

	if (!bridge_link_pipe_read(self, &error)) {
		bridge_link_pipe_close(self);
		self->client.ended(self->user_data, error);
	}
	g_rc_box_release_full(self, bridge_link_pipe_clear);
	return G_SOURCE_CONTINUE; /* unless it was removed */
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Writes what the socket takes. Returns: how much, or -1 when the pipe is of no use any more */
static gssize
bridge_link_pipe_write(BridgeLinkPipe *self, const struct iovec *vectors, gsize n_vectors)
{
	struct msghdr message = {.msg_iov = (struct iovec *)vectors, .msg_iovlen = n_vectors};
	gssize n_written;

	do
		n_written = sendmsg(self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n_written < 0 && errno == EINTR);
	return n_written < 0 && errno == EAGAIN ? 0 : n_written;
}

/* The reader is told of the end, from the main loop. */
static void
bridge_link_pipe_give_up(BridgeLinkPipe *self)
{
	g_clear_handle_id(&self->writer, g_source_remove);
	g_byte_array_set_size(self->backlog, 0);
	self->n_written = 0;
	shutdown(self->fd, SHUT_RDWR);
}

static gboolean
bridge_link_pipe_write_cb(int fd, GIOCondition condition, gpointer user_data)
{
	BridgeLinkPipe *self = user_data;
	const struct iovec vector = {self->backlog->data + self->n_written,
	                             self->backlog->len - self->n_written};
	gssize n_written = bridge_link_pipe_write(self, &vector, 1);

	if (n_written < 0) {
		self->writer = 0;
		bridge_link_pipe_give_up(self);
		return G_SOURCE_REMOVE;
	}
	self->n_written += (gsize)n_written;
	if (self->n_written < self->backlog->len)
		return G_SOURCE_CONTINUE;
	g_byte_array_unref(self->backlog); /* it may have been large */
	self->backlog = g_byte_array_new();
	self->n_written = 0;
	self->writer = 0;
	return G_SOURCE_REMOVE;
}

/* Keeps what the socket did not take. */
static void
bridge_link_pipe_keep(BridgeLinkPipe *self, const struct iovec *vectors, gsize n_vectors,
                      gsize n_taken)
{
	for (gsize i = 0; i < n_vectors; i++) {
		gsize skipped = MIN(n_taken, vectors[i].iov_len);

		n_taken -= skipped;
		g_byte_array_append(self->backlog, (const guint8 *)vectors[i].iov_base + skipped,
		                    (guint)(vectors[i].iov_len - skipped));
	}
	if (self->writer == 0)
		self->writer = g_unix_fd_add(self->fd, G_IO_OUT, bridge_link_pipe_write_cb, self);
}

void
bridge_link_pipe_send(BridgeLinkPipe *self, GVariant *value)
{
	g_autoptr(GVariant) owned = g_variant_ref_sink(value);
	gsize size = g_variant_get_size(owned);
	guint32 length = (guint32)size;
	const struct iovec vectors[] = {{&length, sizeof length},
	                                {(gpointer)g_variant_get_data(owned), size}};
	gsize left = sizeof length + size;
	gssize n_taken = 0;

	if (self->fd < 0)
		return;
	if (self->writer == 0 && size <= G_MAXUINT32)
		n_taken = bridge_link_pipe_write(self, vectors, G_N_ELEMENTS(vectors));
	left -= (gsize)MAX(n_taken, 0);
	if (n_taken < 0 || size > G_MAXUINT32 ||
	    self->backlog->len + left > self->terms.backlog_max)
		bridge_link_pipe_give_up(self);
	else if (left > 0)
		bridge_link_pipe_keep(self, vectors, G_N_ELEMENTS(vectors), (gsize)n_taken);
}

/* ---- Coming and going ------------------------------------------------------------------------ */

BridgeLinkPipe *
bridge_link_pipe_new(int fd, const BridgeLinkPipeTerms *terms, const BridgeLinkPipeClient *client,
                     gpointer user_data)
{
	BridgeLinkPipe *self = g_rc_box_new0(BridgeLinkPipe);

	self->fd = fd;
	self->terms = *terms;
	self->client = *client;
	self->user_data = user_data;
	self->backlog = g_byte_array_new();
	self->reader = g_unix_fd_add(fd, G_IO_IN, bridge_link_pipe_read_cb, self);
	return self;
}

void
bridge_link_pipe_free(BridgeLinkPipe *self)
{
	bridge_link_pipe_close(self);
	g_rc_box_release_full(self, bridge_link_pipe_clear);
}
