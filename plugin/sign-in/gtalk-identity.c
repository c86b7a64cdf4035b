/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-identity.h"

#include <string.h>

#include "core/gtalk-account-options.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "gtalk.h"

#define GTALK_JID_MAX_BYTES 3071 /* three parts of at most 1023, RFC 6122, 2.1 */

typedef struct {
	char *bind_id;    /* the request that is under way, or NULL */
	char *session_id; /* likewise */
	char *alias;      /* the bare JID as typed, NULL if it is the bound one */
	gboolean established;
} GTalkIdentity;

gboolean
gtalk_identity_has_domain(const char *username)
{
	const char *at = username + strcspn(username, "@/");

	return *at == '@' && at[1] != '\0' && at[1] != '/';
}

/* "talk.example@/Desk" without the "@", NULL if it has another form. */
static char *
gtalk_identity_dup_without_at(const char *rest)
{
	gsize length = strcspn(rest, "@");

	if (length == 0 || rest[length] != '@' ||
	    (rest[length + 1] != '\0' && rest[length + 1] != '/') || strcspn(rest, "/") < length)
		return NULL;
	return g_strdup_printf("%.*s%s", (int)length, rest, rest + length + 1);
}

char *
gtalk_identity_complete(const char *username, const char *domain)
{
	gsize node_length = strcspn(username, "@/");
	const char *rest = username + node_length;
	g_autofree char *typed = NULL;

	if (*rest == '@')
		rest++;
	if (node_length == 0)
		return NULL;
	if (gtalk_identity_has_domain(username)) {
		typed = gtalk_identity_dup_without_at(rest);
		return typed != NULL ? g_strdup_printf("%.*s@%s", (int)node_length, username, typed)
		                     : NULL;
	}
	if (*rest != '\0' && *rest != '/')
		return NULL;
	if (*domain == '\0' || strpbrk(domain, "@/ ") != NULL)
		return NULL;
	return g_strdup_printf("%.*s@%s%s", (int)node_length, username, domain, rest);
}

char *
gtalk_identity_translate(const char *jid, const char *alias, const char *bound)
{
	g_autofree char *bare = NULL;
	const char *resource;

	if (jid == NULL || !gtalk_jid_equal_bare(jid, alias))
		return NULL;
	bare = gtalk_jid_dup_bare(bound);
	resource = strchr(jid, '/');
	return g_strconcat(bare, resource, NULL);
}

/* ---- Attaching ------------------------------------------------------------------------------ */

static void
gtalk_identity_ensure_domain(GTalkConnection *connection)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);
	g_autofree char *complete =
		gtalk_identity_complete(purple_account_get_username(account),
	                                gtalk_account_options_get_default_domain(account));

	if (complete != NULL)
		purple_account_set_username(account, complete);
	else if (!gtalk_identity_has_domain(purple_account_get_username(account)))
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_INVALID_SETTINGS,
		                      _("The account's address has no domain. Type the part behind "
		                        "the @ as the domain in the account's settings."));
}

static gpointer
gtalk_identity_attach(GTalkConnection *connection)
{
	gtalk_identity_ensure_domain(connection);
	return g_new0(GTalkIdentity, 1);
}

static void
gtalk_identity_detach(GTalkConnection *connection, gpointer state)
{
	GTalkIdentity *self = state;

	g_free(self->bind_id);
	g_free(self->session_id);
	g_free(self->alias);
	g_free(self);
}

/* ---- Sending -------------------------------------------------------------------------------- */

static void
gtalk_identity_remember_id(xmlnode *iq, const char *child, const char *xmlns, char **id)
{
	if (!purple_strequal(xmlnode_get_attrib(iq, "type"), "set") ||
	    gtalk_xml_find_child(iq, child, xmlns) == NULL)
		return;
	g_free(*id);
	*id = g_strdup(xmlnode_get_attrib(iq, "id"));
}

static void
gtalk_identity_translate_attribute(GTalkConnection *connection, GTalkIdentity *self,
                                   xmlnode *packet, const char *name)
{
	g_autofree char *translated =
		self->alias == NULL
			? NULL
			: gtalk_identity_translate(xmlnode_get_attrib(packet, name), self->alias,
	                                           gtalk_connection_get_bound_jid(connection));

	if (translated != NULL)
		xmlnode_set_attrib(packet, name, translated);
}

static void
gtalk_identity_sending(GTalkConnection *connection, gpointer state, xmlnode *packet)
{
	GTalkIdentity *self = state;

	if (!self->established && purple_strequal(packet->name, "iq")) {
		gtalk_identity_remember_id(packet, "bind", GTALK_NS_BIND, &self->bind_id);
		gtalk_identity_remember_id(packet, "session", GTALK_NS_SESSION, &self->session_id);
	}
	gtalk_identity_translate_attribute(connection, self, packet, "from");
	gtalk_identity_translate_attribute(connection, self, packet, "to");
}

