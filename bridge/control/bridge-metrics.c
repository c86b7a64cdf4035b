/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "api/bridge-api-shared.h"
#include "link/bridge-push-link.h"

#define METRICS_PREFIX "gtalk_bridge_"

/* ---- The format ------------------------------------------------------------------------------ */

static void
metrics_describe(GString *text, const char *name, const char *type, const char *help)
{
	g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
metrics_add(GString *text, const char *name, const char *type, const char *help, guint64 value)
{
	metrics_describe(text, name, type, help);
	g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void
metrics_add_seconds(GString *text, const char *name, const char *type, const char *help,
                    double value)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	metrics_describe(text, name, type, help);
	g_string_append_printf(text, "%s %s\n", name,
	                       g_ascii_formatd(number, sizeof number, "%.6f", value));
}

/* Label values are words of our own: nothing in them needs escaping. */
static void
metrics_add_labelled(GString *text, const char *name, const char *label, const char *word,
                     guint64 value)
{
	g_string_append_printf(text, "%s{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", name, label, word,
	                       value);
}

/* ---- What is told ---------------------------------------------------------------------------- */

static void
metrics_add_accounts(GString *text, BridgeAccounts *accounts)
{
	g_autoptr(GPtrArray) list = bridge_accounts_list(accounts);
	guint64 counts[BRIDGE_ACCOUNT_SIGNED_OUT + 1] = {0};
	guint64 n_quarantined = 0;

	for (guint i = 0; i < list->len; i++)
		counts[bridge_account_get_state(g_ptr_array_index(list, i))]++;
	for (guint i = 0; i < list->len; i++)
		if (bridge_account_is_quarantined(g_ptr_array_index(list, i)))
			n_quarantined++;
	metrics_describe(text, METRICS_PREFIX "accounts", "gauge", "Accounts by state.");
	for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
		metrics_add_labelled(text, METRICS_PREFIX "accounts", "state",
		                     bridge_account_state_to_string((BridgeAccountState)i),
		                     counts[i]);
	metrics_add(text, METRICS_PREFIX "accounts_quarantined", "gauge",
	            "Accounts in hosts of their own because hosts died over them.", n_quarantined);
}

static void
metrics_add_type_cb(const char *type, guint64 count, gpointer user_data)
{
	metrics_add_labelled(user_data, METRICS_PREFIX "events_total", "type", type, count);
}

static void
metrics_add_status_cb(guint status, guint64 count, gpointer user_data)
{
	g_autofree char *word = g_strdup_printf("%u", status);

	metrics_add_labelled(user_data, METRICS_PREFIX "http_requests_total", "code", word, count);
}

static void
metrics_add_api(GString *text, BridgeApi *api)
{
	BridgeServer *server = bridge_api_get_server(api);

	metrics_add(text, METRICS_PREFIX "http_connections", "gauge",
	            "Open connections to the API.",
	            bridge_listener_get_connections(bridge_server_get_listener(server)));
	metrics_describe(text, METRICS_PREFIX "http_requests_total", "counter",
	                 "Answered requests to the API by status.");
	bridge_server_foreach_status(server, metrics_add_status_cb, text);
}

static void
metrics_add_push_results(GString *text, const char *type, const BridgePushCounts *counts)
{
	for (guint i = 0; i < BRIDGE_PUSH_N_RESULTS; i++)
		g_string_append_printf(
			text,
			METRICS_PREFIX
			"push_attempts_total{service=\"%s\",result=\"%s\"} %" G_GUINT64_FORMAT "\n",
			type, bridge_push_result_to_string((BridgePushResult)i),
			counts->results[i]);
}

static void
metrics_add_push_seconds(GString *text, const char *type, const BridgePushCounts *counts)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	guint64 sum = 0;

	for (guint i = 0; i <= BRIDGE_PUSH_N_LATENCIES; i++) {
		sum += counts->latencies[i];
		if (i < BRIDGE_PUSH_N_LATENCIES)
			g_ascii_formatd(number, sizeof number, "%g",
			                (double)bridge_push_latencies_us[i] / G_USEC_PER_SEC);
		g_string_append_printf(text,
		                       METRICS_PREFIX "push_attempt_seconds_bucket{service=\"%s\","
		                                      "le=\"%s\"} %" G_GUINT64_FORMAT "\n",
		                       type, i < BRIDGE_PUSH_N_LATENCIES ? number : "+Inf", sum);
	}
	g_string_append_printf(text, METRICS_PREFIX "push_attempt_seconds_sum{service=\"%s\"} %s\n",
	                       type,
	                       g_ascii_formatd(number, sizeof number, "%.6f",
	                                       (double)counts->latency_us / G_USEC_PER_SEC));
	g_string_append_printf(text,
	                       METRICS_PREFIX
	                       "push_attempt_seconds_count{service=\"%s\"} %" G_GUINT64_FORMAT "\n",
	                       type, sum);
}

