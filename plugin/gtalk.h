/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk.h: what prpl-googletalk offers to a user interface, a daemon or another plugin.
 *
 * Everything goes through libpurple's own means, so nobody links this plugin: find it with
 * purple_find_prpl(GTALK_PRPL_ID), connect to its signals with purple_signal_connect() and call
 * its functions with purple_plugin_ipc_call(). All of it happens on the main loop. Pointers in
 * signals are borrowed for the length of the call.
 *
 * The inherited plugin's signals and calls (jabber-receiving-xmlnode, add_feature, ...) exist on
 * the same handle. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define GTALK_PRPL_ID "prpl-googletalk"

/* ---- Account options (purple_account_get_string and friends) ------------------------------- */

/* How to sign in; the account's password is the token unless it is "password".
 * "auto" (default): X-OAUTH2, then OAUTHBEARER, then X-GOOGLE-TOKEN if the server offers one of
 * them; else the password mechanisms (SCRAM, PLAIN over TLS) take what the password field holds. */
#define GTALK_OPTION_MECHANISM "gtalk_mechanism"
#define GTALK_MECHANISM_AUTO "auto"
/* The first of the token mechanisms that the server offers, and never a password mechanism: for a
 * secret that must not pass for a password. */
#define GTALK_MECHANISM_TOKEN "token"
#define GTALK_MECHANISM_X_OAUTH2 "x-oauth2"
#define GTALK_MECHANISM_X_GOOGLE_TOKEN "x-google-token"
#define GTALK_MECHANISM_OAUTHBEARER "oauthbearer"
#define GTALK_MECHANISM_PASSWORD "password"

/* Where the account's tokens come from, when they are not typed in; "none" if not set. The password
 * field then holds what the service wants, and a mechanism other than "password" is used.
 * "clientlogin": the password, posted to <address>/accounts/ClientLogin and, if only a long token
 * comes back, that to <address>/accounts/IssueAuthToken; for X-GOOGLE-TOKEN (4.2.1).
 * "oauth-password": the password, for which the OAuth 2.0 token endpoint at the address gives a
 * token. If a refresh token comes with it, that takes the password's place in the password field;
 * if the password field is remembered, this option becomes the next one at the same time.
 * "oauth-refresh": a refresh token for that endpoint.
 * Everything goes over HTTPS to a server whose certificate the system trusts. */
#define GTALK_OPTION_TOKEN_SERVICE "gtalk_token_service"
#define GTALK_TOKEN_SERVICE_OPTION_NONE "none"
#define GTALK_TOKEN_SERVICE_OPTION_CLIENT_LOGIN "clientlogin"
#define GTALK_TOKEN_SERVICE_OPTION_OAUTH_PASSWORD "oauth-password"
#define GTALK_TOKEN_SERVICE_OPTION_OAUTH_REFRESH "oauth-refresh"
/* The service's address, beginning with "https://"; no default. */
#define GTALK_OPTION_TOKEN_URL "gtalk_token_url"
/* Of OAuth 2.0, both may be empty. */
#define GTALK_OPTION_TOKEN_CLIENT_ID "gtalk_token_client_id"
#define GTALK_OPTION_TOKEN_SCOPE "gtalk_token_scope"

/* The domain used when the user name has none. Empty, the default: the account is refused. */
#define GTALK_OPTION_DEFAULT_DOMAIN "gtalk_default_domain"

/* Seconds that a server may be silent while it signs the account in; an integer, 60 if not set. */
#define GTALK_OPTION_SIGN_IN_DEADLINE "gtalk_sign_in_deadline"

/* Where the archive (XEP-0313) is asked from at the next sign-in: the id of the last archived
 * message that is known. Kept by the plugin itself as messages arrive, but never past a gap: while
 * what was missed has not been read to its end, live messages leave it where it is. A daemon that
 * stores messages sets it, by the same rule, before it connects the account. Empty: nothing known,
 * ask nothing older than GTALK_OPTION_ARCHIVE_SINCE. */
#define GTALK_OPTION_ARCHIVE_AFTER "gtalk_archive_after"
/* The ids that led there, kept along, a line each: one from which on the archive is read again (or
 * nothing: from GTALK_OPTION_ARCHIVE_SINCE), and what is known behind it, the last one being
 * GTALK_OPTION_ARCHIVE_AFTER. Servers may store messages late, so that the first line has to lie
 * back by a minute or by 100 messages. What is listed is not told again. Empty, or of another
 * last line: the archive is read behind GTALK_OPTION_ARCHIVE_AFTER. */
#define GTALK_OPTION_ARCHIVE_RECENT "gtalk_archive_recent"
/* Seconds since the epoch as decimal string, kept along; used when GTALK_OPTION_ARCHIVE_AFTER is
 * empty, or unknown to the archive (cleaned up, say). Empty too: the archive is only asked for its
 * newest id, so that a first sign-in brings no flood. */
