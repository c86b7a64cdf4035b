/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-scripted-push.h: takes the place of bridge-push-process.c in a test: nothing is started,
 * and what is to be sent waits until the test says what came of it. */
#pragma once

#include "pushes/bridge-push-process.h"

G_BEGIN_DECLS

/* Waits for it. Returns: its payload; (transfer full), ending in NUL */
char *
scripted_push_wait(BridgePushProcess *process);
guint
scripted_push_count(BridgePushProcess *process);
/* What came of the one that was sent first; it has to be there. @result: (nullable): of
 * BridgePushResult; NULL: the process is not there */
void
scripted_push_answer(BridgePushProcess *process, const char *result);

G_END_DECLS
