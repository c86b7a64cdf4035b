/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-saved-statuses.h"

#include "gtalk-shared-status.h"
#include "gtalk-status-links.h"
#include "gtalk.h"

#define GTALK_SAVED_STATUSES_TITLE_MAX 60 /* characters, as wide as a menu may be */

typedef struct {
	GTalkConnection *connection;
	GPtrArray *links;      /* NULL until the server's lists are known */
	gboolean is_syncing;   /* what changes now, we change */
	gboolean is_following; /* what the user edits is looked at: there is a link */
	guint edited_source;   /* 0 if none */
} GTalkSavedStatuses;

static gboolean
gtalk_saved_statuses_is_wanted(PurpleAccount *account)
{
	return purple_account_get_bool(account, GTALK_OPTION_SAVED_STATUSES, TRUE);
}

static PurpleStatusPrimitive
gtalk_saved_statuses_get_primitive(gboolean is_busy)
{
	return is_busy ? PURPLE_STATUS_UNAVAILABLE : PURPLE_STATUS_AVAILABLE;
}

static void
gtalk_saved_statuses_store(GTalkSavedStatuses *self)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);
	g_autofree char *text = gtalk_status_links_dup_text(self->links);

	if (!purple_strequal(text,
	                     purple_account_get_string(account, GTALK_OPTION_STATUS_TEXTS, "")))
		purple_account_set_string(account, GTALK_OPTION_STATUS_TEXTS, text);
}

/* The text of a saved status as the server would have it; (transfer full). */
static char *
gtalk_saved_statuses_dup_text(const PurpleSavedStatus *saved, gsize max_bytes)
{
	const char *html = purple_savedstatus_get_message(saved);
	g_autofree char *plain = html != NULL ? purple_markup_strip_html(html) : g_strdup("");

	return gtalk_status_text_clean(plain, max_bytes);
}

/* ---- From the server ------------------------------------------------------------------------ */

static gboolean
gtalk_saved_statuses_is_in_use(PurpleSavedStatus *saved)
{
	return saved == purple_savedstatus_get_current() ||
	       saved == purple_savedstatus_get_idleaway() ||
	       saved == purple_savedstatus_get_startup();
}

/* Whether another account of ours has a link to it. */
static gboolean
gtalk_saved_statuses_is_shared(GTalkSavedStatuses *self, gint64 created)
{
	PurpleAccount *own = gtalk_connection_get_account(self->connection);

	for (GList *l = purple_accounts_get_all(); l != NULL; l = l->next) {
		PurpleAccount *account = l->data;
		g_autoptr(GPtrArray) links = NULL;

		if (account == own ||
		    !purple_strequal(purple_account_get_protocol_id(account), GTALK_PRPL_ID))
			continue;
		links = gtalk_status_links_parse(
			purple_account_get_string(account, GTALK_OPTION_STATUS_TEXTS, NULL));
		if (gtalk_status_links_find_created(links, created) != NULL)
			return TRUE;
	}
	return FALSE;
}

static void
gtalk_saved_statuses_drop(GTalkSavedStatuses *self, const GTalkStatusLink *link)
{
	PurpleSavedStatus *saved = purple_savedstatus_find_by_creation_time((time_t)link->created);

	if (saved != NULL && link->is_ours && !gtalk_saved_statuses_is_in_use(saved) &&
	    !gtalk_saved_statuses_is_shared(self, link->created))
		purple_savedstatus_delete_by_status(saved);
}

static void
gtalk_saved_statuses_drop_missing(GTalkSavedStatuses *self, const GTalkStatusDocument *document)
{
	for (guint i = self->links->len; i > 0; i--) {
		const GTalkStatusLink *link = g_ptr_array_index(self->links, i - 1);
		const GPtrArray *texts = gtalk_status_document_find_texts(document, link->is_busy);

		if (texts != NULL && g_ptr_array_find_with_equal_func(
					     (GPtrArray *)texts, link->text, g_str_equal, NULL))
			continue;
		gtalk_saved_statuses_drop(self, link);
		g_ptr_array_remove_index(self->links, i - 1);
	}
}

static gboolean
gtalk_saved_statuses_is_same(const PurpleSavedStatus *saved, gboolean is_busy, const char *text)
{
	g_autofree char *own = NULL;

	if (purple_savedstatus_is_transient(saved) || purple_savedstatus_has_substatuses(saved) ||
	    purple_savedstatus_get_type(saved) != gtalk_saved_statuses_get_primitive(is_busy))
		return FALSE;
	own = gtalk_saved_statuses_dup_text(saved, G_MAXINT);
	return purple_strequal(own, text);
}

static PurpleSavedStatus *
gtalk_saved_statuses_find(gboolean is_busy, const char *text)
{
	for (GList *l = purple_savedstatuses_get_all(); l != NULL; l = l->next)
		if (gtalk_saved_statuses_is_same(l->data, is_busy, text))
			return l->data;
	return NULL;
}