#define GTALK_OPTION_ARCHIVE_SINCE "gtalk_archive_since"

/* Whether to ask contacts for delivery receipts and to send them (XEP-0184), on servers that are
 * not Google's; a boolean, TRUE if not set. Takes effect at the next sign-in. */
#define GTALK_OPTION_RECEIPTS "gtalk_receipts"

/* ---- Messages ------------------------------------------------------------------------------ */

typedef enum {
	GTALK_MESSAGE_RECEIVED, /* from somebody to the own account */
	GTALK_MESSAGE_SENT,     /* by the own account, from another client of it */
} GTalkMessageDirection;

typedef enum {
	GTALK_MESSAGE_LIVE,    /* delivered to this session (offline storage included) */
	GTALK_MESSAGE_CARBON,  /* a copy of what another session got or sent (XEP-0280) */
	GTALK_MESSAGE_ARCHIVE, /* read from the archive at sign-in (XEP-0313) */
} GTalkMessageOrigin;

/* Whether what is said may be kept by the service that carries it. */
typedef enum {
	GTALK_RECORD_UNKNOWN = 0, /* nothing was said about it */
	GTALK_RECORD_ON,          /* it may be kept */
	GTALK_RECORD_OFF,         /* off the record: it must not be kept */
} GTalkRecord;

/* One message with a text, as the wire had it. Strings are UTF-8 or NULL. */
typedef struct {
	GTalkMessageDirection direction;
	GTalkMessageOrigin origin;
	const char *id;        /* the sender's id attribute (or XEP-0359 origin-id), may be NULL */
	const char *stanza_id; /* XEP-0359, only where `by` is the own account and the server
	                          announces urn:xmpp:sid:0; from the archive, the archive id */
	const char *from;      /* full or bare JID */
	const char *to;        /* full or bare JID */
	const char *body;      /* plain text, never NULL */
	const char *type;      /* "chat", "normal", "groupchat", "headline"; never NULL */
	gint64 time_us;        /* true time since the epoch if the server said so, else 0 */
	gboolean encrypted;    /* end-to-end encrypted: body is what the sender put beside it, or a
	                          sentence of ours in English */
	GTalkRecord record;    /* what its mark says: the server's (google:nosave) where the server
	                          has GTALK_FEATURE_OFF_RECORD; elsewhere what the sender asks for
	                          (a mark, or a hint of XEP-0334 not to store it) */
} GTalkMessage;

/* Signal: gboolean (*)(PurpleConnection *gc, const GTalkMessage *message)
 * Each message with a body once for each time it arrives, before the inherited protocol sees it. An
 * announcement of the service (google:metadata, section 4.15) is no message, nor is what comes
 * beside an invitation into a room.
 * Doubles between live, carbon and archive are possible and recognisable by stanza_id.
 * While the archive is being read what comes otherwise waits for it, so that the order is that in
 * which people spoke; it is told as live or carbon just before GTALK_SIGNAL_ARCHIVE_DONE, unless
 * the archive brought it. What is in no archive waits for a second at most. TRUE: the listener
 * takes the message over, and nothing is written into a conversation for it (a room's messages go
 * there all the same). FALSE, or nobody listening: live messages are shown by the inherited
 * protocol, and what came by carbon or from the archive is written into its conversation once, with
 * its true time. */
#define GTALK_SIGNAL_MESSAGE "googletalk-message"

/* Signal: void (*)(PurpleConnection *gc, const char *id, const char *condition, const char *text)
 * A message that this account sent came back as an error, now or, read from the archive, while it
 * was away; id is the one it was sent with (so the message may be another client's), condition the
 * RFC 6120 error condition, text the server's words or NULL. */
#define GTALK_SIGNAL_MESSAGE_BOUNCED "googletalk-message-bounced"

/* Why a message of the own account was not delivered. Many reasons look the same on the wire
 * (specification 5.1); what is known of the contact at that moment decides between them. */
typedef enum {
	GTALK_UNDELIVERED_UNKNOWN = 0, /* the server does not say, and nothing suggests a reason */
	GTALK_UNDELIVERED_OFFLINE,     /* the contact is not there, and nothing was stored */
	GTALK_UNDELIVERED_OFF_RECORD,  /* the same, because the two are off the record */
	GTALK_UNDELIVERED_NOT_SUBSCRIBED, /* the two are not mutually subscribed */
	GTALK_UNDELIVERED_BLOCKED,        /* the own account blocks the contact */
	GTALK_UNDELIVERED_NO_SUCH_ADDRESS,
	GTALK_UNDELIVERED_NO_SERVER, /* the contact's server is unknown or silent */
	GTALK_UNDELIVERED_REFUSED,   /* by a rule of a server */
	GTALK_UNDELIVERED_TOO_MUCH,  /* a limit has been reached; later it may work */
	GTALK_UNDELIVERED_NO_VOICE,  /* in a room: not there, or not allowed to speak */
} GTalkUndeliveredReason;

