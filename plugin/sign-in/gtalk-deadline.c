/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-deadline.h"

#include "core/gtalk-i18n.h"
#include "gtalk-stream-guard.h"
#include "gtalk.h"

#define GTALK_DEADLINE_DEFAULT_S 60
#define GTALK_DEADLINE_SLOW_FACTOR 5 /* people read a certificate; a list of hosts is tried */
#define GTALK_DEADLINE_CHECK_S 1

typedef struct {
	GTalkConnection *connection;
	guint source; /* 0 before the server is spoken to, and once signed in */
	gint64 heard_us;
	gint64 limit_us;
} GTalkDeadline;

static gboolean
gtalk_deadline_check_cb(gpointer user_data)
{
	GTalkDeadline *self = user_data;
	PurpleConnection *gc = gtalk_connection_get_purple(self->connection);
	gint64 limit_us = self->limit_us;

	if (!gtalk_stream_guard_is_talking(self->connection))
		limit_us *= GTALK_DEADLINE_SLOW_FACTOR;
	if (purple_connection_get_state(gc) != PURPLE_CONNECTING) {
		self->source = 0;
		return G_SOURCE_REMOVE;
	}
	if (g_get_monotonic_time() - self->heard_us < limit_us)
		return G_SOURCE_CONTINUE;
	self->source = 0;
	gtalk_connection_fail(self->connection, PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
	                      _("The server does not answer."));
	return G_SOURCE_REMOVE;
}

void
gtalk_deadline_begin(GTalkConnection *connection)
{
	GTalkDeadline *self = gtalk_connection_get_state(connection, &gtalk_deadline_unit);

	self->heard_us = g_get_monotonic_time();
	self->source =
		purple_timeout_add_seconds(GTALK_DEADLINE_CHECK_S, gtalk_deadline_check_cb, self);
}

static gpointer
gtalk_deadline_attach(GTalkConnection *connection)
{
	GTalkDeadline *self = g_new0(GTalkDeadline, 1);
	int limit_s =
		purple_account_get_int(gtalk_connection_get_account(connection),
	                               GTALK_OPTION_SIGN_IN_DEADLINE, GTALK_DEADLINE_DEFAULT_S);

	self->connection = connection;
	self->limit_us = MAX(limit_s, 1) * G_USEC_PER_SEC;
	return self;
}

static void
gtalk_deadline_detach(GTalkConnection *connection, gpointer state)
{
	GTalkDeadline *self = state;

	if (self->source != 0)
		purple_timeout_remove(self->source);
	g_free(self);
}

static gboolean
gtalk_deadline_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkDeadline *self = state;

	if (self->source != 0)
		self->heard_us = g_get_monotonic_time();
	return FALSE;
}

const GTalkUnit gtalk_deadline_unit = {
	.name = "deadline",
	.attach = gtalk_deadline_attach,
	.detach = gtalk_deadline_detach,
	.receives = GTALK_ARRIVES_ALL,
	.receiving = gtalk_deadline_receiving,
};