/* ---- Receiving ------------------------------------------------------------------------------ */

/* The server need not name it (RFC 3920 allowed that); then it is what was asked for. */
static char *
gtalk_identity_dup_bound_jid(GTalkConnection *connection, xmlnode *iq)
{
	xmlnode *bind = gtalk_xml_find_child(iq, "bind", GTALK_NS_BIND);
	xmlnode *jid = bind != NULL ? xmlnode_get_child(bind, "jid") : NULL;
	char *text = jid != NULL ? xmlnode_get_data(jid) : NULL;

	if (text == NULL)
		return g_strdup(
			purple_account_get_username(gtalk_connection_get_account(connection)));
	return text;
}

static gboolean
gtalk_identity_is_address(const char *jid)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);
	const char *at = strchr(bare, '@');

	if (strlen(jid) > GTALK_JID_MAX_BYTES || !g_utf8_validate(jid, -1, NULL))
		return FALSE;
	for (const char *p = bare; *p != '\0'; p++) {
		if (*p == ' ' || g_ascii_iscntrl(*p))
			return FALSE;
	}
	return at != NULL && at != bare && at[1] != '\0';
}

static void
gtalk_identity_receive_bind(GTalkConnection *connection, GTalkIdentity *self, xmlnode *iq)
{
	PurpleConnection *gc = gtalk_connection_get_purple(connection);
	g_autofree char *jid = gtalk_identity_dup_bound_jid(connection, iq);
	g_autofree char *typed = gtalk_jid_dup_bare(
		purple_account_get_username(gtalk_connection_get_account(connection)));

	if (!gtalk_identity_is_address(jid)) {
		gtalk_connection_fail(connection, PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
		                      _("The server signed you in under an address that is "
		                        "none."));
		return;
	}
	if (!gtalk_jid_equal_bare(jid, typed))
		self->alias = g_steal_pointer(&typed);
	gtalk_connection_set_bound_jid(connection, jid);
	purple_connection_set_display_name(gc, jid);
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_BOUND, gc, jid);
}

/* Whether the answer to the request *@id has come; *@id is cleared then. */
static gboolean
gtalk_identity_take_answer(xmlnode *iq, char **id)
{
	const char *type = xmlnode_get_attrib(iq, "type");

	if (*id == NULL || !purple_strequal(xmlnode_get_attrib(iq, "id"), *id) ||
	    !(purple_strequal(type, "result") || purple_strequal(type, "error")))
		return FALSE;
	g_clear_pointer(id, g_free);
	return TRUE;
}

static void
gtalk_identity_receive_iq(GTalkConnection *connection, GTalkIdentity *self, xmlnode *iq)
{
	gboolean is_result = purple_strequal(xmlnode_get_attrib(iq, "type"), "result");

	if (gtalk_identity_take_answer(iq, &self->bind_id)) {
		if (is_result && gtalk_connection_get_bound_jid(connection) == NULL)
			gtalk_identity_receive_bind(connection, self, iq);
	} else if (gtalk_identity_take_answer(iq, &self->session_id)) {
		self->established = is_result;
		if (is_result)
			gtalk_connection_establish(connection);
	}
}

static gboolean
gtalk_identity_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkIdentity *self = state;

	if (!self->established && purple_strequal((*packet)->name, "iq"))
		gtalk_identity_receive_iq(connection, self, *packet);
	gtalk_identity_translate_attribute(connection, self, *packet, "from");
	gtalk_identity_translate_attribute(connection, self, *packet, "to");
	return FALSE;
}

/* ---- IPC ------------------------------------------------------------------------------------ */

static const char *
gtalk_identity_ipc_bound_jid(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	return connection != NULL ? gtalk_connection_get_bound_jid(connection) : NULL;
}

static void
gtalk_identity_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_BOUND, purple_marshal_VOID__POINTER_POINTER,
	                       NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_STRING));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_BOUND_JID, PURPLE_CALLBACK(gtalk_identity_ipc_bound_jid),
		purple_marshal_POINTER__POINTER, purple_value_new(PURPLE_TYPE_STRING), 1,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION));
}

const GTalkUnit gtalk_identity_unit = {
	.name = "identity",
	.load = gtalk_identity_load,
	.attach = gtalk_identity_attach,
	.detach = gtalk_identity_detach,
	.receives = GTALK_ARRIVES_ALL,
	.receiving = gtalk_identity_receiving,
	.sending = gtalk_identity_sending,
};
