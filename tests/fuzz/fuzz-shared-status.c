/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The shared status that a server sends: whatever it is, what goes back keeps to the limits. */
#include "config.h"

#include "fuzz-stanza.h"

#include <string.h>

#include "status/gtalk-status-document.h"

static void
fuzz_check_list(const GPtrArray *texts)
{
	g_assert_cmpuint(texts->len, <=, 64);
	for (guint i = 0; i < texts->len; i++) {
		const char *text = g_ptr_array_index(texts, i);

		g_assert_cmpstr(text, !=, "");
		g_assert_true(g_utf8_validate(text, -1, NULL));
	}
}

static void
fuzz_check(const GTalkStatusDocument *document)
{
	g_assert_true(g_utf8_validate(document->text, -1, NULL));
	g_assert_cmpuint(document->lists->len, <=, 9);
	for (guint i = 0; i < document->lists->len; i++) {
		const GTalkStatusList *list = g_ptr_array_index(document->lists, i);

		fuzz_check_list(list->texts);
	}
}

/* Sent and read again it is the same, but for what the limits cut. */
static void
fuzz_return(GTalkStatusDocument *document)
{
	xmlnode *iq = xmlnode_new("iq");
	g_autofree char *text = NULL;
	xmlnode *parsed = NULL;
	g_autoptr(GTalkStatusDocument) again = NULL;

	gtalk_status_document_set_state(document, document->text, document->is_busy);
	g_assert_cmpuint(strlen(document->text), <=, document->text_max_bytes);
	gtalk_status_document_build(document, iq);
	text = xmlnode_to_str(iq, NULL);
	parsed = xmlnode_from_str(text, -1);
	g_assert_nonnull(parsed);
	again = gtalk_status_document_parse(xmlnode_get_child(parsed, "query"), NULL);
	g_assert_nonnull(again);
	g_assert_true(gtalk_status_document_equal_state(document, again));
	fuzz_check(again);
	xmlnode_free(parsed);
	xmlnode_free(iq);
}

static void
fuzz_shared_status(xmlnode *query)
{
	g_autoptr(GTalkStatusDocument) document = gtalk_status_document_parse(query, NULL);

	if (document == NULL)
		return;
	fuzz_check(document);
	fuzz_return(document);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_shared_status);
}
