/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-local-status.h"

#include <string.h>

#include "gtalk.h"

#define GTALK_LOCAL_TEXT "message"
#define GTALK_LOCAL_PRIORITY "priority"

static GTalkLocalStatus *
gtalk_local_status_new(GTalkLocalKind kind, const char *text)
{
	GTalkLocalStatus *status = g_new0(GTalkLocalStatus, 1);

	status->kind = kind;
	status->text = g_strdup(kind == GTALK_LOCAL_INVISIBLE ? "" : text);
	return status;
}

void
gtalk_local_status_free(GTalkLocalStatus *status)
{
	g_free(status->text);
	g_free(status);
}

static GTalkLocalKind
gtalk_local_status_get_kind(PurpleStatus *status)
{
	switch (purple_status_type_get_primitive(purple_status_get_type(status))) {
	case PURPLE_STATUS_UNAVAILABLE:
		return GTALK_LOCAL_BUSY;
	case PURPLE_STATUS_INVISIBLE:
		return GTALK_LOCAL_INVISIBLE;
	case PURPLE_STATUS_AWAY:
	case PURPLE_STATUS_EXTENDED_AWAY:
		return GTALK_LOCAL_AWAY;
	default:
		return GTALK_LOCAL_AVAILABLE; /* "free for chat" too, which the server cannot keep
		                               */
	}
}

GTalkLocalStatus *
gtalk_local_status_read(PurpleAccount *account, gsize text_max_bytes)
{
	PurpleStatus *active = purple_account_get_active_status(account);
	PurpleStatusType *type = purple_status_get_type(active);
	const char *html = NULL;
	g_autofree char *plain = NULL;
	g_autofree char *clean = NULL;

	if (purple_status_type_get_attr(type, GTALK_LOCAL_TEXT) != NULL)
		html = purple_status_get_attr_string(active, GTALK_LOCAL_TEXT);
	plain = html != NULL ? purple_markup_strip_html(html) : g_strdup("");
	clean = gtalk_status_text_clean(plain, text_max_bytes);
	return gtalk_local_status_new(gtalk_local_status_get_kind(active), clean);
}

GTalkLocalStatus *
gtalk_local_status_new_from_document(const GTalkStatusDocument *document)
{
	GTalkLocalKind kind = document->is_busy ? GTALK_LOCAL_BUSY : GTALK_LOCAL_AVAILABLE;
	g_autofree char *text = gtalk_status_text_clean(document->text, document->text_max_bytes);

	if (document->is_invisible)
		kind = gtalk_status_document_can_hide(document) ? GTALK_LOCAL_INVISIBLE
		                                                : GTALK_LOCAL_BUSY;
	return gtalk_local_status_new(kind, text);
}

gboolean
gtalk_local_status_equal(const GTalkLocalStatus *a, const GTalkLocalStatus *b)
{
	return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

const char *
gtalk_local_status_get_id(const GTalkLocalStatus *status)
{
	static const char *const ids[] = {"available", "dnd", GTALK_STATUS_INVISIBLE, "away"};

	return ids[status->kind];
}

char *
gtalk_local_status_dup_key(const GTalkLocalStatus *status)
{
	return g_strconcat(gtalk_local_status_get_id(status), " ", status->text, NULL);
}

gboolean
gtalk_local_status_has_text_of_key(const GTalkLocalStatus *status, const char *key)
{
	const char *space = strchr(key, ' ');

	return space != NULL && strcmp(space + 1, status->text) == 0;
}

void
gtalk_local_status_apply(const GTalkLocalStatus *status, PurpleAccount *account)
{
	const char *id = gtalk_local_status_get_id(status);
	PurpleStatus *target = purple_account_get_status(account, id);
	g_autofree char *html = g_markup_escape_text(status->text, -1);
	int priority;

	if (target == NULL)
		return; /* an account made before the plugin was there */
	if (status->kind == GTALK_LOCAL_INVISIBLE) {
		purple_account_set_status(account, id, TRUE, NULL);
		return;
	}
	priority = purple_status_get_attr_int(target, GTALK_LOCAL_PRIORITY);
	purple_account_set_status(account, id, TRUE, GTALK_LOCAL_TEXT, html, GTALK_LOCAL_PRIORITY,
	                          GINT_TO_POINTER(priority), NULL);
}

static gint
gtalk_local_status_find_offline(gconstpointer type, gconstpointer user_data)
{
	return purple_status_type_get_primitive(type) == PURPLE_STATUS_OFFLINE ? 0 : 1;
}

GList *
gtalk_local_status_add_invisible_type(GList *types)
{
	GList *offline = g_list_find_custom(types, NULL, gtalk_local_status_find_offline);
	/* No attributes: libpurple keeps a set of them for every contact. */
	PurpleStatusType *type = purple_status_type_new_full(
		PURPLE_STATUS_INVISIBLE, GTALK_STATUS_INVISIBLE, NULL, TRUE, TRUE, FALSE);

	return g_list_insert_before(types, offline, type);
}
