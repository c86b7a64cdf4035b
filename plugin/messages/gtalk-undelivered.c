/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-undelivered.h"

#include <string.h>

#include "core/gtalk-conversation.h"
#include "core/gtalk-i18n.h"

#define GTALK_UNDELIVERED_WORDS_MAX_CHARS 500 /* of the server's, in a line of a conversation */

static const struct {
	const char *condition;
	GTalkUndeliveredReason contact;
	GTalkUndeliveredReason room;
} gtalk_undelivered_conditions[] = {
	{"item-not-found", GTALK_UNDELIVERED_NO_SUCH_ADDRESS, GTALK_UNDELIVERED_NO_SUCH_ADDRESS},
	{"gone", GTALK_UNDELIVERED_NO_SUCH_ADDRESS, GTALK_UNDELIVERED_NO_SUCH_ADDRESS},
	{"jid-malformed", GTALK_UNDELIVERED_NO_SUCH_ADDRESS, GTALK_UNDELIVERED_NO_SUCH_ADDRESS},
	{"remote-server-not-found", GTALK_UNDELIVERED_NO_SERVER, GTALK_UNDELIVERED_NO_SERVER},
	{"remote-server-timeout", GTALK_UNDELIVERED_NO_SERVER, GTALK_UNDELIVERED_NO_SERVER},
	{"resource-constraint", GTALK_UNDELIVERED_TOO_MUCH, GTALK_UNDELIVERED_TOO_MUCH},
	{"forbidden", GTALK_UNDELIVERED_REFUSED, GTALK_UNDELIVERED_NO_VOICE},
	{"not-allowed", GTALK_UNDELIVERED_REFUSED, GTALK_UNDELIVERED_NO_VOICE},
	{"not-acceptable", GTALK_UNDELIVERED_REFUSED, GTALK_UNDELIVERED_NO_VOICE},
	{"not-authorized", GTALK_UNDELIVERED_REFUSED, GTALK_UNDELIVERED_NO_VOICE},
	{"policy-violation", GTALK_UNDELIVERED_REFUSED, GTALK_UNDELIVERED_REFUSED},
	{"registration-required", GTALK_UNDELIVERED_REFUSED, GTALK_UNDELIVERED_NO_VOICE},
	{"subscription-required", GTALK_UNDELIVERED_NOT_SUBSCRIBED, GTALK_UNDELIVERED_REFUSED},
};

/* TRANSLATORS: %s is the name of a contact, or of a room. */
static const char *const gtalk_undelivered_sentences[] = {
	[GTALK_UNDELIVERED_UNKNOWN] = N_("Your message to %s could not be delivered."),
	[GTALK_UNDELIVERED_OFFLINE] = N_("%s is offline and can't receive messages right now."),
	[GTALK_UNDELIVERED_OFF_RECORD] =
		N_("%s is offline and can't receive messages right now: because you are off the "
                   "record with each other, nothing is kept for later."),
	[GTALK_UNDELIVERED_NOT_SUBSCRIBED] =
		N_("%s did not get your message, because you are not each other's contacts yet. "
                   "Ask for authorization first; when it has been granted you can write."),
	[GTALK_UNDELIVERED_BLOCKED] =
		N_("Your message to %s was not delivered, because you have blocked this contact."),
	[GTALK_UNDELIVERED_NO_SUCH_ADDRESS] =
		N_("Your message could not be delivered: the address of %s does not exist."),
	[GTALK_UNDELIVERED_NO_SERVER] = N_("Your message could not be delivered: the server of %s "
                                           "cannot be reached at the moment."),
	[GTALK_UNDELIVERED_REFUSED] = N_("The server has refused your message to %s."),
	[GTALK_UNDELIVERED_TOO_MUCH] =
		N_("Your message could not be delivered: the server takes no more messages for %s "
                   "at the moment."),
	[GTALK_UNDELIVERED_NO_VOICE] =
		N_("Your message was not taken: you are not in the room %s, or not allowed to "
                   "speak there."),
};

static GTalkUndeliveredReason
gtalk_undelivered_guess(const GTalkUndeliveredFacts *facts)
{
	if (facts->is_room)
		return GTALK_UNDELIVERED_UNKNOWN;
	if (facts->subscription != GTALK_SUBSCRIPTION_BOTH &&
	    facts->subscription != GTALK_SUBSCRIPTION_UNKNOWN)
		return GTALK_UNDELIVERED_NOT_SUBSCRIBED;
	if (facts->is_there)
		return GTALK_UNDELIVERED_UNKNOWN;
	return facts->record == GTALK_RECORD_OFF ? GTALK_UNDELIVERED_OFF_RECORD
	                                         : GTALK_UNDELIVERED_OFFLINE;
}

GTalkUndeliveredReason
gtalk_undelivered_find_reason(const GTalkUndeliveredFacts *facts)
{
	if (facts->says_blocked || facts->is_denied)
		return GTALK_UNDELIVERED_BLOCKED;
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_undelivered_conditions); i++)
		if (strcmp(gtalk_undelivered_conditions[i].condition, facts->condition) == 0)
			return facts->is_room ? gtalk_undelivered_conditions[i].room
			                      : gtalk_undelivered_conditions[i].contact;
	return gtalk_undelivered_guess(facts);
}

static char *
gtalk_undelivered_dup_server_line(const char *server_words)
{
	g_autofree char *words =
		g_strdelimit(g_utf8_substring(server_words, 0,
	                                      MIN(g_utf8_strlen(server_words, -1),
	                                          GTALK_UNDELIVERED_WORDS_MAX_CHARS)),
	                     "\r\n\t", ' ');

	/* TRANSLATORS: %s is what the server said, often in English */
	return g_strdup_printf(_("The server says: %s"), words);
}

char *
gtalk_undelivered_dup_text(GTalkUndeliveredReason reason, const char *name,
                           const char *server_words, const char *body)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(lines, gtalk_conversation_dup_sentence(
				       _(gtalk_undelivered_sentences[reason]), name));
	if (server_words != NULL && g_utf8_validate(server_words, -1, NULL))
		g_ptr_array_add(lines, gtalk_undelivered_dup_server_line(server_words));
	/* TRANSLATORS: %s is the text of the message */
	if (body != NULL)
		g_ptr_array_add(lines, g_strdup_printf(_("Not delivered: %s"), body));
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}
