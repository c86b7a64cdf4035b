/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"
#include "bridge-account-feature.h"

#include "base/bridge-backoff.h"
#include "base/bridge-error.h"
#include "bridge-events.h"
#include "link/bridge-link.h"
#include "base/bridge-log.h"
#include "bridge-requests.h"
#include "bridge-rooms.h"
#include "base/bridge-secret.h"
#include "link/bridge-timers.h"

/* Since it last brought something: the plugin puts a question twice, and waits 30 s each time. */
#define ACCOUNT_ARCHIVE_DEADLINE_S 75

#define ACCOUNT_ATTEMPTS_LATER 5     /* half a minute */
#define ACCOUNT_ATTEMPTS_NOT_SOON 16 /* the longest wait */

G_DEFINE_FINAL_TYPE(BridgeAccount, bridge_account, G_TYPE_OBJECT)

static guint bridge_account_signals[BRIDGE_ACCOUNT_N_SIGNALS];

/* ---- What a reason means --------------------------------------------------------------------- */

static const struct {
	const char *reason;
	BridgeAccountState state;
	const char *user_action;
	guint least_attempts; /* the wait is as if there had been so many in vain */
} bridge_account_reasons[] = {
	{BRIDGE_REASON_CREDENTIALS_REFUSED, BRIDGE_ACCOUNT_SIGNED_OUT, "sign-in-again"},
	{BRIDGE_REASON_UNSUPPORTED, BRIDGE_ACCOUNT_SIGNED_OUT, "ask-administrator"},
	{BRIDGE_REASON_CAPTCHA, BRIDGE_ACCOUNT_SIGNED_OUT, "sign-in-again"},
	{BRIDGE_REASON_IDLE, BRIDGE_ACCOUNT_SIGNED_OUT, NULL},
	/* A certificate gets renewed, an attacker goes away: nobody should have to sign in again
         * for that. Nothing secret is sent on such a stream. */
	{BRIDGE_REASON_CERTIFICATE_REFUSED, BRIDGE_ACCOUNT_WAITING, "ask-administrator"},
	{BRIDGE_REASON_ENCRYPTION, BRIDGE_ACCOUNT_WAITING, "ask-administrator"},
	{BRIDGE_REASON_QUARANTINED, BRIDGE_ACCOUNT_WAITING, "ask-administrator"},
	{BRIDGE_REASON_TOKEN_SERVICE, BRIDGE_ACCOUNT_WAITING, "ask-administrator"},
	/* RFC 6120, section 4.9.3 */
	{BRIDGE_REASON_OVERLOADED, BRIDGE_ACCOUNT_WAITING, "wait", ACCOUNT_ATTEMPTS_LATER},
	{BRIDGE_REASON_POLICY, BRIDGE_ACCOUNT_WAITING, "wait", ACCOUNT_ATTEMPTS_LATER},
	{BRIDGE_REASON_HOST_GONE, BRIDGE_ACCOUNT_WAITING, "ask-administrator",
         ACCOUNT_ATTEMPTS_NOT_SOON},
	{BRIDGE_REASON_REDIRECTED, BRIDGE_ACCOUNT_WAITING, "ask-administrator",
         ACCOUNT_ATTEMPTS_NOT_SOON},
	{NULL, BRIDGE_ACCOUNT_WAITING, "wait"},
};

static guint
bridge_account_find_reason(const char *reason)
{
	guint i = 0;

	while (bridge_account_reasons[i].reason != NULL &&
	       g_strcmp0(bridge_account_reasons[i].reason, reason) != 0)
		i++;
	return i;
}

/* ---- States ---------------------------------------------------------------------------------- */

static const char *const bridge_account_state_names[] = {"connecting", "online", "waiting",
                                                         "signed-out"};

static const gboolean bridge_account_moves[4][4] = {
	[BRIDGE_ACCOUNT_CONNECTING] = {[BRIDGE_ACCOUNT_ONLINE] = TRUE,
                                       [BRIDGE_ACCOUNT_WAITING] = TRUE,
                                       [BRIDGE_ACCOUNT_SIGNED_OUT] = TRUE},
	[BRIDGE_ACCOUNT_ONLINE] =
		{[BRIDGE_ACCOUNT_WAITING] = TRUE, [BRIDGE_ACCOUNT_SIGNED_OUT] = TRUE},
	[BRIDGE_ACCOUNT_WAITING] =
		{[BRIDGE_ACCOUNT_CONNECTING] = TRUE, [BRIDGE_ACCOUNT_SIGNED_OUT] = TRUE},
	[BRIDGE_ACCOUNT_SIGNED_OUT] =
		{[BRIDGE_ACCOUNT_CONNECTING] = TRUE, [BRIDGE_ACCOUNT_WAITING] = TRUE},
};

