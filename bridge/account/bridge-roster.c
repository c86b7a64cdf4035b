/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-roster.h"

#include <string.h>

#define ROSTER_UNAVAILABLE "unavailable"

typedef struct {
	char *show;
	char *status;
	int priority;
} BridgeResource;

/* The public part first, so that the one is the other. */
typedef struct {
	BridgeContact contact;
	GHashTable *resources; /* char * -> BridgeResource; NULL while there is none */
	gboolean stale;        /* not named by the roster that is being told */
} BridgeRosterEntry;

struct _BridgeRoster {
	GPtrArray *entries;  /* BridgeRosterEntry, sorted by JID */
	GHashTable *avatars; /* address -> hash: see bridge_roster_remember_avatar() */
	GHashTable *blocked; /* address -> BridgeBlockedNews; NULL while there is none */
	gboolean blocked_complete;
	gboolean complete;
};

typedef enum {
	BRIDGE_BLOCKED_BEFORE, /* this session has not said so yet */
	BRIDGE_BLOCKED_NOW,
} BridgeBlockedNews;

/* From the most to the least available, for resources of the same priority. */
static const char *const bridge_roster_shows[] = {"chat", "available", "dnd", "away", "xa", NULL};

static void
bridge_resource_free(BridgeResource *resource)
{
	g_free(resource->show);
	g_free(resource->status);
	g_free(resource);
}

static void
bridge_roster_entry_free(BridgeRosterEntry *entry)
{
	g_free(entry->contact.jid);
	g_free(entry->contact.name);
	g_strfreev(entry->contact.groups);
	g_free(entry->contact.subscription);
	g_free(entry->contact.avatar);
	g_free(entry->contact.show);
	g_free(entry->contact.status);
	g_clear_pointer(&entry->resources, g_hash_table_unref);
	g_free(entry);
}

const char *
bridge_contact_get_avatar(const BridgeContact *contact)
{
	return contact->avatar != NULL && *contact->avatar != '\0' ? contact->avatar : NULL;
}

BridgeRoster *
bridge_roster_new(void)
{
	BridgeRoster *roster = g_new0(BridgeRoster, 1);

	roster->entries = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_roster_entry_free);
	roster->avatars = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return roster;
}

void
bridge_roster_free(BridgeRoster *roster)
{
	if (roster == NULL)
		return;
	g_ptr_array_unref(roster->entries);
	g_hash_table_unref(roster->avatars);
	g_clear_pointer(&roster->blocked, g_hash_table_unref);
	g_free(roster);
}

GPtrArray *
bridge_roster_get_contacts(BridgeRoster *roster)
{
	return roster->entries;
}

gboolean
bridge_roster_is_complete(BridgeRoster *roster)
{
	return roster->complete;
}

