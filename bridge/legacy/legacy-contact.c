/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-contact.h"

#include <string.h>

#include "base/bridge-json-text.h"

#define CONTACT_HASH_CHARS 40

typedef struct {
	const char *jid;
	GString *sessions;
} ContactSessions;

/* Phones show "chat" as the raw word: to them it is available, which has no name. */
static gboolean
contact_has_show(const char *show)
{
	return !g_str_equal(show, "available") && !g_str_equal(show, "chat");
}

static void
contact_add_session(const char *resource, const char *show, const char *status, gpointer user_data)
{
	ContactSessions *sessions = user_data;
	GString *session = bridge_json_text_begin();
	g_autofree char *full = *resource != '\0' ? g_strconcat(sessions->jid, "/", resource, NULL)
	                                          : g_strdup(sessions->jid);

	bridge_json_text_add(session, "jid", sessions->jid);
	if (contact_has_show(show))
		bridge_json_text_add(session, "show", show);
	if (*status != '\0')
		bridge_json_text_add(session, "status", status);
	bridge_json_text_add_object(sessions->sessions, full, session);
}

gboolean
legacy_contact_is_hash(const char *text)
{
	return strlen(text) == CONTACT_HASH_CHARS &&
	       strspn(text, "0123456789abcdef") == CONTACT_HASH_CHARS;
}

void
legacy_contact_append(GString *lines, const BridgeContact *contact, gboolean off_the_record)
{
	GString *line = bridge_json_text_begin();
	const char *avatar = bridge_contact_get_avatar(contact);
	ContactSessions sessions = {.jid = contact->jid, .sessions = bridge_json_text_begin()};

	bridge_contact_foreach_resource(contact, contact_add_session, &sessions);
	bridge_json_text_add(line, "jid", contact->jid);
	bridge_json_text_add_object(line, "sessions", sessions.sessions);
	/* One that is empty ends the phone's app. */
	if (contact->name != NULL && *contact->name != '\0')
		bridge_json_text_add(line, "name", contact->name);
	if (avatar != NULL && legacy_contact_is_hash(avatar))
		bridge_json_text_add(line, "photo", avatar);
	bridge_json_text_add_boolean(line, "otr", off_the_record);
	bridge_json_text_end(line);
	g_string_append_printf(lines, "%s\n", line->str);
	g_string_free(line, TRUE);
}

void
legacy_contact_append_stranger(GString *lines, const char *jid, gboolean off_the_record)
{
	GString *line = bridge_json_text_begin();

	bridge_json_text_add(line, "jid", jid);
	bridge_json_text_add_object(line, "sessions", bridge_json_text_begin());
	bridge_json_text_add_boolean(line, "otr", off_the_record);
	bridge_json_text_end(line);
	g_string_append_printf(lines, "%s\n", line->str);
	g_string_free(line, TRUE);
}
