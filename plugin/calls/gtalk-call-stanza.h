/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-call-stanza.h: the stanzas of Google's call protocol, as far as calls are watched over
 * (section 4.10). Pure. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef enum {
	GTALK_CALL_INITIATE,
	GTALK_CALL_CANDIDATES,
	GTALK_CALL_ACCEPT,
	GTALK_CALL_REJECT,
	GTALK_CALL_TERMINATE,
	GTALK_CALL_UNKNOWN, /* later dialects, and whatever else */
} GTalkCallType;

typedef struct {
	GTalkCallType type;
	const char *id;
	const char *initiator; /* full JID */
	gboolean is_call;      /* "initiate": of audio or video, not of a file or a voice mail */
	gboolean is_video;
} GTalkCallSession;

/* @stanza: anything
 * @out: borrows from it
 * Returns: FALSE if it is no <session/> of the protocol, or one that names no session */
gboolean
gtalk_call_parse(const xmlnode *stanza, GTalkCallSession *out);

/* Whether @stanza wants to begin a call by Jingle (XEP-0166), that libpurple has of its own. */
gboolean
gtalk_call_is_jingle_initiate(const xmlnode *stanza);

/* A new <iq> to @to that rejects the session; without id. */
xmlnode *
gtalk_call_build_reject(const GTalkCallSession *session, const char *to);

G_END_DECLS
