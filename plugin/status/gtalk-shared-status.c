/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-shared-status.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-xml.h"
#include "gtalk.h"

typedef struct {
	GTalkStatusDocument *document;  /* NULL: none */
	GTalkStatusDocument *confirmed; /* as the server last said it, with what it accepted; NULL:
	                                 * that is the document itself */
	guint n_setting;
	gboolean is_asking;
	GTalkSharedStatus told; /* what others see of the document */
} GTalkSharedStatusState;

static GTalkSharedStatusState *
gtalk_shared_status_get_state(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_shared_status_unit);
}

const GTalkStatusDocument *
gtalk_shared_status_find(GTalkConnection *connection)
{
	GTalkSharedStatusState *self = gtalk_shared_status_get_state(connection);

	return self != NULL ? self->document : NULL;
}

gboolean
gtalk_shared_status_is_setting(GTalkConnection *connection)
{
	return gtalk_shared_status_get_state(connection)->n_setting > 0;
}

/* ---- Telling -------------------------------------------------------------------------------- */

static const GTalkSharedStatus *
gtalk_shared_status_describe(GTalkSharedStatusState *self)
{
	const GTalkStatusDocument *document = self->document;

	if (document == NULL)
		return NULL;
	self->told.text = document->text;
	self->told.busy = document->is_busy;
	self->told.invisible = document->is_invisible;
	self->told.can_hide = gtalk_status_document_can_hide(document);
	self->told.text_max_bytes = document->text_max_bytes;
	self->told.texts_max = document->texts_max;
	self->told.available_texts = gtalk_status_document_get_texts(document, FALSE);
	self->told.busy_texts = gtalk_status_document_get_texts(document, TRUE);
	return &self->told;
}

static void
gtalk_shared_status_tell(GTalkConnection *connection, GTalkSharedStatusState *self)
{
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_SHARED_STATUS,
	                   gtalk_connection_get_purple(connection),
	                   gtalk_shared_status_describe(self));
}

/* What was sent is not what the server has before it says so; its answer tells then. */
static void
gtalk_shared_status_tell_settled(GTalkConnection *connection, GTalkSharedStatusState *self)
{
	if (self->n_setting == 0)
		gtalk_shared_status_tell(connection, self);
}

/* ---- Knowing -------------------------------------------------------------------------------- */

/* Takes @document. */
static void
gtalk_shared_status_replace(GTalkStatusDocument **place, GTalkStatusDocument *document)
{
	g_clear_pointer(place, gtalk_status_document_free);
	*place = document;
}

static void
gtalk_shared_status_confirm(GTalkSharedStatusState *self)
{
	gtalk_shared_status_replace(&self->confirmed, NULL);
}

/* The confirmed one; (transfer full). */
static GTalkStatusDocument *
gtalk_shared_status_dup_confirmed(GTalkSharedStatusState *self)
{
	return gtalk_status_document_copy(self->confirmed != NULL ? self->confirmed
	                                                          : self->document);
}

static xmlnode *
gtalk_shared_status_new_iq(GTalkConnection *connection, const char *type)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(connection));

	return gtalk_requests_new_iq(type, own);
}

static void
gtalk_shared_status_reply_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkSharedStatusState *self = gtalk_shared_status_get_state(connection);
	xmlnode *query = NULL;
	GTalkStatusDocument *document = NULL;

	self->is_asking = FALSE;
	if (gtalk_requests_is_result(reply))
		query = gtalk_xml_find_child(reply, "query", GTALK_NS_SHARED_STATUS);
	if (query != NULL)
		document = gtalk_status_document_parse(query, NULL);
	/* Asked again after a refusal, and something was sent since: that one's answer tells. */
	if (document != NULL && self->n_setting == 0) {
		gtalk_shared_status_replace(&self->document, g_steal_pointer(&document));
		gtalk_shared_status_confirm(self);
	}
	g_clear_pointer(&document, gtalk_status_document_free);
	gtalk_shared_status_tell_settled(connection, self);
}

/* Also makes the session one that gets pushes and knows invisibility. */
static void
gtalk_shared_status_ask(GTalkConnection *connection)
{
	xmlnode *iq = gtalk_shared_status_new_iq(connection, "get");
	xmlnode *query = gtalk_xml_add_child(iq, "query", GTALK_NS_SHARED_STATUS);

	gtalk_shared_status_get_state(connection)->is_asking = TRUE;
	xmlnode_set_attrib(query, "version", "2");
	gtalk_requests_send(connection, iq, gtalk_shared_status_reply_cb, NULL);
}

static void
gtalk_shared_status_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL)
		return;
	if (gtalk_discovery_has(connection, GTALK_FEATURE_SHARED_STATUS))
		gtalk_shared_status_ask(connection);
	else
		gtalk_shared_status_tell(connection, gtalk_shared_status_get_state(connection));
}

/* While something of ours is under way a push is older than that, since the stream keeps the order;
 * only what it says about the server's abilities holds. */