typedef struct {
	const char *id;  /* as for GTALK_SIGNAL_MESSAGE_BOUNCED */
	const char *jid; /* bare JID of the contact or room */
	GTalkUndeliveredReason reason;
	const char *condition; /* RFC 6120 */
	const char *text;      /* the server's words, may be NULL */
	const char *body;      /* what was not delivered, plain; NULL if it is not known any more */
} GTalkUndelivered;

/* Signal: void (*)(PurpleConnection *gc, const GTalkUndelivered *undelivered)
 * As GTALK_SIGNAL_MESSAGE_BOUNCED, right after it, for messages that this client knows to be the
 * own account's: once for each, whether the bounce came live, as a carbon or from the archive. The
 * same is written into the conversation. */
#define GTALK_SIGNAL_MESSAGE_UNDELIVERED "googletalk-message-undelivered"

/* Signal: void (*)(PurpleConnection *gc, const char *id, const char *jid)
 * A client of the contact, jid (full, or bare if it is hidden), has received the message that this
 * account sent with this id (XEP-0184). Once for each message; silence means nothing. */
#define GTALK_SIGNAL_MESSAGE_DELIVERED "googletalk-message-delivered"

/* IPC: void (PurpleConnection *gc, const char *id)
 * The next message with a body sent on gc carries this id attribute (and origin-id). Others get one
 * by which this client knows its own messages in the archive. */
#define GTALK_IPC_SET_NEXT_MESSAGE_ID "googletalk_set_next_message_id"

/* ---- Off the record (specification 4.6) ------------------------------------------------------
 *
 * What is said with a contact who is off the record is kept by neither side's server, and not
 * logged here. A server with GTALK_FEATURE_OFF_RECORD keeps the state, for the pair: either side
 * turns it on and off. With others it is this client's alone, kept in the buddy list, and messages
 * ask not to be stored (XEP-0334). It has nothing to do with encryption. */

typedef enum {
	GTALK_OFF_RECORD_BY_US,      /* this client asked for it */
	GTALK_OFF_RECORD_BY_OWN,     /* another client of the own account */
	GTALK_OFF_RECORD_BY_CONTACT, /* the other side */
	GTALK_OFF_RECORD_BY_UNKNOWN, /* the server does not say who */
	GTALK_OFF_RECORD_LISTED,     /* it was so already when this session began */
} GTalkOffRecordBy;

/* Signal: void (*)(PurpleConnection *gc, const char *jid, guint off_record, guint by)
 * The state with a contact (bare JID) has changed: off_record is TRUE or FALSE, by a
 * GTalkOffRecordBy. At the start everybody is on the record. */
#define GTALK_SIGNAL_OFF_RECORD "googletalk-off-record"

/* Signal: void (*)(PurpleConnection *gc, const char *jid, const char *condition, guint off_record)
 * What was asked for by GTALK_IPC_SET_OFF_RECORD is not so: the server refused with that RFC 6120
 * condition, or did not answer in time (NULL). */
#define GTALK_SIGNAL_OFF_RECORD_REFUSED "googletalk-off-record-refused"

/* IPC: gboolean (PurpleConnection *gc, const char *jid, guint off_record): asks to go off the
 * record with a contact (TRUE) or back (FALSE); one of the two signals tells what came of it, at
 * once if nothing needs to be asked. FALSE: not possible now (not signed in, or discovery has not
 * ended). Nothing is said about a state that is as asked for already. */
#define GTALK_IPC_SET_OFF_RECORD "googletalk_set_off_record"

/* IPC: int (PurpleConnection *gc, const char *jid): the GTalkRecord that holds for a contact;
 * GTALK_RECORD_UNKNOWN before the server's list has come. */
#define GTALK_IPC_GET_RECORD "googletalk_get_record"

/* Signal: void (*)(PurpleConnection *gc, guint shared)
 * Once after sign-in, when it is known who is off the record. shared: TRUE where the server keeps
 * the state and has told its list (whoever is on it was told just before); FALSE where the state is
 * this client's. Not where the server could not tell. */
#define GTALK_SIGNAL_OFF_RECORD_KNOWN "googletalk-off-record-known"

/* Who is off the record in the eyes of this client when it signs in, where the server keeps no
 * state: bare JIDs, a line each. For a host that keeps no buddy list; set before it connects the
 * account. Nobody is told of these by a signal. */
#define GTALK_OPTION_OFF_RECORD "gtalk_off_record"

/* ---- Stream management (XEP-0198) ---------------------------------------------------------- */

/* Signal: void (*)(PurpleConnection *gc, const char *id)
 * The server acknowledged the message that was sent with this id. */
