/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-message.h: reads <message> stanzas into GTalkMessage. Pure functions: no connection, no
 * state. Malformed parts are left out, never fatal. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk.h"

G_BEGIN_DECLS

/* The body of an encrypted message whose sender put no readable sentence beside it. */
#define GTALK_MESSAGE_ENCRYPTED_BODY                                                               \
	"This message is encrypted end to end and cannot be shown here."

/* Whose stanzas are read. Strings are borrowed. */
typedef struct {
	const char *own_jid; /* bare or full */
	gboolean stable_ids; /* the server announces urn:xmpp:sid:0 */
} GTalkMessageReader;

/* A message whose strings are borrowed from the stanza, except for the body. */
typedef struct {
	GTalkMessage message;
	char *owned_body;
} GTalkParsedMessage;

/* What a bounced message says; strings are borrowed from the stanza, except for the text. */
typedef struct {
	const char *id;
	const char *from; /* the recipient that was tried; never NULL */
	const char *stanza_id;
	const char *condition; /* never NULL */
	gboolean says_blocked; /* the own account blocks the recipient (XEP-0191 section 3.6) */
	gint64 time_us;
	char *text; /* owned, may be NULL */
	char *body; /* owned: of the message, where the error repeats it; may be NULL */
} GTalkBounce;

/* A copy of a stanza inside another one (XEP-0297). */
typedef struct {
	xmlnode *stanza; /* the inner <message> */
	gint64 time_us;  /* from the wrapping <delay>, 0 without */
} GTalkForwarded;

/* FALSE if there is nothing to show: no body, an error, an announcement of the service. */
gboolean
gtalk_message_parse(const GTalkMessageReader *self, const xmlnode *stanza,
                    GTalkParsedMessage *parsed);
void
gtalk_message_clear(GTalkParsedMessage *parsed);

/* A copy whose strings are its own. */
void
gtalk_message_copy(const GTalkMessage *message, GTalkMessage *copy);
void
gtalk_message_clear_copy(GTalkMessage *copy);

/* FALSE if the stanza is no bounced message with an id. */
gboolean
gtalk_message_parse_bounce(const GTalkMessageReader *self, const xmlnode *stanza,
                           GTalkBounce *bounce);
void
gtalk_message_clear_bounce(GTalkBounce *bounce);

/* The <forwarded> child of a carbon or archive result. */
gboolean
gtalk_message_parse_forwarded(const xmlnode *wrapper, GTalkForwarded *forwarded);

/* A carbon, its direction taken from the wrapper. FALSE also if it was not sent by the own account
 * itself, or claims that the own account wrote what it did not: such ones are forged. */
gboolean
gtalk_message_parse_carbon(const GTalkMessageReader *self, const xmlnode *stanza,
                           const xmlnode *carbon, GTalkParsedMessage *parsed);

/* What an archive result holds; archive_id is borrowed and becomes the stanza id. */
gboolean
gtalk_message_parse_archived(const GTalkMessageReader *self, const xmlnode *result,
                             GTalkParsedMessage *parsed);

/* Whether @stanza says that it was sent some time before it was delivered. */
gboolean
gtalk_message_is_delayed(const xmlnode *stanza);

/* The message inside a carbon, NULL if the carbon is forged (see below). */
const xmlnode *
gtalk_message_find_carbon(const GTalkMessageReader *self, const xmlnode *stanza,
                          const xmlnode *carbon, gint64 *time_us);

/* Replaces whatever @stanza says of its time by the one stamp that holds. */
void
gtalk_message_set_time(xmlnode *stanza, gint64 time_us);

/* XEP-0082, and the older form of jabber:x:delay. Microseconds since the epoch. */
gboolean
gtalk_message_parse_time(const char *stamp, gint64 *time_us);

G_END_DECLS