static void
gtalk_shared_status_take_push(GTalkSharedStatusState *self, const xmlnode *query)
{
	g_autoptr(GTalkStatusDocument) confirmed = gtalk_shared_status_dup_confirmed(self);
	GTalkStatusDocument *pushed = gtalk_status_document_parse(query, confirmed);

	if (pushed == NULL)
		return;
	if (self->n_setting == 0) {
		gtalk_shared_status_replace(&self->document, pushed);
		gtalk_shared_status_confirm(self);
		return;
	}
	self->document->min_version = pushed->min_version;
	self->document->text_max_bytes = pushed->text_max_bytes;
	self->document->texts_max = pushed->texts_max;
	self->document->lists_max = pushed->lists_max;
	gtalk_shared_status_replace(&self->confirmed, pushed);
}

static gboolean
gtalk_shared_status_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	GTalkSharedStatusState *self = state;
	xmlnode *query = NULL;

	if (self->document == NULL && !self->is_asking)
		return FALSE;
	query = gtalk_requests_find_push(connection, *packet, "query", GTALK_NS_SHARED_STATUS);
	if (query == NULL)
		return FALSE;
	gtalk_requests_answer(connection, *packet);
	if (self->document != NULL) {
		gtalk_shared_status_take_push(self, query);
		gtalk_shared_status_tell_settled(connection, self);
	}
	return TRUE; /* before the first answer: that one is newer */
}

/* ---- Setting -------------------------------------------------------------------------------- */

static void
gtalk_shared_status_set_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkSharedStatusState *self = gtalk_shared_status_get_state(connection);
	GTalkSharedStatusFunc callback = (GTalkSharedStatusFunc)user_data;
	gboolean ok = gtalk_requests_is_result(reply);

	self->n_setting--;
	if (self->n_setting > 0)
		return; /* the last answer counts */
	if (ok) {
		gtalk_shared_status_confirm(self);
		gtalk_shared_status_tell(connection, self);
	} else {
		purple_debug_warning("gtalk", "the server did not take the shared status\n");
		gtalk_shared_status_replace(&self->document,
		                            gtalk_shared_status_dup_confirmed(self));
		gtalk_shared_status_confirm(self);
		gtalk_shared_status_ask(connection);
	}
	if (callback != NULL)
		callback(connection, ok);
}

void
gtalk_shared_status_set(GTalkConnection *connection, GTalkStatusDocument *document,
                        GTalkSharedStatusFunc callback)
{
	GTalkSharedStatusState *self = gtalk_shared_status_get_state(connection);
	xmlnode *iq = gtalk_shared_status_new_iq(connection, "set");

	gtalk_status_document_build(document, iq);
	if (self->confirmed == NULL)
		self->confirmed = g_steal_pointer(&self->document);
	gtalk_shared_status_replace(&self->document, document);
	self->n_setting++;
	gtalk_requests_send(connection, iq, gtalk_shared_status_set_cb, callback);
}

/* ---- The unit ------------------------------------------------------------------------------- */

static gpointer
gtalk_shared_status_attach(GTalkConnection *connection)
{
	return g_new0(GTalkSharedStatusState, 1);
}

static void
gtalk_shared_status_detach(GTalkConnection *connection, gpointer state)
{
	GTalkSharedStatusState *self = state;

	g_clear_pointer(&self->document, gtalk_status_document_free);
	g_clear_pointer(&self->confirmed, gtalk_status_document_free);
	g_free(self);
}

static const GTalkSharedStatus *
gtalk_shared_status_ipc_get(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL)
		return NULL;
	return gtalk_shared_status_describe(gtalk_shared_status_get_state(connection));
}

static gboolean
gtalk_shared_status_ipc_set_texts(PurpleConnection *gc, const char *const *texts, guint busy)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	const GTalkStatusDocument *document =
		connection != NULL ? gtalk_shared_status_find(connection) : NULL;
	GTalkStatusDocument *edited = NULL;

	if (document == NULL)
		return FALSE;
	edited = gtalk_status_document_copy(document);
	gtalk_status_document_set_texts(edited, busy != 0, texts);
	gtalk_shared_status_set(connection, edited, NULL);
	return TRUE;
}

static void
gtalk_shared_status_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_SHARED_STATUS,
	                       purple_marshal_VOID__POINTER_POINTER, NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_SHARED_STATUS, PURPLE_CALLBACK(gtalk_shared_status_ipc_get),
		purple_marshal_POINTER__POINTER, purple_value_new(PURPLE_TYPE_POINTER), 1,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_SET_STATUS_TEXTS,
		PURPLE_CALLBACK(gtalk_shared_status_ipc_set_texts),
		purple_marshal_BOOLEAN__POINTER_POINTER_UINT, purple_value_new(PURPLE_TYPE_BOOLEAN),
		3, purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
		purple_value_new(PURPLE_TYPE_POINTER), purple_value_new(PURPLE_TYPE_UINT));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_shared_status_features_cb), NULL);
}

const GTalkUnit gtalk_shared_status_unit = {
	.name = "shared-status",
	.load = gtalk_shared_status_load,
	.attach = gtalk_shared_status_attach,
	.detach = gtalk_shared_status_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_shared_status_receiving,
};
