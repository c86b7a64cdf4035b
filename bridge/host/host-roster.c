/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-roster.h"

#include <string.h>

#include "host-text.h"

struct _HostRoster {
	char *group;
	HostRosterSink sink;
	gpointer user_data;
	char *request_id;  /* of the last roster get that went out, until its answer */
	char *own_set_id;  /* of the roster set that was built last */
	GHashTable *items; /* JID -> the item as XML text */
	GHashTable *seen;  /* set of the bare JIDs that were available at any time */
};

HostRoster *
host_roster_new(const char *group, const HostRosterSink *sink, gpointer user_data)
{
	HostRoster *roster = g_new0(HostRoster, 1);

	roster->group = g_strdup(group);
	roster->sink = *sink;
	roster->user_data = user_data;
	roster->items = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	roster->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return roster;
}

void
host_roster_free(HostRoster *roster)
{
	g_hash_table_unref(roster->seen);
	g_hash_table_unref(roster->items);
	g_free(roster->own_set_id);
	g_free(roster->request_id);
	g_free(roster->group);
	g_free(roster);
}

gboolean
host_roster_has(HostRoster *roster, const char *bare_jid)
{
	return g_hash_table_contains(roster->items, bare_jid);
}

static xmlnode *
host_roster_find_query(xmlnode *iq)
{
	if (!purple_strequal(iq->name, "iq"))
		return NULL;
	return xmlnode_get_child_with_namespace(iq, "query", HOST_ROSTER_NAMESPACE);
}

/* RFC 6121 section 2.1.6: a push without sender or from the own bare JID; servers of old name the
 * full one. */
static gboolean
host_roster_is_own(const char *from, const char *own_jid)
{
	gsize bare;

	if (from == NULL)
		return TRUE;
	if (own_jid == NULL)
		return FALSE;
	bare = strcspn(own_jid, "/");
	return g_ascii_strncasecmp(from, own_jid, bare) == 0 &&
	       (from[bare] == '\0' || purple_strequal(from, own_jid));
}

static GVariant *
host_roster_build_groups(xmlnode *item)
{
	GVariantBuilder groups;
	guint n_groups = 0;

	g_variant_builder_init(&groups, G_VARIANT_TYPE_STRING_ARRAY);
	for (xmlnode *group = xmlnode_get_child(item, "group");
	     group != NULL && n_groups < HOST_ROSTER_GROUPS_MAX;
	     group = xmlnode_get_next_twin(group)) {
		g_autofree char *name = xmlnode_get_data(group);
		g_autofree char *limited = host_text_limit(name, HOST_ROSTER_NAME_MAX_BYTES);

		if (*limited == '\0')
			continue;
		g_variant_builder_add(&groups, "s", limited);
		n_groups++;
	}
	return g_variant_builder_end(&groups);
}

static GVariant *
host_roster_build_contact(const char *jid, xmlnode *item)
{
	g_autofree char *name =
		host_text_limit(xmlnode_get_attrib(item, "name"), HOST_ROSTER_NAME_MAX_BYTES);
	const char *subscription = xmlnode_get_attrib(item, "subscription");
	gboolean ask = purple_strequal(xmlnode_get_attrib(item, "ask"), "subscribe");
	GVariantDict contact;

	g_variant_dict_init(&contact, NULL);
	g_variant_dict_insert(&contact, "jid", "s", jid);
	g_variant_dict_insert(&contact, "name", "s", name);
	g_variant_dict_insert_value(&contact, "groups", host_roster_build_groups(item));
	g_variant_dict_insert(&contact, "subscription", "s",
	                      subscription != NULL && g_utf8_validate(subscription, -1, NULL)
	                              ? subscription
	                              : "none");
	g_variant_dict_insert(&contact, "ask", "b", ask);
	return g_variant_dict_end(&contact);
}

static void
host_roster_remove_groups(xmlnode *item)
{
	xmlnode *group;

	while ((group = xmlnode_get_child(item, "group")) != NULL)
		xmlnode_free(group);
}

/* Without the attributes of other namespaces: their prefix is declared further up, and an item by
 * itself would be no XML that can be read again. Whose they are takes care of them. */
