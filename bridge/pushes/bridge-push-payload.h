/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-payload.h: what a push says: JSON, as little of it as its device asked for. Pure. */
#pragma once

#include "bridge-push-choice.h"

G_BEGIN_DECLS

#define BRIDGE_PUSH_PAYLOAD_BYTES_MAX 2048 /* what every service carries once it is encrypted */
#define BRIDGE_PUSH_VERSION 1

typedef struct {
	const char *service; /* BRIDGE_PUSH_SERVICE_*: how it is laid out */
	const char *id;
	BridgePushContent content;
	gboolean encrypted; /* for the device alone: else what is off the record is not said */
	const char *cursor;
	gboolean gap;     /* what came before it history has lost */
	guint badge;      /* unread messages of the account */
	const char *name; /* what the contact is called; or NULL */
} BridgePushTerms;

/* Its body is cut at a character where all would be longer than the maximum. */
GBytes *
bridge_push_payload_build(const BridgePushItem *item, const BridgePushTerms *terms);

/* What verifies a subscription. */
GBytes *
bridge_push_payload_build_challenge(const char *service, const char *id, const char *challenge);

/* A test, which means nothing. */
GBytes *
bridge_push_payload_build_test(const char *service, const char *id);

G_END_DECLS
