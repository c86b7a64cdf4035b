/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-judgement.h: what came of an attempt. */
#pragma once

#include "link/bridge-push-link.h"

G_BEGIN_DECLS

typedef struct {
	BridgePushResult result;
	guint retry_after_s; /* 0: none */
	const char *detail;  /* static; a word for a person, or NULL */
} PushJudgement;

/* @trouble: NULL: all is there */
typedef void (*PushReady)(const PushJudgement *trouble, gpointer user_data);

G_END_DECLS
