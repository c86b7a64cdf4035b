/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-offline.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-stream-management.h"
#include "gtalk-archive.h"
#include "gtalk-offline-stanza.h"
#include "gtalk.h"
#include "status/gtalk-presence.h"

#define GTALK_OFFLINE_BATCH 100 /* messages in one request */

typedef struct {
	GTalkConnection *connection;
	GHashTable *listed; /* set of nodes, of those in the array; NULL: it was not asked */
	GPtrArray *nodes;   /* what is there, and was before the archive was read to its end */
	gboolean is_ended;  /* the archive is not waited for any more */
	gboolean is_read;   /* what is there has come from it */
	guint n_viewed;     /* so many of it have been asked for */
	guint held;         /* 0, or the stanza to be answered for before they are taken out */
} GTalkOffline;

static gpointer
gtalk_offline_attach(GTalkConnection *connection)
{
	GTalkOffline *self = g_new0(GTalkOffline, 1);

	self->connection = connection;
	return self;
}

static void
gtalk_offline_clear(GTalkOffline *self)
{
	g_clear_pointer(&self->listed, g_hash_table_unref);
	g_clear_pointer(&self->nodes, g_ptr_array_unref);
	self->n_viewed = 0;
	self->held = 0;
}

static void
gtalk_offline_detach(GTalkConnection *connection, gpointer state)
{
	gtalk_offline_clear(state);
	g_free(state);
}

static GTalkOffline *
gtalk_offline_find(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_offline_unit);
}

static xmlnode *
gtalk_offline_new_iq(GTalkOffline *self, const char *type)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(self->connection));

	return gtalk_requests_new_iq(type, own);
}

static void
gtalk_offline_list(GTalkOffline *self, GTalkRequestsFunc callback)
{
	xmlnode *iq = gtalk_offline_new_iq(self, "get");

	gtalk_offline_build_list(iq);
	gtalk_requests_send(self->connection, iq, callback, NULL);
}

/* ---- Taking out ------------------------------------------------------------------------------ */

static void
gtalk_offline_removed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	if (!gtalk_requests_is_result(reply))
		purple_debug_warning("gtalk", "messages were not taken out of offline storage\n");
}

static void
gtalk_offline_remove(GTalkOffline *self, guint first)
{
	xmlnode *iq = gtalk_offline_new_iq(self, "set");

	gtalk_offline_build_items(iq, GTALK_OFFLINE_REMOVE, self->nodes, first,
	                          GTALK_OFFLINE_BATCH);
	gtalk_requests_send(self->connection, iq, gtalk_offline_removed_cb, NULL);
}

static void
gtalk_offline_remove_all(GTalkOffline *self)
{
	self->held = 0;
	for (guint i = 0; i < self->nodes->len; i += GTALK_OFFLINE_BATCH)
		gtalk_offline_remove(self, i);
	gtalk_offline_clear(self);
}

/* ---- Asking for messages --------------------------------------------------------------------- */

static void
gtalk_offline_view(GTalkOffline *self);

/* What has been asked for has come, and been answered for. */
static void
gtalk_offline_settle(GTalkOffline *self)
{
	self->held = 0;
	gtalk_offline_remove(self, self->n_viewed);
	self->n_viewed += GTALK_OFFLINE_BATCH;
	gtalk_offline_view(self);
}

static void
gtalk_offline_viewed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (!gtalk_requests_is_result(reply)) {
		gtalk_offline_clear(self);
		return;
	}
	self->held = gtalk_stream_management_get_held(connection);
	if (self->held == 0)
		gtalk_offline_settle(self);
}

static void
gtalk_offline_view(GTalkOffline *self)
{
	xmlnode *iq = NULL;

	if (self->n_viewed >= self->nodes->len) {
		gtalk_offline_clear(self);
		return;
	}
	iq = gtalk_offline_new_iq(self, "get");
	gtalk_offline_build_items(iq, GTALK_OFFLINE_VIEW, self->nodes, self->n_viewed,
	                          GTALK_OFFLINE_BATCH);
	gtalk_requests_send(self->connection, iq, gtalk_offline_viewed_cb, NULL);
}

