/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-supervisor-private.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

#include "base/bridge-black-box.h"
#include "bridge-event-shares.h"
#include "bridge-host-link.h"
#include "link/bridge-link.h"
#include "base/bridge-secret.h"
#include "bridge-template.h"

#define SUPERVISOR_PROBE_INTERVAL_MS 15000
#define SUPERVISOR_IDLE_MS 60000
/* Some four times what a host of 100 accounts with rosters has: beyond it something leaks. */
#define SUPERVISOR_HOST_BYTES_MAX (512 * 1024 * 1024ULL)

G_DEFINE_FINAL_TYPE(BridgeSupervisor, bridge_supervisor, G_TYPE_OBJECT)

static void
bridge_seat_free(BridgeSeat *seat)
{
	g_free(seat->account_id);
	g_clear_pointer(&seat->settings, g_variant_unref);
	g_clear_pointer(&seat->credential, g_bytes_unref);
	g_free(seat);
}

static void
bridge_host_free(BridgeHost *host)
{
	g_clear_handle_id(&host->idle_timer, g_source_remove);
	g_signal_handlers_disconnect_by_data(host->link, host);
	g_object_unref(host->link);
	bridge_black_box_free(host->black_box);
	g_hash_table_unref(host->seats);
	g_free(host);
}

/* ---- Hosts coming and going ------------------------------------------------------------------ */

static gboolean
bridge_host_idle_cb(gpointer user_data)
{
	BridgeHost *host = user_data;

	host->idle_timer = 0;
	host->closed = TRUE;
	bridge_host_link_end(host->link);
	return G_SOURCE_REMOVE;
}

static void
bridge_host_check_idle(BridgeHost *host)
{
	gboolean idle = g_hash_table_size(host->seats) == 0;

	if (!idle)
		g_clear_handle_id(&host->idle_timer, g_source_remove);
	else if (host->idle_timer == 0)
		host->idle_timer = g_timeout_add(host->closed ? 0 : host->supervisor->idle_ms,
		                                 bridge_host_idle_cb, host);
}

void
bridge_supervisor_vacate(BridgeSupervisor *self, BridgeSeat *seat)
{
	BridgeHost *host = seat->host;

	g_hash_table_remove(host->seats, seat->account_id);
	g_hash_table_remove(self->seats, seat->account_id);
	bridge_host_check_idle(host);
}

static void
bridge_supervisor_lose(BridgeSupervisor *self, BridgeSeat *seat, const GError *error)
{
	BridgeHostClient client = seat->client;
	gpointer user_data = seat->user_data;
	gboolean leaving = seat->leaving;

	bridge_supervisor_vacate(self, seat);
	if (!leaving)
		client.lost(user_data, error);
}