#define GTALK_SIGNAL_MESSAGE_ACCEPTED "googletalk-message-accepted"

/* Signal: void (*)(PurpleConnection *gc, guint handled)
 * An <a/> went out: every stanza numbered up to `handled` is the client's responsibility now. (It
 * may still get lost with the line; then the server repeats what it covered.) */
#define GTALK_SIGNAL_ACKNOWLEDGED "googletalk-acknowledged"

/* The gate. Inbound stanzas are numbered from 1 for each stream once management is enabled.
 * Answers (<a/>) never go past a held stanza. Nobody holding anything (the desktop), the gate is
 * open and every <r/> is answered with all that arrived.
 *
 * IPC: guint (PurpleConnection *gc): holds the stanza that is being delivered now and returns its
 * number; 0 if there is none or the server has no stream management. Call it from a signal handler.
 * Holds of the same stanza add up. */
#define GTALK_IPC_HOLD "googletalk_hold"
/* IPC: void (PurpleConnection *gc, guint number): takes one hold back; answers what became
 * answerable. Unknown numbers are ignored, so that a late release after a reconnect harms nobody.
 */
#define GTALK_IPC_RELEASE "googletalk_release"

/* ---- Archive (XEP-0313) -------------------------------------------------------------------- */

/* Signal: void (*)(PurpleConnection *gc, gboolean available, gboolean complete,
 *                  const char *last_id)
 * For each sign-in: the query that reads what was missed has ended. available: there is an archive
 * that answers. complete: nothing between the known place and now is missing; FALSE after an error,
 * a deadline, 10,000 messages, or when the known id is gone and no time was known. last_id: the
 * newest archive id read, or NULL. Before it, GTALK_MESSAGE_ARCHIVE messages came in order. After
 * an error, a deadline or 10,000 messages the archive is read on later, and the signal comes a
 * second time when that is complete. Later GTALK_MESSAGE_ARCHIVE messages were stored late. */
#define GTALK_SIGNAL_ARCHIVE_DONE "googletalk-archive-done"

/* ---- Roster attributes (google:roster; 4.7) ------------------------------------------------- */

/* How the user wants to see a contact. */
typedef enum {
	GTALK_ROSTER_NORMAL,  /* as the user interface thinks best */
	GTALK_ROSTER_BLOCKED, /* sees the user as offline and cannot send messages */
	GTALK_ROSTER_HIDDEN,  /* never shown */
	GTALK_ROSTER_PINNED,  /* always shown, offline too */
} GTalkRosterKind;

/* A roster entry of which the server tells more than a plain roster does, or of somebody who is no
 * contact at all but in the user's address book (subscription "none", not asked, in no group):
 * such people are not on the buddy list, but good for completing addresses. Strings are UTF-8. */
typedef struct {
	const char *jid;           /* bare */
	const char *name;          /* the user's name for the contact, or NULL */
	const char *const *groups; /* NULL-terminated, never NULL */
	const char *subscription;  /* "none", "to", "from", "both"; "remove": the entry is gone */
	gboolean asked;            /* the contact has not answered the user's request yet */
	GTalkRosterKind kind;
	double weight;      /* how close the contact is, by no scale; higher is closer, 0 unknown */
	guint n_messages;   /* exchanged lately, 0 to 5 or so; changes are not pushed */
	guint n_mails;      /* the same for mails */
	gboolean automatic; /* the service subscribed or offered it */
	gboolean rejected;  /* the user refused this contact */
	gboolean invited;   /* the user invited this address by mail */
	const char *alias_for;   /* the JID of the contact whose second address this is, or NULL */
	const char *profile_url; /* or NULL */
} GTalkRosterContact;

/* Signal: void (*)(PurpleConnection *gc, const GTalkRosterContact *contact)
 * Such an entry arrived, changed, or lost what made it one (then all of that is 0). After sign-in
 * once for each. Only on servers that announce google:roster. */
#define GTALK_SIGNAL_ROSTER_CONTACT "googletalk-roster-contact"

/* IPC: const GTalkRosterContact * (PurpleConnection *gc, const char *jid): NULL if there is nothing
 * special about the contact. Valid until the main loop runs again. */
#define GTALK_IPC_ROSTER_FIND "googletalk_roster_find"
/* IPC: GList * (PurpleConnection *gc): all of them, in no order; g_list_free() the list, its
 * const GTalkRosterContact elements are valid until the main loop runs again. */
#define GTALK_IPC_ROSTER_LIST "googletalk_roster_list"
/* IPC: gboolean (PurpleConnection *gc, const char *jid, GTalkRosterKind kind)
 * Blocks (whoever it is), hides, pins, or takes that back; name and groups of the entry stay. FALSE
 * if the server cannot do it; where it has only XEP-0191, blocking and its end are possible. What
 * the server makes of it comes by GTALK_SIGNAL_ROSTER_CONTACT; a refusal is shown to the user. */
