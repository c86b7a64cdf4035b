/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-avatar-stanza.h"

#include <string.h>

#define HOST_AVATAR_UPDATE "vcard-temp:x:update" /* XEP-0153 */
/* Of its text: base64, in lines. */
#define HOST_AVATAR_TEXT_BYTES_MAX (2 * HOST_AVATAR_BYTES_MAX)

static gboolean
host_avatar_is_hash(const char *text)
{
	gsize length = strspn(text, "0123456789abcdef");

	return text[length] == '\0' && (length == 0 || length == HOST_AVATAR_HASH_CHARS);
}

char *
host_avatar_parse_hash(xmlnode *presence)
{
	xmlnode *update = xmlnode_get_child_with_namespace(presence, "x", HOST_AVATAR_UPDATE);
	xmlnode *photo = update != NULL ? xmlnode_get_child(update, "photo") : NULL;
	g_autofree char *text = NULL;
	g_autofree char *hash = NULL;

	if (photo == NULL)
		return NULL;
	text = xmlnode_get_data(photo);
	hash = g_ascii_strdown(text != NULL ? text : "", -1);
	g_strstrip(hash);
	return host_avatar_is_hash(hash) ? g_steal_pointer(&hash) : NULL;
}

void
host_avatar_hide(xmlnode *presence)
{
	xmlnode *update;

	while ((update = xmlnode_get_child_with_namespace(presence, "x", HOST_AVATAR_UPDATE)) !=
	       NULL)
		xmlnode_free(update);
}

/* @path: what to go down by, ended by %NULL */
static void
host_avatar_hide_address(xmlnode *node, const char *const *path)
{
	if (*path == NULL) {
		xmlnode_remove_attrib(node, "url");
		return;
	}
	for (xmlnode *child = node->child; child != NULL; child = child->next)
		if (child->type == XMLNODE_TYPE_TAG && purple_strequal(child->name, *path))
			host_avatar_hide_address(child, path + 1);
}

void
host_avatar_hide_addresses(xmlnode *stanza)
{
	static const char *const event[] = {"event", "items", "item", "metadata", "info", NULL};
	static const char *const answer[] = {"pubsub", "items", "item", "metadata", "info", NULL};

	host_avatar_hide_address(stanza, event);
	host_avatar_hide_address(stanza, answer);
}

GBytes *
host_avatar_parse_image(xmlnode *iq)
{
	xmlnode *vcard = xmlnode_get_child_with_namespace(iq, "vCard", HOST_AVATAR_VCARD);
	xmlnode *photo = vcard != NULL ? xmlnode_get_child(vcard, "PHOTO") : NULL;
	xmlnode *value = photo != NULL ? xmlnode_get_child(photo, "BINVAL") : NULL;
	g_autofree char *text = value != NULL ? xmlnode_get_data(value) : NULL;
	g_autofree guchar *octets = NULL;
	gsize length = 0;

	if (text == NULL || strlen(text) > HOST_AVATAR_TEXT_BYTES_MAX)
		return NULL;
	octets = g_base64_decode(text, &length);
	if (length == 0 || length > HOST_AVATAR_BYTES_MAX)
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&octets), length);
}
