/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-contact.h: a contact's line in the roster of old phones. Pure. */
#pragma once

#include "account/bridge-roster.h"

G_BEGIN_DECLS

/* A JSON object and a line feed. */
void
legacy_contact_append(GString *lines, const BridgeContact *contact, gboolean off_the_record);
/* The same of somebody who has written and is no contact: phones show the messages of nobody else.
 */
void
legacy_contact_append_stranger(GString *lines, const char *jid, gboolean off_the_record);

/* 40 lower-case hexadecimal digits: the SHA-1 by which pictures are known. */
gboolean
legacy_contact_is_hash(const char *text);

G_END_DECLS
