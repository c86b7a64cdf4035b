/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-calls.c: the calls that one function of the core answers. */
#include "config.h"

#define G_LOG_DOMAIN "bridge-legacy"

#include <string.h>

#include "bridge-legacy-private.h"
#include "account/bridge-off-record.h"
#include "account/bridge-presence.h"
#include "base/bridge-text.h"
#include "legacy-callback.h"

#define CALLS_TEXT "text/plain"
#define CALLS_CRASH_CHARS_MAX 500 /* that are logged */

static void
call_answer_empty(LegacyExchange *exchange)
{
	legacy_exchange_answer(exchange, CALLS_TEXT, "");
}

/* ---- /key ------------------------------------------------------------------------------------ */

void
legacy_key_post(LegacyExchange *exchange)
{
	legacy_exchange_answer(exchange, CALLS_TEXT, legacy_call_get_account(exchange)->key);
}

/* ---- /register ------------------------------------------------------------------------------- */

static void
register_opened_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyExchange) exchange = user_data;
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	BridgeAccount *account = BRIDGE_ACCOUNT(source);
	const char *bound = bridge_account_get_bound_jid(account);
	g_autoptr(GError) error = NULL;

	if (legacy_push_register_finish(bridge_legacy_get_push(legacy), result, &error))
		legacy_exchange_answer(exchange, CALLS_TEXT,
		                       bound != NULL ? bound
		                                     : bridge_account_get_username(account));
	else
		legacy_exchange_fail(exchange, error);
}

static void
register_kept_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyExchange) exchange = user_data;
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	LegacyAccount *account = legacy_call_get_account(exchange);
	g_autoptr(GError) error = NULL;

	if (!legacy_account_keep_finish(BRIDGE_ACCOUNT(source), result, &error))
		legacy_exchange_fail(exchange, error);
	else if (account == NULL)
		legacy_exchange_refuse(exchange, 403);
	else
		legacy_push_register_async(bridge_legacy_get_push(legacy), account,
		                           legacy_exchange_get_phone(exchange), register_opened_cb,
		                           g_object_ref(exchange));
}

static void
register_take(LegacyExchange *exchange, LegacyCallback judgement)
{
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	LegacyAccount *account = legacy_call_get_account(exchange);
	LegacyPhone *phone = legacy_call_get_phone(exchange);
	const char *text = legacy_exchange_get(exchange, "tiles");
	char **tiles = text != NULL ? legacy_callback_parse_tiles(text) : NULL;

	if (judgement == LEGACY_CALLBACK_GOOD)
		legacy_phones_take_callback(bridge_legacy_get_phones(legacy), account, phone,
		                            legacy_exchange_get(exchange, "url"));
	else
		g_clear_pointer(&phone->callback, g_free);
	if (tiles != NULL) {
		g_strfreev(phone->tiles);
		phone->tiles = tiles;
	}
	legacy_account_keep_async(account, register_kept_cb, g_object_ref(exchange));
}

void
legacy_register_post(LegacyExchange *exchange)
{
	LegacyCallback judgement = legacy_callback_judge(legacy_exchange_get(exchange, "url"));

	if (judgement == LEGACY_CALLBACK_BROKEN)
		legacy_exchange_refuse(exchange, 400);
	else
		register_take(exchange, judgement);
}

/* ---- /message -------------------------------------------------------------------------------- */

static void
message_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyExchange) exchange = user_data;
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeOutgoingRecord) record =
		bridge_account_send_finish(BRIDGE_ACCOUNT(source), result, &error);

	if (record != NULL)
		call_answer_empty(exchange);
	else
		legacy_exchange_fail(exchange, error);
}

void
legacy_message_post(LegacyExchange *exchange)
{
	BridgeAccount *account = legacy_exchange_get_account(exchange);
	const char *body = legacy_exchange_get(exchange, "body");
	g_autofree char *id = g_uuid_string_random();
	g_autofree char *to =
		bridge_account_normalise_peer(account, legacy_exchange_get(exchange, "to"), NULL);

	if (strlen(body) > BRIDGE_TEXT_BODY_BYTES_MAX)
		legacy_exchange_refuse(exchange, 413);
	else if (to == NULL || !bridge_text_check(body, NULL))
		legacy_exchange_refuse(exchange, 400);
	else
		bridge_account_send_async(account, legacy_exchange_get_phone(exchange), id, to,
		                          body, message_sent_cb, g_object_ref(exchange));
}

