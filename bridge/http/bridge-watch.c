/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#define G_LOG_DOMAIN "bridge-api"

#include "bridge-watch.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WATCH_EVENTS_MAX 64 /* sockets that are served before everybody else has a turn */

struct _BridgeWatches {
	grefcount references;
	int epoll;
	GSource *source;
	gpointer tag;
	GHashTable *watches; /* id -> BridgeWatch */
	GHashTable *again;   /* set of ids */
	guint last_id;
};

struct _BridgeWatch {
	BridgeWatches *watches;
	guint id; /* what the system is given: a watch that has gone is not found by it */
	int fd;
	BridgeWatchFunc function;
	gpointer user_data;
	GIOCondition wanted;
};

typedef struct {
	GSource source;
	BridgeWatches *watches; /* which holds it */
} WatchSource;

/* ---- The source ------------------------------------------------------------------------------ */

static void
watches_call(BridgeWatches *self, guint id, GIOCondition condition)
{
	BridgeWatch *watch = g_hash_table_lookup(self->watches, GUINT_TO_POINTER(id));

	if (watch != NULL && (watch->wanted & condition) != 0)
		watch->function(watch->wanted & condition, watch->user_data);
}

static void
watches_call_again(BridgeWatches *self)
{
	guint length = 0;
	g_autofree gpointer *ids = g_hash_table_get_keys_as_array(self->again, &length);

	g_hash_table_remove_all(self->again);
	for (guint i = 0; i < length; i++)
		watches_call(self, GPOINTER_TO_UINT(ids[i]), G_IO_IN);
}

static GIOCondition
watch_translate(guint32 events)
{
	GIOCondition condition = 0;

	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		condition |= G_IO_IN;
	if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
		condition |= G_IO_OUT;
	return condition;
}

static gboolean
watch_source_prepare(GSource *source, int *timeout)
{
	*timeout = -1;
	return g_hash_table_size(((WatchSource *)source)->watches->again) > 0;
}

static gboolean
watch_source_check(GSource *source)
{
	BridgeWatches *self = ((WatchSource *)source)->watches;

	return g_hash_table_size(self->again) > 0 || g_source_query_unix_fd(source, self->tag) != 0;
}

static gboolean
watch_source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	BridgeWatches *self = bridge_watches_ref(((WatchSource *)source)->watches);
	struct epoll_event events[WATCH_EVENTS_MAX];
	int n_events = epoll_wait(self->epoll, events, G_N_ELEMENTS(events), 0);

	watches_call_again(self);
	for (int i = 0; i < n_events; i++)
		watches_call(self, events[i].data.u32, watch_translate(events[i].events));
	bridge_watches_unref(self);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_source_funcs = {
	.prepare = watch_source_prepare,
	.check = watch_source_check,
	.dispatch = watch_source_dispatch,
};

BridgeWatches *
bridge_watches_new(void)
{
	BridgeWatches *self = g_new0(BridgeWatches, 1);

	g_ref_count_init(&self->references);
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (self->epoll < 0)
		g_error("no epoll: %s", g_strerror(errno));
	self->watches = g_hash_table_new(NULL, NULL);
	self->again = g_hash_table_new(NULL, NULL);
	self->source = g_source_new(&watch_source_funcs, sizeof(WatchSource));
	((WatchSource *)self->source)->watches = self;
	self->tag = g_source_add_unix_fd(self->source, self->epoll, G_IO_IN);
	g_source_set_static_name(self->source, "connections");
	g_source_attach(self->source, g_main_context_get_thread_default());
	return self;
}

BridgeWatches *
bridge_watches_ref(BridgeWatches *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

void
bridge_watches_unref(BridgeWatches *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	g_source_destroy(self->source);
	g_source_unref(self->source);
	g_hash_table_unref(self->watches);
	g_hash_table_unref(self->again);
	close(self->epoll);
	g_free(self);
}

/* ---- One socket ------------------------------------------------------------------------------ */

BridgeWatch *
bridge_watch_new(BridgeWatches *watches, int fd, BridgeWatchFunc function, gpointer user_data)
{
	BridgeWatch *self = g_new0(BridgeWatch, 1);

	self->watches = bridge_watches_ref(watches);
	self->fd = fd;
	self->function = function;
	self->user_data = user_data;
	do
		self->id = ++watches->last_id;
	while (g_hash_table_contains(watches->watches, GUINT_TO_POINTER(self->id)));
	g_hash_table_insert(watches->watches, GUINT_TO_POINTER(self->id), self);
	return self;
}

void
bridge_watch_free(BridgeWatch *self)
{
	bridge_watch_want(self, 0);
	g_hash_table_remove(self->watches->watches, GUINT_TO_POINTER(self->id));
	g_hash_table_remove(self->watches->again, GUINT_TO_POINTER(self->id));
	bridge_watches_unref(self->watches);
	g_free(self);
}

void
bridge_watch_want(BridgeWatch *self, GIOCondition condition)
{
	struct epoll_event event = {.data.u32 = self->id};
	int operation = EPOLL_CTL_MOD;

	if (condition == self->wanted)
		return;
	if (self->wanted == 0)
		operation = EPOLL_CTL_ADD;
	else if (condition == 0)
		operation = EPOLL_CTL_DEL; /* else it would tell of hang-ups, over and over */
	if ((condition & G_IO_IN) != 0)
		event.events |= EPOLLIN;
	if ((condition & G_IO_OUT) != 0)
		event.events |= EPOLLOUT;
	if (epoll_ctl(self->watches->epoll, operation, self->fd, &event) < 0)
		g_warning("descriptor %d cannot be watched: %s", self->fd, g_strerror(errno));
	self->wanted = condition;
}

void
bridge_watch_look_again(BridgeWatch *self)
{
	g_hash_table_add(self->watches->again, GUINT_TO_POINTER(self->id));
}