static void
metrics_add_push(GString *text, BridgePush *push)
{
	static const struct {
		const char *name;
		const char *type;
		const char *help;
	} families[] = {
		{METRICS_PREFIX "push_attempts_total", "counter",
	         "Attempts to hand a push to a service, by what came of them."},
		{METRICS_PREFIX "push_attempt_seconds", "histogram", "How long those took."},
		{METRICS_PREFIX "push_pruned_total", "counter",
	         "Subscriptions that their service did not know any more."},
		{METRICS_PREFIX "push_subscriptions", "gauge", "Subscriptions."},
		{METRICS_PREFIX "push_queue_length", "gauge", "Pushes that wait, as far as known."},
	};
	const char *const *types = bridge_push_get_all_types(push);

	if (types[0] != NULL)
		metrics_add(text, METRICS_PREFIX "push_hosts_paused", "gauge",
		            "Hosts that nothing is pushed to for now, as they have trouble or too "
		            "much.",
		            bridge_push_count_paused(push));
	for (guint i = 0; i < G_N_ELEMENTS(families) && types[0] != NULL; i++) {
		metrics_describe(text, families[i].name, families[i].type, families[i].help);
		for (guint j = 0; types[j] != NULL; j++) {
			BridgePushCounts counts;
			guint64 values[] = {0, 0, 0, 0, 0};

			bridge_push_count(push, types[j], &counts);
			values[2] = counts.pruned;
			values[3] = counts.subscriptions;
			values[4] = counts.queue_length;
			if (i == 0)
				metrics_add_push_results(text, types[j], &counts);
			else if (i == 1)
				metrics_add_push_seconds(text, types[j], &counts);
			else
				metrics_add_labelled(text, families[i].name, "service", types[j],
				                     values[i]);
		}
	}
}

static void
metrics_add_file(GString *text, const char *word, const char *path)
{
	GStatBuf status;

	if (g_stat(path, &status) == 0)
		metrics_add_labelled(text, METRICS_PREFIX "store_size_bytes", "file", word,
		                     (guint64)status.st_size);
}

static void
metrics_add_store(GString *text, const char *path, BridgeStore *store)
{
	g_autofree char *log = g_strconcat(path, "-wal", NULL);
	g_autofree char *trouble = store != NULL ? bridge_store_dup_trouble(store) : NULL;

	metrics_add(text, METRICS_PREFIX "store_writable", "gauge",
	            "0 while the store cannot be written, as with a full disk or a damaged page.",
	            trouble == NULL);
	metrics_describe(text, METRICS_PREFIX "store_size_bytes", "gauge",
	                 "Size of the store's files.");
	metrics_add_file(text, "database", path);
	metrics_add_file(text, "log", log);
}

static guint64
metrics_count_files(void)
{
	g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
	guint64 count = 0;

	while (directory != NULL && g_dir_read_name(directory) != NULL)
		count++;
	return count;
}

static guint64
metrics_read_resident_bytes(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) pages = NULL;

	if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
		return 0;
	pages = g_strsplit(text, " ", 3);
	if (g_strv_length(pages) < 2)
		return 0;
	return g_ascii_strtoull(pages[1], NULL, 10) * (guint64)sysconf(_SC_PAGESIZE);
}

/* By the names that every exporter uses. */
static void
metrics_add_process(GString *text)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	metrics_add_seconds(text, "process_cpu_seconds_total", "counter",
	                    "Processor time of the daemon, without its hosts.",
	                    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	                            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) /
	                                    G_USEC_PER_SEC);
	metrics_add(text, "process_resident_memory_bytes", "gauge",
	            "Resident memory of the daemon, without its hosts.",
	            metrics_read_resident_bytes());
	metrics_add(text, "process_open_fds", "gauge", "Open file descriptors of the daemon.",
	            metrics_count_files());
}

char *
bridge_metrics_build(const BridgeMetricsSources *sources)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GArray) hosts = bridge_supervisor_dup_host_pids(sources->supervisor);

	metrics_describe(text, METRICS_PREFIX "build_info", "gauge", "Always 1.");
	metrics_add_labelled(text, METRICS_PREFIX "build_info", "version", PACKAGE_VERSION, 1);
	metrics_add(text, METRICS_PREFIX "ready", "gauge",
	            "1 when accounts are served, 0 while the store is sealed.",
	            sources->ready ? 1 : 0);
	metrics_add_accounts(text, sources->accounts);
	metrics_add(text, METRICS_PREFIX "hosts", "gauge", "Processes of gtalk-bridge-host.",
	            hosts->len);
	metrics_describe(text, METRICS_PREFIX "events_total", "counter",
	                 "Events that became durable, by type.");
	bridge_event_tail_foreach_type(sources->tail, metrics_add_type_cb, text);
	metrics_add_api(text, sources->api);
	metrics_add_push(text, bridge_api_get_push(sources->api));
	metrics_add_store(text, bridge_config_get_store_path(bridge_api_get_config(sources->api)),
	                  bridge_accounts_get_store(sources->accounts));
	metrics_add_process(text);
	return g_string_free(text, FALSE);
}
