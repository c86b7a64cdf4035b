/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"

#include "bridge-link.h"

#define ACCOUNT_ACTIVE_US (15 * (gint64)G_USEC_PER_SEC)
#define ACCOUNT_DEATHS_US (300 * (gint64)G_USEC_PER_SEC)
#define ACCOUNT_ARCHIVE_SLACK_US (300 * (gint64)G_USEC_PER_SEC) /* clocks differ */

static void
bridge_account_session_events(gpointer user_data, BridgeSession *session, BridgeHostEvents *call,
                              GVariant *events)
{
	g_autoptr(BridgeAccount) self = g_object_ref(BRIDGE_ACCOUNT(user_data));

	bridge_account_take_events(self, session, call, events);
}

static void
bridge_account_session_gone(BridgeAccount *self)
{
	self->sessions--;
	if (self->sessions == 0 && self->retry_timer == 0 && self->turn == 0 &&
	    self->state == BRIDGE_ACCOUNT_WAITING && !self->stopping && !self->erased)
		bridge_account_wait_for_turn(self);
	bridge_account_check_stopped(self);
	g_object_unref(self); /* the session's */
}

/* By our own durability rule a stanza that killed its host comes again: whoever was active is to
 * sign in where it can kill nobody else, and everybody whose hosts keep dying. */
static void
bridge_account_note_death(BridgeAccount *self)
{
	gint64 now_us = g_get_monotonic_time();
	gboolean active =
		self->last_event_us > 0 && now_us - self->last_event_us < ACCOUNT_ACTIVE_US;

	if (self->deaths > 0 && now_us - self->last_death_us > ACCOUNT_DEATHS_US)
		self->deaths = 0;
	self->deaths++;
	self->last_death_us = now_us;
	self->place = active || self->deaths > 1 ? BRIDGE_PLACE_ALONE : BRIDGE_PLACE_SHARED;
}

static void
bridge_account_session_lost(gpointer user_data, BridgeSession *session, const GError *error)
{
	g_autoptr(BridgeAccount) self = g_object_ref(BRIDGE_ACCOUNT(user_data));

	if (session == self->session) {
		bridge_account_note_death(self);
		bridge_account_went_offline(self, NULL, BRIDGE_REASON_HOST_LOST, error->message);
	}
}

static void
bridge_account_session_traffic(gpointer user_data, BridgeSession *session, gint64 time_us)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);

	self->last_traffic_us = MAX(self->last_traffic_us, time_us);
}

static const BridgeSessionOwner bridge_account_session_owner = {
	.events = bridge_account_session_events,
	.lost = bridge_account_session_lost,
	.traffic = bridge_account_session_traffic,
};

static void
bridge_account_left_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);

	bridge_session_end_finish(BRIDGE_SESSION(source), result, NULL);
	bridge_account_session_gone(self);
}

void
bridge_account_leave(BridgeAccount *self)
{
	g_autoptr(BridgeSession) session = g_steal_pointer(&self->session);

	bridge_account_clear_timers(self);
	self->archive_reading = FALSE;
	self->archive_caught_up = FALSE;
	self->last_event_us = 0;
	bridge_account_sendings_lost(self);
	if (session != NULL)
		bridge_session_end_async(session, bridge_account_left_cb, self);
}

static gboolean
bridge_account_connect_deadline_cb(gpointer user_data)
{
	g_autoptr(BridgeAccount) self = g_object_ref(BRIDGE_ACCOUNT(user_data));

	self->connect_deadline = 0;
	bridge_account_went_offline(self, NULL, BRIDGE_REASON_UNREACHABLE,
	                            "the chat server took too long");
	return G_SOURCE_REMOVE;
}

static void
bridge_account_take_session(BridgeAccount *self, BridgeSession *session)
{
	self->session = g_object_ref(session);
	self->sessions++;
	g_object_ref(self); /* the session's */
	self->place = BRIDGE_PLACE_SHARED;
	self->connect_deadline =
		g_timeout_add(self->patience->connect, bridge_account_connect_deadline_cb, self);
}

static gint64
bridge_account_get_base_us(const BridgeAccountRecord *record)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();

	bridge_archive_place_load(place, record->archive_after);
	return bridge_archive_place_get_base(place) != NULL
	               ? bridge_archive_place_get_base_us(place)
	               : record->created_us;
}

/* Read from a time, since no id is known or the archive has forgotten it, it must reach back to
 * what that id stood for, and to what is in doubt; and to the first sign-in as long as nothing is
 * known: whoever dies before that is durable has been sent messages that the server will not send
 * again. */
gint64
bridge_account_get_archive_since_s(BridgeAccount *self)
{
	gint64 since_us = bridge_account_get_doubtful_since_us(self);
	gint64 base_us = bridge_account_get_base_us(self->record);

	if (base_us > 0 && (since_us == 0 || base_us < since_us))
		since_us = base_us;
	if (since_us == 0)
		return 0;
	return MAX(since_us - ACCOUNT_ARCHIVE_SLACK_US, G_USEC_PER_SEC) / G_USEC_PER_SEC;
}

static void
bridge_account_connect(gpointer user_data)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);
	g_autoptr(BridgeSession) session = NULL;

	self->turn = 0;
	bridge_account_set_state(self, NULL, BRIDGE_ACCOUNT_CONNECTING, NULL, NULL);
	session = bridge_session_new(self->supervisor, self->record, self->domain, self->place,
	                             bridge_account_get_archive_since_s(self));
	bridge_account_take_session(self, session);
	bridge_session_release(session, &bridge_account_session_owner, self);
	bridge_session_begin(session, NULL, NULL);
}

/* A session that still ends has the resource: its end calls this again. */
void
bridge_account_wait_for_turn(BridgeAccount *self)
{
	if (self->sessions == 0 && self->turn == 0)
		self->turn = bridge_pacer_wait(self->pacer, bridge_account_connect, self);
}

void
bridge_account_start(BridgeAccount *self)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	if (self->state == BRIDGE_ACCOUNT_WAITING)
		bridge_account_wait_for_turn(self);
}

void
bridge_account_adopt(BridgeAccount *self, BridgeSession *session)
{
	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	/* It may have died while what it proved was being stored; one's own is better then. */
	if (!bridge_session_is_seated(session) && self->session != NULL)
		return;
	bridge_account_leave(self);
	self->attempts = 0;
	if (self->state == BRIDGE_ACCOUNT_WAITING || self->state == BRIDGE_ACCOUNT_SIGNED_OUT)
		bridge_account_set_state(self, NULL, BRIDGE_ACCOUNT_CONNECTING, NULL, NULL);
	bridge_account_take_session(self, session);
	bridge_session_release(session, &bridge_account_session_owner, self);
	if (!bridge_session_is_seated(session) && session == self->session)
		bridge_account_went_offline(self, NULL, BRIDGE_REASON_HOST_LOST,
		                            "the host process ended");
}

void
bridge_account_set_credential(BridgeAccount *self, const char *mechanism, GBytes *credential,
                              const char *resource)
{
	BridgeAccountRecord *record;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	record = self->record;
	g_bytes_ref(credential);
	g_bytes_unref(record->credential);
	record->credential = credential;
	g_free(record->mechanism);
	record->mechanism = g_strdup(mechanism);
	g_free(record->resource);
	record->resource = g_strdup(resource);
}