const char *
bridge_account_state_to_string(BridgeAccountState state)
{
	return bridge_account_state_names[state];
}

static void
bridge_account_leave_pacer(BridgeAccount *self, guint64 *ticket)
{
	if (*ticket != 0)
		bridge_pacer_leave(self->pacer, *ticket);
	*ticket = 0;
}

/* @write: (nullable): where the event goes; else into a write of its own */
void
bridge_account_set_state(BridgeAccount *self, BridgeWrite *write, BridgeAccountState state,
                         const char *reason, const char *detail)
{
	BridgeWrite *own = write == NULL ? bridge_write_new(self, NULL) : NULL;

	g_return_if_fail(bridge_account_moves[self->state][state]);

	bridge_log_account(G_LOG_LEVEL_MESSAGE, self->record->id, "account %s: %s -> %s (%s)",
	                   self->record->id, bridge_account_state_to_string(self->state),
	                   bridge_account_state_to_string(state),
	                   reason != NULL ? reason : "as asked");
	self->state = state;
	g_free(self->reason);
	self->reason = g_strdup(reason);
	self->user_action =
		reason != NULL
			? bridge_account_reasons[bridge_account_find_reason(reason)].user_action
			: NULL;
	if (state != BRIDGE_ACCOUNT_WAITING)
		self->next_try_us = 0;
	if (state != BRIDGE_ACCOUNT_CONNECTING)
		bridge_account_leave_pacer(self, &self->under_way);
	if (self->online_since_us > 0)
		self->away_since_us = g_get_real_time();
	self->online_since_us = state == BRIDGE_ACCOUNT_ONLINE ? g_get_real_time() : 0;
	bridge_write_add_event(own != NULL ? own : write,
	                       bridge_event_new_account_state(bridge_account_state_to_string(state),
	                                                      self->reason, detail,
	                                                      self->user_action, self->next_try_us),
	                       NULL);
	if (own != NULL)
		bridge_write_commit(own, NULL, NULL);
	bridge_account_emit(self, BRIDGE_ACCOUNT_SIGNAL_STATE_CHANGED);
}

void
bridge_account_clear_timers(BridgeAccount *self)
{
	g_clear_handle_id(&self->retry_timer, g_source_remove);
	g_clear_handle_id(&self->connect_deadline, g_source_remove);
	g_clear_handle_id(&self->archive_deadline, g_source_remove);
	bridge_account_leave_pacer(self, &self->turn);
	bridge_account_leave_pacer(self, &self->under_way);
}

static gboolean
bridge_account_retry_cb(gpointer user_data)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);

	self->retry_timer = 0;
	bridge_account_wait_for_turn(self);
	return G_SOURCE_REMOVE;
}

static void
bridge_account_plan_retry(BridgeAccount *self, const char *reason)
{
	guint least = bridge_account_reasons[bridge_account_find_reason(reason)].least_attempts;
	gint64 quarantine_us = bridge_quarantine_get_delay_us(&self->quarantine);
	gint64 delay_us;

	if (self->online_since_us > 0 &&
	    bridge_backoff_is_over(g_get_real_time() - self->online_since_us,
	                           g_str_equal(reason, BRIDGE_REASON_CONFLICT)))
		self->attempts = 0;
	self->attempts = MAX(self->attempts, least);
	delay_us = bridge_backoff_get_delay_us(self->attempts++);
	delay_us = MAX(delay_us, quarantine_us);
	self->next_try_us = g_get_real_time() + delay_us;
	self->retry_timer = g_timeout_add((guint)(delay_us / 1000), bridge_account_retry_cb, self);
}

