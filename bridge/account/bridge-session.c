/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-session.h"

#include "bridge-account-notes.h"
#include "bridge-archive-place.h"
#include "link/bridge-link.h"
#include "base/bridge-secret.h"

typedef struct {
	BridgeHostEvents *call; /* NULL: answered already */
	GVariant *events;
} BridgeHeldEvents;

struct _BridgeSession {
	GObject parent_instance;

	BridgeSupervisor *supervisor;
	char *seat_id; /* what hosts know it by: new for each session */
	char *resource;
	BridgePlace place;
	GVariant *settings;
	GBytes *credential; /* until it was handed over */
	BridgeSessionVerdict verdict;
	gpointer verdict_data;
	BridgeSessionOwner owner;
	gpointer owner_data;
	GQueue held;         /* BridgeHeldEvents, while there is no owner */
	char *new_mechanism; /* likewise: what is to be kept, or NULL */
	GBytes *new_credential;
	GHashTable *streams; /* the host's number (guint) -> the account's (guint64 *) */
	gboolean at_end;     /* see bridge_session_begins_at_end() */
	gboolean seated;     /* the supervisor has a place for it */
	gboolean ending;     /* without an owner: nothing is held any more */
};

G_DEFINE_FINAL_TYPE(BridgeSession, bridge_session, G_TYPE_OBJECT)

static void
bridge_session_insert_place(GVariantDict *settings, const char *text)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();
	const char *newest;
	const char *base;
	g_autofree char *recent = NULL;

	bridge_archive_place_load(place, text);
	newest = bridge_archive_place_get_newest(place);
	base = bridge_archive_place_get_base(place);
	if (newest != NULL && g_strcmp0(newest, base) != 0)
		recent = g_strconcat(base != NULL ? base : "", "\n", newest, NULL);
	g_variant_dict_insert(settings, "archive-after", "s", newest != NULL ? newest : "");
	g_variant_dict_insert(settings, "archive-recent", "s", recent != NULL ? recent : "");
}

static const char *const bridge_session_token_services[] = {
	[BRIDGE_TOKEN_SERVICE_KIND_NONE] = "",
	[BRIDGE_TOKEN_SERVICE_KIND_OAUTH2] = BRIDGE_TOKEN_SERVICE_OAUTH2,
	[BRIDGE_TOKEN_SERVICE_KIND_CLIENT_LOGIN] = BRIDGE_TOKEN_SERVICE_CLIENT_LOGIN,
};

static void
bridge_session_insert_token_service(GVariantDict *settings, const BridgeDomainConfig *domain)
{
	g_variant_dict_insert(settings, "token-service", "s",
	                      bridge_session_token_services[domain->token_service]);
	g_variant_dict_insert(settings, "token-url", "s", domain->token_url);
	g_variant_dict_insert(settings, "token-client-id", "s", domain->token_client_id);
	g_variant_dict_insert(settings, "token-scope", "s", domain->token_scope);
}

/* What the account's features keep, without the notes of others. */
static GVariant *
bridge_session_build_wanted(GVariant *kept)
{
	GVariantDict wanted;
	GVariantIter iter;
	const char *name = NULL;
	GVariant *value = NULL;

	g_variant_dict_init(&wanted, NULL);
	g_variant_iter_init(&iter, kept);
	while (g_variant_iter_loop(&iter, "{&sv}", &name, &value))
		if (!g_str_has_prefix(name, BRIDGE_ACCOUNT_NOTES_PREFIX))
			g_variant_dict_insert_value(&wanted, name, value);
	return g_variant_dict_end(&wanted);
}

