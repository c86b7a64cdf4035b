/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-tls.h"

#include <errno.h>
#include <gio/gio.h>
#include <purple.h>

#include "host-event-loop.h"
#include "host-stanza-guard.h"
#include "plugin/gtalk.h"

#define TLS_READ_MAX 4095 /* what libpurple asks for at once, less what may have been held back */

static struct {
	PurpleSslOps ops; /* the plugin's, with our read and close */
	size_t (*read)(PurpleSslConnection *ssl, void *data, size_t length);
	void (*close)(PurpleSslConnection *ssl);
	GHashTable *guards; /* PurpleSslConnection * -> HostStanzaGuard * */
} host_tls;

/* (nullable): for those who speak XMPP; what libpurple gives its readers is the connection. */
static PurpleConnection *
host_tls_find_connection(PurpleSslConnection *ssl)
{
	PurpleConnection *gc = ssl->recv_cb_data;
	PurplePlugin *plugin = purple_find_prpl(GTALK_PRPL_ID);

	if (gc == NULL || plugin == NULL || g_list_find(purple_connections_get_all(), gc) == NULL)
		return NULL;
	return purple_connection_get_prpl(gc) == plugin ? gc : NULL;
}

static HostStanzaGuard *
host_tls_find_guard(PurpleSslConnection *ssl)
{
	HostStanzaGuard *guard = g_hash_table_lookup(host_tls.guards, ssl);

	if (guard == NULL && host_tls_find_connection(ssl) != NULL) {
		guard = host_stanza_guard_new();
		g_hash_table_insert(host_tls.guards, ssl, guard);
	}
	return guard;
}

static size_t
host_tls_read_some(PurpleSslConnection *ssl, void *data, size_t length)
{
	size_t n_read;

	if (!host_event_loop_may_read(ssl->fd)) {
		errno = EAGAIN;
		return (size_t)-1;
	}
	n_read = host_tls.read(ssl, data, length);
	if ((gssize)n_read > 0)
		host_event_loop_count_read(ssl->fd, n_read);
	return n_read;
}

/* To libpurple 0 is the end, so it gets nothing before there is something. What was too much ends
 * the connection, which tells the daemon why. */
static size_t
host_tls_read_guarded(PurpleSslConnection *ssl, HostStanzaGuard *guard, char *data, size_t length)
{
	char read[TLS_READ_MAX];
	const char *complaint = host_stanza_guard_get_complaint(guard);

	while (complaint == NULL) {
		size_t n_read = host_tls_read_some(ssl, read, MIN(length - 1, sizeof read));
		size_t n_passed;

		if ((gssize)n_read <= 0)
			return n_read;
		n_passed = host_stanza_guard_filter(guard, read, n_read, data);
		complaint = host_stanza_guard_get_complaint(guard);
		if (n_passed > 0 && complaint == NULL)
			return n_passed;
	}
	purple_connection_error_reason(host_tls_find_connection(ssl),
	                               PURPLE_CONNECTION_ERROR_NETWORK_ERROR, complaint);
	errno = EAGAIN;
	return (size_t)-1;
}

/* libpurple reads a TLS stream until nothing is left. */
static size_t
host_tls_read(PurpleSslConnection *ssl, void *data, size_t length)
{
	HostStanzaGuard *guard = host_tls_find_guard(ssl);

	if (guard == NULL || length < 2)
		return host_tls_read_some(ssl, data, length);
	return host_tls_read_guarded(ssl, guard, data, length);
}

static void
host_tls_close(PurpleSslConnection *ssl)
{
	g_hash_table_remove(host_tls.guards, ssl);
	host_tls.close(ssl);
}

gboolean
host_tls_start(GError **error)
{
	PurpleSslOps *ops;

	purple_ssl_init();
	ops = purple_ssl_get_ops();
	if (ops == NULL || !purple_ssl_is_supported()) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
		                    "libpurple has no TLS plugin");
		return FALSE;
	}
	host_tls.guards =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)host_stanza_guard_free);
	host_tls.ops = *ops;
	host_tls.read = ops->read;
	host_tls.close = ops->close;
	host_tls.ops.read = host_tls_read;
	host_tls.ops.close = host_tls_close;
	purple_ssl_set_ops(&host_tls.ops);
	return TRUE;
}
