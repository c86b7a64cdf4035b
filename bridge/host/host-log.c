/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-log.h"

#define HOST_LOG_MESSAGES_MAX 200 /* the memory that complaints may take */
#define HOST_LOG_MESSAGE_MAX_CHARS 200

static struct {
	GHashTable *seen; /* set of message texts */
} host_log;

gboolean
host_log_is_new(const char *message)
{
	if (host_log.seen == NULL)
		host_log.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_size(host_log.seen) >= HOST_LOG_MESSAGES_MAX)
		return FALSE;
	return g_hash_table_add(host_log.seen, g_strdup(message));
}

static void
host_log_handle(const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
	if (message != NULL && host_log_is_new(message))
		g_info("libpurple: %.*s", HOST_LOG_MESSAGE_MAX_CHARS, message);
}

void
host_log_install(void)
{
	static const char *const domains[] = {NULL, "GLib", "GLib-GObject"};

	for (guint i = 0; i < G_N_ELEMENTS(domains); i++)
		g_log_set_handler(domains[i], G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION,
		                  host_log_handle, NULL);
}
