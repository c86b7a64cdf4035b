/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-settings.h: what a device asked for when it subscribed, as the store keeps it. Pure.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How much a push may say. */
typedef enum {
	BRIDGE_PUSH_CONTENT_NONE,   /* that there is something */
	BRIDGE_PUSH_CONTENT_SENDER, /* what, and of whom */
	BRIDGE_PUSH_CONTENT_FULL,   /* the words too */
	BRIDGE_PUSH_N_CONTENTS,
} BridgePushContent;

/* What may be pushed; each can be left out. */
typedef enum {
	BRIDGE_PUSH_MESSAGE,
	BRIDGE_PUSH_MAIL,
	BRIDGE_PUSH_SUBSCRIPTION_REQUEST,
	BRIDGE_PUSH_ROOM_MENTION,
	BRIDGE_PUSH_ROOM_INVITE,
	BRIDGE_PUSH_REQUEST,  /* another question that waits for a person */
	BRIDGE_PUSH_SIGN_OUT, /* the account needs its person */
	BRIDGE_PUSH_READ,     /* elsewhere: what was shown may go */
	BRIDGE_PUSH_N_KINDS,
} BridgePushKind;
#define BRIDGE_PUSH_ALL_KINDS ((1u << BRIDGE_PUSH_N_KINDS) - 1)

#define BRIDGE_PUSH_TTL_DEFAULT_S 86400
/* Of a webhook: its schedule (bridge-push-backoff.c) takes up to 91 hours. */
#define BRIDGE_PUSH_TTL_WEBHOOK_S (5 * 86400)
#define BRIDGE_PUSH_TTL_MAX_S (28 * 86400)
/* Firebase's tokens grow old: an app that has not given its own for so long is sent nothing, then
 * forgotten. */
#define BRIDGE_PUSH_STALE_US (60 * 86400 * (gint64)G_USEC_PER_SEC)
#define BRIDGE_PUSH_FORGOTTEN_US (270 * 86400 * (gint64)G_USEC_PER_SEC)
#define BRIDGE_PUSH_SECRET_BYTES 32             /* of a webhook */
#define BRIDGE_PUSH_OLD_SECRET_S (24 * 60 * 60) /* so long it signs beside the new one */

typedef struct {
	char *type;           /* BRIDGE_PUSH_SERVICE_* */
	char *endpoint;       /* a URL, or how a vendor's service calls the device */
	char *target;         /* of which kind that is; NULL: there is one only */
	gint64 registered_us; /* when the device gave it last */
	gboolean moved;       /* and then for the first time with this target */
	gint64 expires_us;    /* the browser said so; 0: it did not */
	GBytes *p256dh;       /* of a device; NULL elsewhere */
	GBytes *auth;         /* likewise */
	GBytes *secret;       /* of a webhook; NULL elsewhere */
	GBytes *old_secret;   /* or NULL */
	gint64 old_secret_until_us;
	guint32 content; /* BridgePushContent */
	guint32 kinds;   /* bits, by BridgePushKind */
	guint32 ttl_s;
	char *quiet_from; /* "22:00", or NULL: no quiet hours */
	char *quiet_to;
	char *quiet_zone; /* "Europe/Berlin" */
	gboolean verified;
	char *challenge;   /* that verifies it */
	guint64 ahead_seq; /* up to there no sign-out is told again: some were in quiet hours */
} BridgePushSettings;

void
bridge_push_settings_free(BridgePushSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BridgePushSettings, bridge_push_settings_free)

/* (transfer full) not floating */
GVariant *
bridge_push_settings_to_variant(const BridgePushSettings *settings);
BridgePushSettings *
bridge_push_settings_from_variant(GVariant *variant);

/* Whether it is the service of whoever made the device: then its endpoint is no URL, and where the
 * service is the configuration says. */
gboolean
bridge_push_type_is_vendor(const char *type);
/* Whether what it carries is encrypted for the device, which gives keys for it. */
gboolean
bridge_push_type_is_encrypted(const char *type);

/* Whether the time is over that its browser gave it. */
gboolean
bridge_push_settings_is_expired(const BridgePushSettings *settings, gint64 now_us);
/* Whether it is of the service whose tokens grow old, and has. */
gboolean
bridge_push_settings_is_stale(const BridgePushSettings *settings, gint64 now_us);
gboolean
bridge_push_settings_is_forgotten(const BridgePushSettings *settings, gint64 now_us);

const char *
bridge_push_kind_to_string(BridgePushKind kind);
/* FALSE: it is none */
gboolean
bridge_push_kind_from_string(const char *text, BridgePushKind *kind);
const char *
bridge_push_content_to_string(BridgePushContent content);
gboolean
bridge_push_content_from_string(const char *text, BridgePushContent *content);

/* "HH:MM" as minutes of a day; -1: it is none. */
int
bridge_push_parse_minute(const char *text);
/* When the quiet hours end in which @now_us lies; 0: in none. */
gint64
bridge_push_settings_get_quiet_end_us(const BridgePushSettings *settings, gint64 now_us);

G_END_DECLS
