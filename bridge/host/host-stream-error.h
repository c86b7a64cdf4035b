/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-stream-error.h: why a chat server ends the stream (RFC 6120, section 4.9), which libpurple
 * takes for trouble with the network whatever it says. Pure functions. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/* Borrowed from @packet: the condition, "" if it names none; NULL: it is no stream error */
const char *
host_stream_error_find_condition(xmlnode *packet);

/* What to do next: BRIDGE_REASON_* */
const char *
host_stream_error_get_reason(const char *condition);

/* For a person, with what the server says to it. (transfer full) */
char *
host_stream_error_dup_sentence(xmlnode *packet);

G_END_DECLS