/* The one way down: @reason decides whether waiting can mend it. */
void
bridge_account_went_offline(BridgeAccount *self, BridgeWrite *write, const char *reason,
                            const char *detail)
{
	BridgeAccountState state = bridge_account_reasons[bridge_account_find_reason(reason)].state;
	BridgeWrite *own = write == NULL ? bridge_write_new(self, NULL) : NULL;

	bridge_account_features_offline(self, own != NULL ? own : write);
	bridge_account_leave(self);
	if (self->stopping || self->erased) {
		if (own != NULL)
			bridge_write_commit(own, NULL, NULL);
		return;
	}
	if (g_str_equal(reason, BRIDGE_REASON_CONFLICT)) {
		g_free(self->record->resource);
		self->record->resource = bridge_account_make_resource();
	}
	if (state == BRIDGE_ACCOUNT_WAITING) {
		bridge_account_plan_retry(self, reason);
	} else {
		g_free(self->record->signed_out);
		self->record->signed_out = g_strdup(reason);
	}
	bridge_write_add_record(own != NULL ? own : write);
	bridge_account_set_state(self, own != NULL ? own : write, state, reason, detail);
	if (g_strcmp0(self->user_action, "sign-in-again") == 0)
		bridge_requests_ask_to_sign_in(self, own != NULL ? own : write);
	if (own != NULL)
		bridge_write_commit(own, NULL, NULL);
}

static gboolean
bridge_account_archive_deadline_cb(gpointer user_data)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);
	BridgeWrite *write;

	if (g_get_monotonic_time() - self->archive_news_us <
	    ACCOUNT_ARCHIVE_DEADLINE_S * (gint64)G_USEC_PER_SEC)
		return G_SOURCE_CONTINUE;
	self->archive_deadline = 0;
	write = bridge_write_new(self, NULL);
	bridge_account_archive_ended(self, write, FALSE);
	bridge_write_commit(write, NULL, NULL);
	bridge_account_pump(self);
	return G_SOURCE_REMOVE;
}

void
bridge_account_archive_ended(BridgeAccount *self, BridgeWrite *write, gboolean complete)
{
	g_clear_handle_id(&self->archive_deadline, g_source_remove);
	self->archive_reading = FALSE;
	bridge_account_resolve_doubtful(self, write, complete);
}

static void
bridge_account_begin_archive(BridgeAccount *self)
{
	self->archive_reading = TRUE;
	self->archive_caught_up = FALSE;
	self->archive_reverted = FALSE;
	bridge_archive_place_load(self->archive_place, self->record->archive_after);
	self->archive_news_us = g_get_monotonic_time();
	g_clear_handle_id(&self->archive_deadline, g_source_remove);
	self->archive_deadline = g_timeout_add_seconds(ACCOUNT_ARCHIVE_DEADLINE_S + 1,
	                                               bridge_account_archive_deadline_cb, self);
}

char *
bridge_account_normalise_peer(BridgeAccount *self, const char *text, GError **error)
{
	g_autofree char *room = NULL;

	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);

	room = bridge_rooms_normalise(self, text, NULL);
	if (room != NULL && bridge_rooms_find(self, room) != NULL)
		return g_steal_pointer(&room);
	return self->protocol->normalise_peer(text, error);
}

char *
bridge_account_dup_own_jid(BridgeAccount *self)
{
	const char *bound = self->record->bound_jid;
	g_autofree char *resource = NULL;

	return bound != NULL ? self->protocol->split(bound, &resource)
	                     : g_strdup(self->record->username);
}

void
bridge_account_went_online(BridgeAccount *self, BridgeWrite *write, const char *bound_jid)
{
	g_clear_handle_id(&self->connect_deadline, g_source_remove);
	if (self->stopping || self->erased)
		return;
	if (bound_jid[0] != '\0' && g_strcmp0(bound_jid, self->record->bound_jid) != 0) {
		g_free(self->record->bound_jid);
		self->record->bound_jid = g_strdup(bound_jid);
		bridge_write_add_record(write);
	}
	if (self->record->signed_out != NULL) {
		g_clear_pointer(&self->record->signed_out, g_free);
		bridge_write_add_record(write);
	}
	bridge_quarantine_note_online(&self->quarantine, g_get_monotonic_time());
	bridge_roster_begin(self->roster);
	bridge_account_begin_archive(self);
	if (self->state != BRIDGE_ACCOUNT_ONLINE)
		bridge_account_set_state(self, write, BRIDGE_ACCOUNT_ONLINE, NULL, NULL);
	bridge_account_features_online(self, write);
}