static void
bridge_supervisor_check_stopped(BridgeSupervisor *self)
{
	GTask *task;

	if (self->stop == NULL || self->hosts->len > 0)
		return;
	task = g_steal_pointer(&self->stop);
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

/* Whom it was at work for when it died, as it wrote itself. */
static void
bridge_host_tell_suspicion(BridgeHost *host)
{
	const BridgeBlackBoxNote *note =
		host->black_box != NULL ? bridge_black_box_read(host->black_box) : NULL;
	BridgeSeat *guilty = note != NULL ? g_hash_table_lookup(host->seats, note->account) : NULL;
	g_autoptr(GList) seats = g_hash_table_get_values(host->seats);

	for (GList *l = guilty != NULL ? seats : NULL; l != NULL; l = l->next) {
		BridgeSeat *seat = l->data;

		if (!seat->leaving && seat->client.suspicion != NULL)
			seat->client.suspicion(seat->user_data, seat == guilty ? note : NULL);
	}
}

static void
bridge_host_gone_cb(BridgeHostLink *link, const GError *error, gpointer user_data)
{
	BridgeHost *host = user_data;
	g_autoptr(BridgeSupervisor) self = g_object_ref(host->supervisor);
	g_autoptr(GList) seats = g_hash_table_get_values(host->seats);

	bridge_host_tell_suspicion(host);
	if (g_hash_table_size(host->seats) > 0)
		g_warning("lost a host with %u accounts: %s", g_hash_table_size(host->seats),
		          error->message);
	host->closed = TRUE;
	for (GList *l = seats; l != NULL; l = l->next)
		bridge_supervisor_lose(self, l->data, error);
	g_ptr_array_remove_fast(self->hosts, host);
	bridge_supervisor_check_stopped(self);
}

static void
bridge_host_probed_cb(BridgeHostLink *link, GVariant *status, gpointer user_data)
{
	BridgeHost *host = user_data;
	g_autoptr(BridgeSupervisor) self = g_object_ref(host->supervisor);
	g_autoptr(GVariantIter) traffic = NULL;
	guint64 bytes = 0;
	const char *account_id;
	gint64 time_us;

	if (g_variant_lookup(status, "private-bytes", "t", &bytes) &&
	    bytes > SUPERVISOR_HOST_BYTES_MAX && !host->closed) {
		g_message("host %d has grown to %" G_GUINT64_FORMAT
		          " bytes: no new accounts for it",
		          (int)bridge_host_link_get_pid(link), bytes);
		host->closed = TRUE;
	}
	if (!g_variant_lookup(status, "last-traffic", "a{sx}", &traffic))
		return;
	while (g_variant_iter_next(traffic, "{&sx}", &account_id, &time_us)) {
		BridgeSeat *seat = g_hash_table_lookup(self->seats, account_id);

		if (seat != NULL && seat->host == host)
			seat->client.traffic(seat->user_data, time_us);
	}
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void
bridge_host_deliver_share(BridgeHost *host, BridgeHostEvents *call, const char *account_id,
                          GVariant *events)
{
	BridgeSeat *seat = g_hash_table_lookup(host->supervisor->seats, account_id);

	if (seat == NULL || seat->host != host)
		return;
	bridge_host_events_hold(call);
	seat->client.events(seat->user_data, call, events);
}

static void
bridge_host_deliver_cb(BridgeHostLink *link, BridgeHostEvents *call, GVariant *events,
                       gpointer user_data)
{
	BridgeHost *host = user_data;
	g_autoptr(BridgeSupervisor) self = g_object_ref(host->supervisor);
	g_autofree char *only = bridge_event_shares_dup_only(events);
	g_autoptr(GHashTable) shares = NULL;
	GHashTableIter iter;
	gpointer account_id;
	gpointer share;

	if (only != NULL) {
		bridge_host_deliver_share(host, call, only, events);
		return;
	}
	shares = bridge_event_shares_split(events);
	g_hash_table_iter_init(&iter, shares);
	while (g_hash_table_iter_next(&iter, &account_id, &share)) {
		g_autoptr(GVariant) part = g_variant_ref_sink(g_variant_builder_end(share));

		bridge_host_deliver_share(host, call, account_id, part);
	}
}

static void
bridge_host_credential_cb(BridgeHostLink *link, const char *account_id, const char *mechanism,
                          GBytes *credential, gpointer user_data)
{
	BridgeHost *host = user_data;
	BridgeSeat *seat = g_hash_table_lookup(host->seats, account_id);

	if (seat != NULL && seat->client.credential != NULL)
		seat->client.credential(seat->user_data, mechanism, credential);
}

/* ---- Signing in ------------------------------------------------------------------------------ */

typedef struct {
	BridgeSupervisor *self;
	BridgeHostLink *link;
	char *account_id;
} BridgeSignIn;

static void
bridge_sign_in_free(BridgeSignIn *sign_in)
{
	g_object_unref(sign_in->self);
	g_object_unref(sign_in->link);
	g_free(sign_in->account_id);
	g_free(sign_in);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgeSignIn, bridge_sign_in_free)

static void
bridge_supervisor_signed_in_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeSignIn) sign_in = user_data;
	g_autoptr(GError) error = NULL;
	BridgeSeat *seat;

	if (bridge_link_host1_call_sign_in_finish(BRIDGE_LINK_HOST1(source), NULL, result, &error))
		return;
	seat = g_hash_table_lookup(sign_in->self->seats, sign_in->account_id);
	if (seat != NULL && seat->host->link == sign_in->link)
		bridge_supervisor_lose(sign_in->self, seat, error);
}

/* The host's black box goes with them, if there is one. */
static GVariant *
bridge_seat_build_settings(BridgeSeat *seat, GUnixFDList *fds)
{
	BridgeBlackBox *box = seat->host->black_box;
	GVariantDict settings;
	int handle = -1;

	if (box != NULL)
		handle = g_unix_fd_list_append(fds, bridge_black_box_get_fd(box), NULL);
	g_variant_dict_init(&settings, seat->settings);
	if (handle >= 0)
		g_variant_dict_insert(&settings, BRIDGE_LINK_BLACK_BOX, "h", handle);
	return g_variant_ref_sink(g_variant_dict_end(&settings));
}

