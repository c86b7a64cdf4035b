/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Subscription requests with a text, and suggested contacts. */
#include "config.h"

#include "fuzz-stanza.h"

#include "contacts/gtalk-invitation-stanza.h"

static void
fuzz_suggestions(const GPtrArray *suggestions)
{
	g_assert_cmpuint(suggestions->len, >, 0);
	g_assert_cmpuint(suggestions->len, <=, GTALK_SUGGESTIONS_MAX);
	for (guint i = 0; i < suggestions->len; i++) {
		const GTalkSuggestion *suggestion = suggestions->pdata[i];
		const GTalkSuggestion *const one[] = {suggestion, NULL};

		g_assert_true(g_utf8_validate(suggestion->jid, -1, NULL));
		xmlnode_free(gtalk_suggestion_build("ann@talk.example", one));
	}
}

static void
fuzz_invitation(xmlnode *stanza)
{
	g_autoptr(GPtrArray) suggestions = gtalk_suggestion_parse(stanza);
	g_autofree char *text = gtalk_invitation_dup_text(stanza);

	if (suggestions != NULL)
		fuzz_suggestions(suggestions);
	if (text != NULL) {
		g_assert_true(g_utf8_validate(text, -1, NULL));
		gtalk_invitation_add(stanza, NULL, "Chat with me", text, TRUE);
	}
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_invitation);
}
