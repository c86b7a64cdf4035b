/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything that reads a stanza of a stranger: messages, carbons, archive results, bounces and
 * discovery. What is read has to keep the promises of gtalk.h. */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "gtalk-archive-query.h"
#include "gtalk-carbons.h"
#include "gtalk-discovery.h"
#include "gtalk-jid.h"
#include "gtalk-message.h"
#include "gtalk-xml.h"
#include "harness/purple-boot.h"

#define FUZZ_OWN "ann@talk.example/Desk"

static const GTalkMessageReader fuzz_reader = {.own_jid = FUZZ_OWN, .stable_ids = TRUE};

static void
fuzz_check(GTalkParsedMessage *parsed)
{
	const GTalkMessage *message = &parsed->message;

	g_assert_nonnull(message->body);
	g_assert_nonnull(message->type);
	g_assert_nonnull(message->from);
	g_assert_nonnull(message->to);
	g_assert_true(g_utf8_validate(message->body, -1, NULL));
	g_assert_cmpint(message->time_us, >=, 0);
	gtalk_jid_equal_bare(message->from, message->to);
	gtalk_message_clear(parsed);
}

static void
fuzz_message(const xmlnode *stanza)
{
	xmlnode *carbon = gtalk_carbons_find(stanza);
	xmlnode *result = gtalk_xml_find_child(stanza, "result", GTALK_NS_MAM);
	GTalkParsedMessage parsed;
	GTalkBounce bounce;

	if (gtalk_message_parse(&fuzz_reader, stanza, &parsed))
		fuzz_check(&parsed);
	if (carbon != NULL && gtalk_message_parse_carbon(&fuzz_reader, stanza, carbon, &parsed))
		fuzz_check(&parsed);
	if (result != NULL && gtalk_message_parse_archived(&fuzz_reader, result, &parsed))
		fuzz_check(&parsed);
	if (gtalk_message_parse_bounce(stanza, &bounce)) {
		g_assert_nonnull(bounce.condition);
		gtalk_message_clear_bounce(&bounce);
	}
}

static void
fuzz_reply(const xmlnode *stanza)
{
	g_autoptr(GHashTable) features = g_hash_table_new(g_str_hash, g_str_equal);
	GTalkArchiveFin fin;

	gtalk_discovery_parse(stanza, GTALK_DISCOVERY_DOMAIN, features);
	gtalk_discovery_parse(stanza, GTALK_DISCOVERY_ACCOUNT, features);
	if (gtalk_archive_query_parse_fin(stanza, &fin))
		gtalk_archive_query_clear_fin(&fin);
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
	fuzz_message(stanza);
	fuzz_reply(stanza);
	xmlnode_free(stanza);
	return 0;
}