static GVariant *
bridge_session_build_settings(const BridgeAccountRecord *record, const BridgeDomainConfig *domain,
                              gint64 archive_since_s)
{
	GVariantDict settings;

	g_variant_dict_init(&settings, NULL);
	g_variant_dict_insert(&settings, "protocol", "s", record->protocol);
	g_variant_dict_insert(&settings, "username", "s", record->username);
	g_variant_dict_insert(&settings, "resource", "s", record->resource);
	g_variant_dict_insert(&settings, "mechanism", "s", record->mechanism);
	bridge_session_insert_token_service(&settings, domain);
	g_variant_dict_insert(&settings, "server", "s", domain->server);
	g_variant_dict_insert(&settings, "port", "q", domain->port);
	g_variant_dict_insert(&settings, "security", "s",
	                      domain->direct_tls ? "direct" : "starttls");
	g_variant_dict_insert(&settings, "pins", "^as", domain->pins);
	bridge_session_insert_place(&settings, record->archive_after);
	g_variant_dict_insert(&settings, "archive-since", "x", archive_since_s);
	if (record->kept != NULL)
		g_variant_dict_insert_value(&settings, "wanted",
		                            bridge_session_build_wanted(record->kept));
	return g_variant_dict_end(&settings);
}

BridgeSession *
bridge_session_new(BridgeSupervisor *supervisor, const BridgeAccountRecord *record,
                   const BridgeDomainConfig *domain, BridgePlace place, gint64 archive_since_s)
{
	BridgeSession *self = g_object_new(BRIDGE_TYPE_SESSION, NULL);

	self->supervisor = g_object_ref(supervisor);
	self->seat_id = bridge_secret_make_id();
	self->resource = g_strdup(record->resource);
	self->place = place;
	self->settings =
		g_variant_ref_sink(bridge_session_build_settings(record, domain, archive_since_s));
	self->credential = g_bytes_ref(record->credential);
	self->at_end = archive_since_s == 0 && record->archive_after == NULL;
	return self;
}

gboolean
bridge_session_begins_at_end(BridgeSession *self)
{
	return self->at_end;
}

/* ---- Probation ------------------------------------------------------------------------------- */

static void
bridge_session_judge(BridgeSession *self, const char *reason, const char *detail)
{
	BridgeSessionVerdict verdict = self->verdict;

	if (verdict == NULL)
		return;
	self->verdict = NULL;
	verdict(self, reason, detail, self->verdict_data);
}

/* Looks for the first news of success or failure. */
static void
bridge_session_look(BridgeSession *self, GVariant *events)
{
	GVariantIter iter;
	GVariant *data;
	const char *type;

	g_variant_iter_init(&iter, events);
	while (g_variant_iter_next(&iter, "(t&s&sv)", NULL, NULL, &type, &data)) {
		g_autoptr(GVariant) owned = data;
		const char *state = "";
		const char *reason = BRIDGE_REASON_SERVER;
		const char *detail = "";

		if (!g_str_equal(type, "state") ||
		    !g_variant_is_of_type(data, G_VARIANT_TYPE_VARDICT) ||
		    !g_variant_lookup(data, "state", "&s", &state))
			continue;
		g_variant_lookup(data, "reason", "&s", &reason);
		g_variant_lookup(data, "detail", "&s", &detail);
		if (g_str_equal(state, "online"))
			bridge_session_judge(self, NULL, NULL);
		else if (g_str_equal(state, "offline"))
			bridge_session_judge(self, reason, detail);
	}
}

/* Nobody will own it. A host waits for the answers before it signs out; messages must not pass for
 * stored: rather the host goes, and they come again. */
static void
bridge_session_drop_held(BridgeSession *self)
{
	BridgeHeldEvents *held;

	while ((held = g_queue_pop_head(&self->held)) != NULL) {
		if (held->call != NULL)
			bridge_host_events_fail(held->call);
		g_variant_unref(held->events);
		g_free(held);
	}
}

static gboolean
bridge_session_has_messages(GVariant *events)
{
	GVariantIter iter;
	const char *type;

	g_variant_iter_init(&iter, events);
	while (g_variant_iter_next(&iter, "(t&s&sv)", NULL, NULL, &type, NULL))
		if (g_str_equal(type, "message"))
			return TRUE;
	return FALSE;
}

/* ---- What the supervisor tells --------------------------------------------------------------- */