gboolean
bridge_account_is_quarantined(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), FALSE);
	return bridge_quarantine_is_on(&self->quarantine, g_get_monotonic_time());
}

void
bridge_account_release(BridgeAccount *self)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	bridge_quarantine_release(&self->quarantine);
	self->attempts = 0;
	if (self->retry_timer == 0)
		return;
	g_clear_handle_id(&self->retry_timer, g_source_remove);
	bridge_account_wait_for_turn(self);
}

/* ---- Its end --------------------------------------------------------------------------------- */

void
bridge_account_check_stopped(BridgeAccount *self)
{
	GTask *task;

	if (self->stop == NULL || self->sessions > 0 || self->writes > 0 ||
	    !g_queue_is_empty(&self->outcomes))
		return;
	task = g_steal_pointer(&self->stop);
	g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

void
bridge_account_stop_async(BridgeAccount *self, GAsyncReadyCallback callback, gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));
	g_return_if_fail(self->stop == NULL);

	self->stop = g_task_new(self, NULL, callback, user_data);
	g_task_set_source_tag(self->stop, bridge_account_stop_async);
	self->stopping = TRUE;
	bridge_account_leave(self);
	bridge_account_check_stopped(self);
}

gboolean
bridge_account_stop_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

void
bridge_account_abandon_async(BridgeAccount *self, GAsyncReadyCallback callback, gpointer user_data)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	self->erased = TRUE;
	bridge_account_stop_async(self, callback, user_data);
}

gboolean
bridge_account_abandon_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	return bridge_account_stop_finish(self, result, error);
}

void
bridge_account_resume(BridgeAccount *self)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	self->erased = FALSE;
	self->stopping = FALSE;
	if (self->state == BRIDGE_ACCOUNT_ONLINE || self->state == BRIDGE_ACCOUNT_CONNECTING)
		bridge_account_went_offline(self, NULL, BRIDGE_REASON_SIGNED_OUT, NULL);
	else
		bridge_account_start(self);
}

/* ---- What it says of itself ------------------------------------------------------------------ */

void
bridge_account_emit(BridgeAccount *self, guint signal)
{
	g_signal_emit(self, bridge_account_signals[signal], 0);
}

void
bridge_account_emit_events(BridgeAccount *self, GPtrArray *events)
{
	g_signal_emit(self, bridge_account_signals[BRIDGE_ACCOUNT_SIGNAL_EVENTS], 0, events);
}

void
bridge_account_emit_ephemeral(BridgeAccount *self, BridgeEventKind kind, const char *json)
{
	g_return_if_fail(bridge_event_kind_is_ephemeral(kind));
	g_signal_emit(self, bridge_account_signals[BRIDGE_ACCOUNT_SIGNAL_EPHEMERAL], 0,
	              bridge_event_kind_get_name(kind), json);
}

const BridgeAccountRecord *
bridge_account_get_record(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->record;
}

const char *
bridge_account_get_id(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->record->id;
}

const char *
bridge_account_get_protocol(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->record->protocol;
}

const char *
bridge_account_get_username(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->record->username;
}

const char *
bridge_account_get_bound_jid(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->record->bound_jid;
}

BridgeAccountState
bridge_account_get_state(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), BRIDGE_ACCOUNT_SIGNED_OUT);
	return self->state;
}

const char *
bridge_account_get_reason(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->reason;
}

const char *
bridge_account_get_user_action(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return self->user_action;
}

gint64
bridge_account_get_next_try_us(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), 0);
	return self->next_try_us;
}

gint64
bridge_account_get_last_traffic_us(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), 0);
	return self->last_traffic_us;
}

const char *const *
bridge_account_get_features(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return (const char *const *)self->features;
}

guint64
bridge_account_get_seq(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), 0);
	return self->seq;
}

void
bridge_account_raise_seq(BridgeAccount *self, guint64 seq)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));
	self->seq = MAX(self->seq, seq);
}

GPtrArray *
bridge_account_get_contacts(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return bridge_roster_get_contacts(self->roster);
}

gboolean
bridge_account_knows_contacts(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), FALSE);
	return bridge_roster_is_complete(self->roster);
}

