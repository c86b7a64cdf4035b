/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-connection.h: what the plugin knows about one connection beside the inherited protocol,
 * and the units that make it up.
 *
 * A unit is one feature in one file: a const GTalkUnit in the table of gtalk-units.c. It is loaded
 * with the plugin, attached to a connection just before the inherited protocol starts to sign in,
 * and detached just before that one closes, so that it can still send. Its state on a connection is
 * whatever attach returned; no other unit sees it. Everything runs on the main loop.
 *
 * The order of the table is the order of the layers between the server (first) and the inherited
 * protocol and the user interface (last): what is received passes the table from top to bottom,
 * what is sent passes it from bottom to top.
 *
 * A whole unit:
 *
 *     typedef struct {
 *             guint greetings;
 *     } GTalkGreeter;
 *
 *     static gpointer
 *     gtalk_greeter_attach(GTalkConnection *connection)
 *     {
 *             return g_new0(GTalkGreeter, 1);
 *     }
 *
 *     static gboolean
 *     gtalk_greeter_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
 *     {
 *             GTalkGreeter *self = state;
 *
 *             if (gtalk_xml_find_child(*packet, "greeting", NULL) == NULL)
 *                     return FALSE;
 *             self->greetings++;
 *             return TRUE; // swallowed: the registry frees it, nobody further down sees it
 *     }
 *
 *     const GTalkUnit gtalk_greeter_unit = {
 *             .name = "greeter",
 *             .attach = gtalk_greeter_attach,
 *             .detach = gtalk_greeter_detach, // frees the state
 *             .receives = GTALK_ARRIVES_MESSAGE,
 *             .receiving = gtalk_greeter_receiving,
 *     };
 *
 * and one row in gtalk-units.c, one declaration in gtalk-units.h. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

typedef struct _GTalkConnection GTalkConnection;

/* What arrives, by the name of the element; "other" is everything that is no stanza. */
typedef enum {
	GTALK_ARRIVES_MESSAGE = 1 << 0,
	GTALK_ARRIVES_PRESENCE = 1 << 1,
	GTALK_ARRIVES_IQ = 1 << 2,
	GTALK_ARRIVES_OTHER = 1 << 3,
	GTALK_ARRIVES_STANZA = GTALK_ARRIVES_MESSAGE | GTALK_ARRIVES_PRESENCE | GTALK_ARRIVES_IQ,
	GTALK_ARRIVES_ALL = GTALK_ARRIVES_STANZA | GTALK_ARRIVES_OTHER,
} GTalkArrivals;

typedef struct {
	const char *name; /* for the debug log */

	/* Once when the plugin is loaded: the place to register the unit's signals and IPC calls
	 * (libpurple takes them away again when the plugin is unloaded). May be NULL. */
	void (*load)(PurplePlugin *plugin);
	/* Once when the plugin is unloaded, when no connection is left. May be NULL. */
	void (*unload)(PurplePlugin *plugin);

	/* Returns the unit's state on this connection; NULL is a valid state. The account's options
	 * can be read, nothing has been sent yet. May be NULL. */
	gpointer (*attach)(GTalkConnection *connection);
	/* Frees the state and everything that could still call back with it. Stanzas can still be
	 * sent (in vain if the line is down), past the units above only: units are detached in the
	 * reverse order, and none of the unit's other hooks is called from here on. May be NULL. */
	void (*detach)(GTalkConnection *connection, gpointer state);

	/* An element of the kinds in `receives` has arrived. Edit it in place; or free *packet and
	 * set another node; or return TRUE to swallow it (the registry frees it, no later unit sees
	 * it). May be NULL, and then no kind is named. */
	GTalkArrivals receives;
	gboolean (*receiving)(GTalkConnection *connection, gpointer state, xmlnode **packet);

	/* An element is about to be written. Edit it in place. It cannot be dropped: turn what must
	 * not go out into something harmless, or end the connection by gtalk_connection_fail().
	 * May be NULL. */
	void (*sending)(GTalkConnection *connection, gpointer state, xmlnode *packet);

	/* An element has been written, in the order of these calls; what is sent from here on
	 * follows it at once, before anything else happens. Not told if the writing ended the
	 * connection. May be NULL. */
	void (*sent)(GTalkConnection *connection, gpointer state, const xmlnode *packet);

	/* A piece of text is about to be written, after the units saw the element that it may come
	 * from: stream headers, <starttls/> and white space pass only here. FALSE drops it. A unit
	 * above never sees what a unit below dropped. May be NULL. */
	gboolean (*sending_text)(GTalkConnection *connection, gpointer state, const char *text);

	/* The session stands: authenticated, bound, and (where the server wants it) the session
	 * request answered. Stanzas may be sent from here on; the inherited protocol has sent none
	 * of its own (disco, roster, presence) yet. Once for each stream. May be NULL. */
	void (*established)(GTalkConnection *connection, gpointer state);

	/* libpurple calls the account online: the inherited protocol has sent its own questions and
	 * presence. May be NULL. */
	void (*signed_on)(GTalkConnection *connection, gpointer state);

	/* A conversation of this account with somebody (no room) was made, and is not shown yet.
	 * May be NULL. */
	void (*conversation_created)(GTalkConnection *connection, gpointer state,
	                             PurpleConversation *conversation);

	/* The account's menu is opened: returns the unit's entries (PurplePluginAction*, transfer
	 * full; NULL is none, a NULL in the list a separator). libpurple gives their callbacks an
	 * action whose context is the PurpleConnection. May be NULL. */
	GList *(*account_actions)(GTalkConnection *connection, gpointer state);

	/* The menu of a contact or a room in the list is opened: returns the unit's entries for
	 * @node (PurpleMenuAction*, transfer full; as above). The account can be signing in. May be
	 * NULL. */
	GList *(*node_menu)(GTalkConnection *connection, gpointer state, PurpleBlistNode *node);
} GTalkUnit;

