/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

#include <arpa/inet.h>
#include <string.h>

/* The records that are there are those of the command; every other name does not exist. */
static struct {
	JsonObject *records;
	GHashTable *pending; /* libpurple's query -> ClientLookup */
} client_names;

typedef struct {
	guint source;
	gpointer query;
	GCallback resolved;
	GCallback failed;
} ClientLookup;

static void
client_lookup_free(gpointer data)
{
	ClientLookup *lookup = data;

	g_source_remove(lookup->source);
	g_free(lookup);
}

static gboolean
client_lookup_start(gpointer query, GSourceFunc answer, GCallback resolved, GCallback failed)
{
	ClientLookup *lookup = g_new0(ClientLookup, 1);

	lookup->query = query;
	lookup->resolved = resolved;
	lookup->failed = failed;
	lookup->source = g_idle_add(answer, lookup);
	g_hash_table_insert(client_names.pending, query, lookup);
	return TRUE;
}

static void
client_lookup_forget(gpointer query)
{
	g_hash_table_remove(client_names.pending, query);
}

/* What is answered belongs to no lookup any more: its query is destroyed by the answer. */
static ClientLookup
client_lookup_take(ClientLookup *lookup)
{
	ClientLookup copy = *lookup;

	g_hash_table_steal(client_names.pending, lookup->query);
	g_free(lookup);
	return copy;
}

static gboolean
client_address_cb(gpointer user_data)
{
	ClientLookup lookup = client_lookup_take(user_data);
	PurpleDnsQueryData *query = lookup.query;
	const char *address = json_object_get_string_member_with_default(
		client_names.records, purple_dnsquery_get_host(query), NULL);
	struct sockaddr_in *native;
	GSList *hosts = NULL;

	if (address == NULL) {
		((PurpleDnsQueryFailedCallback)lookup.failed)(query, "no such name");
		return G_SOURCE_REMOVE;
	}
	native = g_new0(struct sockaddr_in, 1);
	native->sin_family = AF_INET;
	native->sin_port = htons(purple_dnsquery_get_port(query));
	g_assert_cmpint(inet_pton(AF_INET, address, &native->sin_addr), ==, 1);
	hosts = g_slist_append(hosts, GINT_TO_POINTER((int)sizeof(*native)));
	hosts = g_slist_append(hosts, native);
	((PurpleDnsQueryResolvedCallback)lookup.resolved)(query, hosts);
	return G_SOURCE_REMOVE;
}

static gboolean
client_srv_cb(gpointer user_data)
{
	ClientLookup lookup = client_lookup_take(user_data);
	PurpleSrvTxtQueryData *query = lookup.query;
	const char *name = purple_srv_txt_query_get_query(query);
	GList *records = NULL;
	JsonArray *array;

	if (!json_object_has_member(client_names.records, name)) {
		((PurpleSrvTxtQueryFailedCallback)lookup.failed)(query, "no such name");
		return G_SOURCE_REMOVE;
	}
	array = json_object_get_array_member(client_names.records, name);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonArray *pair = json_array_get_array_element(array, i);
		PurpleSrvResponse *record = g_new0(PurpleSrvResponse, 1);

		g_strlcpy(record->hostname, json_array_get_string_element(pair, 0),
		          sizeof(record->hostname));
		record->port = (int)json_array_get_int_element(pair, 1);
		record->pref = (int)i;
		records = g_list_append(records, record);
	}
	((PurpleSrvTxtQueryResolvedCallback)lookup.resolved)(query, records);
	return G_SOURCE_REMOVE;
}

static gboolean
client_names_resolve_host(PurpleDnsQueryData *query, PurpleDnsQueryResolvedCallback resolved,
                          PurpleDnsQueryFailedCallback failed)
{
	return client_lookup_start(query, client_address_cb, G_CALLBACK(resolved),
	                           G_CALLBACK(failed));
}

static gboolean
client_names_resolve(PurpleSrvTxtQueryData *query, PurpleSrvTxtQueryResolvedCallback resolved,
                     PurpleSrvTxtQueryFailedCallback failed)
{
	return client_lookup_start(query, client_srv_cb, G_CALLBACK(resolved), G_CALLBACK(failed));
}

static void
client_names_destroy_host(PurpleDnsQueryData *query)
{
	client_lookup_forget(query);
}

static void
client_names_destroy(PurpleSrvTxtQueryData *query)
{
	client_lookup_forget(query);
}

static PurpleDnsQueryUiOps client_names_host_ops = {
	.resolve_host = client_names_resolve_host,
	.destroy = client_names_destroy_host,
};

static PurpleSrvTxtQueryUiOps client_names_ops = {
	.resolve = client_names_resolve,
	.destroy = client_names_destroy,
};

gboolean
client_names_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	if (!g_str_equal(name, "names"))
		return FALSE;
	client_names.records = json_object_ref(json_object_get_object_member(command, "names"));
	client_names.pending = g_hash_table_new_full(NULL, NULL, NULL, client_lookup_free);
	purple_dnsquery_set_ui_ops(&client_names_host_ops);
	purple_srv_txt_query_set_ui_ops(&client_names_ops);
	return TRUE;
}
