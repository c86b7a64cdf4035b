/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-dns.h"

#include <gio/gio.h>
#include <purple.h>
#include <string.h>

#include "link/bridge-address.h"
#include "host-reach.h"

#define HOST_DNS_TEXT "none=" /* a TXT record that nobody looks for */
#define HOST_DNS_PRIVATE                                                                           \
	"It is in a private network that the configuration of the bridge does not name."
#define HOST_DNS_SRV_MAX 16 /* records of one name; the most preferred come first */

/* A lookup under way. libpurple destroys its query when it loses interest: then the operation is
 * cancelled and its answer falls on the floor. */
typedef struct {
	gpointer query; /* the key in host_dns.lookups; NULL when libpurple has destroyed it */
	GCancellable *cancellable;
	union {
		PurpleDnsQueryResolvedCallback address;
		PurpleSrvTxtQueryResolvedCallback srv;
	} resolved;
	union {
		PurpleDnsQueryFailedCallback address;
		PurpleSrvTxtQueryFailedCallback srv;
	} failed;
} HostLookup;

static struct {
	GHashTable *lookups; /* query -> HostLookup */
	const char *refusal; /* while libpurple is told of it */
} host_dns;

static HostLookup *
host_lookup_new(gpointer query)
{
	HostLookup *lookup = g_new0(HostLookup, 1);

	lookup->query = query;
	lookup->cancellable = g_cancellable_new();
	g_hash_table_insert(host_dns.lookups, query, lookup);
	return lookup;
}

/* Returns: the query if libpurple still wants the answer; @lookup is done in any case */
static gpointer
host_lookup_end(HostLookup *lookup)
{
	gpointer query = lookup->query;

	if (query != NULL)
		g_hash_table_remove(host_dns.lookups, query);
	return query;
}

static void
host_lookup_free(HostLookup *lookup)
{
	g_object_unref(lookup->cancellable);
	g_free(lookup);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostLookup, host_lookup_free)

static void
host_lookup_abandon(gpointer query)
{
	HostLookup *lookup = g_hash_table_lookup(host_dns.lookups, query);

	if (lookup == NULL)
		return;
	g_hash_table_remove(host_dns.lookups, query);
	lookup->query = NULL;
	g_cancellable_cancel(lookup->cancellable);
}

/* Returns: libpurple's list: each address twice, its length as a pointer and then the sockaddr.
 * NULL: none of them may be connected to */
static GSList *
host_dns_build_addresses(const char *name, GList *addresses, guint16 port)
{
	GSList *hosts = NULL;

	for (GList *l = addresses; l != NULL; l = l->next) {
		g_autoptr(GSocketAddress) address = g_inet_socket_address_new(l->data, port);
		gssize length = g_socket_address_get_native_size(address);
		gpointer native;

		if (!host_reach_permits(name, port, l->data))
			continue;
		native = g_malloc(length);
		if (!g_socket_address_to_native(address, native, length, NULL)) {
			g_free(native);
			continue;
		}
		hosts = g_slist_prepend(hosts, GINT_TO_POINTER((int)length));
		hosts = g_slist_prepend(hosts, native);
	}
	return g_slist_reverse(hosts);
}

const char *
host_dns_get_refusal(void)
{
	return host_dns.refusal;
}

static void
host_dns_refuse(HostLookup *lookup, PurpleDnsQueryData *query)
{
	g_message("not connected to a server in a private network: [hosts] "
	          "private-networks or the group of its domain would have to name it");
	host_dns.refusal = HOST_DNS_PRIVATE;
	lookup->failed.address(query, HOST_DNS_PRIVATE);
	host_dns.refusal = NULL;
}

static void
host_dns_address_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(HostLookup) lookup = user_data;
	g_autoptr(GError) error = NULL;
	GList *addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);
	PurpleDnsQueryData *query = host_lookup_end(lookup);
	GSList *hosts = NULL;

	if (query != NULL && addresses != NULL)
		hosts = host_dns_build_addresses(purple_dnsquery_get_host(query), addresses,
		                                 (guint16)purple_dnsquery_get_port(query));
	if (hosts != NULL)
		lookup->resolved.address(query, hosts);
	else if (query != NULL && error != NULL)
		lookup->failed.address(query, error->message);
	else if (query != NULL)
		host_dns_refuse(lookup, query);
	g_resolver_free_addresses(addresses);
}

static gboolean
host_dns_resolve_host(PurpleDnsQueryData *query, PurpleDnsQueryResolvedCallback resolved,
                      PurpleDnsQueryFailedCallback failed)
{
	HostLookup *lookup = host_lookup_new(query);
	g_autoptr(GResolver) resolver = g_resolver_get_default();

	lookup->resolved.address = resolved;
	lookup->failed.address = failed;
	g_resolver_lookup_by_name_async(resolver, purple_dnsquery_get_host(query),
	                                lookup->cancellable, host_dns_address_cb, lookup);
	return TRUE;
}