#define GTALK_IPC_ROSTER_SET_KIND "googletalk_roster_set_kind"

/* ---- Tokens (4.2) --------------------------------------------------------------------------- */

/* Signal: void (*)(PurpleConnection *gc, guint lifetime_s)
 * The token service gave a token: before a sign-in, or because the last one expires soon. Seconds
 * that it is good for; 0 if the service did not say. The token itself is told to the server alone.
 */
#define GTALK_SIGNAL_TOKEN "googletalk-token"

/* IPC: gboolean (PurpleConnection *gc): gets a new token now, for the next sign-in. FALSE if the
 * account is not signed in or has no token service. */
#define GTALK_IPC_RENEW_TOKEN "googletalk_renew_token"

/* IPC: gboolean (PurpleAccount *account, const char *token, guint lifetime_s): an access token that
 * the account has already, good for so many seconds more (at least 1): the next sign-in tries it
 * before it asks the token service for one. After the password and the options of the token service
 * were set. FALSE: the account's options name no OAuth 2.0 token endpoint. */
#define GTALK_IPC_PUT_TOKEN "googletalk_put_token"

/* Signal: gboolean (*)(PurpleConnection *gc, const char *id, const char *url)
 * The account's ClientLogin service wants to know whether a human is signing in: the picture at url
 * is to be read. TRUE: taken over: this sign-in fails, and another one may have the answer; else
 * the user is asked. */
#define GTALK_SIGNAL_CAPTCHA "googletalk-captcha"

/* IPC: gboolean (PurpleAccount *account, const char *id, const char *read): what the picture of
 * that id shows; the next sign-in tells it, once. After the password and the options of the token
 * service were set. FALSE: the account's options name no ClientLogin service. */
#define GTALK_IPC_ANSWER_CAPTCHA "googletalk_answer_captcha"

/* IPC: const char * (PurpleAccount *account): the newest access token of OAuth 2.0, for a host that
 * keeps it between two sign-ins; NULL without one that is worth keeping. Borrowed until the main
 * loop runs again. With GTALK_SIGNAL_TOKEN the password has become the refresh token, if there is
 * one. */
#define GTALK_IPC_TOKEN "googletalk_token"

/* ---- Shared status (google:shared-status) and invisibility --------------------------------- */

/* The account's status types are those of prpl-jabber and this one, whose primitive is
 * PURPLE_STATUS_INVISIBLE and which has no text. Chosen, it hides the account by shared status
 * where the server has that, else by XEP-0186, else by being unavailable; never is the account
 * shown as available. Where a session that does not know invisibility keeps the server from it, the
 * status becomes "dnd", and the user is told why. */
#define GTALK_STATUS_INVISIBLE "invisible"

/* Where such a session keeps the server from hiding the account, it is shown as offline instead of
 * "dnd"; a boolean, FALSE if not set. */
#define GTALK_OPTION_HIDE_OR_LEAVE "gtalk_hide_or_leave"

/* The text of an away status is set for all sessions, as that of the others is: where the server
 * shares the status, contacts see no other. A boolean, FALSE if not set, since programs go away by
 * themselves, too, with texts that no other session should have. */
#define GTALK_OPTION_SHARE_AWAY_TEXT "gtalk_share_away_text"

/* What contacts are shown of this session. */
typedef enum {
	GTALK_VISIBILITY_UNKNOWN = 0, /* not settled yet: nothing */
	GTALK_VISIBILITY_SHOWN,       /* its status */
	GTALK_VISIBILITY_HIDDEN,      /* nothing: the server confirmed that it hides the account */
	GTALK_VISIBILITY_WITHDRAWN,   /* nothing: the server does not hide it, so it is offline */
} GTalkVisibility;

/* Signal: void (*)(PurpleConnection *gc, guint visibility)
 * That has changed; unknown at first. After "invisible" was chosen it tells what came of it. */
#define GTALK_SIGNAL_VISIBILITY "googletalk-visibility"

/* What the server keeps of the account's status for all its sessions. */
typedef struct {
	const char *text;   /* plain, "" for none */
	gboolean busy;      /* "dnd"; FALSE is available */
	gboolean invisible; /* as set; not in effect unless can_hide */
	gboolean can_hide;  /* FALSE: some session of the account is too old for invisibility */
	const char *const *available_texts; /* the stored texts, newest first, NULL-terminated */
	const char *const *busy_texts;
	guint text_max_bytes; /* the server's limit for a text in UTF-8 */
	guint texts_max;      /* and for the number of texts in a list */
} GTalkSharedStatus;

/* Signal: void (*)(PurpleConnection *gc, const GTalkSharedStatus *status)
 * Once after sign-in, with NULL where the server has no shared status (for this account); then at
 * every change, by whomever. The account's own status follows by itself, unless it is away or
 * extended away, which are each session's own. To set it, set the account's status. */
