/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-off-record-stanza.h: the stanzas of off the record (specification 4.6): the list of
 * contacts, changes of it, the marks in messages, and the hint of other servers (XEP-0334). Pure
 * functions.
 *
 * On the wire everything is negative: value='enabled' in google:nosave says that nothing is saved,
 * as does otr='true'. Here it is GTalkRecord. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "gtalk.h"

G_BEGIN_DECLS

/* One line of the list. */
typedef struct {
	char *jid;          /* bare */
	GTalkRecord record; /* on or off */
	char *source;       /* who changed it, NULL if it is not said */
} GTalkOffRecordItem;

/* The items of a <query/>, list or push; (element-type GTalkOffRecordItem) (transfer full). Items
 * without an address or with an unknown value are left out. */
GPtrArray *
gtalk_off_record_parse_items(const xmlnode *query);

/* What a message says of itself; nothing for errors. The mark goes before the hint. */
GTalkRecord
gtalk_off_record_parse_mark(const xmlnode *message);

/* Its mark alone, not the hint; of any message. */
GTalkRecord
gtalk_off_record_find_mark(const xmlnode *message);

void
gtalk_off_record_build_get(xmlnode *iq);
void
gtalk_off_record_build_set(xmlnode *iq, const char *jid, gboolean off_record);
/* Asks every server on the way not to store @message. */
void
gtalk_off_record_add_hint(xmlnode *message);

G_END_DECLS
