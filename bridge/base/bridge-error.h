/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-error.h: what a caller of the daemon's core can do about a failure. The API maps each code
 * to one HTTP status and one problem code, in one table (http/bridge-problem.c). */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BRIDGE_ERROR (bridge_error_quark())
typedef enum {
	BRIDGE_ERROR_INVALID,              /* not acceptable as given (422) */
	BRIDGE_ERROR_ENROLMENT_REQUIRED,   /* no valid enrolment code, domain not open (403) */
	BRIDGE_ERROR_PASSWORD_NOT_ALLOWED, /* passwords are not accepted for this domain (403) */
	BRIDGE_ERROR_CREDENTIALS_REFUSED,  /* the chat server said no (422) */
	BRIDGE_ERROR_SERVER_UNREACHABLE,   /* no such server, no answer, broke off (502) */
	BRIDGE_ERROR_CERTIFICATE_REFUSED,  /* the chat server's certificate does not verify (502) */
	BRIDGE_ERROR_TIMED_OUT,            /* the chat server took too long (504) */
	BRIDGE_ERROR_NOT_ONLINE,           /* the account is not signed in now (409) */
	BRIDGE_ERROR_UNSUPPORTED,          /* the chat server cannot do that (409) */
	BRIDGE_ERROR_REFUSED,              /* the chat server said no to a request (422) */
	BRIDGE_ERROR_NO_ANSWER,         /* the chat server did not answer a request in time (504) */
	BRIDGE_ERROR_CONFLICT,          /* same id with another content (409) */
	BRIDGE_ERROR_ROOM_BANNED,       /* the account may not enter that room (403) */
	BRIDGE_ERROR_ROOM_MEMBERS_ONLY, /* it is no member (403) */
	BRIDGE_ERROR_ROOM_PASSWORD,     /* a password is needed, or another one (403) */
	BRIDGE_ERROR_ROOM_NICKNAME_TAKEN,    /* by somebody else (409) */
	BRIDGE_ERROR_ROOM_GONE,              /* there is no such room (404) */
	BRIDGE_ERROR_TOO_MANY_DEVICES,       /* the account may have no more (409) */
	BRIDGE_ERROR_TOO_MANY_SUBSCRIPTIONS, /* likewise (409) */
	BRIDGE_ERROR_CURSOR_EXPIRED,         /* older than history, or of another epoch (410) */
	BRIDGE_ERROR_NOT_FOUND,              /* not there, or not the caller's to know (404) */
	BRIDGE_ERROR_BUSY,                   /* a limit or a full queue: later (429/503) */
	BRIDGE_ERROR_SEALED,                 /* the keyring is locked or absent (503) */
	BRIDGE_ERROR_STORE,                  /* the store failed: damaged, corrupt value (503) */
	BRIDGE_ERROR_STORE_UNWRITABLE, /* it cannot be written now: disk full, read-only (503) */
	BRIDGE_ERROR_TOKEN_UNKNOWN,    /* bearer never given out (401) */
	BRIDGE_ERROR_TOKEN_REVOKED,    /* bearer of a device that was signed out (401) */
	BRIDGE_ERROR_ACCOUNT_ERASED,   /* bearer of an erased account (401) */
} BridgeError;

GQuark
bridge_error_quark(void);

G_END_DECLS