#define GTALK_SIGNAL_SHARED_STATUS "googletalk-shared-status"

/* IPC: const GTalkSharedStatus * (PurpleConnection *gc): the same, NULL where there is none (yet);
 * borrowed until the main loop runs again. */
#define GTALK_IPC_SHARED_STATUS "googletalk_shared_status"

/* IPC: gboolean (PurpleConnection *gc, const char *const *texts, guint busy): replaces the stored
 * texts of one kind (busy: 0 or 1) by those of the NULL-terminated array, within the server's
 * limits. FALSE where the server has no shared status. */
#define GTALK_IPC_SET_STATUS_TEXTS "googletalk_set_status_texts"

/* The stored texts appear as saved statuses of libpurple, and what the user changes in those is
 * stored. Also, where this is the only enabled account, a change of the shared status is
 * shown as the current saved status. A boolean, TRUE if not set. */
#define GTALK_OPTION_SAVED_STATUSES "gtalk_saved_statuses"

/* Kept by the plugin: the status that this program and the server last agreed on, so that at the
 * next sign-in it knows which of the two has changed; and which saved statuses are stored texts. */
#define GTALK_OPTION_STATUS_AGREED "gtalk_status_agreed"
#define GTALK_OPTION_STATUS_TEXTS "gtalk_status_texts"

/* ---- Calls (4.9, 4.10) ---------------------------------------------------------------------- */

/* A server that helps calls through firewalls. Ports are 0 where it has none. */
typedef struct {
	const char *host; /* name or address */
	guint udp_port;
	guint tcp_port;
	guint ssltcp_port; /* TLS's look without its substance */
} GTalkMediaServer;

typedef struct {
	const GTalkMediaServer *const *stun;   /* NULL-terminated, in the server's order */
	const GTalkMediaServer *const *relays; /* likewise */
	const char *relay_token;               /* what relays want to be shown, or NULL */
} GTalkJingleInfo;

/* Signal: void (*)(PurpleConnection *gc, const GTalkJingleInfo *info)
 * The server told its servers for calls, after sign-in or later; they replace those told before.
 * Only where the user interface has media, and the server announces google:jingleinfo. */
#define GTALK_SIGNAL_JINGLE_INFO "googletalk-jingle-info"

/* IPC: const GTalkJingleInfo * (PurpleConnection *gc): what was told last, or NULL. Valid until the
 * main loop runs again. */
#define GTALK_IPC_JINGLE_INFO "googletalk_jingle_info"

typedef enum {
	GTALK_CALL_INCOMING, /* it rings: the user interface is asked by libpurple's media manager
	                      */
	GTALK_CALL_OUTGOING, /* it rings there */
	GTALK_CALL_ACCEPTED, /* they talk */
	GTALK_CALL_ENDED,    /* hung up, or refused */
	GTALK_CALL_MISSED,   /* refused by the plugin: no media here, or another call */
} GTalkCallState;

/* Signal: void (*)(PurpleConnection *gc, const char *jid, GTalkCallState state)
 * Of calls in Google's older protocol; jid is the other side's full JID. (Jingle calls are
 * libpurple's own.) */
#define GTALK_SIGNAL_CALL "googletalk-call"

/* IPC: const char * (PurpleConnection *gc): the full JID of the other side of the call that rings
 * or goes on, NULL without. Valid until the main loop runs again. */
#define GTALK_IPC_CALL "googletalk_call"
/* ---- Group chats (4.13, and XEP-0045 elsewhere) ---------------------------------------------- */

/* The domain where group chats are made. Empty, the default: "groupchat." before the account's
 * domain on a Google server (Gmail's own have theirs together), elsewhere the server's first one.
 */
#define GTALK_OPTION_GROUPCHAT_SERVER "gtalk_groupchat_server"

/* IPC: const char * (PurpleConnection *gc, const char *const *who)
 * Makes a room, enters it and invites those bare JIDs (NULL-terminated) when it is there; returns
 * its address, NULL if there is no place for one. That the room was entered (or not) is told by
 * libpurple's "chat-joined" ("chat-join-failed"), invitations of others by its "chat-invited".
 * Valid until the main loop runs again. */
#define GTALK_IPC_GROUPCHAT_START "googletalk_groupchat_start"

/* Signal: void (*)(PurpleConnection *gc, const char *room, const char *who, const char *condition)
 * An invitation into a room was returned: the RFC 6120 error condition says why. It is written into
 * the room's conversation too. */
#define GTALK_SIGNAL_GROUPCHAT_REFUSED "googletalk-groupchat-refused"

/* ---- Invitations and suggestions (4.14) ------------------------------------------------------ */

