/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-push-translation.h: pushes that somebody else words: those of old phones
 * (BRIDGE_PUSH_SERVICE_MPNS), to whom the own API's payload says nothing. The queue is the common
 * one: which events, in what order, one push at a time, durable, later again after a failure. What
 * is said of an event, in how many pushes, and what their outcome means is the translator's. No
 * challenge is sent to such a subscription, which nobody but the translator makes, and what came
 * before it was made or changed is not pushed. Main loop only. */
#pragma once

#include "bridge-push-choice.h"
#include "link/bridge-push-link.h"
#include "bridge-push.h"

G_BEGIN_DECLS

typedef enum {
	BRIDGE_PUSH_STEP_DONE,  /* nothing more is to be said of the event */
	BRIDGE_PUSH_STEP_SEND,  /* a push of it: there may be another one behind it */
	BRIDGE_PUSH_STEP_WAIT,  /* not now: asked again in a second or so */
	BRIDGE_PUSH_STEP_LATER, /* asked again when the service may do better */
} BridgePushStep;

typedef struct {
	BridgeAccount *account;
	const char *device_id;
	const BridgePushItem *item; /* BRIDGE_PUSH_MESSAGE or _READ */
} BridgePushMatter;

typedef struct {
	/* What is next of it: DONE, SEND or WAIT. The account's conversations are loaded.
	 * @push: gets what the service's file in push/ reads as more of its own */
	BridgePushStep (*build)(const BridgePushMatter *matter, GVariantDict *push,
	                        gpointer user_data);
	/* What came of that: DONE, SEND (asked at once what is next) or LATER */
	BridgePushStep (*judge)(const BridgePushMatter *matter, BridgePushResult result,
	                        const char *detail, gpointer user_data);
	/* What came of what was said aside; not of what nobody has sent. */
	void (*judge_aside)(BridgeAccount *account, const char *device_id, BridgePushResult result,
	                    const char *detail, gpointer user_data);
	/* Its subscription is no more, as the service has said or nobody was there for days. */
	void (*gone)(BridgeAccount *account, const char *device_id, gpointer user_data);
} BridgePushTranslation;

/* @translation: static; NULL: there is nobody who could, so nothing is pushed that way. Before the
 * store is there. */
void
bridge_push_set_translation(BridgePush *self, const BridgePushTranslation *translation,
                            gpointer user_data);

/* Something that is worth nothing a moment later (somebody is typing): it is sent once, between the
 * others, or not at all. @push: as build() fills it; is cleared. FALSE: not now: something else is
 * under way or due, or there has been trouble */
gboolean
bridge_push_say_aside(BridgePush *self, const char *device_id, const char *type,
                      GVariantDict *push);

G_END_DECLS
