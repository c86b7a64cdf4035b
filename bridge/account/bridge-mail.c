/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-mail.h"

#include "bridge-events.h"
#include "base/bridge-json-text.h"

#define MAIL_BOX "bridge-mail" /* of the account's data: a BridgeMailbox */
#define MAIL_FEATURE "mail"    /* of the "features" event */
#define MAIL_THREADS_MAX 100   /* what the server lists */

/* As in host/host-mail.h. */
#define MAIL_THREAD "(t&s&s&sxubb@a(ssbb))"
#define MAIL_THREADS "a(tsssxubba(ssbb))"

typedef struct {
	guint64 tid;
	char *json;
} BridgeMailThread;

typedef struct {
	char *url;
	guint32 unread;
	gboolean estimate;
	GPtrArray *threads; /* BridgeMailThread, newest first */
} BridgeMailbox;

static void
bridge_mail_thread_free(BridgeMailThread *thread)
{
	g_free(thread->json);
	g_free(thread);
}

static void
bridge_mailbox_free(BridgeMailbox *mailbox)
{
	g_free(mailbox->url);
	g_ptr_array_unref(mailbox->threads);
	g_free(mailbox);
}

static BridgeMailbox *
bridge_mail_ensure(BridgeAccount *self)
{
	BridgeMailbox *mailbox = g_object_get_data(G_OBJECT(self), MAIL_BOX);

	if (mailbox != NULL)
		return mailbox;
	mailbox = g_new0(BridgeMailbox, 1);
	mailbox->threads = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_mail_thread_free);
	g_object_set_data_full(G_OBJECT(self), MAIL_BOX, mailbox,
	                       (GDestroyNotify)bridge_mailbox_free);
	return mailbox;
}

/* ---- As JSON --------------------------------------------------------------------------------- */

/* "" becomes null. */
static void
bridge_mail_add(GString *text, const char *name, const char *value)
{
	bridge_json_text_add(text, name, *value != '\0' ? value : NULL);
}

static void
bridge_mail_add_senders(GString *text, GVariant *senders)
{
	g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	const char *address;
	gboolean originator;
	gboolean unread;
	GVariantIter iter;

	g_variant_iter_init(&iter, senders);
	while (g_variant_iter_next(&iter, "(&s&sbb)", &name, &address, &originator, &unread)) {
		GString *sender = bridge_json_text_begin();

		bridge_mail_add(sender, "name", name);
		bridge_mail_add(sender, "address", address);
		bridge_json_text_add_boolean(sender, "originator", originator);
		bridge_json_text_add_boolean(sender, "unread", unread);
		bridge_json_text_end(sender);
		g_ptr_array_add(objects, g_string_free(sender, FALSE));
	}
	bridge_json_text_add_objects(text, "senders", objects);
}

static BridgeMailThread *
bridge_mail_thread_new(GVariant *told, gboolean *is_unread, gboolean *is_new)
{
	BridgeMailThread *thread = g_new0(BridgeMailThread, 1);
	g_autoptr(GVariant) senders = NULL;
	g_autofree char *tid = NULL;
	g_autofree char *time = NULL;
	GString *text = bridge_json_text_begin();
	const char *subject;
	const char *snippet;
	const char *url;
	guint32 messages;
	gint64 date_ms;

	g_variant_get(told, MAIL_THREAD, &thread->tid, &subject, &snippet, &url, &date_ms,
	              &messages, is_unread, is_new, &senders);
	tid = g_strdup_printf("%" G_GUINT64_FORMAT, thread->tid);
	time = date_ms > 0 ? bridge_time_format(date_ms * 1000) : NULL;
	bridge_json_text_add(text, "id", tid);
	bridge_json_text_add(text, "subject", subject);
	bridge_json_text_add(text, "snippet", snippet);
	bridge_mail_add(text, "url", url);
	bridge_json_text_add(text, "time", time);
	bridge_json_text_add_number(text, "messages", messages);
	bridge_mail_add_senders(text, senders);
	bridge_json_text_end(text);
	thread->json = g_string_free(text, FALSE);
	return thread;
}

/* @threads: texts of JSON objects */
static char *
bridge_mailbox_build(const BridgeMailbox *mailbox, GPtrArray *threads)
{
	GString *text = bridge_json_text_begin();

	bridge_json_text_add_number(text, "unread", mailbox->unread);
	bridge_json_text_add_boolean(text, "estimate", mailbox->estimate);
	bridge_mail_add(text, "url", mailbox->url);
	bridge_json_text_add_objects(text, "threads", threads);
	bridge_json_text_end(text);
	return g_string_free(text, FALSE);
}

