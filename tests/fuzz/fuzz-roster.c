/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Roster results and pushes with Google's attributes: what is read keeps the promises of gtalk.h,
 * and what is built from it is read as the same. */
#include "config.h"

#include "fuzz-stanza.h"

#include <math.h>
#include "contacts/gtalk-roster-stanza.h"
#include "harness/purple-boot.h"

static void
fuzz_build(const GTalkRosterContact *contact)
{
	xmlnode *iq = gtalk_roster_stanza_build_set(contact->jid, contact->name, contact->groups,
	                                            contact->kind);
	g_autofree char *text = xmlnode_to_str(iq, NULL);
	xmlnode *parsed = purple_boot_parse(text, -1);
	xmlnode *query = gtalk_roster_stanza_find_query(parsed);
	g_autoptr(GTalkRosterContact) again =
		gtalk_roster_stanza_parse_item(xmlnode_get_child(query, "item"));

	g_assert_nonnull(again);
	g_assert_cmpstr(again->jid, ==, contact->jid);
	g_assert_cmpint(again->kind, ==, contact->kind);
	xmlnode_free(parsed);
	xmlnode_free(iq);
}

static void
fuzz_item(const xmlnode *item)
{
	g_autoptr(GTalkRosterContact) contact = gtalk_roster_stanza_parse_item(item);

	if (contact == NULL)
		return;
	g_assert_true(g_utf8_validate(contact->jid, -1, NULL));
	g_assert_nonnull(contact->groups);
	g_assert_nonnull(contact->subscription);
	g_assert_true(isfinite(contact->weight));
	g_assert_cmpuint(contact->n_messages, <=, GTALK_ROSTER_COUNT_MAX);
	gtalk_roster_contact_is_extended(contact);
	gtalk_roster_contact_is_stranger(contact);
	fuzz_build(contact);
}

static void
fuzz_roster(xmlnode *stanza)
{
	xmlnode *query = gtalk_roster_stanza_find_query(stanza);

	for (xmlnode *item = query != NULL ? query->child : NULL; item != NULL; item = item->next)
		if (item->type == XMLNODE_TYPE_TAG)
			fuzz_item(item);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_roster);
}
