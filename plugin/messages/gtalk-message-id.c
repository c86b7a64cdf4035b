/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-message-id.h"

#include <string.h>

#include "core/gtalk-xml.h"
#include "gtalk.h"

#define GTALK_MESSAGE_ID_PART_CHARS 16 /* 64 bits in hexadecimal, twice */
#define GTALK_MESSAGE_ID_INHERITED_PREFIX "purple"

typedef struct {
	char *next; /* for the next message, NULL: make one */
} GTalkMessageId;

static guint64
gtalk_message_id_random(void)
{
	return ((guint64)g_random_int() << 32) | g_random_int();
}

char *
gtalk_message_id_make(const char *key, guint64 nonce)
{
	char part[GTALK_MESSAGE_ID_PART_CHARS + 1];
	g_autofree char *digest = NULL;

	g_snprintf(part, sizeof(part), "%016" G_GINT64_MODIFIER "x", nonce);
	digest = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)key, strlen(key),
	                                   part, -1);
	return g_strdup_printf("%s%.*s", part, GTALK_MESSAGE_ID_PART_CHARS, digest);
}

gboolean
gtalk_message_id_check(const char *key, const char *id)
{
	g_autofree char *part = NULL;
	g_autofree char *expected = NULL;
	guint64 nonce;

	if (strlen(id) != 2 * GTALK_MESSAGE_ID_PART_CHARS)
		return FALSE;
	part = g_strndup(id, GTALK_MESSAGE_ID_PART_CHARS);
	if (!g_ascii_string_to_unsigned(part, 16, 0, G_MAXUINT64, &nonce, NULL))
		return FALSE;
	expected = gtalk_message_id_make(key, nonce);
	return strcmp(expected, id) == 0;
}

void
gtalk_message_id_set(xmlnode *message, const char *id)
{
	xmlnode *origin = gtalk_xml_find_child(message, "origin-id", GTALK_NS_STANZA_ID);

	if (origin == NULL)
		origin = gtalk_xml_add_child(message, "origin-id", GTALK_NS_STANZA_ID);
	xmlnode_set_attrib(origin, "id", id);
	xmlnode_set_attrib(message, "id", id);
}

/* "" before the first message is sent. */
static const char *
gtalk_message_id_get_key(GTalkConnection *connection)
{
	return purple_account_get_string(gtalk_connection_get_account(connection),
	                                 GTALK_OPTION_ID_KEY, "");
}

static const char *
gtalk_message_id_ensure_key(GTalkConnection *connection)
{
	g_autofree char *key = NULL;

	if (*gtalk_message_id_get_key(connection) == '\0') {
		key = g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
		                      gtalk_message_id_random(), gtalk_message_id_random());
		purple_account_set_string(gtalk_connection_get_account(connection),
		                          GTALK_OPTION_ID_KEY, key);
	}
	return gtalk_message_id_get_key(connection);
}

static gpointer
gtalk_message_id_attach(GTalkConnection *connection)
{
	return g_new0(GTalkMessageId, 1);
}

static void
gtalk_message_id_detach(GTalkConnection *connection, gpointer state)
{
	GTalkMessageId *self = state;

	g_free(self->next);
	g_free(self);
}

/* What somebody else's plugin made has an id that it may be waiting for. */
static gboolean
gtalk_message_id_is_inherited(const xmlnode *message)
{
	const char *id = xmlnode_get_attrib(message, "id");

	return id == NULL || g_str_has_prefix(id, GTALK_MESSAGE_ID_INHERITED_PREFIX);
}

static void
gtalk_message_id_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkMessageId *self = state;
	g_autofree char *id = NULL;

	if (packet->name == NULL || strcmp(packet->name, "message") != 0 ||
	    gtalk_xml_find_child(packet, "body", GTALK_NS_CLIENT) == NULL ||
	    purple_strequal(xmlnode_get_attrib(packet, "type"), "error"))
		return;
	if (self->next == NULL && !gtalk_message_id_is_inherited(packet))
		return;
	id = g_steal_pointer(&self->next);
	if (id == NULL)
		id = gtalk_message_id_make(gtalk_message_id_ensure_key(connection),
		                           gtalk_message_id_random());
	gtalk_message_id_set(packet, id);
}

gboolean
gtalk_message_id_is_own(GTalkConnection *connection, const char *id)
{
	const char *key = gtalk_message_id_get_key(connection);

	return *key != '\0' && gtalk_message_id_check(key, id);
}

/* GTALK_IPC_SET_NEXT_MESSAGE_ID */
static void
gtalk_message_id_set_next(PurpleConnection *gc, const char *id)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkMessageId *self = NULL;

	if (connection == NULL)
		return;
	self = gtalk_connection_get_state(connection, &gtalk_message_id_unit);
	g_free(self->next);
	self->next = g_strdup(id);
}

static void
gtalk_message_id_load(PurplePlugin *plugin)
{
	purple_plugin_ipc_register(plugin, GTALK_IPC_SET_NEXT_MESSAGE_ID,
	                           PURPLE_CALLBACK(gtalk_message_id_set_next),
	                           purple_marshal_VOID__POINTER_POINTER, NULL, 2,
	                           purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                           purple_value_new(PURPLE_TYPE_STRING));
}

const GTalkUnit gtalk_message_id_unit = {
	.name = "message-id",
	.load = gtalk_message_id_load,
	.attach = gtalk_message_id_attach,
	.detach = gtalk_message_id_detach,
	.sending = gtalk_message_id_sending,
};
