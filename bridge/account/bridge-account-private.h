/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-account-private.h: for the account's own files and its keeper (bridge-accounts.c and
 * bridge-login.c).
 *
 *   bridge-account.c          states, its beginning and end
 *   bridge-account-session.c  its sessions with the chat server, one at a time
 *   bridge-account-write.c    batches on their way to durability
 *   bridge-account-events.c   what the host tells becomes events
 *   bridge-account-send.c     messages to send
 *   bridge-account-send-rooms.c  those to rooms
 *   bridge-account-outcome.c  what became of them
 *   bridge-account-request.c  what else is asked of the host
 *   bridge-idle.c             nobody does anything
 *   bridge-account-features.c the rest that it knows: see bridge-account-feature.h */
#pragma once

#include "bridge-account.h"
#include "bridge-account-write.h"
#include "bridge-archive-place.h"
#include "bridge-event-kind.h"
#include "config/bridge-config.h"
#include "bridge-pacer.h"
#include "base/bridge-protocol.h"
#include "hosts/bridge-quarantine.h"
#include "bridge-session.h"
#include "hosts/bridge-supervisor.h"

G_BEGIN_DECLS

/* What a message to send is doing beyond what the store knows. */
typedef enum {
	BRIDGE_SENDING_FRESH,    /* not given to a host since it was made or resolved */
	BRIDGE_SENDING_HANDED,   /* the present session was given it */
	BRIDGE_SENDING_OUT,      /* and has put it on the wire, which has been told */
	BRIDGE_SENDING_DOUBTFUL, /* a session that is gone had it: only the archive can tell */
} BridgeSendingPhase;

typedef struct {
	BridgeOutgoingRecord *record; /* QUEUED or SENT */
	BridgeSendingPhase phase;
	gboolean returned; /* once, by a room that had forgotten the account */
} BridgeSending;

/* Whose stanza a host died at. */
typedef enum {
	BRIDGE_ACCOUNT_SUSPICION_UNKNOWN,
	BRIDGE_ACCOUNT_SUSPICION_THIS,
	BRIDGE_ACCOUNT_SUSPICION_OTHER,
} BridgeAccountSuspicion;

struct _BridgeAccount {
	GObject parent_instance;

	BridgeStore *store;
	BridgeSupervisor *supervisor;
	BridgePacer *pacer;
	const BridgePatience *patience;   /* borrowed: the keeper's, who outlives the sessions */
	const BridgeDomainConfig *domain; /* borrowed: the configuration outlives everything */
	const BridgeProtocol *protocol;   /* static */
	BridgeAccountRecord *record;
	guint64 seq;
	guint64 stream; /* the highest in use */

	BridgeAccountState state;
	char *reason;
	const char *user_action; /* static */
	gint64 next_try_us;
	gboolean erased;
	gboolean stopping;
	GTask *stop; /* waits for sessions and writes to end */

	BridgeSession *session; /* the present one */
	guint sessions;         /* with those that are ending */
	guint credentials;      /* that there were: how often it was replaced */
	guint attempts;
	guint retry_timer;
	guint64 turn;      /* the pacer's ticket */
	guint64 under_way; /* the same once it had its turn, while it connects */
	guint connect_deadline;
	BridgeQuarantine quarantine;
	BridgeAccountSuspicion suspicion; /* of the death that is being told */
	char *suspect;          /* key of the stanza that the last host died at, or NULL */
	gint64 last_event_us;   /* monotonic; of the present session, 0: none yet */
	gint64 online_since_us; /* 0 unless ONLINE */
	gint64 away_since_us;   /* when it was last online before; 0: not known */
	gint64 last_traffic_us;

	BridgeRoster *roster;
	char **features;

	gboolean archive_reading;   /* from "online" until "archive-done" */
	gboolean archive_caught_up; /* read to its end: live messages move the position on */
	gboolean archive_reverted;  /* something could not be stored: no move until it came again */
	BridgeArchivePlace
		*archive_place; /* where the position may go to when nothing is in doubt */
	guint archive_deadline;
	gint64 archive_news_us; /* monotonic: when it last brought something */

