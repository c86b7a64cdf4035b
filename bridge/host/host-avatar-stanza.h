/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-avatar-stanza.h: what stanzas have of pictures: which one it is, in presence (XEP-0153), and
 * the picture itself, in a vCard (XEP-0054). Pure functions. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define HOST_AVATAR_VCARD "vcard-temp"
#define HOST_AVATAR_BYTES_MAX (256 * 1024) /* larger ones are none */
#define HOST_AVATAR_HASH_CHARS 40          /* SHA-1 in hexadecimal */

/* (transfer full) (nullable): what @presence says: the hash, "" if there is no picture, NULL if it
 * says nothing */
char *
host_avatar_parse_hash(xmlnode *presence);

/* Takes that out of @presence. */
void
host_avatar_hide(xmlnode *presence);

/* Takes out of @stanza, an iq or a message, where a picture could be fetched from (XEP-0084):
 * libpurple would ask whatever host and port a contact names. */
void
host_avatar_hide_addresses(xmlnode *stanza);

/* (transfer full) (nullable): the picture in the vCard within @iq */
GBytes *
host_avatar_parse_image(xmlnode *iq);

G_END_DECLS
