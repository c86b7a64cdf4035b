/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is read of off the record (lists and pushes of google:nosave, marks in messages), of
 * receipts, and of a client's own capabilities. */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "messages/gtalk-capabilities-hash.h"
#include "messages/gtalk-off-record-stanza.h"
#include "messages/gtalk-receipts.h"

static void
fuzz_items(const xmlnode *query)
{
	g_autoptr(GPtrArray) items = gtalk_off_record_parse_items(query);

	for (guint i = 0; i < items->len; i++) {
		const GTalkOffRecordItem *item = g_ptr_array_index(items, i);

		g_assert_true(item->jid[0] != '\0' && strchr(item->jid, '/') == NULL);
		g_assert_true(item->record == GTALK_RECORD_ON || item->record == GTALK_RECORD_OFF);
	}
}

static void
fuzz_capabilities(xmlnode *query)
{
	g_autofree char *with = gtalk_capabilities_hash_make(query, GTALK_NS_RECEIPTS);
	g_autofree char *after = NULL;

	gtalk_capabilities_hash_add_feature(query, GTALK_NS_RECEIPTS);
	after = gtalk_capabilities_hash_make(query, GTALK_NS_RECEIPTS);
	g_assert_true((with == NULL) == (after == NULL));
}

static void
fuzz_off_record(xmlnode *stanza)
{
	if (gtalk_off_record_find_mark(stanza) != GTALK_RECORD_UNKNOWN &&
	    !purple_strequal(xmlnode_get_attrib(stanza, "type"), "error"))
		g_assert_cmpint(gtalk_off_record_parse_mark(stanza), !=, GTALK_RECORD_UNKNOWN);
	if (gtalk_receipts_is_asked(stanza))
		g_assert_null(gtalk_receipts_find_received(stanza));
	fuzz_capabilities(stanza);
	fuzz_items(stanza);
	fuzz_items(gtalk_xml_find_child(stanza, "query", GTALK_NS_GOOGLE_NOSAVE));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_off_record);
}