	char *wire_prefix; /* by which our own messages are known when they come back */
	GQueue sendings;   /* BridgeSending, in order */
	GHashTable *sends; /* "device\nid" -> BridgeSend (borrowed) under way */
	gboolean marking;  /* QUEUED ones are being marked as SENT */

	guint writes;    /* on their way */
	GQueue outcomes; /* BridgeOutcome, to be looked for one after the other */

	const BridgeIdleConfig *idle_policy; /* borrowed, as domain */
	gint64 act_s;                        /* monotonic: somebody did something; 0: no policy */
	gint64 device_s;                     /* monotonic: some device was there */
	guint readers;
	guint idle_timer;
};

enum {
	BRIDGE_ACCOUNT_SIGNAL_EVENTS,
	BRIDGE_ACCOUNT_SIGNAL_EPHEMERAL,
	BRIDGE_ACCOUNT_SIGNAL_ERASED,
	BRIDGE_ACCOUNT_SIGNAL_STATE_CHANGED,
	BRIDGE_ACCOUNT_N_SIGNALS
};
void
bridge_account_emit(BridgeAccount *self, guint signal);
void
bridge_account_emit_events(BridgeAccount *self, GPtrArray *events);
void
bridge_account_emit_ephemeral(BridgeAccount *self, BridgeEventKind kind, const char *json);

/* ---- For the keeper -------------------------------------------------------------------------- */

/* @record, @outgoing: (transfer full); @outgoing: (nullable) (element-type BridgeOutgoingRecord) */
BridgeAccount *
bridge_account_new(BridgeStore *store, BridgeSupervisor *supervisor, BridgePacer *pacer,
                   const BridgePatience *patience, const BridgeDomainConfig *domain,
                   BridgeAccountRecord *record, guint64 seq, guint64 stream, GPtrArray *outgoing);

/* Signs in when its turn comes, unless it is to stay signed out. */
void
bridge_account_start(BridgeAccount *self);

const BridgeAccountRecord *
bridge_account_get_record(BridgeAccount *self);

/* Where a new session is to begin in the archive if the record knows no position; 0: nowhere. */
gint64
bridge_account_get_archive_since_s(BridgeAccount *self);

/* From now on what the account writes of itself has @from's credential, resource, and what it is
 * signed out for; the keeper commits them. */
void
bridge_account_set_credential(BridgeAccount *self, const BridgeAccountRecord *from);

/* Whether its credential is for a token service, which gives it others by itself. */
gboolean
bridge_account_uses_token_service(BridgeAccount *self);
/* FALSE: @record has that already, or what it has is not for a token service. */
gboolean
bridge_account_record_renew(BridgeAccountRecord *record, const char *mechanism, GBytes *credential);

/* Goes on with a session that has proved itself instead of its own, if it has one. */
void
bridge_account_adopt(BridgeAccount *self, BridgeSession *session);