/* ---- /presence ------------------------------------------------------------------------------- */

/* What cannot be shown as it is chosen is never shown as more. */
static gboolean
presence_is_hidden(const char *show)
{
	return g_str_equal(show, "invisible") || g_str_equal(show, "unavailable");
}

/* A status text that is not mentioned stays: no phone ever sends one. */
void
legacy_presence_post(LegacyExchange *exchange)
{
	BridgeAccount *account = legacy_exchange_get_account(exchange);
	const char *show = legacy_exchange_get(exchange, "show");
	const char *status = legacy_form_find(legacy_exchange_get_form(exchange), "status");
	g_autoptr(BridgePresence) before = bridge_account_dup_presence(account);
	BridgePresence presence = {.invisible = presence_is_hidden(show)};

	presence.status = (char *)(status != NULL ? status : before->status);
	if (presence.invisible)
		presence.show = before->show;
	else if (g_strv_contains(bridge_presence_get_shows(), show))
		presence.show = (char *)show;
	else
		presence.show = (char *)"available";
	if (strlen(presence.status) > BRIDGE_PRESENCE_STATUS_BYTES_MAX ||
	    (*presence.status != '\0' && !bridge_text_check(presence.status, NULL))) {
		legacy_exchange_refuse(exchange, 400);
		return;
	}
	bridge_account_set_presence_async(account, &presence, NULL, NULL);
	call_answer_empty(exchange);
}

/* ---- /otr ------------------------------------------------------------------------------------ */

/* The chat server's word is not awaited: what holds is in each message and in the roster. */
void
legacy_otr_post(LegacyExchange *exchange)
{
	BridgeAccount *account = legacy_exchange_get_account(exchange);
	gboolean enabled =
		legacy_form_get_boolean(legacy_exchange_get_form(exchange), "enabled", FALSE);
	g_autofree char *jid =
		bridge_account_normalise_peer(account, legacy_exchange_get(exchange, "jid"), NULL);

	if (jid != NULL && bridge_account_find_contact(account, jid) != NULL)
		bridge_account_set_off_the_record_async(account, jid, enabled, NULL, NULL);
	call_answer_empty(exchange);
}

/* ---- /notifications -------------------------------------------------------------------------- */

void
legacy_notifications_post(LegacyExchange *exchange)
{
	LegacyForm *form = legacy_exchange_get_form(exchange);
	LegacyPhone *phone = legacy_call_get_phone(exchange);

	phone->toasts = legacy_form_get_boolean(form, "toast", phone->toasts);
	phone->tile = legacy_form_get_boolean(form, "tile", phone->tile);
	phone->contact_tiles = legacy_form_get_boolean(form, "secondarytile", phone->contact_tiles);
	legacy_call_keep(exchange, legacy_call_get_account(exchange));
}

/* ---- /logout --------------------------------------------------------------------------------- */

static void
logout_ended_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyExchange) exchange = user_data;
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	g_autoptr(GError) error = NULL;

	if (legacy_phones_end_finish(bridge_legacy_get_phones(legacy), result, &error))
		call_answer_empty(exchange);
	else
		legacy_exchange_fail(exchange, error);
}

void
legacy_logout_post(LegacyExchange *exchange)
{
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	LegacyPhone *phone = legacy_call_get_phone(exchange);

	if (phone != NULL)
		g_clear_pointer(&phone->callback, g_free); /* nobody is to inherit it */
	legacy_phones_end_async(
		bridge_legacy_get_phones(legacy), legacy_exchange_get_account(exchange),
		legacy_exchange_get_phone(exchange), logout_ended_cb, g_object_ref(exchange));
}

/* ---- /crashreport ---------------------------------------------------------------------------- */

/* For the administrator, who may know somebody who mends the app: a few of them, and of each the
 * beginning, as anybody can send what they like. */
void
legacy_crash_report_post(LegacyExchange *exchange)
{
	g_autofree char *beginning = g_utf8_substring(
		legacy_exchange_get(exchange, "exception"), 0,
		MIN(CALLS_CRASH_CHARS_MAX,
	            g_utf8_strlen(legacy_exchange_get(exchange, "exception"), -1)));
	g_autofree char *escaped = g_strescape(beginning, NULL);

	if (bridge_legacy_admit_crash_report(legacy_exchange_get_context(exchange)))
		g_message("a phone reports a crash: %s", escaped);
	legacy_exchange_answer(exchange, "text/xml", "");
}
