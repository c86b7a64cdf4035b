/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-own-status-private.h: for the files of the own status.
 *
 *   gtalk-own-status.c         the unit, and what the other two have in common
 *   gtalk-own-status-shared.c  on a server with shared status
 *   gtalk-own-status-plain.c   on one without */
#pragma once

#include "gtalk-local-status.h"
#include "gtalk-own-status.h"
#include "gtalk.h"

G_BEGIN_DECLS

/* How a server without shared status knows the session. */
typedef enum {
	GTALK_OWN_STATUS_SHOWN,
	GTALK_OWN_STATUS_HIDING, /* the command is under way */
	GTALK_OWN_STATUS_HIDDEN, /* by the command */
	GTALK_OWN_STATUS_WITHDRAWN,
	GTALK_OWN_STATUS_SHOWING, /* the command is under way */
} GTalkOwnStatusPlain;

typedef struct {
	gboolean is_settled;   /* it is known whether the server has shared status */
	gboolean is_following; /* the status is being set to what the server says */
	guint follow_source;   /* it will be, 0 if not */
	gboolean was_told;     /* that another session keeps the server from hiding this account */
	gboolean is_command_refused;
	gboolean is_withdrawn; /* unavailable, since the shared status could not be set */
	GTalkOwnStatusPlain plain;
	GTalkVisibility visibility; /* as told last */
} GTalkOwnStatus;

GTalkOwnStatus *
gtalk_own_status_find(GTalkConnection *connection);

/* What is chosen here; (transfer full). */
GTalkLocalStatus *
gtalk_own_status_read(GTalkConnection *connection);

/* Others see the account in this way from now on: tells it if it is new. */
void
gtalk_own_status_note(GTalkConnection *connection, GTalkVisibility visibility);

void
gtalk_own_status_tell(GTalkConnection *connection, const char *title, const char *text);
void
gtalk_own_status_tell_withdrawn(GTalkConnection *connection);

/* By the inherited protocol; it may not pass the gate. */
void
gtalk_own_status_send_presence(GTalkConnection *connection);

/* ---- Shared --------------------------------------------------------------------------------- */

/* The first document is there. */
void
gtalk_own_status_start_shared(GTalkConnection *connection, GTalkOwnStatus *self);
/* Another one. */
void
gtalk_own_status_take_document(GTalkConnection *connection, GTalkOwnStatus *self);
/* The user, or libpurple, has chosen a status. */
void
gtalk_own_status_set_shared(GTalkConnection *connection, GTalkOwnStatus *self);

/* ---- Plain ---------------------------------------------------------------------------------- */

/* Takes the next step from what the server knows to what the user wants, if there is one. */
void
gtalk_own_status_settle_plain(GTalkConnection *connection, GTalkOwnStatus *self);
/* The user, or libpurple, has chosen a status. */
void
gtalk_own_status_set_plain(GTalkConnection *connection, GTalkOwnStatus *self);

G_END_DECLS