/* Signs out and writes nothing any more, whatever comes. */
void
bridge_account_abandon_async(BridgeAccount *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_account_abandon_finish(BridgeAccount *self, GAsyncResult *result, GError **error);
/* After all. */
void
bridge_account_resume(BridgeAccount *self);

/* Signs out without changing what the store says; finishes when all it wrote is durable. */
void
bridge_account_stop_async(BridgeAccount *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
bridge_account_stop_finish(BridgeAccount *self, GAsyncResult *result, GError **error);

char *
bridge_account_make_resource(void);

/* ---- Between the files ----------------------------------------------------------------------- */

void
bridge_account_set_state(BridgeAccount *self, BridgeWrite *write, BridgeAccountState state,
                         const char *reason, const char *detail);
/* When the pacer says so, and no session is left that has the resource. */
void
bridge_account_wait_for_turn(BridgeAccount *self);
/* Ends the present session, also one that is lost already. */
void
bridge_account_leave(BridgeAccount *self);
void
bridge_account_clear_timers(BridgeAccount *self);
/* (transfer full) bare: as the server bound it, as asked before that */
char *
bridge_account_dup_own_jid(BridgeAccount *self);
void
bridge_account_went_online(BridgeAccount *self, BridgeWrite *write, const char *bound_jid);
void
bridge_account_went_offline(BridgeAccount *self, BridgeWrite *write, const char *reason,
                            const char *detail);
void
bridge_account_check_stopped(BridgeAccount *self);

void
bridge_account_take_events(BridgeAccount *self, BridgeSession *session, BridgeHostEvents *call,
                           GVariant *events);
/* When a message was said that was told with that stamp (0: none). @from_archive: the server's own
 * word. @delayed: (out) */
gint64
bridge_account_get_message_time(BridgeAccount *self, gint64 time_us, gboolean from_archive,
                                gboolean *delayed);
/* Lets the archive's position follow, unless a message to send is in doubt. */
void
bridge_account_move_archive(BridgeAccount *self, BridgeWrite *write);
void
bridge_account_archive_ended(BridgeAccount *self, BridgeWrite *write, gboolean complete);

/* The session that had them is gone. */
void
bridge_account_sendings_lost(BridgeAccount *self);
gboolean
bridge_account_has_doubtful(BridgeAccount *self);
/* Time of the oldest message in doubt; 0 if there is none. */
gint64
bridge_account_get_doubtful_since_us(BridgeAccount *self);
/* The archive was read: what it did not show is sent again (@complete) or given up as unknown. */
void
bridge_account_resolve_doubtful(BridgeAccount *self, BridgeWrite *write, gboolean complete);
/* @link: of a sending, which is freed. (transfer full) */
BridgeOutgoingRecord *
bridge_account_remove_sending(BridgeAccount *self, GList *link);
/* Nobody will know whether it was sent. */
void
bridge_account_give_up(BridgeAccount *self, BridgeWrite *write, GList *link);
/* Whether a message to that room is in doubt: its history can tell, not the archive. */
gboolean
bridge_account_is_in_doubt(BridgeAccount *self, const char *room);
/* It told its history, the oldest of that time (0: nothing): what that would show and does not is
 * sent again, the rest given up as unknown. */
void
bridge_account_resolve_room(BridgeAccount *self, BridgeWrite *write, const char *room,
                            gint64 history_us);
/* What waits to be sent there fails; of what is on its way nobody will know. */
void
bridge_account_sendings_to_failed(BridgeAccount *self, BridgeWrite *write, const char *room,
                                  const char *reason, const char *detail);
/* A room that does not know the account has not taken it, nor told anybody: it waits until that has
 * been entered again. FALSE: it has failed. */
gboolean
bridge_account_sending_returned(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                                const char *reason);
GList *
bridge_account_find_sending(BridgeAccount *self, const char *wire_id);
/* Sends what waits, if that can be. */
void
bridge_account_pump(BridgeAccount *self);
gboolean
bridge_account_is_own_wire_id(BridgeAccount *self, const char *id);
void
bridge_account_message_accepted(BridgeAccount *self, BridgeWrite *write, const char *wire_id);
/* FALSE: it was accepted before, or is none of ours. */
gboolean
bridge_account_sending_failed(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                              const char *reason, const char *detail);
/* Of messages sent at any time. @reason, @detail: as the host has them, or ""; @from: bare, who
 * says so */
void
bridge_account_message_failed(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                              const char *reason, const char *detail);
void
bridge_account_message_delivered(BridgeAccount *self, BridgeWrite *write, const char *wire_id,
                                 const char *from);
/* @finished: compared only: what was found out while it was made can be looked for */
void
bridge_account_outcomes_go_on(BridgeAccount *self, const BridgeWrite *finished);
void
bridge_account_add_failure(BridgeWrite *write, const BridgeOutgoingRecord *record,
                           const char *reason, const char *detail);
void
bridge_account_features_changed(BridgeAccount *self, BridgeWrite *write);
void
bridge_account_free_sendings(BridgeAccount *self);

G_END_DECLS
