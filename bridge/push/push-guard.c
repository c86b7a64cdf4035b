/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-guard.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include "link/bridge-address.h"

/* A public address may be our own, behind which other services listen. */
static gboolean
push_guard_is_own(GInetAddress *given)
{
	g_autoptr(GInetAddress) address = bridge_address_unwrap(given);
	struct ifaddrs *interfaces = NULL;
	gboolean found = FALSE;

	if (getifaddrs(&interfaces) != 0)
		return TRUE; /* not known: then it is not permitted */
	for (struct ifaddrs *at = interfaces; at != NULL && !found; at = at->ifa_next) {
		g_autoptr(GSocketAddress) native = NULL;

		if (at->ifa_addr == NULL ||
		    (at->ifa_addr->sa_family != AF_INET && at->ifa_addr->sa_family != AF_INET6))
			continue;
		native = g_socket_address_new_from_native(at->ifa_addr,
		                                          at->ifa_addr->sa_family == AF_INET
		                                                  ? sizeof(struct sockaddr_in)
		                                                  : sizeof(struct sockaddr_in6));
		found = native != NULL &&
		        g_inet_address_equal(
				g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(native)),
				address);
	}
	freeifaddrs(interfaces);
	return found;
}

gboolean
push_guard_permits(GInetAddress *address, GInetAddressMask *network)
{
	if (network != NULL)
		return g_inet_address_mask_matches(network, address);
	return bridge_address_is_public(address) && !push_guard_is_own(address);
}

/* ---- What is left of a name's addresses ------------------------------------------------------ */

#define PUSH_TYPE_SIEVE (push_sieve_get_type())
G_DECLARE_FINAL_TYPE(PushSieve, push_sieve, PUSH, SIEVE, GSocketAddressEnumerator)

struct _PushSieve {
	GSocketAddressEnumerator parent_instance;

	GSocketAddressEnumerator *all;
	GInetAddressMask *network; /* or NULL */
	gboolean passed;           /* one at least */
};

G_DEFINE_FINAL_TYPE(PushSieve, push_sieve, G_TYPE_SOCKET_ADDRESS_ENUMERATOR)

static gboolean
push_sieve_permits(PushSieve *self, GSocketAddress *address)
{
	return G_IS_INET_SOCKET_ADDRESS(address) &&
	       push_guard_permits(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)),
	                          self->network);
}

/* An enumerator that ends without an address makes GSocketClient of GLib 2.74 abort the process, so
 * that is an error. */
static gboolean
push_sieve_check_end(PushSieve *self, GError **error)
{
	if (self->passed)
		return TRUE;
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
	                    "it leads to no address that may be connected to");
	return FALSE;
}

static GSocketAddress *
push_sieve_next(GSocketAddressEnumerator *enumerator, GCancellable *cancellable, GError **error)
{
	PushSieve *self = PUSH_SIEVE(enumerator);
	g_autoptr(GError) inner = NULL;
	GSocketAddress *address;

	while ((address = g_socket_address_enumerator_next(self->all, cancellable, &inner)) !=
	       NULL) {
		if (push_sieve_permits(self, address)) {
			self->passed = TRUE;
			return address;
		}
		g_object_unref(address);
	}
	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else
		push_sieve_check_end(self, error);
	return NULL;
}

static void
push_sieve_next_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	PushSieve *self = g_task_get_source_object(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocketAddress) address = g_socket_address_enumerator_next_finish(
		G_SOCKET_ADDRESS_ENUMERATOR(source), result, &error);

	if (address != NULL && !push_sieve_permits(self, address)) {
		g_socket_address_enumerator_next_async(self->all, g_task_get_cancellable(task),
		                                       push_sieve_next_cb, g_object_ref(task));
	} else if (error != NULL || (address == NULL && !push_sieve_check_end(self, &error))) {
		g_task_return_error(task, g_steal_pointer(&error));
	} else {
		self->passed = TRUE;
		g_task_return_pointer(task, g_steal_pointer(&address), g_object_unref);
	}
}

static void
push_sieve_next_async(GSocketAddressEnumerator *enumerator, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(enumerator, cancellable, callback, user_data);

	g_task_set_source_tag(task, push_sieve_next_async);
	g_socket_address_enumerator_next_async(PUSH_SIEVE(enumerator)->all, cancellable,
	                                       push_sieve_next_cb, task);
}

static GSocketAddress *
push_sieve_next_finish(GSocketAddressEnumerator *enumerator, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
push_sieve_finalize(GObject *object)
{
	PushSieve *self = PUSH_SIEVE(object);

	g_clear_object(&self->all);
	g_clear_object(&self->network);
	G_OBJECT_CLASS(push_sieve_parent_class)->finalize(object);
}

static void
push_sieve_class_init(PushSieveClass *klass)
{
	GSocketAddressEnumeratorClass *enumerator_class = G_SOCKET_ADDRESS_ENUMERATOR_CLASS(klass);

	G_OBJECT_CLASS(klass)->finalize = push_sieve_finalize;
	enumerator_class->next = push_sieve_next;
	enumerator_class->next_async = push_sieve_next_async;
	enumerator_class->next_finish = push_sieve_next_finish;
}

static void
push_sieve_init(PushSieve *self)
{
}

/* ---- The name -------------------------------------------------------------------------------- */

/* Still a GNetworkAddress: by its host name libsoup has the certificate checked. But one of those
 * remembers for ever what it was told at first, and services move: so DNS is asked by another one
 * each time. */
struct _PushAddress {
	GNetworkAddress parent_instance;

	GInetAddressMask *network; /* or NULL */
};

static GSocketAddressEnumerator *
push_address_enumerate(GSocketConnectable *connectable)
{
	PushAddress *self = PUSH_ADDRESS(connectable);
	GNetworkAddress *name = G_NETWORK_ADDRESS(connectable);
	g_autoptr(GSocketConnectable) fresh = g_network_address_new(
		g_network_address_get_hostname(name), g_network_address_get_port(name));
	PushSieve *sieve = g_object_new(PUSH_TYPE_SIEVE, NULL);

	sieve->all = g_socket_connectable_enumerate(fresh);
	g_set_object(&sieve->network, self->network);
	return G_SOCKET_ADDRESS_ENUMERATOR(sieve);
}

static void
push_address_connectable_init(GSocketConnectableIface *iface)
{
	iface->enumerate = push_address_enumerate;
	iface->proxy_enumerate = push_address_enumerate; /* there is no proxy that would look */
}

G_DEFINE_FINAL_TYPE_WITH_CODE(PushAddress, push_address, G_TYPE_NETWORK_ADDRESS,
                              G_IMPLEMENT_INTERFACE(G_TYPE_SOCKET_CONNECTABLE,
                                                    push_address_connectable_init))

static void
push_address_finalize(GObject *object)
{
	g_clear_object(&PUSH_ADDRESS(object)->network);
	G_OBJECT_CLASS(push_address_parent_class)->finalize(object);
}

static void
push_address_class_init(PushAddressClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = push_address_finalize;
}

static void
push_address_init(PushAddress *self)
{
}

GSocketConnectable *
push_address_new(const char *host, guint16 port, GInetAddressMask *network)
{
	PushAddress *self = g_object_new(PUSH_TYPE_ADDRESS, "hostname", host, "port", (guint)port,
	                                 "scheme", "https", NULL);

	g_set_object(&self->network, network);
	return G_SOCKET_CONNECTABLE(self);
}
