/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-suspects.h"

#include <string.h>
#include <sys/mman.h>

#include "link/bridge-link.h"
#include "plugin/gtalk.h"

#define HOST_SUSPECTS_NAME "suspects"
#define HOST_SUSPECTS_DEPTH_MAX 6 /* result, forwarded, message, carbon, forwarded, message */

static struct {
	BridgeBlackBoxNote *note; /* shared, or NULL */
	guint clear_source;
} host_suspects;

void
host_suspects_open(int fd)
{
	void *memory;

	if (host_suspects.note != NULL)
		return;
	memory = mmap(NULL, sizeof(BridgeBlackBoxNote), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != MAP_FAILED)
		host_suspects.note = memory;
}

/* ---- Which stanza it is ---------------------------------------------------------------------- */

/* The message that an archive's or another client's copy holds: it is the same again. */
static xmlnode *
host_suspects_find_inner(xmlnode *stanza)
{
	static const char *const wrappers[] = {"result", "received", "sent", "forwarded",
	                                       "message"};
	xmlnode *node = stanza;

	for (guint depth = 0; depth < HOST_SUSPECTS_DEPTH_MAX; depth++) {
		xmlnode *next = NULL;

		for (guint i = 0; next == NULL && i < G_N_ELEMENTS(wrappers); i++)
			next = xmlnode_get_child(node, wrappers[i]);
		if (next == NULL)
			break;
		node = next;
	}
	return purple_strequal(node->name, "message") ? node : stanza;
}

/* Without an id, by what is in it. */
static void
host_suspects_add_content(GChecksum *checksum, xmlnode *inner)
{
	for (xmlnode *child = inner->child; child != NULL; child = child->next) {
		int length = 0;
		char *text = NULL;

		if (child->type != XMLNODE_TYPE_TAG || purple_strequal(child->name, "delay") ||
		    purple_strequal(child->name, "stanza-id"))
			continue;
		text = xmlnode_to_str(child, &length);
		g_checksum_update(checksum, (const guchar *)text, length);
		g_free(text);
	}
}

static void
host_suspects_add_word(GChecksum *checksum, const char *word)
{
	if (word != NULL)
		g_checksum_update(checksum, (const guchar *)word, -1);
	g_checksum_update(checksum, (const guchar *)"\n", 1);
}

/* What a sign-in is made of, and what answers us, is never left out: without it an account would be
 * offline for good. */
static gboolean
host_suspects_can_be_left_out(xmlnode *stanza)
{
	const char *type = xmlnode_get_attrib(stanza, "type");

	if (purple_strequal(stanza->name, "iq"))
		return purple_strequal(type, "get") || purple_strequal(type, "set");
	return purple_strequal(stanza->name, "message") ||
	       purple_strequal(stanza->name, "presence");
}

/* (transfer full): "" if it cannot be left out */
static char *
host_suspects_dup_key(xmlnode *inner)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *id = xmlnode_get_attrib(inner, "id");

	if (!host_suspects_can_be_left_out(inner))
		return g_strdup("");
	host_suspects_add_word(checksum, inner->name);
	host_suspects_add_word(checksum, xmlnode_get_attrib(inner, "from"));
	host_suspects_add_word(checksum, id);
	if (id == NULL)
		host_suspects_add_content(checksum, inner);
	return g_strdup(g_checksum_get_string(checksum));
}

/* ---- What is written down -------------------------------------------------------------------- */

static gboolean
host_suspects_clear_cb(gpointer user_data)
{
	host_suspects.clear_source = 0;
	host_suspects.note->busy = 0;
	return G_SOURCE_REMOVE;
}

/* The daemon believes nothing that is not UTF-8: what is too long ends between two characters. */
static void
host_suspects_copy(char *field, const char *text, gsize size)
{
	const char *end = NULL;

	g_strlcpy(field, text != NULL ? text : "", size);
	if (!g_utf8_validate(field, -1, &end))
		field[end - field] = '\0';
}

static void
host_suspects_write(HostAccount *account, xmlnode *inner, const char *key)
{
	BridgeBlackBoxNote *note = host_suspects.note;
	const char *from = xmlnode_get_attrib(inner, "from");
	const char *id = xmlnode_get_attrib(inner, "id");

	g_strlcpy(note->account, host_account_get_id(account), sizeof note->account);
	g_strlcpy(note->key, key, sizeof note->key);
	host_suspects_copy(note->from, from, sizeof note->from);
	host_suspects_copy(note->id, id, sizeof note->id);
	note->busy = 1;
	/* When what was read at once is handled, and before anything else. */
	if (host_suspects.clear_source == 0)
		host_suspects.clear_source =
			g_idle_add_full(G_PRIORITY_HIGH, host_suspects_clear_cb, NULL, NULL);
}

/* Its sender, id and type stay, and it counts as handled. */
static void
host_suspects_empty(xmlnode *inner)
{
	xmlnode *child = inner->child;

	while (child != NULL) {
		xmlnode *next = child->next;

		if (child->type != XMLNODE_TYPE_ATTRIB)
			xmlnode_free(child);
		child = next;
	}
}

static void
host_suspects_receiving_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	GHashTable *keys;
	xmlnode *inner;
	g_autofree char *key = NULL;

	if (account == NULL || *packet == NULL)
		return;
	keys = host_account_get_state(account, HOST_SUSPECTS_NAME);
	if (host_suspects.note == NULL && keys == NULL)
		return;
	inner = host_suspects_find_inner(*packet);
	key = host_suspects_dup_key(inner);
	if (keys != NULL && g_hash_table_contains(keys, key))
		host_suspects_empty(inner);
	if (host_suspects.note != NULL)
		host_suspects_write(account, inner, key);
}

/* Before the plugin, which is first itself: of those with the same priority the last to connect is
 * called first. */
static void
host_suspects_install(PurplePlugin *plugin)
{
	if (plugin != NULL)
		purple_signal_connect_priority(plugin, "jabber-receiving-xmlnode",
		                               (void *)&host_suspects_feature,
		                               PURPLE_CALLBACK(host_suspects_receiving_cb), NULL,
		                               PURPLE_SIGNAL_PRIORITY_LOWEST);
}

static void
host_suspects_prepare(HostAccount *account, GVariant *wanted)
{
	g_autofree const char **names = NULL;
	GHashTable *keys;

	if (wanted == NULL || !g_variant_is_of_type(wanted, G_VARIANT_TYPE_STRING_ARRAY))
		return;
	names = g_variant_get_strv(wanted, NULL);
	keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; names[i] != NULL; i++)
		g_hash_table_add(keys, g_strdup(names[i]));
	host_account_set_state(account, HOST_SUSPECTS_NAME, keys,
	                       (GDestroyNotify)g_hash_table_unref);
}

const HostFeature host_suspects_feature = {
	.name = HOST_SUSPECTS_NAME,
	.install = host_suspects_install,
	.prepare = host_suspects_prepare,
};
