/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-link.h: the names that both ends of the link between daemon and host use; the methods and
 * events are described in gtalk-bridge-link.xml. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_LINK_HOST_PATH "/host"
#define BRIDGE_LINK_DAEMON_PATH "/daemon"
#define BRIDGE_LINK_FD 3 /* the host's end of the socket pair */

/* What travels on the socket of OpenEvents, see bridge-link-pipe.h. */
#define BRIDGE_LINK_EVENTS_TYPE "a(tssv)"
#define BRIDGE_LINK_ANSWER_TYPE "t" /* the number of the batch's last event */
#define BRIDGE_LINK_ANSWER_BYTES 8

#define BRIDGE_LINK_WINDOW_BATCHES 4
#define BRIDGE_LINK_WINDOW_EVENTS 100
#define BRIDGE_LINK_WINDOW_BYTES (256 * 1024)
/* Of one batch: beyond the window by what one event may be larger than it. Far beyond what chat
 * servers let through: a stranger's message must not look like a broken host. */
#define BRIDGE_LINK_BATCH_BYTES_MAX (64 * 1024 * 1024)

/* "reason" of an offline "state" event: what to do next, not what libpurple called it. */
#define BRIDGE_REASON_CREDENTIALS_REFUSED "credentials-refused" /* sign in again */
#define BRIDGE_REASON_CERTIFICATE_REFUSED "certificate-refused" /* ask the administrator */
#define BRIDGE_REASON_UNREACHABLE "unreachable"                 /* no such host, no answer: retry */
#define BRIDGE_REASON_CONFLICT                                                                     \
	"conflict" /* another client took the resource over: retry, new resource */
#define BRIDGE_REASON_ENCRYPTION                                                                   \
	"encryption"                  /* the server has no TLS, or misbehaved before it: give up */
#define BRIDGE_REASON_SERVER "server" /* the server ended the stream: retry */
#define BRIDGE_REASON_OVERLOADED "overloaded" /* because it cannot do more: retry, not at once */
#define BRIDGE_REASON_POLICY "policy"         /* we did what it does not allow: likewise */
#define BRIDGE_REASON_HOST_GONE                                                                    \
	"host-gone" /* it does not serve the domain: retry, but not soon, and ask the              \
	               administrator */
#define BRIDGE_REASON_REDIRECTED "redirected" /* it names another server: likewise */
#define BRIDGE_REASON_UNSUPPORTED                                                                  \
	"unsupported"                   /* no usable mechanism or protocol: ask the administrator */
#define BRIDGE_REASON_CAPTCHA "captcha" /* the token service wants a picture read: ask a person */
#define BRIDGE_REASON_TOKEN_SERVICE                                                                \
	"token-service" /* it does not answer as one should: retry, and ask the administrator */
#define BRIDGE_REASON_SIGNED_OUT "signed-out" /* because SignOut was called */

/* "mechanism" of SignIn beside GTALK_MECHANISM_*: the credential is for the account's token
 * service, and the chat server is shown what that gives. */
#define BRIDGE_MECHANISM_REFRESH_TOKEN "refresh-token"       /* of OAuth 2.0; see bridge-grant.h */
#define BRIDGE_MECHANISM_SERVICE_PASSWORD "service-password" /* whatever kind it is */

/* "token-service" of SignIn */
#define BRIDGE_TOKEN_SERVICE_OAUTH2 "oauth2"
#define BRIDGE_TOKEN_SERVICE_CLIENT_LOGIN "clientlogin"

/* Member of "features": stanzas are acknowledged before they are durable, because another client of
 * the account is online and the server has no archive. */
#define BRIDGE_FEATURE_BEST_EFFORT "best-effort-durability"

/* Member of "features": "accepted" is told of each message that the server has taken, as it is with
 * XMPP's stream management. */
#define BRIDGE_FEATURE_ACCEPTANCE "acceptance"

/* The data of a "message" event: a tuple and not a{sv}, because a message is what is waited for. */
#define BRIDGE_LINK_MESSAGE_TYPE "(bsssssssxbyuu)"
typedef enum {
	BRIDGE_LINK_RECORD_UNKNOWN, /* the message says nothing about it */
	BRIDGE_LINK_RECORD_ON,
	BRIDGE_LINK_RECORD_OFF, /* off the record */
} BridgeLinkRecord;

typedef struct {
	gboolean sent; /* by another client of the account; else received */
	const char *origin;
	const char *id;
	const char *stanza_id;
	const char *from;
	const char *to;
	const char *body;
	const char *type;
	gint64 time_us;
	gboolean encrypted;
	guint8 record; /* BridgeLinkRecord */
	guint32 stream;
	guint32 stanza;
} BridgeLinkMessage;

/* (transfer floating); no string may be NULL. */
GVariant *
bridge_link_message_build(const BridgeLinkMessage *message);
/* The strings belong to @data. FALSE if that is no message. */
gboolean
bridge_link_message_read(GVariant *data, BridgeLinkMessage *message);

/* What the daemon asks the warm template and what that answers, see bridge-template.h: plain
 * structs between two processes of the same build. */
#define BRIDGE_TEMPLATE_SPAWN 1u
typedef struct {
	guint32 command; /* BRIDGE_TEMPLATE_SPAWN */
} BridgeTemplateRequest;

typedef struct {
	gint32 pid;          /* of the new host, or 0 */
	gint32 error_number; /* errno if pid is 0 */
} BridgeTemplateReply;

/* What a host is at, in memory that it shares with the daemon: plain, as the template's messages.
 * Strings end within their arrays. */
typedef struct {
	guint32 busy;            /* 0: nothing, and the rest means nothing */
	char account[256];       /* as SignIn named it */
	char key[65];            /* by which the stanza is known when it comes again, "": by none */
	char from[1024 * 3 + 1]; /* cut off where it is longer */
	char id[257];
} BridgeBlackBoxNote;

/* Member of SignIn's settings, "h": the descriptor of that memory, the same for all of a host. */
#define BRIDGE_LINK_BLACK_BOX "black-box"

#define BRIDGE_LINK_ERROR (bridge_link_error_quark())
typedef enum {
	BRIDGE_LINK_ERROR_NOT_ONLINE,      /* gtalk.bridge.Error.NotOnline */
	BRIDGE_LINK_ERROR_UNKNOWN_ACCOUNT, /* gtalk.bridge.Error.UnknownAccount */
	BRIDGE_LINK_ERROR_INVALID,         /* gtalk.bridge.Error.Invalid */
	BRIDGE_LINK_ERROR_EXISTS,          /* gtalk.bridge.Error.Exists */
	/* Of Request: */
	BRIDGE_LINK_ERROR_UNSUPPORTED, /* gtalk.bridge.Error.Unsupported: not with this server */
	BRIDGE_LINK_ERROR_REFUSED,     /* gtalk.bridge.Error.Refused: the chat server said no */
	BRIDGE_LINK_ERROR_NO_ANSWER,   /* gtalk.bridge.Error.NoAnswer: it said nothing in time */
} BridgeLinkError;

GQuark
bridge_link_error_quark(void);

G_END_DECLS