/* IPC: gboolean (PurpleConnection *gc, const char *jid, const char *name, const char *text)
 * Asks jid for a subscription, with a text for the contact, and for the mail that a Google server
 * sends to an address without account. name: the contact's, may be NULL; text: plain, may be NULL,
 * cut at 2000 bytes. (Adding a buddy with a message does the same.) FALSE if gc is not signed in.
 */
#define GTALK_IPC_INVITE "googletalk_invite"

/* Signal: void (*)(PurpleConnection *gc, const char *from, const char *text)
 * Somebody who asks for a subscription has written this, plain; libpurple's question follows. */
#define GTALK_SIGNAL_INVITED "googletalk-invited"

/* Somebody who could become a contact. */
typedef struct {
	const char *jid;   /* bare */
	const char *name;  /* or NULL */
	const char *group; /* or NULL */
} GTalkSuggestion;

/* Signal: gboolean (*)(PurpleConnection *gc, const char *from,
 *                      const GTalkSuggestion *const *suggestions)
 * A contact (bare JID) suggests up to 50 others whom the user does not have yet (XEP-0144),
 * NULL-terminated. TRUE: taken over; else the user is asked whom of them to add. */
#define GTALK_SIGNAL_SUGGESTED "googletalk-suggested"

/* IPC: gboolean (PurpleConnection *gc, const char *to, const GTalkSuggestion *const *suggestions)
 * Suggests them to a contact. FALSE if the server does not announce such suggestions. */
#define GTALK_IPC_SUGGEST "googletalk_suggest"

/* ---- Presence queueing (google:queue; elsewhere client state, XEP-0352) --------------------- */

typedef enum {
	GTALK_QUEUE_OFF,
	GTALK_QUEUE_SERVER, /* the server keeps the newest presence of each contact's client */
	GTALK_QUEUE_CLIENT_STATE, /* the server was told that nobody looks, and holds back as it
	                             sees fit */
	GTALK_QUEUE_LOCAL,        /* kept by the plugin, the newest of each client, 100 at most */
} GTalkQueue;

/* Signal: void (*)(PurpleConnection *gc, guint mode)
 * News of contacts' presence are held back from now on, and how (GTalkQueue); or no more: what was
 * held back comes then. A contact's message brings that contact's presence along. */
#define GTALK_SIGNAL_QUEUE "googletalk-queue"

/* IPC: void (PurpleConnection *gc, guint on): asks for it (1), or not (0) unless the account is
 * idle. Until the connection ends. */
#define GTALK_IPC_SET_QUEUE "googletalk_set_queue"

/* Whether an idle account holds back, where the server can do it and no buddy pounce of the account
 * waits; a boolean, TRUE if not set. */
#define GTALK_OPTION_QUEUE_WHEN_IDLE "gtalk_queue_when_idle"

/* ---- Session -------------------------------------------------------------------------------- */

/* Signal: void (*)(PurpleConnection *gc, const char *full_jid)
 * The server bound this JID; it names the own account from now on. */
#define GTALK_SIGNAL_BOUND "googletalk-bound"

/* IPC: const char * (PurpleConnection *gc): the bound full JID, NULL before. */
#define GTALK_IPC_BOUND_JID "googletalk_bound_jid"

/* Features that GTALK_SIGNAL_FEATURES may name; the set is open. */
#define GTALK_FEATURE_STREAM_MANAGEMENT "stream-management"
#define GTALK_FEATURE_ARCHIVE "archive"
#define GTALK_FEATURE_CARBONS "carbons"
#define GTALK_FEATURE_OFFLINE_STORAGE "offline-storage" /* that can be asked, XEP-0013 */
#define GTALK_FEATURE_STABLE_IDS "stanza-ids"
#define GTALK_FEATURE_GOOGLE "google"
#define GTALK_FEATURE_OFF_RECORD "off-record"
#define GTALK_FEATURE_SUGGESTIONS "suggestions" /* XEP-0144 by way of the server */
#define GTALK_FEATURE_ROSTER "google-roster"    /* google:roster, see above */
#define GTALK_FEATURE_MAIL "mail"
#define GTALK_FEATURE_SETTINGS "settings"
#define GTALK_FEATURE_JINGLE_INFO "jingle-info" /* google:jingleinfo */
#define GTALK_FEATURE_SHARED_STATUS "shared-status"
#define GTALK_FEATURE_QUEUE "presence-queue"
#define GTALK_FEATURE_INVISIBLE "invisible"       /* XEP-0186, urn:xmpp:invisible:1 */
#define GTALK_FEATURE_INVISIBLE_OLD "invisible-0" /* urn:xmpp:invisible:0 */

/* Signal: void (*)(PurpleConnection *gc, char **features)
 * NULL-terminated; once after sign-in when discovery has ended. */
#define GTALK_SIGNAL_FEATURES "googletalk-features"