static char *
gtalk_saved_statuses_dup_title(GTalkSavedStatuses *self, const char *text)
{
	const char *username =
		purple_account_get_username(gtalk_connection_get_account(self->connection));
	g_autofree char *stem = g_utf8_substring(
		text, 0, MIN(g_utf8_strlen(text, -1), GTALK_SAVED_STATUSES_TITLE_MAX));
	char *title = g_strdup(stem);

	for (guint i = 1; purple_savedstatus_find(title) != NULL; i++) {
		g_free(title);
		title = i == 1 ? g_strdup_printf("%s (%s)", stem, username)
		               : g_strdup_printf("%s (%s, %u)", stem, username, i);
	}
	return title;
}

static PurpleSavedStatus *
gtalk_saved_statuses_make(GTalkSavedStatuses *self, gboolean is_busy, const char *text)
{
	g_autofree char *title = gtalk_saved_statuses_dup_title(self, text);
	g_autofree char *html = g_markup_escape_text(text, -1);
	PurpleSavedStatus *saved =
		purple_savedstatus_new(title, gtalk_saved_statuses_get_primitive(is_busy));

	purple_savedstatus_set_message(saved, html);
	return saved;
}

static void
gtalk_saved_statuses_link(GTalkSavedStatuses *self, gboolean is_busy, const char *text)
{
	PurpleSavedStatus *saved = gtalk_saved_statuses_find(is_busy, text);
	gboolean is_ours = saved == NULL;

	if (gtalk_status_links_find(self->links, is_busy, text) != NULL)
		return;
	if (saved == NULL)
		saved = gtalk_saved_statuses_make(self, is_busy, text);
	g_ptr_array_add(self->links,
	                gtalk_status_link_new(purple_savedstatus_get_creation_time(saved), is_busy,
	                                      is_ours, text));
}

static void
gtalk_saved_statuses_link_all(GTalkSavedStatuses *self, const GTalkStatusDocument *document,
                              gboolean is_busy)
{
	const GPtrArray *texts = gtalk_status_document_find_texts(document, is_busy);

	for (guint i = 0; texts != NULL && i < texts->len; i++)
		gtalk_saved_statuses_link(self, is_busy, g_ptr_array_index(texts, i));
}

static void
gtalk_saved_statuses_sync(GTalkSavedStatuses *self, const GTalkStatusDocument *document)
{
	self->is_syncing = TRUE;
	gtalk_saved_statuses_drop_missing(self, document);
	gtalk_saved_statuses_link_all(self, document, FALSE);
	gtalk_saved_statuses_link_all(self, document, TRUE);
	gtalk_saved_statuses_store(self);
	self->is_syncing = FALSE;
}

/* ---- From the user -------------------------------------------------------------------------- */

/* What became of the text: itself, another one, or NULL; (transfer full). */
static char *
gtalk_saved_statuses_dup_edited(GTalkSavedStatuses *self, const GTalkStatusDocument *document,
                                gboolean is_busy, const char *text)
{
	GTalkStatusLink *link = gtalk_status_links_find(self->links, is_busy, text);
	PurpleSavedStatus *saved = NULL;
	char *edited = NULL;

	if (link == NULL)
		return g_strdup(text);
	saved = purple_savedstatus_find_by_creation_time((time_t)link->created);
	if (saved == NULL ||
	    purple_savedstatus_get_type(saved) != gtalk_saved_statuses_get_primitive(is_busy)) {
		g_ptr_array_remove(self->links, link);
		return NULL;
	}
	edited = gtalk_saved_statuses_dup_text(saved, document->text_max_bytes);
	g_free(link->text);
	link->text = g_strdup(edited);
	return edited;
}

/* Whether a text of the list was changed in @document. */
static gboolean
gtalk_saved_statuses_edit_list(GTalkSavedStatuses *self, GTalkStatusDocument *document,
                               gboolean is_busy)
{
	const GPtrArray *texts = gtalk_status_document_find_texts(document, is_busy);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) edited = NULL;
	gboolean is_changed = FALSE;

	for (guint i = 0; texts != NULL && i < texts->len; i++) {
		const char *text = g_ptr_array_index(texts, i);
		g_autofree char *now =
			gtalk_saved_statuses_dup_edited(self, document, is_busy, text);

		is_changed = is_changed || !purple_strequal(text, now);
		if (now != NULL)
			g_strv_builder_add(builder, now);
	}
	edited = g_strv_builder_end(builder);
	if (is_changed)
		gtalk_status_document_set_texts(document, is_busy, (const char *const *)edited);
	return is_changed;
}

static gboolean
gtalk_saved_statuses_edited_cb(gpointer user_data)
{
	GTalkSavedStatuses *self = user_data;
	const GTalkStatusDocument *document = gtalk_shared_status_find(self->connection);
	g_autoptr(GTalkStatusDocument) edited = gtalk_status_document_copy(document);
	gboolean is_changed = gtalk_saved_statuses_edit_list(self, edited, FALSE);

	self->edited_source = 0;
	is_changed = gtalk_saved_statuses_edit_list(self, edited, TRUE) || is_changed;
	gtalk_saved_statuses_store(self);
	if (is_changed)
		gtalk_shared_status_set(self->connection, g_steal_pointer(&edited), NULL);
	return G_SOURCE_REMOVE;
}