static void
bridge_session_events(gpointer user_data, BridgeHostEvents *call, GVariant *events)
{
	g_autoptr(BridgeSession) self = g_object_ref(BRIDGE_SESSION(user_data));
	BridgeHeldEvents *held;

	if (self->owner.events != NULL) {
		self->owner.events(self->owner_data, self, call, events);
		return;
	}
	/* Only messages have to be durable before the host hears of it. To let it wait for other
	 * news would fill its window: four that are tried at once would stop each other. */
	held = g_new0(BridgeHeldEvents, 1);
	held->events = g_variant_ref(events);
	if (bridge_session_has_messages(events))
		held->call = call;
	else
		bridge_host_events_done(call);
	g_queue_push_tail(&self->held, held);
	bridge_session_look(self, events);
	if (self->ending)
		bridge_session_drop_held(self);
}

static void
bridge_session_lost(gpointer user_data, const GError *error)
{
	g_autoptr(BridgeSession) self = g_object_ref(BRIDGE_SESSION(user_data));

	self->seated = FALSE;
	if (self->owner.lost != NULL)
		self->owner.lost(self->owner_data, self, error);
	else
		bridge_session_judge(self, BRIDGE_REASON_HOST_LOST, error->message);
	bridge_session_drop_held(self);
	g_object_unref(self); /* the place's */
}

static void
bridge_session_suspicion(gpointer user_data, const BridgeBlackBoxNote *note)
{
	BridgeSession *self = BRIDGE_SESSION(user_data);

	if (self->owner.suspicion != NULL)
		self->owner.suspicion(self->owner_data, self, note);
}

static void
bridge_session_traffic(gpointer user_data, gint64 time_us)
{
	BridgeSession *self = BRIDGE_SESSION(user_data);

	if (self->owner.traffic != NULL)
		self->owner.traffic(self->owner_data, self, time_us);
}

static void
bridge_session_credential(gpointer user_data, const char *mechanism, GBytes *credential)
{
	BridgeSession *self = BRIDGE_SESSION(user_data);

	if (self->owner.credential != NULL) {
		self->owner.credential(self->owner_data, self, mechanism, credential);
		return;
	}
	g_free(self->new_mechanism);
	self->new_mechanism = g_strdup(mechanism);
	g_clear_pointer(&self->new_credential, g_bytes_unref);
	self->new_credential = g_bytes_ref(credential);
}

GBytes *
bridge_session_get_new_credential(BridgeSession *self, const char **mechanism)
{
	g_return_val_if_fail(BRIDGE_IS_SESSION(self), NULL);

	*mechanism = self->new_mechanism;
	return self->new_credential;
}

static const BridgeHostClient bridge_session_client = {
	.events = bridge_session_events,
	.lost = bridge_session_lost,
	.suspicion = bridge_session_suspicion,
	.traffic = bridge_session_traffic,
	.credential = bridge_session_credential,
};

/* ---- Its life -------------------------------------------------------------------------------- */

void
bridge_session_begin(BridgeSession *self, BridgeSessionVerdict verdict, gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_SESSION(self));
	g_return_if_fail(!self->seated && self->credential != NULL);

	self->verdict = verdict;
	self->verdict_data = user_data;
	self->seated = TRUE;
	g_object_ref(self); /* the place's */
	bridge_supervisor_sign_in(self->supervisor, self->seat_id, self->place, self->settings,
	                          self->credential, &bridge_session_client, self);
	g_clear_pointer(&self->credential, g_bytes_unref);
	g_clear_pointer(&self->settings, g_variant_unref);
}

void
bridge_session_release(BridgeSession *self, const BridgeSessionOwner *owner, gpointer user_data)
{
	g_autoptr(BridgeSession) guard = g_object_ref(self);
	BridgeHeldEvents *held;

	g_return_if_fail(BRIDGE_IS_SESSION(self));
	g_return_if_fail(self->owner.events == NULL);

	self->verdict = NULL;
	self->owner = *owner;
	self->owner_data = user_data;
	if (self->new_credential != NULL && owner->credential != NULL)
		owner->credential(user_data, self, self->new_mechanism, self->new_credential);
	while ((held = g_queue_pop_head(&self->held)) != NULL) {
		owner->events(user_data, self, held->call, held->events);
		g_variant_unref(held->events);
		g_free(held);
	}
}

