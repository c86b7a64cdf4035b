/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-question.h: libpurple's questions and notices. There is nobody in front of this process, so
 * every one is closed again at once and whoever asked hears "cancelled"; nothing is ever agreed to.
 * Main loop only. */
#pragma once

/* Sets libpurple's request and notify operations. */
void
host_question_install(void);