const BridgeContact *
bridge_account_find_contact(BridgeAccount *self, const char *jid)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), NULL);
	return bridge_roster_get_contact(self->roster, jid);
}

/* ---- Its beginning --------------------------------------------------------------------------- */

char *
bridge_account_make_resource(void)
{
	g_autofree char *unique = bridge_secret_make_id();

	unique[8] = '\0';
	return g_strconcat("bridge-", unique, NULL);
}

static void
bridge_account_load_sendings(BridgeAccount *self, GPtrArray *outgoing)
{
	for (guint i = 0; i < outgoing->len; i++) {
		BridgeSending *sending = g_new0(BridgeSending, 1);

		sending->record = bridge_outgoing_record_copy(g_ptr_array_index(outgoing, i));
		sending->phase = sending->record->status == BRIDGE_OUTGOING_SENT
		                         ? BRIDGE_SENDING_DOUBTFUL
		                         : BRIDGE_SENDING_FRESH;
		g_queue_push_tail(&self->sendings, sending);
	}
}

BridgeAccount *
bridge_account_new(BridgeStore *store, BridgeSupervisor *supervisor, BridgePacer *pacer,
                   const BridgePatience *patience, const BridgeDomainConfig *domain,
                   BridgeAccountRecord *record, guint64 seq, guint64 stream, GPtrArray *outgoing)
{
	BridgeAccount *self = g_object_new(BRIDGE_TYPE_ACCOUNT, NULL);
	guint reason;

	self->store = g_object_ref(store);
	self->supervisor = g_object_ref(supervisor);
	self->pacer = g_object_ref(pacer);
	self->patience = patience;
	self->domain = domain;
	self->protocol = bridge_protocol_get(record->protocol);
	self->record = record;
	self->seq = seq;
	self->stream = stream;
	self->state = BRIDGE_ACCOUNT_WAITING;
	if (record->signed_out != NULL) {
		self->state = BRIDGE_ACCOUNT_SIGNED_OUT;
		self->reason = g_strdup(record->signed_out);
		reason = bridge_account_find_reason(self->reason);
		self->user_action = bridge_account_reasons[reason].user_action;
	}
	if (outgoing != NULL) {
		bridge_account_load_sendings(self, outgoing);
		g_ptr_array_unref(outgoing);
	}
	return self;
}

static void
bridge_account_finalize(GObject *object)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(object);

	bridge_account_clear_timers(self);
	g_clear_handle_id(&self->idle_timer, bridge_timers_remove);
	bridge_account_free_sendings(self);
	g_hash_table_unref(self->sends);
	g_clear_pointer(&self->record, bridge_account_record_free);
	bridge_roster_free(self->roster);
	g_strfreev(self->features);
	g_free(self->reason);
	bridge_archive_place_free(self->archive_place);
	g_free(self->wire_prefix);
	g_free(self->suspect);
	g_clear_object(&self->store);
	g_clear_object(&self->supervisor);
	g_clear_object(&self->pacer);
	G_OBJECT_CLASS(bridge_account_parent_class)->finalize(object);
}

static void
bridge_account_init(BridgeAccount *self)
{
	self->roster = bridge_roster_new();
	self->archive_place = bridge_archive_place_new();
	self->sends = g_hash_table_new(g_str_hash, g_str_equal);
	g_queue_init(&self->sendings);
	g_queue_init(&self->outcomes);
}

static void
bridge_account_class_init(BridgeAccountClass *klass)
{
	GType type = BRIDGE_TYPE_ACCOUNT;

	G_OBJECT_CLASS(klass)->finalize = bridge_account_finalize;
	bridge_account_signals[BRIDGE_ACCOUNT_SIGNAL_EVENTS] =
		g_signal_new("events", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
	                     G_TYPE_PTR_ARRAY);
	bridge_account_signals[BRIDGE_ACCOUNT_SIGNAL_EPHEMERAL] =
		g_signal_new("ephemeral", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
	                     2, G_TYPE_STRING, G_TYPE_STRING);
	bridge_account_signals[BRIDGE_ACCOUNT_SIGNAL_ERASED] = g_signal_new(
		"erased", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
	bridge_account_signals[BRIDGE_ACCOUNT_SIGNAL_STATE_CHANGED] = g_signal_new(
		"state-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
