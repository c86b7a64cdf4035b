/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-event-loop.h"

#include <errno.h>
#include <glib-unix.h>
#include <purple.h>
#include <sys/epoll.h>

#include "link/bridge-timers.h"

#define HOST_EVENT_LOOP_EVENTS_MAX 64 /* sockets served before everybody else has a turn */

/* One watch of libpurple. */
typedef struct {
	guint id;
	PurpleInputCondition condition;
	PurpleInputFunction function;
	gpointer user_data;
} HostInput;

/* One descriptor with its watches. It leaves the epoll set while nobody may be called, since
 * epoll reports a hangup even to those who did not ask. */
typedef struct {
	int fd;
	GPtrArray *inputs; /* of HostInput */
	guint32 events;    /* in the epoll set, 0 if not in it */
	gsize n_read;      /* since its reader was called */
} HostSocket;

/* A source that is ready when the epoll set is, or when a stopped reader may go on. */
typedef struct {
	GSource source;
	gpointer tag;
} HostEventSource;

/* The loop is one for the process, as libpurple's is. With a GSource for each socket every turn of
 * the main loop would cost time in proportion to the number of accounts. */
static struct {
	GHashTable *sockets;    /* fd -> HostSocket */
	GHashTable *inputs;     /* id -> fd */
	GHashTable *unfinished; /* set of fds whose reader was stopped before it was done */
	guint last_id;
	int epoll; /* -1 until the first watch: it must not be there when the template forks */
	gboolean paused;
} host_event_loop = {.epoll = -1};

static void
host_socket_free(gpointer data)
{
	HostSocket *self = data;

	g_ptr_array_unref(self->inputs);
	g_free(self);
}

static HostSocket *
host_socket_find(int fd)
{
	return g_hash_table_lookup(host_event_loop.sockets, GINT_TO_POINTER(fd));
}

static PurpleInputCondition
host_socket_get_condition(HostSocket *self)
{
	PurpleInputCondition condition = 0;

	for (guint i = 0; i < self->inputs->len; i++)
		condition |= ((HostInput *)g_ptr_array_index(self->inputs, i))->condition;
	return host_event_loop.paused ? condition & ~PURPLE_INPUT_READ : condition;
}

/* libpurple closes some descriptors before it drops their watches: what the set believes may be out
 * of date either way. */
static void
host_socket_update(HostSocket *self)
{
	PurpleInputCondition condition = host_socket_get_condition(self);
	struct epoll_event event = {.data.fd = self->fd};

	if (condition & PURPLE_INPUT_READ)
		event.events |= EPOLLIN;
	if (condition & PURPLE_INPUT_WRITE)
		event.events |= EPOLLOUT;
	self->events = event.events;
	if (event.events == 0) {
		epoll_ctl(host_event_loop.epoll, EPOLL_CTL_DEL, self->fd, NULL);
		return;
	}
	if (epoll_ctl(host_event_loop.epoll, EPOLL_CTL_MOD, self->fd, &event) == 0)
		return;
	if (errno != ENOENT ||
	    epoll_ctl(host_event_loop.epoll, EPOLL_CTL_ADD, self->fd, &event) < 0)
		g_info("descriptor %d cannot be watched: %s", self->fd, g_strerror(errno));
}

static HostInput *
host_socket_find_input(HostSocket *self, guint id)
{
	for (guint i = 0; self != NULL && i < self->inputs->len; i++) {
		HostInput *input = g_ptr_array_index(self->inputs, i);

		if (input->id == id)
			return input;
	}
	return NULL;
}

/* Calls the watches that wait for any of @condition; each may remove itself, others and the
 * socket. */
static void
host_socket_call(int fd, PurpleInputCondition condition)
{
	HostSocket *self = host_socket_find(fd);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint));

	if (self == NULL)
		return;
	self->n_read = 0;
	for (guint i = 0; i < self->inputs->len; i++)
		g_array_append_val(ids, ((HostInput *)g_ptr_array_index(self->inputs, i))->id);
	for (guint i = 0; i < ids->len; i++) {
		HostInput *input =
			host_socket_find_input(host_socket_find(fd), g_array_index(ids, guint, i));
		PurpleInputCondition seen = input != NULL ? input->condition & condition : 0;

		if (host_event_loop.paused)
			seen &= ~PURPLE_INPUT_READ;
		if (seen != 0)
			input->function(input->user_data, fd, seen);
	}
}

static gboolean
host_event_loop_has_unfinished(void)
{
	return !host_event_loop.paused && g_hash_table_size(host_event_loop.unfinished) > 0;
}

static gboolean
host_event_source_prepare(GSource *source, int *timeout)
{
	*timeout = -1;
	return host_event_loop_has_unfinished();
}

static gboolean
host_event_source_check(GSource *source)
{
	return host_event_loop_has_unfinished() ||
	       g_source_query_unix_fd(source, ((HostEventSource *)source)->tag) != 0;
}

