/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-settings.h"

#include <string.h>

#include "link/bridge-push-link.h"

#define SETTINGS_DAY_MINUTES (24 * 60)

static const char *const bridge_push_kinds[BRIDGE_PUSH_N_KINDS] = {
	[BRIDGE_PUSH_MESSAGE] = "message",
	[BRIDGE_PUSH_MAIL] = "mail",
	[BRIDGE_PUSH_SUBSCRIPTION_REQUEST] = "subscription-request",
	[BRIDGE_PUSH_ROOM_MENTION] = "room-mention",
	[BRIDGE_PUSH_ROOM_INVITE] = "room-invite",
	[BRIDGE_PUSH_REQUEST] = "request",
	[BRIDGE_PUSH_SIGN_OUT] = "sign-out",
	[BRIDGE_PUSH_READ] = "read",
};
static const char *const bridge_push_contents[BRIDGE_PUSH_N_CONTENTS] = {
	[BRIDGE_PUSH_CONTENT_NONE] = "none",
	[BRIDGE_PUSH_CONTENT_SENDER] = "sender",
	[BRIDGE_PUSH_CONTENT_FULL] = "full",
};

/* -1: it is not there */
static int
bridge_push_find_word(const char *const *words, guint count, const char *text)
{
	for (guint i = 0; i < count; i++)
		if (g_strcmp0(words[i], text) == 0)
			return (int)i;
	return -1;
}

const char *
bridge_push_kind_to_string(BridgePushKind kind)
{
	return bridge_push_kinds[kind];
}

gboolean
bridge_push_kind_from_string(const char *text, BridgePushKind *kind)
{
	int found = bridge_push_find_word(bridge_push_kinds, BRIDGE_PUSH_N_KINDS, text);

	if (found >= 0)
		*kind = (BridgePushKind)found;
	return found >= 0;
}

const char *
bridge_push_content_to_string(BridgePushContent content)
{
	return bridge_push_contents[MIN(content, BRIDGE_PUSH_CONTENT_FULL)];
}

gboolean
bridge_push_content_from_string(const char *text, BridgePushContent *content)
{
	int found = bridge_push_find_word(bridge_push_contents, BRIDGE_PUSH_N_CONTENTS, text);

	if (found >= 0)
		*content = (BridgePushContent)found;
	return found >= 0;
}

gboolean
bridge_push_type_is_vendor(const char *type)
{
	return g_str_equal(type, BRIDGE_PUSH_SERVICE_FCM) ||
	       g_str_equal(type, BRIDGE_PUSH_SERVICE_APNS);
}

gboolean
bridge_push_type_is_encrypted(const char *type)
{
	return g_str_equal(type, BRIDGE_PUSH_SERVICE_WEB) || bridge_push_type_is_vendor(type);
}

/* ---- As the store has it --------------------------------------------------------------------- */

void
bridge_push_settings_free(BridgePushSettings *settings)
{
	g_free(settings->type);
	g_free(settings->endpoint);
	g_free(settings->target);
	g_clear_pointer(&settings->p256dh, g_bytes_unref);
	g_clear_pointer(&settings->auth, g_bytes_unref);
	g_clear_pointer(&settings->secret, g_bytes_unref);
	g_clear_pointer(&settings->old_secret, g_bytes_unref);
	g_free(settings->quiet_from);
	g_free(settings->quiet_to);
	g_free(settings->quiet_zone);
	g_free(settings->challenge);
	g_free(settings);
}

static void
bridge_push_settings_add_text(GVariantDict *dict, const char *name, const char *text)
{
	if (text != NULL)
		g_variant_dict_insert(dict, name, "s", text);
}

static void
bridge_push_settings_add_octets(GVariantDict *dict, const char *name, GBytes *octets)
{
	if (octets != NULL)
		g_variant_dict_insert_value(
			dict, name,
			g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, octets, TRUE));
}

GVariant *
bridge_push_settings_to_variant(const BridgePushSettings *settings)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	bridge_push_settings_add_text(&dict, "type", settings->type);
	bridge_push_settings_add_text(&dict, "endpoint", settings->endpoint);
	bridge_push_settings_add_text(&dict, "target", settings->target);
	g_variant_dict_insert(&dict, "registered", "x", settings->registered_us);
	g_variant_dict_insert(&dict, "moved", "b", settings->moved);
	g_variant_dict_insert(&dict, "expires", "x", settings->expires_us);
	bridge_push_settings_add_octets(&dict, "p256dh", settings->p256dh);
	bridge_push_settings_add_octets(&dict, "auth", settings->auth);
	bridge_push_settings_add_octets(&dict, "secret", settings->secret);
	bridge_push_settings_add_octets(&dict, "old-secret", settings->old_secret);
	g_variant_dict_insert(&dict, "old-secret-until", "x", settings->old_secret_until_us);
	g_variant_dict_insert(&dict, "content", "u", settings->content);
	g_variant_dict_insert(&dict, "kinds", "u", settings->kinds);
	g_variant_dict_insert(&dict, "ttl", "u", settings->ttl_s);
	bridge_push_settings_add_text(&dict, "quiet-from", settings->quiet_from);
	bridge_push_settings_add_text(&dict, "quiet-to", settings->quiet_to);
	bridge_push_settings_add_text(&dict, "quiet-zone", settings->quiet_zone);
	g_variant_dict_insert(&dict, "verified", "b", settings->verified);
	g_variant_dict_insert(&dict, "ahead", "t", settings->ahead_seq);
	bridge_push_settings_add_text(&dict, "challenge", settings->challenge);
	return g_variant_ref_sink(g_variant_dict_end(&dict));
}

