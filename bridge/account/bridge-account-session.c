/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-account-private.h"

#include <string.h>

#include "base/bridge-secret.h"
#include "link/bridge-link.h"
#include "bridge-suspects.h"

#define ACCOUNT_CREDENTIAL "bridge-account-credential" /* of a session: self->credentials */
#define ACCOUNT_ACTIVE_US (15 * (gint64)G_USEC_PER_SEC)
#define ACCOUNT_ARCHIVE_SLACK_US (300 * (gint64)G_USEC_PER_SEC) /* clocks differ */

static gboolean
bridge_account_record_uses_token_service(const BridgeAccountRecord *record)
{
	return g_str_equal(record->mechanism, BRIDGE_MECHANISM_REFRESH_TOKEN) ||
	       g_str_equal(record->mechanism, BRIDGE_MECHANISM_SERVICE_PASSWORD);
}

gboolean
bridge_account_uses_token_service(BridgeAccount *self)
{
	return bridge_account_record_uses_token_service(self->record);
}

gboolean
bridge_account_record_renew(BridgeAccountRecord *record, const char *mechanism, GBytes *credential)
{
	if (!g_str_equal(mechanism, BRIDGE_MECHANISM_REFRESH_TOKEN) ||
	    !bridge_account_record_uses_token_service(record) ||
	    (g_str_equal(mechanism, record->mechanism) &&
	     bridge_secret_equal(credential, record->credential)))
		return FALSE;
	g_free(record->mechanism);
	record->mechanism = g_strdup(mechanism);
	g_bytes_unref(record->credential);
	record->credential = g_bytes_ref(credential);
	return TRUE;
}

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

/* Who was active may have brought it about, if the host did not write down whom it was at work for;
 * if it did, nobody else has anything to do with it. */
static void
bridge_account_note_death(BridgeAccount *self)
{
	gint64 now_us = g_get_monotonic_time();
	gboolean active =
		self->last_event_us > 0 && now_us - self->last_event_us < ACCOUNT_ACTIVE_US;
	BridgeAccountSuspicion suspicion = self->suspicion;

	self->suspicion = BRIDGE_ACCOUNT_SUSPICION_UNKNOWN;
	if (suspicion != BRIDGE_ACCOUNT_SUSPICION_OTHER)
		bridge_quarantine_note_death(&self->quarantine, now_us,
		                             active || suspicion == BRIDGE_ACCOUNT_SUSPICION_THIS);
}

/* At the second death of the same stanza it is what it is. */
static void
bridge_account_session_suspicion(gpointer user_data, BridgeSession *session,
                                 const BridgeBlackBoxNote *note)
{
	g_autoptr(BridgeAccount) self = g_object_ref(BRIDGE_ACCOUNT(user_data));
	BridgeWrite *write;

	if (session != self->session)
		return;
	self->suspicion =
		note != NULL ? BRIDGE_ACCOUNT_SUSPICION_THIS : BRIDGE_ACCOUNT_SUSPICION_OTHER;
	if (note == NULL)
		return;
	if (note->key[0] != '\0' && g_strcmp0(self->suspect, note->key) == 0) {
		write = bridge_write_new(self, NULL);
		bridge_suspects_add(self, write, note);
		bridge_write_commit(write, NULL, NULL);
	}
	g_free(self->suspect);
	self->suspect = g_strdup(note->key);
}

/* A place that was refused says nothing of a host's death. */
static void
bridge_account_session_lost(gpointer user_data, BridgeSession *session, const GError *error)
{
	g_autoptr(BridgeAccount) self = g_object_ref(BRIDGE_ACCOUNT(user_data));
	const char *reason = BRIDGE_REASON_HOST_LOST;

	if (session != self->session)
		return;
	if (error->domain != BRIDGE_LINK_ERROR)
		bridge_account_note_death(self);
	if (bridge_quarantine_get_delay_us(&self->quarantine) > 0)
		reason = BRIDGE_REASON_QUARANTINED;
	bridge_account_went_offline(self, NULL, reason, error->message);
}

static void
bridge_account_session_traffic(gpointer user_data, BridgeSession *session, gint64 time_us)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);

	self->last_traffic_us = MAX(self->last_traffic_us, time_us);
}

/* Of a session that is ending, too: what it began with may be used up by now. But not of one that
 * began with a credential that was replaced meanwhile. */
