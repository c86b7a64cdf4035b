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
	GHashTable *before; /* set of nodes listed before the first presence; NULL: not asked */
	gboolean is_complete;
	GPtrArray *known;  /* what was listed before, and is still there */
	GPtrArray *viewed; /* what is being asked for */
	guint n_viewed;    /* so many of it have been asked for */
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
	g_clear_pointer(&self->before, g_hash_table_unref);
	g_clear_pointer(&self->known, g_ptr_array_unref);
	g_clear_pointer(&self->viewed, g_ptr_array_unref);
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
gtalk_offline_remove(GTalkOffline *self, const GPtrArray *nodes, guint first, guint n_nodes)
{
	xmlnode *iq = gtalk_offline_new_iq(self, "set");

	gtalk_offline_build_items(iq, GTALK_OFFLINE_REMOVE, nodes, first, n_nodes);
	gtalk_requests_send(self->connection, iq, gtalk_offline_removed_cb, NULL);
}

static void
gtalk_offline_remove_known(GTalkOffline *self)
{
	for (guint i = 0; i < self->known->len; i += GTALK_OFFLINE_BATCH)
		gtalk_offline_remove(self, self->known, i, GTALK_OFFLINE_BATCH);
	g_ptr_array_set_size(self->known, 0);
}

/* ---- Asking for messages --------------------------------------------------------------------- */

static void
gtalk_offline_view(GTalkOffline *self);

/* What has been asked for has come, and been answered for. */
static void
gtalk_offline_settle(GTalkOffline *self)
{
	self->held = 0;
	gtalk_offline_remove(self, self->viewed, self->n_viewed, GTALK_OFFLINE_BATCH);
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

	if (self->n_viewed >= self->viewed->len) {
		gtalk_offline_clear(self);
		return;
	}
	iq = gtalk_offline_new_iq(self, "get");
	gtalk_offline_build_items(iq, GTALK_OFFLINE_VIEW, self->viewed, self->n_viewed,
	                          GTALK_OFFLINE_BATCH);
	gtalk_requests_send(self->connection, iq, gtalk_offline_viewed_cb, NULL);
}

static void
gtalk_offline_acknowledged_cb(PurpleConnection *gc, guint handled, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self != NULL && self->held != 0 && handled >= self->held)
		gtalk_offline_settle(self);
}

/* ---- Sorting --------------------------------------------------------------------------------- */

static void
gtalk_offline_view_known(GTalkOffline *self)
{
	while (self->known->len > 0)
		g_ptr_array_add(self->viewed, g_ptr_array_steal_index(self->known, 0));
}

static void
gtalk_offline_preferences_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);

	if (gtalk_requests_is_result(reply) && gtalk_offline_parse_preferences(reply))
		gtalk_offline_remove_known(self);
	else
		gtalk_offline_view_known(self);
	gtalk_offline_view(self);
}

static void
gtalk_offline_ask_preferences(GTalkOffline *self)
{
	xmlnode *iq = gtalk_requests_new_iq("get", NULL);

	gtalk_offline_build_preferences(iq);
	gtalk_requests_send(self->connection, iq, gtalk_offline_preferences_cb, NULL);
}

static void
gtalk_offline_sort(GTalkOffline *self, GPtrArray *nodes)
{
	self->known = g_ptr_array_new_with_free_func(g_free);
	self->viewed = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < nodes->len; i++) {
		const char *node = g_ptr_array_index(nodes, i);
		gboolean is_known = g_hash_table_contains(self->before, node);

		g_ptr_array_add(is_known ? self->known : self->viewed, g_strdup(node));
	}
}

static void
gtalk_offline_listed_again_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);
	g_autoptr(GPtrArray) nodes = gtalk_offline_parse_list(reply);

	gtalk_offline_sort(self, nodes);
	if (self->known->len > 0 && self->is_complete) {
		gtalk_offline_ask_preferences(self);
		return;
	}
	gtalk_offline_view_known(self);
	gtalk_offline_view(self);
}

static void
gtalk_offline_archive_done_cb(PurpleConnection *gc, gboolean available, gboolean complete,
                              const char *last_id, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkOffline *self = connection != NULL ? gtalk_offline_find(connection) : NULL;

	if (self == NULL || self->before == NULL)
		return;
	self->is_complete = available && complete;
	gtalk_offline_list(self, gtalk_offline_listed_again_cb);
}

/* ---- Before the first presence --------------------------------------------------------------- */

static void
gtalk_offline_listed_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkOffline *self = gtalk_offline_find(connection);
	g_autoptr(GPtrArray) nodes = gtalk_offline_parse_list(reply);

	for (guint i = 0; i < nodes->len && self->before != NULL; i++)
		g_hash_table_add(self->before, g_strdup(g_ptr_array_index(nodes, i)));
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
	self->before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gtalk_offline_list(self, gtalk_offline_listed_cb);
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
