/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-stanza-guard.h: reads along with what a chat server sends, before libpurple parses it. That
 * builds a tree of whatever comes and walks it by recursion, and its searches take time with the
 * square of what they look through: a stanza of a million nested elements would end the process,
 * one of as many attributes hang it, and everybody in it would pay.
 *
 *   too deep      what lies deeper is left out; the rest of the stanza and all others go on
 *   too much      of one stanza: the guard says so, and lets nothing through any more
 *
 * Pure. It knows as much of XML as it needs to count (XMPP has no document types, RFC 6120, section
 * 11.1); whether it is well-formed is for the parser behind it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HOST_STANZA_GUARD_DEPTH_MAX 128
#define HOST_STANZA_GUARD_BYTES_MAX (16 * 1024 * 1024)
#define HOST_STANZA_GUARD_ELEMENTS_MAX 400000
#define HOST_STANZA_GUARD_ATTRIBUTES_MAX 500 /* of one element */

typedef struct _HostStanzaGuard HostStanzaGuard;

HostStanzaGuard *
host_stanza_guard_new(void);
void
host_stanza_guard_free(HostStanzaGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostStanzaGuard, host_stanza_guard_free)

/* @out: has room for @length + 1, since a byte may have been held back. Returns: how much of it was
 * filled, which may be nothing */
gsize
host_stanza_guard_filter(HostStanzaGuard *guard, const char *in, gsize length, char *out);
/* (nullable): what was too much, as a sentence for people; static */
const char *
host_stanza_guard_get_complaint(const HostStanzaGuard *guard);

G_END_DECLS
