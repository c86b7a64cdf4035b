/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-service.h: what a push service is to the rest of this program: how a push becomes a request,
 * and what its answer means. One file a service (push-web.c, push-webhook.c, push-mpns.c), each
 * with a line in the table of push-services.c; what it reads of a push, that file says. */
#pragma once

#include "bridge-push-link.h"
#include "bridge-push-url.h"
#include "push-encryption.h"
#include "push-fetch.h"
#include "push-vapid.h"

G_BEGIN_DECLS

/* What they share. */
typedef struct {
	BridgePushRules *rules;
	PushEncryption *encryption;
	PushVapid *vapid; /* NULL: no contact is configured */
	BridgePushRules *mpns_rules;
	GTlsCertificate *mpns_certificate; /* with its key; or NULL */
} PushContext;

typedef struct {
	BridgePushResult result;
	guint retry_after_s; /* 0: none */
	const char *detail;  /* static; a word for a person, or NULL */
} PushJudgement;

typedef struct {
	const char *name; /* as Send has it */

	/* FALSE with @error: nothing will come of it: G_IO_ERROR_PERMISSION_DENIED where the
	 * endpoint is at fault, others are rejected. @push: a{sv} */
	gboolean (*build)(PushContext *context, GVariant *push, PushRequest *request,
	                  GError **error);
	/* @answer: one with a status; @judgement: with what push_service_judge_status() says */
	void (*judge)(const PushAnswer *answer, PushJudgement *judgement);
	/* (nullable): it did not know us: TRUE if another attempt may do better */
	gboolean (*renew)(PushContext *context, GVariant *push);
} PushService;

extern const PushService push_service_web;
extern const PushService push_service_webhook;
extern const PushService push_service_mpns;

/* NULL: there is none of that name. */
const PushService *
push_service_find(const char *name);

/* Seconds until the time that a Retry-After says (RFC 9110 section 10.2.3), 0 if it makes no sense,
 * at most six hours. */
guint
push_service_parse_retry_after(const char *text, gint64 now_s);

/* What any service means by a status. */
PushJudgement
push_service_judge(const PushService *service, const PushAnswer *answer, gint64 now_s);

/* A member of a push; NULL, or an empty one, if it is missing. Borrowed; (transfer full). */
const char *
push_service_get_text(GVariant *push, const char *name);
GBytes *
push_service_dup_octets(GVariant *push, const char *name);

G_END_DECLS
