/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-jid.h: XMPP addresses (RFC 7622). Pure.
 *
 * Case folding and normalisation are GLib's: for what people use as names they agree with what
 * servers do. What a server might treat otherwise is refused rather than guessed, because the
 * normalised address is the key under which an account is found. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_JID_PART_BYTES_MAX 1023

/**
 * bridge_jid_normalise:
 * @text: an address with a local part; a resource is cut off
 * @error: BRIDGE_ERROR_INVALID with a sentence that says what is wrong
 *
 * Returns: (transfer full): the bare address, folded and normalised */
char *
bridge_jid_normalise(const char *text, GError **error);

/* The same for whom a message may go to: the local part may be missing (a server or component). */
char *
bridge_jid_normalise_peer(const char *text, GError **error);

/* A domain alone, as bridge_jid_normalise() would leave it. */
char *
bridge_jid_normalise_domain(const char *text, GError **error);

/**
 * bridge_jid_split:
 * @jid: an address as a server wrote it
 * @resource: (out): "" if it has none
 *
 * For incoming traffic, where nothing may get lost over a strange name: what cannot be normalised
 * stays as it is.
 *
 * Returns: (transfer full): the bare address */
char *
bridge_jid_split(const char *jid, char **resource);

G_END_DECLS
