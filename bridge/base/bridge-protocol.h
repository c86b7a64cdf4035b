/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-protocol.h: what the daemon has to know of the chat protocols that hosts speak: how
 * addresses look, how people sign in and whether that proves who they are. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_PROTOCOL_DEFAULT "googletalk"

typedef struct {
	const char *name;              /* NULL: of any that is not known by name */
	const char *title;             /* for people; NULL: its name */
	const char *const *auth;       /* auth.type of the API, ended by NULL */
	const char *const *mechanisms; /* of a credential, ended by NULL */
	/* Whether the chat server lets nobody in who is not the owner of the name. Where it does,
	 * what is known here already is all that proves it. */
	gboolean proves;
	/* (transfer full): as an account is found by; BRIDGE_ERROR_INVALID */
	char *(*normalise_username)(const char *text, GError **error);
	/* (transfer full): whom a message may go to; BRIDGE_ERROR_INVALID */
	char *(*normalise_peer)(const char *text, GError **error);
	/* (transfer full): of an address that the chat server wrote, as bridge_jid_split() */
	char *(*split)(const char *address, char **resource);
} BridgeProtocol;

/* What a configuration may allow and a login ask for. */
gboolean
bridge_protocol_is_name(const char *name);

/* Of any name; borrowed for ever. */
const BridgeProtocol *
bridge_protocol_get(const char *name);

/* The name under which the configuration has an account's domain: what is behind the @ of
 * @username, which is normalised, or the protocol's name; borrowed. */
const char *
bridge_protocol_get_domain(const char *name, const char *username);

G_END_DECLS
