/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything that reads a stanza of a stranger: messages, carbons, archive results, bounces,
 * discovery and subscriptions. What is read has to keep the promises of gtalk.h. */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "contacts/gtalk-subscriptions.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "messages/gtalk-archive-query.h"
#include "messages/gtalk-carbons.h"
#include "messages/gtalk-decoration.h"
#include "messages/gtalk-message.h"
#include "messages/gtalk-offline-stanza.h"

#define FUZZ_OWN "ann@talk.example/Desk"

static const GTalkMessageReader fuzz_reader = {.own_jid = FUZZ_OWN, .stable_ids = TRUE};

/* Signs become tags, nothing else changes. */
static void
fuzz_check_decoration(const char *body)
{
	g_autofree char *escaped = g_markup_escape_text(body, -1);
	g_autofree char *html = gtalk_decoration_dup_html(escaped);
	g_autofree char *plain = purple_markup_strip_html(html);

	g_assert_true(g_utf8_validate(html, -1, NULL));
	g_assert_cmpuint(strlen(plain), <=, strlen(body));
}

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
	fuzz_check_decoration(message->body);
	gtalk_message_clear(parsed);
}

static void
fuzz_bounce(const xmlnode *stanza)
{
	GTalkBounce bounce;

	if (!gtalk_message_parse_bounce(&fuzz_reader, stanza, &bounce))
		return;
	g_assert_nonnull(bounce.condition);
	g_assert_nonnull(bounce.from);
	gtalk_message_clear_bounce(&bounce);
}

/* Whatever times there were, the one that is set is the one that is read. */
static void
fuzz_time(const xmlnode *stanza)
{
	xmlnode *copy = xmlnode_copy(stanza);

	gtalk_message_set_time(copy, G_USEC_PER_SEC);
	g_assert_true(gtalk_message_is_delayed(copy));
	xmlnode_free(copy);
}

static void
fuzz_message(const xmlnode *stanza)
{
	xmlnode *carbon = gtalk_carbons_find(stanza);
	xmlnode *result = gtalk_xml_find_child(stanza, "result", GTALK_NS_MAM);
	const xmlnode *inner = NULL;
	GTalkParsedMessage parsed;
	gint64 time_us = 0;

	if (gtalk_message_parse(&fuzz_reader, stanza, &parsed))
		fuzz_check(&parsed);
	if (carbon != NULL && gtalk_message_parse_carbon(&fuzz_reader, stanza, carbon, &parsed))
		fuzz_check(&parsed);
	if (result != NULL && gtalk_message_parse_archived(&fuzz_reader, result, &parsed))
		fuzz_check(&parsed);
	if (carbon != NULL)
		inner = gtalk_message_find_carbon(&fuzz_reader, stanza, carbon, &time_us);
	if (inner != NULL)
		fuzz_bounce(inner);
	fuzz_bounce(stanza);
	fuzz_time(stanza);
}

static void
fuzz_reply(const xmlnode *stanza)
{
	g_autoptr(GHashTable) contacts =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GTalkArchiveFin fin;

	gtalk_discovery_parse(stanza, GTALK_DISCOVERY_DOMAIN);
	gtalk_discovery_parse(stanza, GTALK_DISCOVERY_ACCOUNT);
	gtalk_subscriptions_parse(stanza, contacts);
	gtalk_subscriptions_parse(gtalk_xml_find_child(stanza, "query", GTALK_NS_ROSTER), contacts);
	g_ptr_array_unref(gtalk_offline_parse_list(stanza));
	if (gtalk_archive_query_parse_fin(stanza, &fin))
		gtalk_archive_query_clear_fin(&fin);
}

static void
fuzz_stanza(xmlnode *stanza)
{
	fuzz_message(stanza);
	fuzz_reply(stanza);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_stanza);
}
