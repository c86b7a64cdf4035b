/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-archive.h: reads what was missed from the account's archive (XEP-0313) at each sign-in, and
 * keeps the place up to which the archive is known.
 *
 * The query goes out in the same breath as the first presence, right behind it, before the client
 * does anything else: who dies between the two has messages returned to their senders. Prosody
 * gives an account that has asked for its archive neither its offline messages (so not before the
 * presence: what the archive did not keep would wait for ever) nor, when the line breaks, their
 * senders an error about messages that were not answered for (so not later either).
 *
 * Live messages and carbons move the place on only when the whole of what was missed has been read:
 * a place behind a gap would lose the gap. A reading that did not come to its end is taken up again
 * later; after one that did, what was stored behind its back is looked for once.
 *
 * A server of many processes (ejabberd) answers for its archive while one of them still has in its
 * hands what the session before sent in its last moment, or what came when nobody seemed to be
 * there. Where one has an offline storage of its own that can be looked at (gtalk-offline.h), the
 * reading therefore ends only after a second one, from the base, that begins a second after the
 * first: until then what comes live waits, and so does who wants to know what became of what he
 * sent. Then nothing is told behind what its sender wrote later, and nothing sent twice. */
#pragma once

#include "core/gtalk-connection.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_archive_unit;

/* Whether nothing is known, so that the archive is only asked where it ends. */
gboolean
gtalk_archive_is_first(GTalkConnection *connection);

/* Whether what was missed may still come from the archive: until then what comes live has to wait.
 * At a first sign-in too, so that whoever stores messages has a place as soon as he has one. */
gboolean
gtalk_archive_is_reading(GTalkConnection *connection);

/* What else is to be looked at before the reading of what was missed may end, each time that it
 * came to its end: that has to be answered by a call of looked(). After a few it ends all the same.
 */
typedef void (*GTalkArchiveLook)(GTalkConnection *connection);
void
gtalk_archive_look_before_end(GTalkConnection *connection, GTalkArchiveLook look);
/* @found_more: something may have been stored behind the back of the reading */
void
gtalk_archive_looked(GTalkConnection *connection, gboolean found_more);

/* Takes the <result> of a <message>. Ignored unless it comes from the own account's archive and
 * belongs to the running query. */
void
gtalk_archive_take_result(GTalkConnection *connection, const xmlnode *stanza,
                          const xmlnode *result);

/* A message with @stanza_id came otherwise; @sender: (nullable) */
void
gtalk_archive_note_message(GTalkConnection *connection, const char *stanza_id, const char *sender);

G_END_DECLS