static void
host_event_loop_call_unfinished(void)
{
	guint n_fds = 0;
	g_autofree gpointer *fds = NULL;

	if (!host_event_loop_has_unfinished())
		return;
	fds = g_hash_table_get_keys_as_array(host_event_loop.unfinished, &n_fds);
	g_hash_table_remove_all(host_event_loop.unfinished);
	for (guint i = 0; i < n_fds; i++) {
		if (host_event_loop.paused) /* again, by the one before */
			g_hash_table_add(host_event_loop.unfinished, fds[i]);
		else
			host_socket_call(GPOINTER_TO_INT(fds[i]), PURPLE_INPUT_READ);
	}
}

static PurpleInputCondition
host_event_loop_translate(guint32 events)
{
	PurpleInputCondition condition = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		condition |= PURPLE_INPUT_READ;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		condition |= PURPLE_INPUT_WRITE;
	return condition;
}

static gboolean
host_event_source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	struct epoll_event events[HOST_EVENT_LOOP_EVENTS_MAX];
	int n_events;

	host_event_loop_call_unfinished();
	n_events = epoll_wait(host_event_loop.epoll, events, G_N_ELEMENTS(events), 0);
	for (int i = 0; i < n_events; i++)
		host_socket_call(events[i].data.fd, host_event_loop_translate(events[i].events));
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs host_event_source_funcs = {
	.prepare = host_event_source_prepare,
	.check = host_event_source_check,
	.dispatch = host_event_source_dispatch,
};

static void
host_event_loop_ensure_epoll(void)
{
	GSource *source;

	if (host_event_loop.epoll >= 0)
		return;
	host_event_loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (host_event_loop.epoll < 0)
		g_error("no epoll: %s", g_strerror(errno));
	source = g_source_new(&host_event_source_funcs, sizeof(HostEventSource));
	g_source_set_static_name(source, "purple-sockets");
	((HostEventSource *)source)->tag =
		g_source_add_unix_fd(source, host_event_loop.epoll, G_IO_IN);
	g_source_attach(source, NULL);
	g_source_unref(source);
}

static guint
host_event_loop_input_add(int fd, PurpleInputCondition condition, PurpleInputFunction function,
                          gpointer user_data)
{
	HostInput *input = g_new0(HostInput, 1);
	HostSocket *socket = host_socket_find(fd);

	host_event_loop_ensure_epoll();
	if (socket == NULL) {
		socket = g_new0(HostSocket, 1);
		socket->fd = fd;
		socket->inputs = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(host_event_loop.sockets, GINT_TO_POINTER(fd), socket);
	}
	input->id = ++host_event_loop.last_id;
	input->condition = condition;
	input->function = function;
	input->user_data = user_data;
	g_ptr_array_add(socket->inputs, input);
	g_hash_table_insert(host_event_loop.inputs, GUINT_TO_POINTER(input->id),
	                    GINT_TO_POINTER(fd));
	host_socket_update(socket);
	return input->id;
}

static gboolean
host_event_loop_input_remove(guint id)
{
	gpointer fd;
	HostSocket *socket;

	if (!g_hash_table_steal_extended(host_event_loop.inputs, GUINT_TO_POINTER(id), NULL, &fd))
		return FALSE;
	socket = host_socket_find(GPOINTER_TO_INT(fd));
	g_ptr_array_remove(socket->inputs, host_socket_find_input(socket, id));
	host_socket_update(socket);
	if (socket->inputs->len == 0) {
		g_hash_table_remove(host_event_loop.unfinished, fd);
		g_hash_table_remove(host_event_loop.sockets, fd);
	}
	return TRUE;
}

static PurpleEventLoopUiOps host_event_loop_ops = {
	.timeout_add = bridge_timers_add,
	.timeout_remove = bridge_timers_remove,
	.input_add = host_event_loop_input_add,
	.input_remove = host_event_loop_input_remove,
	.timeout_add_seconds = bridge_timers_add_seconds,
};

void
host_event_loop_install(void)
{
	host_event_loop.sockets = g_hash_table_new_full(NULL, NULL, NULL, host_socket_free);
	host_event_loop.inputs = g_hash_table_new(NULL, NULL);
	host_event_loop.unfinished = g_hash_table_new(NULL, NULL);
	purple_eventloop_set_ui_ops(&host_event_loop_ops);
}

void
host_event_loop_set_paused(gboolean paused)
{
	GHashTableIter iter;
	gpointer socket;

	if (host_event_loop.paused == paused)
		return;
	host_event_loop.paused = paused;
	g_hash_table_iter_init(&iter, host_event_loop.sockets);
	while (g_hash_table_iter_next(&iter, NULL, &socket))
		host_socket_update(socket);
}

gboolean
host_event_loop_is_paused(void)
{
	return host_event_loop.paused;
}

gboolean
host_event_loop_may_read(int fd)
{
	HostSocket *socket = host_socket_find(fd);

	if (socket == NULL)
		return TRUE;
	if (!host_event_loop.paused && socket->n_read < HOST_EVENT_LOOP_BUDGET_BYTES)
		return TRUE;
	g_hash_table_add(host_event_loop.unfinished, GINT_TO_POINTER(fd));
	return FALSE;
}

void
host_event_loop_count_read(int fd, gsize n_bytes)
{
	HostSocket *socket = host_socket_find(fd);

	if (socket != NULL)
		socket->n_read += n_bytes;
}
