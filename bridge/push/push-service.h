/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-service.h: what a push service is to the rest of this program: how a push becomes a request,
 * and what its answer means. One file a service (push-web.c, push-fcm.c, push-mpns.c...), each with
 * a line in the table of push-services.c; what it reads of an order, that file says. */
#pragma once

#include "link/bridge-push-link.h"
#include "link/bridge-push-url.h"
#include "push-apns-key.h"
#include "push-fcm-account.h"
#include "push-fetch.h"
#include "push-judgement.h"
#include "push-sealer.h"
#include "push-vapid.h"

G_BEGIN_DECLS

/* What they share. */
typedef struct {
	BridgePushRules *rules;
	PushSealer *sealer;
	PushVapid *vapid; /* NULL: no contact is configured */
	BridgePushRules *mpns_rules;
	GTlsCertificate *mpns_certificate; /* with its key; or NULL */
	PushFcmAccount *fcm;               /* NULL: there is none */
	GUri *fcm_uri;                     /* where its service is */
	PushApnsKey *apns;                 /* NULL: there is none, or no HTTP/2 */
	GUri *apns_uri;
	GUri *apns_sandbox_uri;
	char *apns_topic;
	GHashTable *deliveries; /* set of what push-delivery.c has under way */
	GHashTable *paused;     /* PushService: set up wrongly -> gint64 *: monotonic: until when */
} PushContext;

typedef struct {
	const char *name; /* as the link has it */
	gboolean sealed;  /* its payload is encrypted for its device before a request is built */
	PushSealerWrite write; /* (nullable): with that, by another thread: of the headers what the
	                          push says */

	/* (nullable): what has to be there before anything is built; @ready: called once, perhaps
	 * at once */
	void (*prepare)(PushContext *context, PushFetcher *fetcher, PushReady ready,
	                gpointer user_data);
	/* FALSE with @error: nothing will come of it: G_IO_ERROR_PERMISSION_DENIED where the
	 * endpoint is at fault, _MESSAGE_TOO_LARGE, others are rejected. @sealed: its payload
	 * so; NULL where that is not asked for */
	gboolean (*build)(PushContext *context, const BridgePushOrder *push,
	                  const PushSealed *sealed, PushRequest *request, GError **error);
	/* @answer: one with a status; @judgement: with what push_service_judge_status() says */
	void (*judge)(const BridgePushOrder *push, const PushAnswer *answer,
	              PushJudgement *judgement);
	/* (nullable): it did not know us, in an attempt that began at @begun_us, monotonic: TRUE if
	 * another one may do better */
	gboolean (*renew)(PushContext *context, const BridgePushOrder *push, gint64 begun_us);
} PushService;

extern const PushService push_service_web;
extern const PushService push_service_webhook;
extern const PushService push_service_mpns;
extern const PushService push_service_fcm;
extern const PushService push_service_apns;

/* NULL: there is none of that name. */
const PushService *
push_service_find(const char *name);

/* Seconds until the time that a Retry-After says (RFC 9110 section 10.2.3), 0 if it makes no sense,
 * at most six hours. */
guint
push_service_parse_retry_after(const char *text, gint64 now_s);

/* What any service means by a status, or by none. */
PushJudgement
push_service_judge_plainly(const PushAnswer *answer);
/* What this one means by it. */
PushJudgement
push_service_judge(const PushService *service, const BridgePushOrder *push,
                   const PushAnswer *answer, gint64 now_s);

/* As text: base64url of at most @bytes_max, else G_IO_ERROR_MESSAGE_TOO_LARGE. */
char *
push_service_write_sealed(GBytes *sealed, gsize bytes_max, GError **error);

G_END_DECLS
