/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Subscription requests with a text, and suggested contacts. */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "gtalk-invitation-stanza.h"
#include "harness/purple-boot.h"

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

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static gsize started = 0;
	xmlnode *stanza = NULL;
	g_autoptr(GPtrArray) suggestions = NULL;
	g_autofree char *text = NULL;

	if (g_once_init_enter(&started)) {
		purple_boot_start_nodes();
		g_once_init_leave(&started, 1);
	}
	if (size == 0 || memchr(data, '\0', size) != NULL)
		return 0;
	stanza = purple_boot_parse((const char *)data, (gssize)size);
	if (stanza == NULL)
		return 0;
	suggestions = gtalk_suggestion_parse(stanza);
	if (suggestions != NULL)
		fuzz_suggestions(suggestions);
	text = gtalk_invitation_dup_text(stanza);
	if (text != NULL) {
		g_assert_true(g_utf8_validate(text, -1, NULL));
		gtalk_invitation_add(stanza, NULL, "Chat with me", text, TRUE);
	}
	xmlnode_free(stanza);
	return 0;
}
