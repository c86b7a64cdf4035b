/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is read of off the record: lists and pushes of google:nosave, and the marks in messages. */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "gtalk-off-record-stanza.h"
#include "gtalk-xml.h"
#include "harness/purple-boot.h"

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

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static gsize started = 0;
	xmlnode *stanza = NULL;

	if (g_once_init_enter(&started)) {
		purple_boot_start_nodes();
		g_once_init_leave(&started, 1);
	}
	if (size == 0 || memchr(data, '\0', size) != NULL)
		return 0;
	stanza = xmlnode_from_str((const char *)data, (gssize)size);
	if (stanza == NULL)
		return 0;
	if (gtalk_off_record_is_marked(stanza) &&
	    !purple_strequal(xmlnode_get_attrib(stanza, "type"), "error"))
		g_assert_cmpint(gtalk_off_record_parse_mark(stanza), !=, GTALK_RECORD_UNKNOWN);
	fuzz_items(stanza);
	fuzz_items(gtalk_xml_find_child(stanza, "query", GTALK_NS_GOOGLE_NOSAVE));
	xmlnode_free(stanza);
	return 0;
}
