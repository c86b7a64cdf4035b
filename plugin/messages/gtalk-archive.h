/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-archive.h: reads what was missed from the account's archive (XEP-0313) at each sign-in, and
 * keeps the place up to which the archive is known.
 *
 * The query goes out in the same breath as the first presence, right behind it. Prosody gives an
 * account that has asked for its archive neither its offline messages (so not before the presence:
 * what the archive did not keep would wait for ever) nor, when the line breaks, their senders an
 * error about messages that were not answered for (so not later either).
 *
 * Live messages and carbons move the place on only when the whole of what was missed has been read:
 * a place behind a gap would lose the gap. A reading that did not come to its end is taken up again
 * later; after one that did, what was stored behind its back is looked for once. */
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

/* Takes the <result> of a <message>. Ignored unless it comes from the own account's archive and
 * belongs to the running query. */
void
gtalk_archive_take_result(GTalkConnection *connection, const xmlnode *stanza,
                          const xmlnode *result);

/* A message with @stanza_id came otherwise; @sender: (nullable) */
void
gtalk_archive_note_message(GTalkConnection *connection, const char *stanza_id, const char *sender);

G_END_DECLS