static void
bridge_supervisor_seat(BridgeSupervisor *self, BridgeSeat *seat)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	g_autoptr(GBytes) credential = g_steal_pointer(&seat->credential);
	g_autoptr(GVariant) settings = NULL;
	BridgeSignIn *sign_in;
	int fd = bridge_secret_to_fd(credential, &error);
	int handle = -1;

	if (fd >= 0) {
		handle = g_unix_fd_list_append(fds, fd, &error);
		close(fd);
	}
	if (handle < 0) {
		bridge_supervisor_lose(self, seat, error);
		return;
	}
	settings = bridge_seat_build_settings(seat, fds);
	sign_in = g_new0(BridgeSignIn, 1);
	sign_in->self = g_object_ref(self);
	sign_in->link = g_object_ref(seat->host->link);
	sign_in->account_id = g_strdup(seat->account_id);
	bridge_link_host1_call_sign_in(bridge_host_link_get_host(seat->host->link),
	                               seat->account_id, settings, g_variant_new_handle(handle),
	                               fds, NULL, bridge_supervisor_signed_in_cb, sign_in);
	g_clear_pointer(&seat->settings, g_variant_unref); /* a tree of many small pieces */
}

static void
bridge_host_ready_cb(BridgeHostLink *link, gpointer user_data)
{
	BridgeHost *host = user_data;
	g_autoptr(BridgeSupervisor) self = g_object_ref(host->supervisor);
	g_autoptr(GList) seats = g_hash_table_get_values(host->seats);

	g_message("host %d is ready", (int)bridge_host_link_get_pid(link));
	bridge_host_check_idle(host);
	for (GList *l = seats; l != NULL; l = l->next)
		bridge_supervisor_seat(self, l->data);
}

static void
bridge_supervisor_launched_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(BridgeHostLink) link = BRIDGE_HOST_LINK(user_data);
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeHostProcess) process = g_task_propagate_pointer(G_TASK(result), &error);

	bridge_host_link_launched(link, process, error);
}

static void
bridge_supervisor_template_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	BridgeHostProcess *process =
		bridge_template_spawn_finish(BRIDGE_TEMPLATE(source), result, &error);

	if (process == NULL)
		g_task_return_error(task, g_steal_pointer(&error));
	else
		g_task_return_pointer(task, process, g_object_unref);
}

static void
bridge_supervisor_launch_from_template(GTask *task, gpointer launch_data)
{
	bridge_template_spawn_async(BRIDGE_TEMPLATE(launch_data), NULL,
	                            bridge_supervisor_template_cb, g_object_ref(task));
}

static BridgeHost *
bridge_supervisor_start_host(BridgeSupervisor *self)
{
	BridgeHost *host = g_new0(BridgeHost, 1);
	g_autoptr(GTask) task = NULL;
	g_autoptr(GError) error = NULL;

	host->supervisor = self;
	host->seats = g_hash_table_new(g_str_hash, g_str_equal);
	host->black_box = bridge_black_box_new(&error);
	if (host->black_box == NULL)
		g_warning("%s", error->message);
	host->link = bridge_host_link_new(self->host_options, self->probe_interval_ms);
	g_signal_connect(host->link, "ready", G_CALLBACK(bridge_host_ready_cb), host);
	g_signal_connect(host->link, "gone", G_CALLBACK(bridge_host_gone_cb), host);
	g_signal_connect(host->link, "deliver", G_CALLBACK(bridge_host_deliver_cb), host);
	g_signal_connect(host->link, "probed", G_CALLBACK(bridge_host_probed_cb), host);
	g_signal_connect(host->link, "credential", G_CALLBACK(bridge_host_credential_cb), host);
	g_ptr_array_add(self->hosts, host);
	task = g_task_new(self, NULL, bridge_supervisor_launched_cb, g_object_ref(host->link));
	self->launch(task, self->launch_data);
	return host;
}

/* The first that has room: so hosts fill up one after the other. */
static BridgeHost *
bridge_supervisor_find_room(BridgeSupervisor *self)
{
	for (guint i = 0; i < self->hosts->len; i++) {
		BridgeHost *host = g_ptr_array_index(self->hosts, i);

		if (!host->closed && g_hash_table_size(host->seats) < self->accounts_per_host)
			return host;
	}
	return NULL;
}

typedef struct {
	BridgeHostClient client;
	gpointer user_data;
} BridgeRefusal;

static gboolean
bridge_supervisor_refuse_cb(gpointer user_data)
{
	BridgeRefusal *refusal = user_data;
	g_autoptr(GError) error =
		g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "the bridge is shutting down");

	refusal->client.lost(refusal->user_data, error);
	return G_SOURCE_REMOVE;
}