static char *
host_roster_dup_text(xmlnode *item)
{
	xmlnode *copy = xmlnode_copy(item);
	xmlnode *child = copy->child;
	char *text;

	while (child != NULL) {
		xmlnode *next = child->next;

		if (child->type == XMLNODE_TYPE_ATTRIB && child->prefix != NULL)
			xmlnode_free(child);
		child = next;
	}
	text = xmlnode_to_str(copy, NULL);
	xmlnode_free(copy);
	return text;
}

static void
host_roster_take_item(HostRoster *roster, xmlnode *item)
{
	const char *jid = xmlnode_get_attrib(item, "jid");
	xmlnode *group;

	if (jid == NULL || *jid == '\0' || strlen(jid) > 3 * HOST_ROSTER_NAME_MAX_BYTES + 2 ||
	    !g_utf8_validate(jid, -1, NULL))
		return;
	if (purple_strequal(xmlnode_get_attrib(item, "subscription"), "remove")) {
		if (g_hash_table_remove(roster->items, jid))
			roster->sink.removed(roster->user_data, jid);
		return;
	}
	g_hash_table_replace(roster->items, g_strdup(jid), host_roster_dup_text(item));
	roster->sink.contact(roster->user_data, host_roster_build_contact(jid, item));
	host_roster_remove_groups(item);
	group = xmlnode_new_child(item, "group");
	xmlnode_insert_data(group, roster->group, -1);
}

static void
host_roster_take_items(HostRoster *roster, xmlnode *query)
{
	xmlnode *item = xmlnode_get_child(query, "item");

	for (; item != NULL; item = xmlnode_get_next_twin(item))
		host_roster_take_item(roster, item);
}

void
host_roster_receive(HostRoster *roster, xmlnode *iq, const char *own_jid)
{
	xmlnode *query = host_roster_find_query(iq);
	const char *type = xmlnode_get_attrib(iq, "type");

	if (!purple_strequal(iq->name, "iq") ||
	    !host_roster_is_own(xmlnode_get_attrib(iq, "from"), own_jid))
		return;
	if (purple_strequal(type, "set") && query != NULL) {
		host_roster_take_items(roster, query);
		return;
	}
	if (!purple_strequal(type, "result") || roster->request_id == NULL ||
	    !purple_strequal(xmlnode_get_attrib(iq, "id"), roster->request_id))
		return;
	g_clear_pointer(&roster->request_id, g_free);
	g_hash_table_remove_all(roster->items);
	if (query != NULL)
		host_roster_take_items(roster, query);
	roster->sink.done(roster->user_data);
}

/* Of an entry that is not kept here (a hidden contact, say) the sender knows the true groups. */
static void
host_roster_remove_private_group(HostRoster *roster, xmlnode *item)
{
	xmlnode *group = xmlnode_get_child(item, "group");

	while (group != NULL) {
		xmlnode *next = xmlnode_get_next_twin(group);
		g_autofree char *name = xmlnode_get_data(group);

		if (purple_strequal(name, roster->group))
			xmlnode_free(group);
		group = next;
	}
}

static void
host_roster_restore_item(HostRoster *roster, xmlnode *item)
{
	const char *jid = xmlnode_get_attrib(item, "jid");
	const char *kept = jid != NULL ? g_hash_table_lookup(roster->items, jid) : NULL;
	xmlnode *true_item;

	if (kept == NULL) {
		host_roster_remove_private_group(roster, item);
		return;
	}
	host_roster_remove_groups(item);
	true_item = xmlnode_from_str(kept, -1);
	g_return_if_fail(true_item != NULL);
	for (xmlnode *group = xmlnode_get_child(true_item, "group"); group != NULL;
	     group = xmlnode_get_next_twin(group))
		xmlnode_insert_child(item, xmlnode_copy(group));
	xmlnode_free(true_item);
}

