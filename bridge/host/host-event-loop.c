/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-event-loop.h"

#include <glib-unix.h>
#include <purple.h>

#define HOST_INPUT_READ_CONDITION (G_IO_IN | G_IO_HUP | G_IO_ERR)
#define HOST_INPUT_WRITE_CONDITION (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL)

/* One watch of libpurple. The descriptor leaves poll() while its condition is empty, since poll()
 * reports a hangup even to those who did not ask. */
typedef struct {
	GSource source;
	int fd;
	GIOCondition condition; /* what libpurple asked for */
	gpointer tag;           /* in poll(), or NULL */
	gboolean unfinished;    /* its reader was stopped before the socket was empty */
	gsize n_read;           /* in this dispatch */
	PurpleInputFunction function;
	gpointer user_data;
} HostInput;

/* The loop is one for the process, as libpurple's is. */
static struct {
	GHashTable *inputs;  /* source id -> HostInput (borrowed from the main context) */
	GHashTable *readers; /* fd -> HostInput */
	gboolean paused;
} host_event_loop;

static GIOCondition
host_input_wanted(HostInput *input)
{
	return host_event_loop.paused ? input->condition & ~HOST_INPUT_READ_CONDITION
	                              : input->condition;
}

static void
host_input_update(HostInput *input)
{
	GIOCondition wanted = host_input_wanted(input);

	if (input->tag != NULL)
		g_source_remove_unix_fd(&input->source, input->tag);
	input->tag = wanted != 0 ? g_source_add_unix_fd(&input->source, input->fd, wanted) : NULL;
}

static gboolean
host_input_resumes(HostInput *input)
{
	return input->unfinished && !host_event_loop.paused;
}

static gboolean
host_input_prepare(GSource *source, int *timeout)
{
	*timeout = -1;
	return host_input_resumes((HostInput *)source);
}

static gboolean
host_input_check(GSource *source)
{
	HostInput *input = (HostInput *)source;

	return host_input_resumes(input) ||
	       (input->tag != NULL && g_source_query_unix_fd(source, input->tag) != 0);
}

static gboolean
host_input_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	HostInput *input = (HostInput *)source;
	GIOCondition seen = input->tag != NULL ? g_source_query_unix_fd(source, input->tag) : 0;
	PurpleInputCondition condition = 0;

	if (host_input_resumes(input))
		seen |= G_IO_IN;
	if (seen & input->condition & HOST_INPUT_READ_CONDITION)
		condition |= PURPLE_INPUT_READ;
	if (seen & input->condition & HOST_INPUT_WRITE_CONDITION)
		condition |= PURPLE_INPUT_WRITE;
	input->unfinished = FALSE;
	input->n_read = 0;
	if (condition != 0)
		input->function(input->user_data, input->fd, condition);
	return G_SOURCE_CONTINUE;
}

static void
host_input_finalize(GSource *source)
{
	HostInput *input = (HostInput *)source;
	gpointer reader_key = GINT_TO_POINTER(input->fd);

	if (g_hash_table_lookup(host_event_loop.readers, reader_key) == input)
		g_hash_table_remove(host_event_loop.readers, reader_key);
}

static GSourceFuncs host_input_funcs = {
	.prepare = host_input_prepare,
	.check = host_input_check,
	.dispatch = host_input_dispatch,
	.finalize = host_input_finalize,
};

static guint
host_event_loop_input_add(int fd, PurpleInputCondition condition, PurpleInputFunction function,
                          gpointer user_data)
{
	GSource *source = g_source_new(&host_input_funcs, sizeof(HostInput));
	HostInput *input = (HostInput *)source;
	guint id;

	g_source_set_static_name(source, "purple-input");
	input->fd = fd;
	input->function = function;
	input->user_data = user_data;
	if (condition & PURPLE_INPUT_READ) {
		input->condition |= HOST_INPUT_READ_CONDITION;
		g_hash_table_insert(host_event_loop.readers, GINT_TO_POINTER(fd), input);
	}
	if (condition & PURPLE_INPUT_WRITE)
		input->condition |= HOST_INPUT_WRITE_CONDITION;
	host_input_update(input);
	id = g_source_attach(source, NULL);
	g_hash_table_insert(host_event_loop.inputs, GUINT_TO_POINTER(id), input);
	g_source_unref(source);
	return id;
}

static gboolean
host_event_loop_input_remove(guint id)
{
	HostInput *input = g_hash_table_lookup(host_event_loop.inputs, GUINT_TO_POINTER(id));

	if (input == NULL)
		return FALSE;
	g_hash_table_remove(host_event_loop.inputs, GUINT_TO_POINTER(id));
	if (g_hash_table_lookup(host_event_loop.readers, GINT_TO_POINTER(input->fd)) == input)
		g_hash_table_remove(host_event_loop.readers, GINT_TO_POINTER(input->fd));
	g_source_destroy(&input->source);
	return TRUE;
}

static PurpleEventLoopUiOps host_event_loop_ops = {
	.timeout_add = g_timeout_add,
	.timeout_remove = g_source_remove,
	.input_add = host_event_loop_input_add,
	.input_remove = host_event_loop_input_remove,
	.timeout_add_seconds = g_timeout_add_seconds,
};

void
host_event_loop_install(void)
{
	host_event_loop.inputs = g_hash_table_new(NULL, NULL);
	host_event_loop.readers = g_hash_table_new(NULL, NULL);
	purple_eventloop_set_ui_ops(&host_event_loop_ops);
}

void
host_event_loop_set_paused(gboolean paused)
{
	GHashTableIter iter;
	gpointer input;

	if (host_event_loop.paused == paused)
		return;
	host_event_loop.paused = paused;
	g_hash_table_iter_init(&iter, host_event_loop.inputs);
	while (g_hash_table_iter_next(&iter, NULL, &input))
		host_input_update(input);
}

gboolean
host_event_loop_is_paused(void)
{
	return host_event_loop.paused;
}

gboolean
host_event_loop_may_read(int fd)
{
	HostInput *input = g_hash_table_lookup(host_event_loop.readers, GINT_TO_POINTER(fd));

	if (input == NULL)
		return TRUE;
	if (!host_event_loop.paused && input->n_read < HOST_EVENT_LOOP_BUDGET_BYTES)
		return TRUE;
	input->unfinished = TRUE;
	return FALSE;
}

void
host_event_loop_count_read(int fd, gsize n_bytes)
{
	HostInput *input = g_hash_table_lookup(host_event_loop.readers, GINT_TO_POINTER(fd));

	if (input != NULL)
		input->n_read += n_bytes;
}
