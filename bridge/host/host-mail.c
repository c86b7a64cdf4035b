/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-mail.h"

#include <string.h>

#include "host-iq.h"
#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_MAIL_TEXT_MAX_BYTES 2000 /* the plugin's own limits are lower, but for URLs */
#define HOST_MAIL_SINCE_MAX_BYTES 32

static GVariant *
host_mail_build_senders(const GTalkMailThread *thread)
{
	GVariantBuilder senders;

	g_variant_builder_init(&senders, G_VARIANT_TYPE("a(ssbb)"));
	for (guint i = 0; i < thread->n_senders; i++) {
		const GTalkMailSender *sender = &thread->senders[i];
		g_autofree char *name = host_text_limit(sender->name, HOST_MAIL_TEXT_MAX_BYTES);
		g_autofree char *address =
			host_text_limit(sender->address, HOST_MAIL_TEXT_MAX_BYTES);

		g_variant_builder_add(&senders, "(ssbb)", name, address, sender->is_originator,
		                      sender->has_unread);
	}
	return g_variant_builder_end(&senders);
}

static GVariant *
host_mail_build_threads(const GTalkMailbox *mailbox)
{
	GVariantBuilder threads;

	g_variant_builder_init(&threads, G_VARIANT_TYPE(HOST_MAIL_THREADS));
	for (guint i = 0; i < mailbox->n_threads; i++) {
		const GTalkMailThread *thread = &mailbox->threads[i];
		g_autofree char *subject =
			host_text_limit(thread->subject, HOST_MAIL_TEXT_MAX_BYTES);
		g_autofree char *snippet =
			host_text_limit(thread->snippet, HOST_MAIL_TEXT_MAX_BYTES);
		g_autofree char *url = host_text_limit(thread->url, HOST_MAIL_TEXT_MAX_BYTES);

		g_variant_builder_add(&threads, "(tsssxubb@a(ssbb))", thread->tid, subject, snippet,
		                      url, thread->date_ms, thread->n_messages, thread->is_unread,
		                      thread->is_new, host_mail_build_senders(thread));
	}
	return g_variant_builder_end(&threads);
}

/* ---- Who waits for the first answer ---------------------------------------------------------- */

typedef struct {
	gboolean is_told;
	GPtrArray *waiting; /* HostRequest, some ended */
} HostMail;

static void
host_mail_free(HostMail *mail)
{
	g_ptr_array_unref(mail->waiting);
	g_free(mail);
}

static HostMail *
host_mail_ensure(HostAccount *account)
{
	HostMail *mail = host_account_get_state(account, host_mail_feature.name);

	if (mail != NULL)
		return mail;
	mail = g_new0(HostMail, 1);
	mail->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)host_request_unref);
	host_account_set_state(account, host_mail_feature.name, mail,
	                       (GDestroyNotify)host_mail_free);
	return mail;
}

static void
host_mail_refuse(HostRequest *request)
{
	host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
	                  "The chat server tells of no mail.");
}

static void
host_mail_take_told(HostAccount *account)
{
	HostMail *mail = host_mail_ensure(account);

	mail->is_told = TRUE;
	for (guint i = 0; i < mail->waiting->len; i++)
		host_request_answer(g_ptr_array_index(mail->waiting, i), NULL);
	g_ptr_array_set_size(mail->waiting, 0);
}

static void
host_mail_take_none(HostAccount *account)
{
	HostMail *mail = host_mail_ensure(account);

	for (guint i = 0; i < mail->waiting->len; i++)
		host_mail_refuse(g_ptr_array_index(mail->waiting, i));
	g_ptr_array_set_size(mail->waiting, 0);
}

static void
host_mail_forget_ended(HostMail *mail)
{
	for (guint i = mail->waiting->len; i > 0; i--)
		if (!host_request_is_open(g_ptr_array_index(mail->waiting, i - 1)))
			g_ptr_array_remove_index_fast(mail->waiting, i - 1);
}

static void
host_mail_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	HostMail *mail = host_mail_ensure(account);

	host_mail_forget_ended(mail);
	if (mail->is_told)
		host_request_answer(request, NULL);
	else if (!host_iq_is_possible(account))
		host_iq_fail_unsent(account, request);
	else if (host_account_is_discovered(account) &&
	         !host_account_has_feature(account, GTALK_FEATURE_MAIL))
		host_mail_refuse(request);
	else
		g_ptr_array_add(mail->waiting, host_request_ref(request));
}

static const HostCommand host_mail_commands[] = {
	{"mail", host_mail_run},
	{NULL},
};

/* ---- What the plugin says -------------------------------------------------------------------- */

static void
host_mail_cb(PurpleConnection *gc, const GTalkMailbox *mailbox, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	g_autofree char *url = NULL;
	GVariantDict data;

	if (account == NULL)
		return;
	url = host_text_limit(mailbox->url, HOST_MAIL_TEXT_MAX_BYTES);
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "url", "s", url);
	g_variant_dict_insert(&data, "matched", "u", mailbox->n_matched);
	g_variant_dict_insert(&data, "estimate", "b", mailbox->is_estimate);
	g_variant_dict_insert(&data, "whole", "b", mailbox->is_whole);
	g_variant_dict_insert(&data, "since", "s",
	                      purple_account_get_string(host_account_get_purple(account),
	                                                GTALK_OPTION_MAIL_SINCE, ""));
	g_variant_dict_insert_value(&data, "threads", host_mail_build_threads(mailbox));
	host_account_push(account, "mail", g_variant_dict_end(&data));
	host_mail_take_told(account);
}

/* After the plugin's own, which must know by then what the server has. */
static void
host_mail_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	gboolean ok;

	if (account == NULL)
		return;
	if (g_strv_contains((const char *const *)features, GTALK_FEATURE_MAIL))
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_CHECK_MAIL, &ok,
		                       gc);
	else
		host_mail_take_none(account);
}

static void
host_mail_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_mail_feature;

	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, GTALK_SIGNAL_MAIL, handle, PURPLE_CALLBACK(host_mail_cb),
	                      NULL);
	purple_signal_connect_priority(plugin, GTALK_SIGNAL_FEATURES, handle,
	                               PURPLE_CALLBACK(host_mail_features_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_HIGHEST);
}

static void
host_mail_prepare(HostAccount *account, GVariant *wanted)
{
	g_autofree char *since = NULL;

	if (wanted == NULL || !g_variant_is_of_type(wanted, G_VARIANT_TYPE_VARDICT) ||
	    !g_variant_lookup(wanted, "since", "s", &since) ||
	    strlen(since) > HOST_MAIL_SINCE_MAX_BYTES)
		return;
	purple_account_set_string(host_account_get_purple(account), GTALK_OPTION_MAIL_SINCE, since);
}

const HostFeature host_mail_feature = {
	.name = "mail",
	.commands = host_mail_commands,
	.install = host_mail_install,
	.prepare = host_mail_prepare,
};