/* ---- For the units -------------------------------------------------------------------------- */

/* NULL if @gc is no connection of ours (any more); @gc is never dereferenced, so that it may come
 * from an IPC call or a late callback. */
GTalkConnection *
gtalk_connection_find(PurpleConnection *gc);

PurpleConnection *
gtalk_connection_get_purple(GTalkConnection *connection);
PurpleAccount *
gtalk_connection_get_account(GTalkConnection *connection);
/* The handle that our signals are emitted on. */
PurplePlugin *
gtalk_connection_get_plugin(GTalkConnection *connection);

/* The state of @unit, as its attach returned it. */
gpointer
gtalk_connection_get_state(GTalkConnection *connection, const GTalkUnit *unit);

/* The full JID that the server bound, NULL before. */
const char *
gtalk_connection_get_bound_jid(GTalkConnection *connection);

/* Whether @jid is the own account: the bound bare JID (any resource). A missing JID counts as
 * the own account, as it does in stanzas from the own server (RFC 6120, 8.1.2.1). FALSE before
 * the bind result. */
gboolean
gtalk_connection_is_own_jid(GTalkConnection *connection, const char *jid);

/* Sends @packet (transfer full) through all units and the inherited protocol's writer. */
void
gtalk_connection_send(GTalkConnection *connection, xmlnode *packet);

/* A new id for a stanza of ours, unlike the inherited protocol's; (transfer full). */
char *
gtalk_connection_dup_next_id(GTalkConnection *connection);

/* Ends the connection with an error for the user. From here on nothing that arrives reaches the
 * inherited protocol and nothing it wants to send reaches the server. Later calls are ignored. */
void
gtalk_connection_fail(GTalkConnection *connection, PurpleConnectionError reason, const char *text);
/* The same without an error: whoever calls it begins the sign-in anew. */
void
gtalk_connection_abandon(GTalkConnection *connection);
gboolean
gtalk_connection_has_failed(GTalkConnection *connection);

/* ---- For the identity unit ------------------------------------------------------------------ */

void
gtalk_connection_set_bound_jid(GTalkConnection *connection, const char *full_jid);
/* Calls every unit's established(). */
void
gtalk_connection_establish(GTalkConnection *connection);

/* ---- For the menus -------------------------------------------------------------------------- */

/* The entries of all units, as GTalkUnit describes them. */
GList *
gtalk_connection_collect_account_actions(GTalkConnection *connection);
GList *
gtalk_connection_collect_node_menu(GTalkConnection *connection, PurpleBlistNode *node);

/* ---- For the plugin's entry ----------------------------------------------------------------- */

/* What the account asked for when it was connected. */
typedef enum {
	GTALK_PURPOSE_SIGN_IN,
	GTALK_PURPOSE_REGISTER, /* a new account on the server, XEP-0077 */
} GTalkPurpose;

/* Makes the registry, loads the units, connects to the inherited protocol's signals on @plugin. */
void
gtalk_connections_load(PurplePlugin *plugin);
/* Forgets everything; the connections are gone by now. */
void
gtalk_connections_unload(PurplePlugin *plugin);

GTalkConnection *
gtalk_connection_attach(PurpleConnection *gc, GTalkPurpose purpose);
GTalkPurpose
gtalk_connection_get_purpose(GTalkConnection *connection);
/* Frees the connection; the units are detached. */
void
gtalk_connection_detach(GTalkConnection *connection);

G_END_DECLS