static void
gtalk_offline_acknowledged_cb(PurpleConnection *gc, guint handled, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self == NULL || self->held == 0 || handled < self->held)
		return;
	if (self->is_read)
		gtalk_offline_remove_all(self);
	else
		gtalk_offline_settle(self);
}

/* ---- Looking --------------------------------------------------------------------------------- */

/* Returns how many are new. */
static guint
gtalk_offline_take_list(GTalkOffline *self, const xmlnode *reply)
{
	g_autoptr(GPtrArray) nodes = gtalk_offline_parse_list(reply);
	guint n_before = self->nodes->len;

	for (guint i = 0; i < nodes->len; i++) {
		const char *node = g_ptr_array_index(nodes, i);

		if (g_hash_table_contains(self->listed, node))
			continue;
		g_ptr_array_add(self->nodes, g_strdup(node));
		g_hash_table_add(self->listed,
		                 g_ptr_array_index(self->nodes, self->nodes->len - 1));
	}
	return self->nodes->len - n_before;
}

/* Before the first presence. */
static void
gtalk_offline_listed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (self->listed != NULL)
		gtalk_offline_take_list(self, reply);
}

static void
gtalk_offline_looked_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	gtalk_archive_looked(connection,
	                     self->listed != NULL && gtalk_offline_take_list(self, reply) > 0);
}

static void
gtalk_offline_look(GTalkConnection *connection)
{
	gtalk_offline_list(gtalk_offline_find(connection), gtalk_offline_looked_cb);
}

/* At a first sign-in nothing is read from the archive: then the storage may be poured out. */
static void
gtalk_offline_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self == NULL || gtalk_presence_is_out(connection) ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_OFFLINE_STORAGE) ||
	    !gtalk_discovery_has(connection, GTALK_FEATURE_ARCHIVE) ||
	    gtalk_archive_is_first(connection))
		return;
	self->listed = g_hash_table_new(g_str_hash, g_str_equal);
	self->nodes = g_ptr_array_new_with_free_func(g_free);
	gtalk_archive_look_before_end(connection, gtalk_offline_look);
	gtalk_offline_list(self, gtalk_offline_listed_cb);
}

/* ---- When the archive has been read ---------------------------------------------------------- */

static void
gtalk_offline_preferences_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (!gtalk_requests_is_result(reply) || !gtalk_offline_parse_preferences(reply)) {
		gtalk_offline_view(self);
		return;
	}
	self->is_read = TRUE;
	self->held = gtalk_stream_management_get_held(connection);
	if (self->held == 0)
		gtalk_offline_remove_all(self);
}

static void
gtalk_offline_ask_preferences(GTalkOffline *self)
{
	xmlnode *iq = gtalk_requests_new_iq("get", NULL);

	gtalk_offline_build_preferences(iq);
	gtalk_requests_send(self->connection, iq, gtalk_offline_preferences_cb, NULL);
}

/* The archive was not read to its end. */
static void
gtalk_offline_listed_again_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	gtalk_offline_take_list(self, reply);
	gtalk_offline_view(self);
}

static void
gtalk_offline_archive_done_cb(PurpleConnection *gc, gboolean available, gboolean complete,
                              const char *last_id, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self == NULL || self->listed == NULL || self->is_ended)
		return;
	self->is_ended = TRUE;
	if (!available || !complete)
		gtalk_offline_list(self, gtalk_offline_listed_again_cb);
	else if (self->nodes->len > 0)
		gtalk_offline_ask_preferences(self);
}

static void
gtalk_offline_load(PurplePlugin *plugin)
{
	/* Before those who let the first presence go. */
	purple_signal_connect_priority(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                               PURPLE_CALLBACK(gtalk_offline_features_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_LOWEST);
	purple_signal_connect(plugin, GTALK_SIGNAL_ARCHIVE_DONE, plugin,
	                      PURPLE_CALLBACK(gtalk_offline_archive_done_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_ACKNOWLEDGED, plugin,
	                      PURPLE_CALLBACK(gtalk_offline_acknowledged_cb), NULL);
}

const GTalkUnit gtalk_offline_unit = {
	.name = "offline",
	.load = gtalk_offline_load,
	.attach = gtalk_offline_attach,
	.detach = gtalk_offline_detach,
};
