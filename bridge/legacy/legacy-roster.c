/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POST /roster: every contact, and whoever else has written: phones show the messages of nobody
 * else. */
#include "config.h"

#include <string.h>

#include "account/bridge-conversations.h"
#include "bridge-legacy-private.h"
#include "account/bridge-off-record.h"
#include "account/bridge-rooms.h"
#include "legacy-contact.h"
#include "legacy-wait.h"

#define ROSTER_PIECE_BYTES (16 * 1024)

typedef struct {
	GString *lines;
	gsize written;
} LegacyRoster;

/* ---- Writing --------------------------------------------------------------------------------- */

/* Whole lines. */
static gsize
roster_find_piece(const LegacyRoster *roster)
{
	const char *from = roster->lines->str + roster->written;
	gsize left = roster->lines->len - roster->written;
	const char *end =
		left > ROSTER_PIECE_BYTES ? strchr(from + ROSTER_PIECE_BYTES, '\n') : NULL;

	return end != NULL ? (gsize)(end + 1 - from) : left;
}

static void
roster_more(LegacyExchange *exchange, gpointer user_data)
{
	LegacyRoster *roster = user_data;
	gsize piece = roster_find_piece(roster);

	if (piece == 0) {
		legacy_exchange_end_lines(exchange);
		return;
	}
	legacy_exchange_write_lines(
		exchange, g_string_new_len(roster->lines->str + roster->written, (gssize)piece));
	roster->written += piece;
}

static void
roster_ended(LegacyExchange *exchange, gboolean whole, gpointer user_data)
{
	LegacyRoster *roster = user_data;

	g_string_free(roster->lines, TRUE);
	g_free(roster);
}

static const LegacyLines roster_lines = {.more = roster_more, .ended = roster_ended};

/* ---- Who is in it ---------------------------------------------------------------------------- */

static gboolean
roster_is_own(BridgeAccount *account, const char *jid)
{
	const char *bound = bridge_account_get_bound_jid(account);
	gsize length = strlen(jid);

	return g_str_equal(jid, bridge_account_get_username(account)) ||
	       (bound != NULL && strncmp(bound, jid, length) == 0 && bound[length] == '/');
}

static void
roster_add_contacts(GString *lines, BridgeAccount *account)
{
	GPtrArray *contacts = bridge_account_get_contacts(account);

	for (guint i = 0; i < contacts->len; i++) {
		const BridgeContact *contact = g_ptr_array_index(contacts, i);

		if (!roster_is_own(account, contact->jid))
			legacy_contact_append(
				lines, contact,
				bridge_account_has_off_the_record(account, contact->jid));
	}
}

static gboolean
roster_is_stranger(BridgeAccount *account, const BridgeConversation *conversation)
{
	const BridgeEventRecord *last = bridge_conversation_get_last(conversation);

	return last != NULL && g_str_has_prefix(last->type, "message") &&
	       bridge_account_find_contact(account, conversation->jid) == NULL &&
	       bridge_rooms_find(account, conversation->jid) == NULL &&
	       !roster_is_own(account, conversation->jid);
}

static void
roster_add_strangers(GString *lines, BridgeAccount *account)
{
	g_autoptr(GPtrArray) conversations = bridge_conversations_get(account);

	for (guint i = 0; i < conversations->len; i++) {
		const BridgeConversation *conversation = g_ptr_array_index(conversations, i);

		if (roster_is_stranger(account, conversation))
			legacy_contact_append_stranger(
				lines, conversation->jid,
				bridge_account_has_off_the_record(account, conversation->jid));
	}
}

static void
roster_loaded_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyExchange) exchange = user_data;
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	g_autoptr(GError) error = NULL;
	LegacyRoster *roster = NULL;

	if (!bridge_conversations_load_finish(account, result, &error)) {
		legacy_exchange_fail(exchange, error);
		return;
	}
	roster = g_new0(LegacyRoster, 1);
	roster->lines = g_string_new(NULL);
	roster_add_contacts(roster->lines, account);
	roster_add_strangers(roster->lines, account);
	legacy_exchange_begin_lines(exchange, "text/json", &roster_lines, roster);
}

static void
roster_waited(LegacyExchange *exchange, gboolean known)
{
	if (known)
		bridge_conversations_load_async(legacy_exchange_get_account(exchange),
		                                roster_loaded_cb, g_object_ref(exchange));
	else
		legacy_exchange_refuse(exchange, 503);
}

void
legacy_roster_post(LegacyExchange *exchange)
{
	legacy_wait_for_contacts(exchange, roster_waited);
}