static GBytes *
bridge_push_settings_dup_octets(GVariant *variant, const char *name)
{
	g_autoptr(GVariant) value =
		g_variant_lookup_value(variant, name, G_VARIANT_TYPE_BYTESTRING);

	return value != NULL ? g_variant_get_data_as_bytes(value) : NULL;
}

BridgePushSettings *
bridge_push_settings_from_variant(GVariant *variant)
{
	BridgePushSettings *settings = g_new0(BridgePushSettings, 1);

	g_variant_lookup(variant, "type", "s", &settings->type);
	g_variant_lookup(variant, "endpoint", "s", &settings->endpoint);
	g_variant_lookup(variant, "target", "s", &settings->target);
	g_variant_lookup(variant, "registered", "x", &settings->registered_us);
	g_variant_lookup(variant, "moved", "b", &settings->moved);
	g_variant_lookup(variant, "expires", "x", &settings->expires_us);
	settings->p256dh = bridge_push_settings_dup_octets(variant, "p256dh");
	settings->auth = bridge_push_settings_dup_octets(variant, "auth");
	settings->secret = bridge_push_settings_dup_octets(variant, "secret");
	settings->old_secret = bridge_push_settings_dup_octets(variant, "old-secret");
	g_variant_lookup(variant, "old-secret-until", "x", &settings->old_secret_until_us);
	g_variant_lookup(variant, "content", "u", &settings->content);
	g_variant_lookup(variant, "kinds", "u", &settings->kinds);
	g_variant_lookup(variant, "ttl", "u", &settings->ttl_s);
	g_variant_lookup(variant, "quiet-from", "s", &settings->quiet_from);
	g_variant_lookup(variant, "quiet-to", "s", &settings->quiet_to);
	g_variant_lookup(variant, "quiet-zone", "s", &settings->quiet_zone);
	g_variant_lookup(variant, "verified", "b", &settings->verified);
	g_variant_lookup(variant, "ahead", "t", &settings->ahead_seq);
	g_variant_lookup(variant, "challenge", "s", &settings->challenge);
	return settings;
}

/* ---- Age ------------------------------------------------------------------------------------- */

static gboolean
bridge_push_settings_is_older(const BridgePushSettings *settings, gint64 now_us, gint64 age_us)
{
	return g_str_equal(settings->type, BRIDGE_PUSH_SERVICE_FCM) &&
	       settings->registered_us != 0 && now_us - settings->registered_us > age_us;
}

gboolean
bridge_push_settings_is_expired(const BridgePushSettings *settings, gint64 now_us)
{
	return settings->expires_us != 0 && now_us >= settings->expires_us;
}

gboolean
bridge_push_settings_is_stale(const BridgePushSettings *settings, gint64 now_us)
{
	return bridge_push_settings_is_older(settings, now_us, BRIDGE_PUSH_STALE_US);
}

gboolean
bridge_push_settings_is_forgotten(const BridgePushSettings *settings, gint64 now_us)
{
	return bridge_push_settings_is_older(settings, now_us, BRIDGE_PUSH_FORGOTTEN_US);
}

/* ---- Quiet hours ----------------------------------------------------------------------------- */

int
bridge_push_parse_minute(const char *text)
{
	gboolean fits = strlen(text) == 5 && g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1]) &&
	                text[2] == ':' && g_ascii_isdigit(text[3]) && g_ascii_isdigit(text[4]);
	int hour = fits ? (text[0] - '0') * 10 + text[1] - '0' : 24;
	int minute = fits ? (text[3] - '0') * 10 + text[4] - '0' : 60;

	return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

gint64
bridge_push_settings_get_quiet_end_us(const BridgePushSettings *settings, gint64 now_us)
{
	g_autoptr(GTimeZone) zone = NULL;
	g_autoptr(GDateTime) utc = NULL;
	g_autoptr(GDateTime) local = NULL;
	int from;
	int to;
	int minute;
	int left;

	if (settings->quiet_from == NULL)
		return 0;
	zone = g_time_zone_new_identifier(settings->quiet_zone);
	utc = g_date_time_new_from_unix_utc(now_us / G_USEC_PER_SEC);
	local = zone != NULL && utc != NULL ? g_date_time_to_timezone(utc, zone) : NULL;
	if (local == NULL)
		return 0;
	from = bridge_push_parse_minute(settings->quiet_from);
	to = bridge_push_parse_minute(settings->quiet_to);
	minute = g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local);
	/* Both counted from the beginning of the quiet hours, which may lie before midnight. */
	left = (to - from + SETTINGS_DAY_MINUTES) % SETTINGS_DAY_MINUTES -
	       (minute - from + SETTINGS_DAY_MINUTES) % SETTINGS_DAY_MINUTES;
	return left > 0 ? now_us + ((gint64)left * 60 - g_date_time_get_second(local)) *
	                                   G_USEC_PER_SEC
	                : 0;
}