static void
bridge_account_session_credential(gpointer user_data, BridgeSession *session, const char *mechanism,
                                  GBytes *credential)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);
	gpointer began_with = g_object_get_data(G_OBJECT(session), ACCOUNT_CREDENTIAL);
	BridgeWrite *write;

	if (GPOINTER_TO_UINT(began_with) != self->credentials ||
	    !bridge_account_record_renew(self->record, mechanism, credential))
		return;
	write = bridge_write_new(self, NULL);
	bridge_write_add_record(write);
	bridge_write_commit(write, NULL, NULL);
}

static const BridgeSessionOwner bridge_account_session_owner = {
	.events = bridge_account_session_events,
	.lost = bridge_account_session_lost,
	.suspicion = bridge_account_session_suspicion,
	.traffic = bridge_account_session_traffic,
	.credential = bridge_account_session_credential,
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
	bridge_quarantine_note_offline(&self->quarantine, g_get_monotonic_time());
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
	g_object_set_data(G_OBJECT(session), ACCOUNT_CREDENTIAL,
	                  GUINT_TO_POINTER(self->credentials));
	self->sessions++;
	g_object_ref(self); /* the session's */
	self->connect_deadline =
		g_timeout_add(self->patience->connect, bridge_account_connect_deadline_cb, self);
}

static gint64
bridge_account_get_base_us(const BridgeAccountRecord *record)
{
	g_autoptr(BridgeArchivePlace) place = bridge_archive_place_new();

	bridge_archive_place_load(place, record->archive_after);
	if (bridge_archive_place_get_base(place) != NULL ||
	    bridge_archive_place_get_base_us(place) > 0)
		return bridge_archive_place_get_base_us(place);
	return MAX(record->created_us - G_TIME_SPAN_DAY, 1);
}

/* Read from a time, since no id is known or the archive has forgotten it, it must reach back to
 * what that id stood for, and to what is in doubt; and to the first sign-in as long as nothing is
 * known: whoever dies before that is durable has been sent messages that the server will not send
 * again. Our clock, which that time is by, may be ahead of the server's by as much as somebody has
 * the zone wrong. */
gint64
bridge_account_get_archive_since_s(BridgeAccount *self)
{
	gint64 since_us = bridge_account_get_doubtful_since_us(self);
	gint64 base_us = bridge_account_get_base_us(self->record);
	gint64 now_us = g_get_real_time();

	if (base_us > 0 && (since_us == 0 || base_us < since_us))
		since_us = base_us;
	if (since_us == 0)
		return 0;
	if (since_us > now_us) /* the clock was put back, nobody knows by how much */
		since_us = now_us - G_TIME_SPAN_DAY;
	return MAX(since_us - ACCOUNT_ARCHIVE_SLACK_US, G_USEC_PER_SEC) / G_USEC_PER_SEC;
}

/* What those have in common who meet the same server: all that is known before DNS was asked. */
static const char *
bridge_account_get_server(BridgeAccount *self)
{
	const char *domain = strrchr(self->record->username, '@');

	if (self->record->endpoint[0] != '\0')
		return self->record->endpoint;
	return domain != NULL ? domain + 1 : self->record->protocol;
}

static void
bridge_account_connect(gpointer user_data)
{
	BridgeAccount *self = BRIDGE_ACCOUNT(user_data);
	g_autoptr(BridgeSession) session = NULL;
	BridgePlace place;

	self->under_way = self->turn;
	self->turn = 0;
	bridge_account_set_state(self, NULL, BRIDGE_ACCOUNT_CONNECTING, NULL, NULL);
	place = bridge_quarantine_take_alone(&self->quarantine, g_get_monotonic_time())
	                ? BRIDGE_PLACE_ALONE
	                : BRIDGE_PLACE_SHARED;
	session = bridge_session_new(self->supervisor, self->record, self->domain, place,
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
		self->turn = bridge_pacer_wait(self->pacer, bridge_account_get_server(self),
		                               bridge_account_connect, self);
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
	bridge_quarantine_release(&self->quarantine); /* somebody cares for it */
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
bridge_account_set_credential(BridgeAccount *self, const BridgeAccountRecord *from)
{
	BridgeAccountRecord *record;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));

	self->credentials++;
	record = self->record;
	g_bytes_unref(record->credential);
	record->credential = g_bytes_ref(from->credential);
	g_free(record->mechanism);
	record->mechanism = g_strdup(from->mechanism);
	g_free(record->resource);
	record->resource = g_strdup(from->resource);
	g_free(record->signed_out);
	record->signed_out = g_strdup(from->signed_out);
}