void
host_roster_send(HostRoster *roster, xmlnode *iq)
{
	xmlnode *query = host_roster_find_query(iq);
	const char *type = xmlnode_get_attrib(iq, "type");

	if (query == NULL)
		return;
	if (purple_strequal(type, "get")) {
		g_free(roster->request_id);
		roster->request_id = g_strdup(xmlnode_get_attrib(iq, "id"));
	}
	if (!purple_strequal(type, "set") ||
	    purple_strequal(xmlnode_get_attrib(iq, "id"), roster->own_set_id))
		return;
	for (xmlnode *item = xmlnode_get_child(query, "item"); item != NULL;
	     item = xmlnode_get_next_twin(item))
		host_roster_restore_item(roster, item);
}

/* ---- Sets of our own ------------------------------------------------------------------------- */

static xmlnode *
host_roster_dup_item(HostRoster *roster, const char *bare_jid)
{
	const char *kept = g_hash_table_lookup(roster->items, bare_jid);
	xmlnode *item = kept != NULL ? xmlnode_from_str(kept, -1) : NULL;

	if (item == NULL) {
		item = xmlnode_new("item");
		xmlnode_set_attrib(item, "jid", bare_jid);
	}
	/* RFC 6121, section 2.1.2: what of it is the server's to say. */
	xmlnode_remove_attrib(item, "subscription");
	xmlnode_remove_attrib(item, "ask");
	xmlnode_remove_attrib(item, "approved");
	return item;
}

/* @item: (transfer full) */
static xmlnode *
host_roster_wrap_item(HostRoster *roster, xmlnode *item)
{
	xmlnode *iq = xmlnode_new("iq");
	xmlnode *query = xmlnode_new_child(iq, "query");

	g_free(roster->own_set_id);
	roster->own_set_id = g_uuid_string_random();
	xmlnode_set_attrib(iq, "type", "set");
	xmlnode_set_attrib(iq, "id", roster->own_set_id);
	xmlnode_set_namespace(query, HOST_ROSTER_NAMESPACE);
	xmlnode_insert_child(query, item);
	return iq;
}

static void
host_roster_set_groups(xmlnode *item, const char *const *groups)
{
	host_roster_remove_groups(item);
	for (guint i = 0; groups[i] != NULL; i++)
		xmlnode_insert_data(xmlnode_new_child(item, "group"), groups[i], -1);
}

xmlnode *
host_roster_build_set(HostRoster *roster, const char *bare_jid, const char *name,
                      const char *const *groups)
{
	xmlnode *item = host_roster_dup_item(roster, bare_jid);

	if (name != NULL)
		xmlnode_remove_attrib(item, "name");
	if (name != NULL && *name != '\0')
		xmlnode_set_attrib(item, "name", name);
	if (groups != NULL)
		host_roster_set_groups(item, groups);
	return host_roster_wrap_item(roster, item);
}

xmlnode *
host_roster_build_remove(HostRoster *roster, const char *bare_jid)
{
	xmlnode *item = xmlnode_new("item");

	xmlnode_set_attrib(item, "jid", bare_jid);
	xmlnode_set_attrib(item, "subscription", "remove");
	return host_roster_wrap_item(roster, item);
}

gboolean
host_roster_is_subscribed(HostRoster *roster, const char *bare_jid)
{
	const char *kept = g_hash_table_lookup(roster->items, bare_jid);
	xmlnode *item = kept != NULL ? xmlnode_from_str(kept, -1) : NULL;
	const char *subscription;
	gboolean is_subscribed;

	if (item == NULL)
		return FALSE;
	subscription = xmlnode_get_attrib(item, "subscription");
	is_subscribed = purple_strequal(subscription, "to") ||
	                purple_strequal(subscription, "both") ||
	                purple_strequal(xmlnode_get_attrib(item, "ask"), "subscribe");
	xmlnode_free(item);
	return is_subscribed;
}

/* ---- Presence -------------------------------------------------------------------------------- */

gboolean
host_roster_note_presence(HostRoster *roster, const char *bare_jid, gboolean available)
{
	if (available && host_roster_has(roster, bare_jid))
		g_hash_table_add(roster->seen, g_strdup(bare_jid));
	return available || !host_roster_has(roster, bare_jid) ||
	       g_hash_table_contains(roster->seen, bare_jid);
}
