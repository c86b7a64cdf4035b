/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-requests.h: <iq> requests of the units, each with its answer or its deadline.
 *
 * An answer counts only from the address that was asked; an answer without any address is the own
 * server's (Google's has that habit) and counts when the own account or a server was asked. What is
 * unanswered at sign-off is dropped without a call. */
#pragma once

#include "gtalk-connection.h"

G_BEGIN_DECLS

#define GTALK_REQUESTS_DEADLINE_S 30

/* Once, with the <iq> of type result or error, or with NULL when the deadline has passed. */
typedef void (*GTalkRequestsFunc)(GTalkConnection *connection, const xmlnode *reply,
                                  gpointer user_data);

extern const GTalkUnit gtalk_requests_unit;

/* Sends @iq (transfer full), which needs its type and may have a "to"; the id is set here. At most
 * a few hundred can be open; beyond, the call is made at once with NULL. */
void
gtalk_requests_send(GTalkConnection *connection, xmlnode *iq, GTalkRequestsFunc callback,
                    gpointer user_data);

/* A new <iq> to put something into. to may be NULL. */
xmlnode *
gtalk_requests_new_iq(const char *type, const char *to);

/* Whether @reply is there and of type result. */
gboolean
gtalk_requests_is_result(const xmlnode *reply);

/* The RFC 6120 error condition in @reply, NULL without. */
const char *
gtalk_requests_find_error(const xmlnode *reply);

/* ---- Pushes: the other way round ------------------------------------------------------------- */

/* The child @name in @xmlns (name may be NULL for any) of an <iq type='set'> that the own server
 * sent: from nobody, the own bare JID or the own domain. NULL if @packet is anything else, also for
 * what somebody else sent: leave that alone, and the inherited protocol refuses it. */
xmlnode *
gtalk_requests_find_push(GTalkConnection *connection, const xmlnode *packet, const char *name,
                         const char *xmlns);

/* Whether the own server may have sent what comes @from there: nobody, the own account, its domain.
 */
gboolean
gtalk_requests_is_from_server(GTalkConnection *connection, const char *from);

/* Answers @push with an empty result. The push itself must then be swallowed, or there would be a
 * second answer. */
void
gtalk_requests_answer(GTalkConnection *connection, const xmlnode *push);

/* Refuses a request of anybody's with service-unavailable; it must then be swallowed too. */
void
gtalk_requests_refuse(GTalkConnection *connection, const xmlnode *request);

G_END_DECLS