static void
host_dns_abandon_address(PurpleDnsQueryData *query)
{
	host_lookup_abandon(query);
}

/* RFC 2782: a single record with the root as target says that the service is not there. An address
 * instead of a name would be connected to without another question to us. */
static gboolean
host_dns_is_usable(GSrvTarget *target)
{
	const char *name = g_srv_target_get_hostname(target);

	return *name != '\0' && !purple_strequal(name, ".") && !bridge_address_is_literal(name);
}

static GList *
host_dns_build_services(GList *targets)
{
	GList *records = NULL;
	guint n_records = 0;

	for (GList *l = targets; l != NULL && n_records < HOST_DNS_SRV_MAX; l = l->next) {
		GSrvTarget *target = l->data;
		PurpleSrvResponse *record;

		if (!host_dns_is_usable(target))
			continue;
		record = g_new0(PurpleSrvResponse, 1);
		g_strlcpy(record->hostname, g_srv_target_get_hostname(target),
		          sizeof record->hostname);
		record->port = g_srv_target_get_port(target);
		record->pref = g_srv_target_get_priority(target);
		record->weight = g_srv_target_get_weight(target);
		records = g_list_prepend(records, record);
		n_records++;
	}
	return g_list_reverse(records);
}

static void
host_dns_service_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(HostLookup) lookup = user_data;
	g_autoptr(GError) error = NULL;
	GList *targets = g_resolver_lookup_service_finish(G_RESOLVER(source), result, &error);
	PurpleSrvTxtQueryData *query = host_lookup_end(lookup);
	GList *records = query != NULL ? host_dns_build_services(targets) : NULL;

	if (records != NULL)
		lookup->resolved.srv(query, records);
	else if (query != NULL)
		lookup->failed.srv(query, error != NULL ? error->message : "no usable record");
	g_resolver_free_targets(targets);
}

static gboolean
host_dns_refuse_service_cb(gpointer user_data)
{
	g_autoptr(HostLookup) lookup = user_data;
	PurpleSrvTxtQueryData *query = host_lookup_end(lookup);

	if (query != NULL)
		lookup->failed.srv(query, "no name of a service");
	return G_SOURCE_REMOVE;
}

/* libpurple's failure function calls every callback as if it were for SRV records: one for TXT
 * records gets the number of results, 0, for its user data, and crashes. So there is a record, and
 * it says nothing. */
static gboolean
host_dns_answer_text_cb(gpointer user_data)
{
	g_autoptr(HostLookup) lookup = user_data;
	PurpleSrvTxtQueryData *query = host_lookup_end(lookup);
	PurpleTxtResponse *record;

	if (query == NULL)
		return G_SOURCE_REMOVE;
	record = g_new0(PurpleTxtResponse, 1);
	record->content = g_strdup(HOST_DNS_TEXT);
	lookup->resolved.srv(query, g_list_append(NULL, record));
	return G_SOURCE_REMOVE;
}

/* @name: _service._protocol.domain, as libpurple builds it */
static void
host_dns_lookup_service(HostLookup *lookup, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, ".", 3);
	g_autoptr(GResolver) resolver = g_resolver_get_default();

	if (g_strv_length(parts) < 3 || parts[0][0] != '_' || parts[1][0] != '_') {
		g_idle_add(host_dns_refuse_service_cb, lookup);
		return;
	}
	g_resolver_lookup_service_async(resolver, parts[0] + 1, parts[1] + 1, parts[2],
	                                lookup->cancellable, host_dns_service_cb, lookup);
}

static gboolean
host_dns_resolve_service(PurpleSrvTxtQueryData *query, PurpleSrvTxtQueryResolvedCallback resolved,
                         PurpleSrvTxtQueryFailedCallback failed)
{
	HostLookup *lookup = host_lookup_new(query);

	lookup->resolved.srv = resolved;
	lookup->failed.srv = failed;
	if (purple_srv_txt_query_get_type(query) == PurpleDnsTypeSrv)
		host_dns_lookup_service(lookup, purple_srv_txt_query_get_query(query));
	else
		g_idle_add(host_dns_answer_text_cb, lookup);
	return TRUE;
}

static void
host_dns_abandon_service(PurpleSrvTxtQueryData *query)
{
	host_lookup_abandon(query);
}

static PurpleDnsQueryUiOps host_dns_address_ops = {
	.resolve_host = host_dns_resolve_host,
	.destroy = host_dns_abandon_address,
};

static PurpleSrvTxtQueryUiOps host_dns_service_ops = {
	.resolve = host_dns_resolve_service,
	.destroy = host_dns_abandon_service,
};

void
host_dns_install(void)
{
	host_dns.lookups = g_hash_table_new(NULL, NULL);
	purple_dnsquery_set_ui_ops(&host_dns_address_ops);
	purple_srv_txt_query_set_ui_ops(&host_dns_service_ops);
}
