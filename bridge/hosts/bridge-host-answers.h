/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-host-answers.h: a host's answers that came before the events they rest on. The two travel
 * on sockets of their own, and events also wait for room in the window: whoever acted on the answer
 * at once would look at what was so before. Main loop only. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _BridgeHostAnswers BridgeHostAnswers;

BridgeHostAnswers *
bridge_host_answers_new(void);
/* Those that still wait fail with %G_IO_ERROR_CLOSED. */
void
bridge_host_answers_free(BridgeHostAnswers *answers);

/**
 * bridge_host_answers_keep:
 * @number: of the event that is waited for
 * @task: (transfer full): returns @answer then, or fails with %G_IO_ERROR_TIMED_OUT
 * @deadline_us: monotonic */
void
bridge_host_answers_keep(BridgeHostAnswers *answers, guint64 number, GTask *task, GVariant *answer,
                         gint64 deadline_us);

/* The events up to @number were taken. */
void
bridge_host_answers_release(BridgeHostAnswers *answers, guint64 number);

G_END_DECLS