static void
bridge_session_ended_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	BridgeSession *self = BRIDGE_SESSION(g_task_get_source_object(task));

	bridge_supervisor_sign_out_finish(BRIDGE_SUPERVISOR(source), result, NULL);
	g_task_return_boolean(task, TRUE);
	if (self->seated) {
		self->seated = FALSE;
		g_object_unref(self); /* the place's; the task has its own */
	}
}

void
bridge_session_end_async(BridgeSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);

	g_return_if_fail(BRIDGE_IS_SESSION(self));

	g_task_set_source_tag(task, bridge_session_end_async);
	self->verdict = NULL;
	if (!self->seated) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	if (self->owner.events == NULL) {
		self->ending = TRUE;
		bridge_session_drop_held(self);
	}
	bridge_supervisor_sign_out_async(self->supervisor, self->seat_id, bridge_session_ended_cb,
	                                 g_steal_pointer(&task));
}

gboolean
bridge_session_end_finish(BridgeSession *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

static void
bridge_session_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;

	if (bridge_supervisor_send_finish(BRIDGE_SUPERVISOR(source), result, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

void
bridge_session_send_async(BridgeSession *self, const char *id, const char *to, const char *body,
                          GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);

	g_task_set_source_tag(task, bridge_session_send_async);
	bridge_supervisor_send_async(self->supervisor, self->seat_id, id, to, body,
	                             bridge_session_sent_cb, task);
}

gboolean
bridge_session_send_finish(BridgeSession *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

static void
bridge_session_requested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	GVariant *answer =
		bridge_supervisor_request_finish(BRIDGE_SUPERVISOR(source), result, &error);

	if (answer != NULL)
		g_task_return_pointer(task, answer, (GDestroyNotify)g_variant_unref);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

void
bridge_session_request_async(BridgeSession *self, const char *command, GVariant *arguments,
                             GAsyncReadyCallback callback, gpointer user_data)
{
	GTask *task = g_task_new(self, NULL, callback, user_data);

	g_task_set_source_tag(task, bridge_session_request_async);
	bridge_supervisor_request_async(self->supervisor, self->seat_id, command, arguments,
	                                bridge_session_requested_cb, task);
}

GVariant *
bridge_session_request_finish(BridgeSession *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

guint64
bridge_session_map_stream(BridgeSession *self, guint32 host_stream, guint64 *last)
{
	guint64 *number;

	g_return_val_if_fail(BRIDGE_IS_SESSION(self) && last != NULL, 0);

	number = g_hash_table_lookup(self->streams, GUINT_TO_POINTER(host_stream));
	if (number == NULL) {
		(*last)++;
		number = g_memdup2(last, sizeof *last);
		g_hash_table_insert(self->streams, GUINT_TO_POINTER(host_stream), number);
	}
	return *number;
}

gboolean
bridge_session_is_seated(BridgeSession *self)
{
	g_return_val_if_fail(BRIDGE_IS_SESSION(self), FALSE);
	return self->seated;
}

const char *
bridge_session_get_resource(BridgeSession *self)
{
	g_return_val_if_fail(BRIDGE_IS_SESSION(self), NULL);
	return self->resource;
}

static void
bridge_session_finalize(GObject *object)
{
	BridgeSession *self = BRIDGE_SESSION(object);

	g_object_unref(self->supervisor);
	g_free(self->seat_id);
	g_free(self->resource);
	g_clear_pointer(&self->settings, g_variant_unref);
	g_clear_pointer(&self->credential, g_bytes_unref);
	g_free(self->new_mechanism);
	g_clear_pointer(&self->new_credential, g_bytes_unref);
	bridge_session_drop_held(self);
	g_hash_table_unref(self->streams);
	G_OBJECT_CLASS(bridge_session_parent_class)->finalize(object);
}

static void
bridge_session_init(BridgeSession *self)
{
	g_queue_init(&self->held);
	self->streams = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

static void
bridge_session_class_init(BridgeSessionClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = bridge_session_finalize;
}