/* ---- User settings (google:setting, section 4.3) --------------------------------------------- */

/* Names are those of the wire; values are texts, of booleans "true" and "false". The set is open;
 * at most 32 are kept. They hold for the whole account and all its clients. */
#define GTALK_SETTING_AUTO_ACCEPT "autoacceptsuggestions"
#define GTALK_SETTING_MAIL_NOTIFICATIONS "mailnotifications" /* leave it true, filter locally */
#define GTALK_SETTING_ARCHIVING "archivingenabled" /* false: off the record towards everyone */
/* Read only: */
#define GTALK_SETTING_GMAIL "gmail"
#define GTALK_SETTING_EMAIL_VERIFIED "emailverified"
#define GTALK_SETTING_DOMAIN_PRIVACY_NOTICE "domainprivacynotice"
#define GTALK_SETTING_DISPLAY_NAME "displayname"

/* Signal: void (*)(PurpleConnection *gc, const char *name, const char *value)
 * For each setting when it is first known, after GTALK_SIGNAL_FEATURES (if that named
 * GTALK_FEATURE_SETTINGS), and whenever it has changed, here or in another client. */
#define GTALK_SIGNAL_SETTING "googletalk-setting"

/* IPC: const char * (PurpleConnection *gc, const char *name): the value, borrowed; NULL if it is
 * not known (yet). */
#define GTALK_IPC_GET_SETTING "googletalk_get_setting"

/* IPC: gboolean (PurpleConnection *gc, const char *name, const char *value): asks the server to
 * change it; GTALK_SIGNAL_SETTING comes when it has. FALSE: the server has no settings. A refusal
 * by the server is not told. */
#define GTALK_IPC_SET_SETTING "googletalk_set_setting"

/* ---- Mail (google:mail:notify, section 4.4) -------------------------------------------------- */

/* Everything up to this time has been told already: milliseconds since the epoch as decimal string.
 * Kept by the plugin itself, so that a reconnect tells nothing twice; a host that keeps no account
 * options sets it before it connects the account. Empty: nothing has been told. */
#define GTALK_OPTION_MAIL_SINCE "gtalk_mail_since"

typedef struct {
	const char *name;       /* NULL if there is none */
	const char *address;    /* NULL if there is none */
	gboolean is_originator; /* started the thread */
	gboolean has_unread;    /* wrote something in it that is unread */
} GTalkMailSender;

/* Texts are plain UTF-8 on one line: entities are resolved, nothing is markup. */
typedef struct {
	guint64 tid;                    /* the thread's id; newer threads have greater ones */
	const char *subject;            /* never NULL, may be empty; at most 500 bytes */
	const char *snippet;            /* never NULL, may be empty; at most 1,000 bytes */
	const char *url;                /* http or https, NULL if there is none */
	const GTalkMailSender *senders; /* in the server's order */
	guint n_senders;                /* at most 16 */
	const char *const *labels;      /* NULL-terminated; the server's own begin with ^ */
	guint n_messages;               /* in the thread, 0 if unknown */
	guint participation; /* 0: the account is no recipient, 1: one of several, 2: the only */
	gint64 date_ms;      /* of its newest message, since the epoch; 0 if unknown */
	gboolean is_unread;
	gboolean is_new; /* unread, and not told before: by this signal or before
	                    GTALK_OPTION_MAIL_SINCE */
} GTalkMailThread;

/* What the server answered to one question. */
typedef struct {
	const char *url;       /* where mail is read; http or https, NULL if there is none */
	guint n_matched;       /* all that match, also those that are not listed */
	gboolean is_estimate;  /* n_matched is about right */
	gboolean is_whole;     /* asked for all unread mail; else for what is newer than the last
	                          answer (or a bit older: answers overlap) */
	gint64 result_time_ms; /* the server's clock, 0 if it did not say */
	const GTalkMailThread *threads; /* newest first, as a rule */
	guint n_threads;                /* at most 100 */
} GTalkMailbox;

/* Signal: void (*)(PurpleConnection *gc, const GTalkMailbox *mailbox)
 * For each answer. Mail is asked for at sign-in if the account option for new mail notifications is
 * on (purple_account_get_check_mail()) or since GTALK_IPC_CHECK_MAIL was called; then whenever the
 * server says that there is new mail, and for a minute after that every five seconds. The threads
 * that are new are also shown to the person, if that option is on. */
#define GTALK_SIGNAL_MAIL "googletalk-mail"

/* IPC: gboolean (PurpleConnection *gc): asks for all unread mail now; from then on this session
 * asks whenever there is news, and the person is shown nothing that the option for new mail
 * notifications does not want. FALSE: the server has no mail. After GTALK_SIGNAL_FEATURES. */
#define GTALK_IPC_CHECK_MAIL "googletalk_check_mail"

G_END_DECLS