void
bridge_supervisor_sign_in(BridgeSupervisor *self, const char *account_id, BridgePlace place,
                          GVariant *settings, GBytes *credential, const BridgeHostClient *client,
                          gpointer user_data)
{
	g_autoptr(GVariant) owned = g_variant_ref_sink(settings);
	BridgeHost *host = NULL;
	BridgeSeat *seat;

	g_return_if_fail(BRIDGE_IS_SUPERVISOR(self));
	g_return_if_fail(account_id != NULL && credential != NULL && client != NULL);
	g_return_if_fail(!g_hash_table_contains(self->seats, account_id));

	if (self->stop != NULL) {
		BridgeRefusal refusal = {*client, user_data};

		g_idle_add_full(G_PRIORITY_DEFAULT, bridge_supervisor_refuse_cb,
		                g_memdup2(&refusal, sizeof refusal), g_free);
		return;
	}
	if (place == BRIDGE_PLACE_SHARED)
		host = bridge_supervisor_find_room(self);
	if (host == NULL) {
		host = bridge_supervisor_start_host(self);
		host->closed = place == BRIDGE_PLACE_ALONE;
	}
	seat = g_new0(BridgeSeat, 1);
	seat->account_id = g_strdup(account_id);
	seat->host = host;
	seat->settings = g_steal_pointer(&owned);
	seat->credential = g_bytes_ref(credential);
	seat->client = *client;
	seat->user_data = user_data;
	g_hash_table_insert(self->seats, seat->account_id, seat);
	g_hash_table_insert(host->seats, seat->account_id, seat);
	bridge_host_check_idle(host);
	if (bridge_host_link_get_state(host->link) == BRIDGE_HOST_LINK_READY)
		bridge_supervisor_seat(self, seat);
}

/* ---- The whole ------------------------------------------------------------------------------- */

void
bridge_supervisor_stop_async(BridgeSupervisor *self, GAsyncReadyCallback callback,
                             gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_SUPERVISOR(self));
	g_return_if_fail(self->stop == NULL);

	self->stop = g_task_new(self, NULL, callback, user_data);
	g_task_set_source_tag(self->stop, bridge_supervisor_stop_async);
	/* None of them goes before the main loop runs again. */
	for (guint i = 0; i < self->hosts->len; i++)
		bridge_host_link_end(((BridgeHost *)g_ptr_array_index(self->hosts, i))->link);
	bridge_supervisor_check_stopped(self);
}

gboolean
bridge_supervisor_stop_finish(BridgeSupervisor *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

GArray *
bridge_supervisor_dup_host_pids(BridgeSupervisor *self)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(GPid));

	g_return_val_if_fail(BRIDGE_IS_SUPERVISOR(self), pids);

	for (guint i = 0; i < self->hosts->len; i++) {
		BridgeHost *host = g_ptr_array_index(self->hosts, i);
		GPid pid = bridge_host_link_get_pid(host->link);

		if (pid > 0)
			g_array_append_val(pids, pid);
	}
	return pids;
}

BridgeSupervisor *
bridge_supervisor_new(const BridgeSupervisorOptions *options)
{
	BridgeSupervisor *self = g_object_new(BRIDGE_TYPE_SUPERVISOR, NULL);
	GVariantDict host_options;

	g_return_val_if_fail(options->accounts_per_host > 0, NULL);

	g_variant_dict_init(&host_options, NULL);
	g_variant_dict_insert(&host_options, "ca-directory", "s",
	                      options->ca_directory != NULL ? options->ca_directory : "");
	if (options->private_networks != NULL)
		g_variant_dict_insert(&host_options, "private-networks", "^as",
		                      options->private_networks);
	self->host_options = g_variant_ref_sink(g_variant_dict_end(&host_options));
	self->accounts_per_host = options->accounts_per_host;
	self->probe_interval_ms = options->probe_interval_ms > 0 ? options->probe_interval_ms
	                                                         : SUPERVISOR_PROBE_INTERVAL_MS;
	self->idle_ms = options->idle_ms > 0 ? options->idle_ms : SUPERVISOR_IDLE_MS;
	self->launch = options->launch;
	self->launch_data = options->launch_data;
	if (self->launch == NULL) {
		self->template = bridge_template_new(options->program, options->protocols);
		self->launch = bridge_supervisor_launch_from_template;
		self->launch_data = self->template;
	}
	return self;
}

static void
bridge_supervisor_finalize(GObject *object)
{
	BridgeSupervisor *self = BRIDGE_SUPERVISOR(object);

	g_clear_object(&self->template);
	g_ptr_array_unref(self->hosts);
	g_hash_table_unref(self->seats);
	g_clear_pointer(&self->host_options, g_variant_unref);
	G_OBJECT_CLASS(bridge_supervisor_parent_class)->finalize(object);
}

static void
bridge_supervisor_init(BridgeSupervisor *self)
{
	self->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_host_free);
	self->seats = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	                                    (GDestroyNotify)bridge_seat_free);
}

static void
bridge_supervisor_class_init(BridgeSupervisorClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = bridge_supervisor_finalize;
}
