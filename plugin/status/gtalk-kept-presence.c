/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-kept-presence.h"

#include <string.h>

#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"

struct _GTalkKeptPresence {
	GPtrArray *stanzas; /* xmlnode; few, so that they are looked through */
};

GTalkKeptPresence *
gtalk_kept_presence_new(void)
{
	GTalkKeptPresence *kept = g_new0(GTalkKeptPresence, 1);

	kept->stanzas = g_ptr_array_new_with_free_func((GDestroyNotify)xmlnode_free);
	return kept;
}

void
gtalk_kept_presence_free(GTalkKeptPresence *kept)
{
	g_ptr_array_unref(kept->stanzas);
	g_free(kept);
}

gboolean
gtalk_kept_presence_is_news(const xmlnode *packet)
{
	const char *type = NULL;
	const char *from = NULL;

	if (!gtalk_xml_is(packet, "presence", GTALK_NS_CLIENT))
		return FALSE;
	type = xmlnode_get_attrib(packet, "type");
	from = xmlnode_get_attrib(packet, "from");
	if (type != NULL && strcmp(type, "unavailable") != 0)
		return FALSE;
	return from != NULL && strchr(from, '/') != NULL &&
	       gtalk_xml_find_child(packet, "x", GTALK_NS_MUC_USER) == NULL;
}

static const char *
gtalk_kept_presence_get_sender(const GTalkKeptPresence *kept, guint index)
{
	return xmlnode_get_attrib(g_ptr_array_index(kept->stanzas, index), "from");
}

static gboolean
gtalk_kept_presence_find_sender(const GTalkKeptPresence *kept, const char *full_jid, guint *index)
{
	for (guint i = 0; i < kept->stanzas->len; i++) {
		if (strcmp(gtalk_kept_presence_get_sender(kept, i), full_jid) == 0) {
			*index = i;
			return TRUE;
		}
	}
	return FALSE;
}

gboolean
gtalk_kept_presence_has(const GTalkKeptPresence *kept, const char *full_jid)
{
	guint index;

	return gtalk_kept_presence_find_sender(kept, full_jid, &index);
}

void
gtalk_kept_presence_put(GTalkKeptPresence *kept, const xmlnode *presence)
{
	const char *from = xmlnode_get_attrib(presence, "from");
	xmlnode *copy = xmlnode_copy(presence);
	guint index;

	if (!gtalk_kept_presence_find_sender(kept, from, &index)) {
		g_ptr_array_add(kept->stanzas, copy);
		return;
	}
	xmlnode_free(g_ptr_array_index(kept->stanzas, index));
	g_ptr_array_index(kept->stanzas, index) = copy;
}

guint
gtalk_kept_presence_get_size(const GTalkKeptPresence *kept)
{
	return kept->stanzas->len;
}

static gboolean
gtalk_kept_presence_find(const GTalkKeptPresence *kept, const char *jid, guint *index)
{
	for (guint i = 0; i < kept->stanzas->len; i++) {
		if (jid == NULL ||
		    gtalk_jid_equal_bare(gtalk_kept_presence_get_sender(kept, i), jid)) {
			*index = i;
			return TRUE;
		}
	}
	return FALSE;
}

gboolean
gtalk_kept_presence_has_contact(const GTalkKeptPresence *kept, const char *jid)
{
	guint index;

	return gtalk_kept_presence_find(kept, jid, &index);
}

xmlnode *
gtalk_kept_presence_take(GTalkKeptPresence *kept, const char *jid)
{
	guint index;

	return gtalk_kept_presence_find(kept, jid, &index)
	               ? g_ptr_array_steal_index(kept->stanzas, index)
	               : NULL;
}
