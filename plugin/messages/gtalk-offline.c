/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-offline.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-stream-management.h"
#include "gtalk-archive.h"
#include "gtalk-offline-match.h"
#include "gtalk-offline-stanza.h"
#include "gtalk.h"
#include "status/gtalk-presence.h"

#define GTALK_OFFLINE_BATCH 100 /* messages in one request */

typedef struct {
	GTalkConnection *connection;
	GTalkOfflineMatch *archived; /* what the archive brought; NULL once it has ended, or if the
	                                storage was not asked */
	GHashTable *listed;          /* set of the ids of nodes */
	GPtrArray *nodes;  /* what is there, and was before the archive was read to its end */
	GPtrArray *unread; /* those of them that the archive brought */
	guint n_viewed;    /* so many of the others have been asked for */
	guint held;        /* 0, or the stanza to be answered for before they are taken out */
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
	g_clear_pointer(&self->archived, gtalk_offline_match_free);
	g_clear_pointer(&self->listed, g_hash_table_unref);
	g_clear_pointer(&self->nodes, g_ptr_array_unref);
	g_clear_pointer(&self->unread, g_ptr_array_unref);
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
gtalk_offline_remove(GTalkOffline *self, const GPtrArray *nodes, guint first)
{
	xmlnode *iq = gtalk_offline_new_iq(self, "set");

	gtalk_offline_build_items(iq, GTALK_OFFLINE_REMOVE, nodes, first, GTALK_OFFLINE_BATCH);
	gtalk_requests_send(self->connection, iq, gtalk_offline_removed_cb, NULL);
}

static void
gtalk_offline_remove_unread(GTalkOffline *self)
{
	for (guint i = 0; i < self->unread->len; i += GTALK_OFFLINE_BATCH)
		gtalk_offline_remove(self, self->unread, i);
	g_clear_pointer(&self->unread, g_ptr_array_unref);
}

/* ---- Asking for messages --------------------------------------------------------------------- */

static void
gtalk_offline_viewed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data);

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

/* What came last, from the archive or because it was asked for, has been answered for. */
static void
gtalk_offline_settle(GTalkOffline *self)
{
	self->held = 0;
	if (self->unread != NULL) {
		gtalk_offline_remove_unread(self);
	} else {
		gtalk_offline_remove(self, self->nodes, self->n_viewed);
		self->n_viewed += GTALK_OFFLINE_BATCH;
	}
	gtalk_offline_view(self);
}

static void
gtalk_offline_settle_when_answered(GTalkOffline *self)
{
	self->held = gtalk_stream_management_get_held(self->connection);
	if (self->held == 0)
		gtalk_offline_settle(self);
}

static void
gtalk_offline_viewed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (gtalk_requests_is_result(reply))
		gtalk_offline_settle_when_answered(self);
	else
		gtalk_offline_clear(self);
}

static void
gtalk_offline_acknowledged_cb(PurpleConnection *gc, guint handled, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self != NULL && self->held != 0 && handled >= self->held)
		gtalk_offline_settle(self);
}

/* ---- Looking --------------------------------------------------------------------------------- */

/* Returns whether something is new. */
static gboolean
gtalk_offline_take_list(GTalkOffline *self, const xmlnode *reply)
{
	g_autoptr(GPtrArray) nodes = gtalk_offline_parse_list(reply);
	guint n_before = self->nodes->len;

	while (nodes->len > 0) {
		GTalkOfflineNode *node = g_ptr_array_steal_index(nodes, 0);

		if (g_hash_table_contains(self->listed, node->id)) {
			gtalk_offline_node_free(node);
			continue;
		}
		g_hash_table_add(self->listed, node->id);
		g_ptr_array_add(self->nodes, node);
	}
	return self->nodes->len > n_before;
}

/* Before the first presence. */
static void
gtalk_offline_listed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (self->archived != NULL)
		gtalk_offline_take_list(self, reply);
}

static void
gtalk_offline_looked_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	gtalk_archive_looked(connection,
	                     self->archived != NULL && gtalk_offline_take_list(self, reply));
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
	self->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_offline_node_free);
	self->archived = gtalk_offline_match_new();
	gtalk_archive_look_before_end(connection, gtalk_offline_look);
	gtalk_offline_list(self, gtalk_offline_listed_cb);
}

/* ---- When the archive has been read ---------------------------------------------------------- */

void
gtalk_offline_note_archived(GTalkConnection *connection, const char *sender, gint64 time_us)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (self->archived != NULL)
		gtalk_offline_match_note(self->archived, sender, time_us);
}

static void
gtalk_offline_sort(GTalkOffline *self)
{
	g_autoptr(GPtrArray) all = g_steal_pointer(&self->nodes);

	self->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_offline_node_free);
	self->unread = g_ptr_array_new_with_free_func((GDestroyNotify)gtalk_offline_node_free);
	while (all->len > 0) {
		GTalkOfflineNode *node = g_ptr_array_steal_index(all, 0);
		gboolean is_archived =
			gtalk_offline_match_take(self->archived, node->id, node->sender);

		g_ptr_array_add(is_archived ? self->unread : self->nodes, node);
	}
	g_clear_pointer(&self->archived, gtalk_offline_match_free);
	g_clear_pointer(&self->listed, g_hash_table_unref);
	gtalk_offline_settle_when_answered(self);
}

/* The archive was not read to its end. */
static void
gtalk_offline_listed_again_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (self->archived == NULL)
		return;
	gtalk_offline_take_list(self, reply);
	gtalk_offline_sort(self);
}

static void
gtalk_offline_archive_done_cb(PurpleConnection *gc, gboolean available, gboolean complete,
                              const char *last_id, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self == NULL || self->archived == NULL)
		return;
	if (available && complete)
		gtalk_offline_sort(self);
	else
		gtalk_offline_list(self, gtalk_offline_listed_again_cb);
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