char *
bridge_account_dup_mail(BridgeAccount *self)
{
	const BridgeMailbox *mailbox = g_object_get_data(G_OBJECT(self), MAIL_BOX);
	const char *const *features = (const char *const *)self->features;
	g_autoptr(GPtrArray) threads = g_ptr_array_new();

	if (mailbox == NULL || (features != NULL && !g_strv_contains(features, MAIL_FEATURE)))
		return NULL;
	for (guint i = 0; i < mailbox->threads->len; i++)
		g_ptr_array_add(threads,
		                ((BridgeMailThread *)g_ptr_array_index(mailbox->threads, i))->json);
	return bridge_mailbox_build(mailbox, threads);
}

/* ---- What the host tells --------------------------------------------------------------------- */

/* Returns: whether it was there */
static gboolean
bridge_mailbox_remove(BridgeMailbox *mailbox, guint64 tid)
{
	for (guint i = 0; i < mailbox->threads->len; i++) {
		if (((BridgeMailThread *)g_ptr_array_index(mailbox->threads, i))->tid != tid)
			continue;
		g_ptr_array_remove_index(mailbox->threads, i);
		return TRUE;
	}
	return FALSE;
}

/* @fresh: (element-type utf8): where the JSON of those that are new goes */
static void
bridge_mailbox_merge(BridgeMailbox *mailbox, GVariant *threads, GPtrArray *fresh)
{
	gsize count = MIN(g_variant_n_children(threads), MAIL_THREADS_MAX);
	guint place = 0;

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GVariant) told = g_variant_get_child_value(threads, i);
		gboolean is_unread = FALSE;
		gboolean is_new = FALSE;
		BridgeMailThread *thread = bridge_mail_thread_new(told, &is_unread, &is_new);

		if (!bridge_mailbox_remove(mailbox, thread->tid) && is_unread)
			mailbox->unread++;
		if (is_new)
			g_ptr_array_add(fresh, g_strdup(thread->json));
		if (is_unread)
			g_ptr_array_insert(mailbox->threads, (gint)place++, thread);
		else
			bridge_mail_thread_free(thread);
	}
	if (mailbox->threads->len > MAIL_THREADS_MAX)
		g_ptr_array_set_size(mailbox->threads, MAIL_THREADS_MAX);
}

/* Returns: whether the number of unread threads differs from what was told last */
static gboolean
bridge_mail_keep(BridgeAccount *self, BridgeWrite *write, const char *since, guint32 unread)
{
	g_autoptr(GVariant) before = bridge_account_dup_kept(self, bridge_mail_feature.name);
	g_autoptr(GVariant) now = NULL;
	GVariantDict kept;
	guint32 told = 0;

	if (before != NULL && g_variant_is_of_type(before, G_VARIANT_TYPE_VARDICT))
		g_variant_lookup(before, "unread", "u", &told);
	g_variant_dict_init(&kept, NULL);
	g_variant_dict_insert(&kept, "since", "s", since);
	g_variant_dict_insert(&kept, "unread", "u", unread);
	now = g_variant_ref_sink(g_variant_dict_end(&kept));
	if (before == NULL || !g_variant_equal(before, now))
		bridge_account_keep(self, write, bridge_mail_feature.name, now);
	return told != unread;
}

static void
bridge_mail_take(BridgeAccount *self, BridgeWrite *write, GVariantDict *data)
{
	BridgeMailbox *mailbox = bridge_mail_ensure(self);
	g_autoptr(GPtrArray) fresh = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GVariant) threads =
		g_variant_dict_lookup_value(data, "threads", G_VARIANT_TYPE(MAIL_THREADS));
	g_autofree char *json = NULL;
	const char *since = "";
	const char *url = "";
	gboolean whole = FALSE;

	if (threads == NULL)
		return;
	g_variant_dict_lookup(data, "since", "&s", &since);
	g_variant_dict_lookup(data, "url", "&s", &url);
	g_variant_dict_lookup(data, "whole", "b", &whole);
	g_variant_dict_lookup(data, "estimate", "b", &mailbox->estimate);
	g_free(mailbox->url);
	mailbox->url = g_strdup(url);
	if (whole)
		g_ptr_array_set_size(mailbox->threads, 0);
	bridge_mailbox_merge(mailbox, threads, fresh);
	if (whole)
		g_variant_dict_lookup(data, "matched", "u", &mailbox->unread);
	if (!bridge_mail_keep(self, write, since, mailbox->unread) && fresh->len == 0)
		return;
	json = bridge_mailbox_build(mailbox, fresh);
	bridge_write_add_event(write, bridge_event_new_of_json(BRIDGE_EVENT_MAIL, json), NULL);
}

static const BridgeAccountNews bridge_mail_news[] = {
	{"mail", bridge_mail_take},
	{NULL},
};

const BridgeAccountFeature bridge_mail_feature = {
	.name = "mail",
	.news = bridge_mail_news,
};