/* A dialogue changes one thing after the other; the whole is looked at when it is done. */
static void
gtalk_saved_statuses_changed_cb(PurpleSavedStatus *saved, gpointer user_data)
{
	GTalkSavedStatuses *self = user_data;

	if (!self->is_syncing && self->edited_source == 0)
		self->edited_source = purple_timeout_add(0, gtalk_saved_statuses_edited_cb, self);
}

/* ---- Showing -------------------------------------------------------------------------------- */

static gboolean
gtalk_saved_statuses_is_alone(PurpleAccount *account)
{
	g_autoptr(GList) active = purple_accounts_get_all_active();

	return active != NULL && active->data == account && active->next == NULL;
}

static PurpleSavedStatus *
gtalk_saved_statuses_ensure(const GTalkLocalStatus *status)
{
	gboolean is_invisible = status->kind == GTALK_LOCAL_INVISIBLE;
	gboolean is_busy = status->kind == GTALK_LOCAL_BUSY;
	PurpleStatusPrimitive primitive = is_invisible
	                                          ? PURPLE_STATUS_INVISIBLE
	                                          : gtalk_saved_statuses_get_primitive(is_busy);
	g_autofree char *html =
		*status->text != '\0' ? g_markup_escape_text(status->text, -1) : NULL;
	PurpleSavedStatus *saved =
		html != NULL ? gtalk_saved_statuses_find(is_busy, status->text) : NULL;

	if (saved == NULL)
		saved = purple_savedstatus_find_transient_by_type_and_message(primitive, html);
	if (saved == NULL) {
		saved = purple_savedstatus_new(NULL, primitive);
		purple_savedstatus_set_message(saved, html);
	}
	return saved;
}

gboolean
gtalk_saved_statuses_show(GTalkConnection *connection, const GTalkLocalStatus *status)
{
	PurpleAccount *account = gtalk_connection_get_account(connection);

	if (!gtalk_saved_statuses_is_wanted(account) || !gtalk_saved_statuses_is_alone(account) ||
	    purple_savedstatus_is_idleaway())
		return FALSE;
	purple_savedstatus_activate(gtalk_saved_statuses_ensure(status));
	return TRUE;
}

/* ---- The unit ------------------------------------------------------------------------------- */

static void
gtalk_saved_statuses_start(GTalkSavedStatuses *self)
{
	PurpleAccount *account = gtalk_connection_get_account(self->connection);

	self->links = gtalk_status_links_parse(
		purple_account_get_string(account, GTALK_OPTION_STATUS_TEXTS, NULL));
}

static void
gtalk_saved_statuses_follow(GTalkSavedStatuses *self)
{
	if (self->is_following || self->links->len == 0)
		return;
	self->is_following = TRUE;
	purple_signal_connect(purple_savedstatuses_get_handle(), "savedstatus-modified", self,
	                      PURPLE_CALLBACK(gtalk_saved_statuses_changed_cb), self);
	purple_signal_connect(purple_savedstatuses_get_handle(), "savedstatus-deleted", self,
	                      PURPLE_CALLBACK(gtalk_saved_statuses_changed_cb), self);
}

static void
gtalk_saved_statuses_shared_cb(PurpleConnection *gc, const GTalkSharedStatus *shared,
                               gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkSavedStatuses *self = NULL;

	if (connection == NULL || shared == NULL ||
	    !gtalk_saved_statuses_is_wanted(gtalk_connection_get_account(connection)))
		return;
	self = gtalk_connection_get_state(connection, &gtalk_saved_statuses_unit);
	if (self->links == NULL)
		gtalk_saved_statuses_start(self);
	/* What the user has just edited is sent first. */
	if (self->edited_source == 0 && !gtalk_shared_status_is_setting(connection))
		gtalk_saved_statuses_sync(self, gtalk_shared_status_find(connection));
	gtalk_saved_statuses_follow(self);
}

static gpointer
gtalk_saved_statuses_attach(GTalkConnection *connection)
{
	GTalkSavedStatuses *self = g_new0(GTalkSavedStatuses, 1);

	self->connection = connection;
	return self;
}

static void
gtalk_saved_statuses_detach(GTalkConnection *connection, gpointer state)
{
	GTalkSavedStatuses *self = state;

	purple_signals_disconnect_by_handle(self);
	if (self->edited_source != 0)
		purple_timeout_remove(self->edited_source);
	g_clear_pointer(&self->links, g_ptr_array_unref);
	g_free(self);
}

static void
gtalk_saved_statuses_load(PurplePlugin *plugin)
{
	purple_signal_connect(plugin, GTALK_SIGNAL_SHARED_STATUS, plugin,
	                      PURPLE_CALLBACK(gtalk_saved_statuses_shared_cb), NULL);
}

const GTalkUnit gtalk_saved_statuses_unit = {
	.name = "saved-statuses",
	.load = gtalk_saved_statuses_load,
	.attach = gtalk_saved_statuses_attach,
	.detach = gtalk_saved_statuses_detach,
};