/* Returns: the place of @jid, or where it belongs */
static guint
bridge_roster_find(BridgeRoster *roster, const char *jid, gboolean *found)
{
	guint low = 0;
	guint high = roster->entries->len;

	*found = FALSE;
	while (low < high) {
		guint middle = low + (high - low) / 2;
		BridgeRosterEntry *entry = g_ptr_array_index(roster->entries, middle);
		int order = strcmp(jid, entry->contact.jid);

		if (order == 0) {
			*found = TRUE;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static BridgeRosterEntry *
bridge_roster_lookup(BridgeRoster *roster, const char *jid)
{
	gboolean found;
	guint place = bridge_roster_find(roster, jid, &found);

	return found ? g_ptr_array_index(roster->entries, place) : NULL;
}

const BridgeContact *
bridge_roster_get_contact(BridgeRoster *roster, const char *jid)
{
	BridgeRosterEntry *entry = bridge_roster_lookup(roster, jid);

	return entry != NULL ? &entry->contact : NULL;
}

static void
bridge_roster_begin_blocked(BridgeRoster *roster)
{
	GHashTableIter iter;

	roster->blocked_complete = FALSE;
	if (roster->blocked == NULL)
		return;
	g_hash_table_iter_init(&iter, roster->blocked);
	while (g_hash_table_iter_next(&iter, NULL, NULL))
		g_hash_table_iter_replace(&iter, GINT_TO_POINTER(BRIDGE_BLOCKED_BEFORE));
}

void
bridge_roster_begin(BridgeRoster *roster)
{
	bridge_roster_begin_blocked(roster);
	for (guint i = 0; i < roster->entries->len; i++) {
		BridgeRosterEntry *entry = g_ptr_array_index(roster->entries, i);

		entry->stale = TRUE;
		g_clear_pointer(&entry->resources, g_hash_table_unref);
		g_free(entry->contact.show);
		entry->contact.show = g_strdup(ROSTER_UNAVAILABLE);
		g_free(entry->contact.status);
		entry->contact.status = g_strdup("");
	}
}

GPtrArray *
bridge_roster_finish(BridgeRoster *roster)
{
	GPtrArray *removed = g_ptr_array_new_with_free_func(g_free);

	for (guint i = roster->entries->len; i > 0; i--) {
		BridgeRosterEntry *entry = g_ptr_array_index(roster->entries, i - 1);

		if (!entry->stale)
			continue;
		g_ptr_array_add(removed, g_strdup(entry->contact.jid));
		g_ptr_array_remove_index(roster->entries, i - 1);
	}
	g_hash_table_remove_all(roster->avatars);
	roster->complete = TRUE;
	return removed;
}

static gboolean
bridge_roster_set(char **field, const char *value)
{
	if (g_strcmp0(*field, value) == 0)
		return FALSE;
	g_free(*field);
	*field = g_strdup(value);
	return TRUE;
}

static gboolean
bridge_roster_set_groups(BridgeContact *contact, const char *const *groups)
{
	if (contact->groups != NULL && g_strv_equal((const char *const *)contact->groups, groups))
		return FALSE;
	g_strfreev(contact->groups);
	contact->groups = g_strdupv((char **)groups);
	return TRUE;
}

static char *
bridge_roster_steal_avatar(BridgeRoster *roster, const char *jid)
{
	g_autofree char *known = NULL;
	char *hash = NULL;

	g_hash_table_steal_extended(roster->avatars, jid, (gpointer *)&known, (gpointer *)&hash);
	return hash;
}

static BridgeRosterEntry *
bridge_roster_ensure(BridgeRoster *roster, const char *jid)
{
	gboolean found;
	guint place = bridge_roster_find(roster, jid, &found);
	BridgeRosterEntry *entry;

	if (found)
		return g_ptr_array_index(roster->entries, place);
	if (roster->entries->len >= BRIDGE_ROSTER_CONTACTS_MAX)
		return NULL;
	entry = g_new0(BridgeRosterEntry, 1);
	entry->contact.jid = g_strdup(jid);
	entry->contact.show = g_strdup(ROSTER_UNAVAILABLE);
	entry->contact.status = g_strdup("");
	entry->contact.avatar = bridge_roster_steal_avatar(roster, jid);
	entry->contact.blocked =
		roster->blocked != NULL && g_hash_table_contains(roster->blocked, jid);
	g_ptr_array_insert(roster->entries, (int)place, entry);
	return entry;
}

const BridgeContact *
bridge_roster_put(BridgeRoster *roster, const char *jid, const char *name,
                  const char *const *groups, const char *subscription, gboolean ask)
{
	BridgeRosterEntry *entry = bridge_roster_ensure(roster, jid);
	gboolean changed = FALSE;

	if (entry == NULL)
		return NULL;
	entry->stale = FALSE;
	changed |= bridge_roster_set(&entry->contact.name, name);
	changed |= bridge_roster_set(&entry->contact.subscription, subscription);
	changed |= bridge_roster_set_groups(&entry->contact, groups);
	changed |= entry->contact.ask != ask;
	entry->contact.ask = ask;
	return changed ? &entry->contact : NULL;
}

/* ---- Who is blocked -------------------------------------------------------------------------- */

static void
bridge_roster_add_blocked(BridgeRoster *roster, const char *jid, BridgeBlockedNews news)
{
	if (roster->blocked == NULL)
		roster->blocked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_size(roster->blocked) < BRIDGE_ROSTER_BLOCKED_MAX ||
	    g_hash_table_contains(roster->blocked, jid))
		g_hash_table_replace(roster->blocked, g_strdup(jid), GINT_TO_POINTER(news));
}

/* Returns: the contact if that is another than before */
static const BridgeContact *
bridge_roster_mark_blocked(BridgeRoster *roster, const char *jid, gboolean blocked)
{
	BridgeRosterEntry *entry = bridge_roster_lookup(roster, jid);

	if (entry == NULL || entry->contact.blocked == blocked)
		return NULL;
	entry->contact.blocked = blocked;
	return &entry->contact;
}

/* Who is taken off the list before its end may be named again: it can be told in two parts, of
 * which the second begins with nobody. */
const BridgeContact *
bridge_roster_set_blocked(BridgeRoster *roster, const char *jid, gboolean blocked)
{
	if (blocked) {
		bridge_roster_add_blocked(roster, jid, BRIDGE_BLOCKED_NOW);
	} else if (roster->blocked_complete && roster->blocked != NULL) {
		g_hash_table_remove(roster->blocked, jid);
	} else {
		if (roster->blocked != NULL && g_hash_table_contains(roster->blocked, jid))
			bridge_roster_add_blocked(roster, jid, BRIDGE_BLOCKED_BEFORE);
		return NULL;
	}
	return bridge_roster_mark_blocked(roster, jid, blocked);
}

GPtrArray *
bridge_roster_finish_blocked(BridgeRoster *roster)
{
	GPtrArray *unblocked = g_ptr_array_new();
	GHashTableIter iter;
	gpointer jid;
	gpointer news;

	roster->blocked_complete = TRUE;
	if (roster->blocked == NULL)
		return unblocked;
	g_hash_table_iter_init(&iter, roster->blocked);
	while (g_hash_table_iter_next(&iter, &jid, &news)) {
		const BridgeContact *contact;

		if (GPOINTER_TO_INT(news) == BRIDGE_BLOCKED_NOW)
			continue;
		contact = bridge_roster_mark_blocked(roster, jid, FALSE);
		if (contact != NULL)
			g_ptr_array_add(unblocked, (gpointer)contact);
		g_hash_table_iter_remove(&iter);
	}
	return unblocked;
}

void
bridge_roster_remember_blocked(BridgeRoster *roster, const char *jid)
{
	bridge_roster_add_blocked(roster, jid, BRIDGE_BLOCKED_BEFORE);
	bridge_roster_mark_blocked(roster, jid, TRUE);
}

const BridgeContact *
bridge_roster_set_avatar(BridgeRoster *roster, const char *jid, const char *hash)
{
	BridgeRosterEntry *entry = bridge_roster_lookup(roster, jid);
	gboolean was_unknown = entry != NULL && entry->contact.avatar == NULL;

	if (entry == NULL || !bridge_roster_set(&entry->contact.avatar, hash))
		return NULL;
	return was_unknown && *hash == '\0' ? NULL : &entry->contact;
}

void
bridge_roster_remember_avatar(BridgeRoster *roster, const char *jid, const char *hash)
{
	g_hash_table_replace(roster->avatars, g_strdup(jid), g_strdup(hash));
}

GHashTable *
bridge_roster_get_remembered_avatars(BridgeRoster *roster)
{
	return roster->avatars;
}

gboolean
bridge_roster_remove(BridgeRoster *roster, const char *jid)
{
	gboolean found;
	guint place = bridge_roster_find(roster, jid, &found);

	if (found)
		g_ptr_array_remove_index(roster->entries, place);
	return found;
}

static guint
bridge_roster_rank(const char *show)
{
	guint rank = 0;

	while (bridge_roster_shows[rank] != NULL && !g_str_equal(bridge_roster_shows[rank], show))
		rank++;
	return rank;
}

/* < 0: @one is more available than @other */
static int
bridge_resource_compare(const BridgeResource *one, const BridgeResource *other)
{
	if (one->priority != other->priority)
		return one->priority > other->priority ? -1 : 1;
	return (int)bridge_roster_rank(one->show) - (int)bridge_roster_rank(other->show);
}

static const BridgeResource *
bridge_roster_find_best(BridgeRosterEntry *entry)
{
	const BridgeResource *best = NULL;
	GHashTableIter iter;
	gpointer value;

	if (entry->resources == NULL)
		return NULL;
	g_hash_table_iter_init(&iter, entry->resources);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (best == NULL || bridge_resource_compare(value, best) < 0)
			best = value;
	return best;
}

static int
bridge_roster_compare_names(gconstpointer one, gconstpointer other, gpointer user_data)
{
	GHashTable *resources = user_data;
	int order = bridge_resource_compare(g_hash_table_lookup(resources, one),
	                                    g_hash_table_lookup(resources, other));

	return order != 0 ? order : strcmp(one, other);
}

void
bridge_contact_foreach_resource(const BridgeContact *contact, BridgeResourceFunc func,
                                gpointer user_data)
{
	/* Contacts are made here alone. */
	const BridgeRosterEntry *entry = (const BridgeRosterEntry *)contact;
	GList *names = NULL;

	if (entry->resources == NULL)
		return;
	names = g_list_sort_with_data(g_hash_table_get_keys(entry->resources),
	                              bridge_roster_compare_names, entry->resources);
	for (GList *item = names; item != NULL; item = item->next) {
		const BridgeResource *resource = g_hash_table_lookup(entry->resources, item->data);

		func(item->data, resource->show, resource->status, user_data);
	}
	g_list_free(names);
}

static void
bridge_roster_set_resource(BridgeRosterEntry *entry, const char *name, const char *show,
                           const char *status, int priority)
{
	BridgeResource *resource;

	if (entry->resources == NULL)
		entry->resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
		                                         (GDestroyNotify)bridge_resource_free);
	if (!g_hash_table_contains(entry->resources, name) &&
	    g_hash_table_size(entry->resources) >= BRIDGE_ROSTER_RESOURCES_MAX)
		return;
	resource = g_new0(BridgeResource, 1);
	resource->show = g_strdup(show);
	resource->status = g_strdup(status);
	resource->priority = priority;
	g_hash_table_insert(entry->resources, g_strdup(name), resource);
}

const BridgeContact *
bridge_roster_set_presence(BridgeRoster *roster, const char *jid, const char *resource,
                           const char *show, const char *status, int priority)
{
	BridgeRosterEntry *entry = bridge_roster_lookup(roster, jid);
	const BridgeResource *best;
	gboolean changed = FALSE;

	if (entry == NULL)
		return NULL;
	if (!g_str_equal(show, ROSTER_UNAVAILABLE))
		bridge_roster_set_resource(entry, resource, show, status, priority);
	else if (resource[0] == '\0')
		g_clear_pointer(&entry->resources, g_hash_table_unref);
	else if (entry->resources != NULL)
		g_hash_table_remove(entry->resources, resource);
	best = bridge_roster_find_best(entry);
	changed |= bridge_roster_set(&entry->contact.show,
	                             best != NULL ? best->show : ROSTER_UNAVAILABLE);
	changed |= bridge_roster_set(&entry->contact.status, best != NULL ? best->status : status);
	return changed ? &entry->contact : NULL;
}
