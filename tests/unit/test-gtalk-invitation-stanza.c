/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "contacts/gtalk-invitation-stanza.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "harness/purple-boot.h"

static void
test_add_for_both(void)
{
	xmlnode *request = xmlnode_from_str("<presence to='frank@b' type='subscribe'/>", -1);
	g_autofree char *text = NULL;
	xmlnode *parsed = NULL;
	xmlnode *invitation = NULL;

	gtalk_invitation_add(request, "Frank & co", "Chat with me", "I use <this> now.", TRUE);
	text = xmlnode_to_str(request, NULL);
	parsed = purple_boot_parse(text, -1);
	invitation = gtalk_xml_find_child(parsed, "invitation", GTALK_NS_GOOGLE_SUBSCRIBE);
	g_assert_nonnull(invitation);
	g_assert_cmpstr(
		xmlnode_get_attrib_with_namespace(invitation, "name", GTALK_NS_GOOGLE_SUBSCRIBE),
		==, "Frank & co");
	g_assert_cmpstr(
		xmlnode_get_attrib_with_namespace(invitation, "subject", GTALK_NS_GOOGLE_SUBSCRIBE),
		==, "Chat with me");
	g_assert_cmpstr(
		xmlnode_get_attrib_with_namespace(invitation, "body", GTALK_NS_GOOGLE_SUBSCRIBE),
		==, "I use <this> now.");
	xmlnode_free(parsed);
	xmlnode_free(request);
}

static void
test_add_for_the_contact_alone(void)
{
	xmlnode *request = xmlnode_from_str("<presence to='frank@b' type='subscribe'/>", -1);
	g_autofree char *text = NULL;

	gtalk_invitation_add(request, NULL, "Chat with me", "Hello", FALSE);
	text = gtalk_invitation_dup_text(request);
	g_assert_cmpstr(text, ==, "Hello");
	g_assert_null(gtalk_xml_find_child(request, "invitation", GTALK_NS_GOOGLE_SUBSCRIBE));
	xmlnode_free(request);
}

static void
test_long_texts_are_cut_between_characters(void)
{
	g_autoptr(GString) text = g_string_new("x");
	xmlnode *request = xmlnode_from_str("<presence type='subscribe'/>", -1);
	g_autofree char *cut = NULL;

	for (guint i = 0; i < GTALK_INVITATION_TEXT_MAX_BYTES; i++)
		g_string_append(text, "é");
	gtalk_invitation_add(request, NULL, "S", text->str, FALSE);
	cut = gtalk_invitation_dup_text(request);
	g_assert_cmpuint(strlen(cut), ==, GTALK_INVITATION_TEXT_MAX_BYTES - 1);
	g_assert_true(g_utf8_validate(cut, -1, NULL));
	xmlnode_free(request);
}

static void
test_text(void)
{
	static const struct {
		const char *stanza;
		const char *text;
	} requests[] = {
		{"<presence type='subscribe'><status>Hi</status></presence>", "Hi"},
		{"<presence type='subscribe'><status/><invitation xmlns='google:subscribe' "
	         "xmlns:s='google:subscribe' s:body='Hello'/></presence>",
	         "Hello"},
		{"<presence type='subscribe'><invitation xmlns='google:subscribe' body='Hello'/>"
	         "</presence>",
	         NULL},
		{"<presence type='subscribe'/>", NULL},
		{"<presence><status>Hi</status></presence>", NULL},
		{"<message type='subscribe'><status>Hi</status></message>", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
		xmlnode *stanza = purple_boot_parse(requests[i].stanza, -1);
		g_autofree char *text = gtalk_invitation_dup_text(stanza);

		g_assert_cmpstr(text, ==, requests[i].text);
		xmlnode_free(stanza);
	}
}

#define TEST_SUGGESTION(items)                                                                     \
	"<message from='ann@b'><x xmlns='http://jabber.org/protocol/rosterx'>" items               \
	"</x></message>"

static void
test_suggestions(void)
{
	static const struct {
		const char *message;
		guint count;
	} messages[] = {
		{TEST_SUGGESTION("<item jid='a@b' action='add' name='A'><group>G</group></item>"),
	         1},
		{TEST_SUGGESTION("<item jid='a@b'/><item jid='c@d'/>"), 2},
		{TEST_SUGGESTION("<item jid='a@b' action='delete'/>"), 0},
		{TEST_SUGGESTION("<item jid='a@b' action='modify'/><item jid='c@d'/>"), 1},
		{TEST_SUGGESTION("<item jid='nobody'/><item/><item jid='a@b/c'/>"), 0},
		{TEST_SUGGESTION(""), 0},
		{"<message/>", 0},
		{"<message type='error'><x xmlns='http://jabber.org/protocol/rosterx'>"
	         "<item jid='a@b'/></x></message>",
	         0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
		xmlnode *message = xmlnode_from_str(messages[i].message, -1);
		g_autoptr(GPtrArray) suggestions = gtalk_suggestion_parse(message);

		g_assert_cmpuint(suggestions != NULL ? suggestions->len : 0, ==, messages[i].count);
		xmlnode_free(message);
	}
}

static void
test_too_many_suggestions(void)
{
	g_autoptr(GString) text = g_string_new(
		"<message from='ann@b'><x xmlns='http://jabber.org/protocol/rosterx'>");
	xmlnode *message = NULL;
	g_autoptr(GPtrArray) suggestions = NULL;

	for (guint i = 0; i < 2 * GTALK_SUGGESTIONS_MAX; i++)
		g_string_append_printf(text, "<item jid='a%u@b'/>", i);
	g_string_append(text, "</x></message>");
	message = xmlnode_from_str(text->str, -1);
	suggestions = gtalk_suggestion_parse(message);
	g_assert_cmpuint(suggestions->len, ==, GTALK_SUGGESTIONS_MAX);
	xmlnode_free(message);
}

static void
test_build_suggestion(void)
{
	static const GTalkSuggestion one = {"a@b", "A & B", "Work"};
	static const GTalkSuggestion other = {"c@d", NULL, NULL};
	static const GTalkSuggestion *const both[] = {&one, &other, NULL};
	xmlnode *message = gtalk_suggestion_build("ann@b", both);
	g_autofree char *text = xmlnode_to_str(message, NULL);
	xmlnode *parsed = xmlnode_from_str(text, -1);
	g_autoptr(GPtrArray) suggestions = gtalk_suggestion_parse(parsed);
	const GTalkSuggestion *first = suggestions->pdata[0];

	g_assert_cmpstr(xmlnode_get_attrib(message, "to"), ==, "ann@b");
	g_assert_cmpuint(suggestions->len, ==, 2);
	g_assert_cmpstr(first->jid, ==, "a@b");
	g_assert_cmpstr(first->name, ==, "A & B");
	g_assert_cmpstr(first->group, ==, "Work");
	xmlnode_free(parsed);
	xmlnode_free(message);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/invitation-stanza/add", test_add_for_both);
	g_test_add_func("/invitation-stanza/add-plain", test_add_for_the_contact_alone);
	g_test_add_func("/invitation-stanza/cut", test_long_texts_are_cut_between_characters);
	g_test_add_func("/invitation-stanza/text", test_text);
	g_test_add_func("/invitation-stanza/suggestions", test_suggestions);
	g_test_add_func("/invitation-stanza/too-many", test_too_many_suggestions);
	g_test_add_func("/invitation-stanza/build-suggestion", test_build_suggestion);
	return g_test_run();
}
