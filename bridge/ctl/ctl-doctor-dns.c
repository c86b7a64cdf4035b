/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The doctor's look at DNS: where hosts would look for the server of a domain, and what they would
 * leave out of it. */
#include "config.h"

#include "ctl-doctor.h"

#include "link/bridge-address.h"

#define DNS_PORT 5222
#define DNS_TLS_PORT 5223
#define DNS_SERVICE "xmpp-client"

/* One domain's. */
typedef struct {
	Doctor *doctor;
	BridgeConfig *config;
	const BridgeDomainConfig *domain;
	const char *subject;
	GPtrArray *servers; /* of GSocketConnectable: what was found */
	char *refused;      /* the last address that no host connects to */
	char *failure;      /* why the last name has no address */
} DnsSearch;

static guint16
doctor_dns_find_port(const BridgeDomainConfig *domain)
{
	if (domain->port != 0)
		return (guint16)domain->port;
	return domain->direct_tls ? DNS_TLS_PORT : DNS_PORT;
}

/* As a host does (host-reach.h). */
static gboolean
doctor_dns_permits(BridgeConfig *config, GInetAddress *address)
{
	const char *const *networks = bridge_config_get_private_networks(config);

	if (bridge_address_is_public(address))
		return TRUE;
	for (; *networks != NULL; networks++) {
		g_autoptr(GInetAddressMask) mask =
			g_inet_address_mask_new_from_string(*networks, NULL);

		if (mask != NULL && g_inet_address_mask_matches(mask, address))
			return TRUE;
	}
	return FALSE;
}

static void
doctor_dns_add_name(DnsSearch *search, const char *name, guint16 port)
{
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_autoptr(GError) error = NULL;
	GList *addresses = g_resolver_lookup_by_name(resolver, name, NULL, &error);

	if (addresses == NULL) {
		g_free(search->failure);
		search->failure = g_strdup(error->message);
	}
	for (GList *link = addresses; link != NULL; link = link->next) {
		if (doctor_dns_permits(search->config, link->data)) {
			g_ptr_array_add(search->servers,
			                g_inet_socket_address_new(link->data, port));
			continue;
		}
		g_free(search->refused);
		search->refused = g_inet_address_to_string(link->data);
	}
	g_resolver_free_addresses(addresses);
}

/* A target that is the root says that there is no such service (RFC 2782). */
static void
doctor_dns_add_targets(DnsSearch *search, GList *targets)
{
	for (GList *link = targets; link != NULL; link = link->next) {
		const char *name = g_srv_target_get_hostname(link->data);

		if (*name == '\0' || g_str_equal(name, ".")) {
			g_free(search->failure);
			search->failure = g_strdup("its SRV record says that there is none");
		} else if (bridge_address_is_literal(name)) {
			g_free(search->failure);
			search->failure = g_strdup("its SRV record has an address, not a name");
		} else {
			doctor_dns_add_name(search, name, g_srv_target_get_port(link->data));
		}
	}
}

/* What is encrypted from the start is not looked up by SRV: libpurple takes the domain itself. */
static void
doctor_dns_search(DnsSearch *search)
{
	const BridgeDomainConfig *domain = search->domain;
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_autoptr(GError) error = NULL;
	GList *targets = NULL;

	if (!domain->direct_tls)
		targets = g_resolver_lookup_service(resolver, DNS_SERVICE, "tcp", domain->domain,
		                                    NULL, &error);
	if (targets != NULL) {
		doctor_dns_add_targets(search, targets);
		g_resolver_free_targets(targets);
		return;
	}
	if (error != NULL && !g_error_matches(error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
		doctor_tell(search->doctor, DOCTOR_BAD, search->subject,
		            "DNS does not tell its SRV record: %s: look after the resolver of this "
		            "machine, or name the server in its group",
		            error->message);
	else if (error != NULL)
		doctor_tell(search->doctor, DOCTOR_UNKNOWN, search->subject,
		            "no SRV record of " DNS_SERVICE ": the domain's own address is taken");
	doctor_dns_add_name(search, domain->domain, doctor_dns_find_port(domain));
}

static void
doctor_dns_complain(const DnsSearch *search)
{
	if (search->refused != NULL)
		doctor_tell(
			search->doctor, DOCTOR_BAD, search->subject,
			"DNS says that its server is in a private network, at %s, where no host "
			"connects to: name that in [hosts] private-networks, or the server in "
			"[domain %s]",
			search->refused, search->domain->domain);
	else
		doctor_tell(search->doctor, DOCTOR_BAD, search->subject,
		            "DNS knows no server of it: %s",
		            search->failure != NULL ? search->failure : "no usable record");
}

GPtrArray *
doctor_find_servers(Doctor *doctor, BridgeConfig *config, const BridgeDomainConfig *domain,
                    const char *subject)
{
	g_autoptr(GPtrArray) servers = g_ptr_array_new_with_free_func(g_object_unref);
	DnsSearch search = {doctor, config, domain, subject, servers, NULL, NULL};

	if (domain->server[0] != '\0') {
		g_ptr_array_add(servers, g_network_address_new(domain->server,
		                                               doctor_dns_find_port(domain)));
		return g_steal_pointer(&servers);
	}
	doctor_dns_search(&search);
	if (servers->len == 0)
		doctor_dns_complain(&search);
	g_free(search.refused);
	g_free(search.failure);
	return servers->len > 0 ? g_steal_pointer(&servers) : NULL;
}
