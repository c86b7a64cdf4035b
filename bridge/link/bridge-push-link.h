/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-link.h: the names that both ends of the link between daemon and push process use; the
 * methods are described in gtalk-bridge-push-link.xml. */
#pragma once

#include "bridge-push-order.h"

G_BEGIN_DECLS

#define BRIDGE_PUSH_LINK_PATH "/push"
#define BRIDGE_PUSH_LINK_FD 3 /* the push process's end of the socket pair */

/* What travels on the socket of Configure (bridge-link-batch.h): pushes: the number of the call,
 * the service, the order; and outcomes: the number, the outcome. */
#define BRIDGE_PUSH_PUSHES_TYPE "a(us" BRIDGE_PUSH_ORDER_TYPE ")"
#define BRIDGE_PUSH_OUTCOME_TYPE "(uuus)"
#define BRIDGE_PUSH_OUTCOMES_TYPE "a(u" BRIDGE_PUSH_OUTCOME_TYPE ")"
#define BRIDGE_PUSH_BATCH_MAX 64 /* of either */
#define BRIDGE_PUSH_PUSHES_BYTES_MAX ((gsize)64 * 1024 * 1024)
#define BRIDGE_PUSH_OUTCOMES_BYTES_MAX ((gsize)1024 * 1024)

#define BRIDGE_PUSH_SERVICE_WEB "webpush"
#define BRIDGE_PUSH_SERVICE_WEBHOOK "webhook"
#define BRIDGE_PUSH_SERVICE_FCM "fcm"
#define BRIDGE_PUSH_SERVICE_APNS "apns" /* in a process of its own, by HTTP/2 */
#define BRIDGE_PUSH_SERVICE_MPNS "mpns" /* of old phones: bridge-push-translation.h */

#define BRIDGE_PUSH_N_SERVICES 5
extern const char *const bridge_push_services[BRIDGE_PUSH_N_SERVICES];
/* Its place there; -1: there is none of that name */
int
bridge_push_service_find(const char *name);

/* All that MPNS has channels on. */
#define BRIDGE_PUSH_MPNS_DOMAIN "notify.live.net"
#define BRIDGE_PUSH_MPNS_HOSTS "*." BRIDGE_PUSH_MPNS_DOMAIN

/* Credentials of Configure. */
#define BRIDGE_PUSH_CREDENTIAL_VAPID "vapid"
#define BRIDGE_PUSH_CREDENTIAL_FCM "fcm"
#define BRIDGE_PUSH_CREDENTIAL_APNS "apns"
#define BRIDGE_PUSH_CREDENTIAL_APNS_TOKEN "apns-token" /* bridge-keepsake.h */
#define BRIDGE_PUSH_CREDENTIAL_MPNS "mpns"
#define BRIDGE_PUSH_CREDENTIAL_BYTES_MAX (256 * 1024)

#define BRIDGE_PUSH_FCM_URL "https://fcm.googleapis.com/"
#define BRIDGE_PUSH_FCM_TOKEN_URL "https://oauth2.googleapis.com/token"
#define BRIDGE_PUSH_APNS_URL "https://api.push.apple.com/"
#define BRIDGE_PUSH_APNS_SANDBOX_URL "https://api.sandbox.push.apple.com/"
#define BRIDGE_PUSH_APNS_TOKEN_CHARS_MAX 200 /* of a device: hexadecimal digits */

/* The push process's argument that makes it speak HTTP/2. */
#define BRIDGE_PUSH_OPTION_HTTP2 "--http2"

#define BRIDGE_PUSH_DEADLINE_MS 20000

/* What came of an attempt: what to do next, not what the service called it. */
typedef enum {
	BRIDGE_PUSH_DELIVERED, /* the service has it */
	BRIDGE_PUSH_GONE,      /* the subscription is no more: delete it */
	BRIDGE_PUSH_REJECTED,  /* this push will never be taken: drop it */
	BRIDGE_PUSH_TOO_LARGE, /* a smaller one may be taken */
	BRIDGE_PUSH_THROTTLED, /* too many of them: wait */
	BRIDGE_PUSH_AUTH,      /* the service does not know us, also with a new signature */
	BRIDGE_PUSH_CONFIG,    /* the service is set up wrongly, for all that goes there */
	BRIDGE_PUSH_REFUSED,   /* by ourselves: the endpoint is none that may be connected to */
	BRIDGE_PUSH_TRANSIENT, /* another try may do */
	BRIDGE_PUSH_UNKNOWN,   /* no answer came: it may have been delivered; another try */
	BRIDGE_PUSH_N_RESULTS,
} BridgePushResult;

/* Details that mean something to the daemon. */
#define BRIDGE_PUSH_DETAIL_CERTIFICATE "certificate"
#define BRIDGE_PUSH_DETAIL_CLOCK "clock" /* ours stands before this was built */
#define BRIDGE_PUSH_DETAIL_UNREACHABLE "unreachable"
#define BRIDGE_PUSH_DETAIL_SUPPRESSED "suppressed" /* the app is not open */

const char *
bridge_push_result_to_string(BridgePushResult result);

/* What came of a push. @status: of HTTP, 0: there was no answer; @retry_after_s: what the service
 * asks for, 0: nothing; @detail: a word for a person, or "": never what the service said, nor where
 * it is. Returns: (transfer floating): of BRIDGE_PUSH_OUTCOME_TYPE */
GVariant *
bridge_push_outcome_write(BridgePushResult result, guint status, guint retry_after_s,
                          const char *detail);
/* Of a push that was not even tried: there is no such service, or there are too many. */
GVariant *
bridge_push_outcome_write_none(void);
gboolean
bridge_push_outcome_is_none(GVariant *outcome);
/* BRIDGE_PUSH_UNKNOWN for what is none. */
BridgePushResult
bridge_push_outcome_get_result(GVariant *outcome);
guint
bridge_push_outcome_get_status(GVariant *outcome);
guint
bridge_push_outcome_get_retry_after_s(GVariant *outcome);
/* Borrowed. */
const char *
bridge_push_outcome_get_detail(GVariant *outcome);

G_END_DECLS
