/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-mail.h"

#include "core/gtalk-discovery.h"
#include "core/gtalk-i18n.h"
#include "core/gtalk-jid.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-seen.h"
#include "core/gtalk-xml.h"
#include "gtalk-mail-notice.h"
#include "gtalk-mail-stanza.h"
#include "gtalk-settings.h"
#include "gtalk.h"

#define GTALK_MAIL_POLL_S 5
#define GTALK_MAIL_POLLS 13               /* a bit more than the server's quiet minute */
#define GTALK_MAIL_OVERLAP_MS 120000      /* how late a mail may become visible */
#define GTALK_MAIL_RETRY_S 900            /* after a first question without an answer */
#define GTALK_MAIL_CLOCKS_APART_MS 600000 /* how far the server's clock may be ahead of ours */
#define GTALK_MAIL_SEEN_MAX 1024          /* several times what an answer lists */

/* What a question is for; they add up. */
typedef enum {
	GTALK_MAIL_NEWS = 0,
	GTALK_MAIL_WHOLE = 1 << 0,  /* all unread mail, not only the newest */
	GTALK_MAIL_PERSON = 1 << 1, /* a person waits for the answer */
	GTALK_MAIL_INBOX = 1 << 2,  /* a person wants the inbox to open */
} GTalkMailPurpose;

typedef struct {
	gboolean is_watching;     /* news is wanted in this session */
	gboolean is_asking;       /* a question is open */
	gboolean is_asked_again;  /* another one is to follow it */
	GTalkMailPurpose purpose; /* of the open question */
	GTalkMailPurpose next;    /* of the one to follow */
	gboolean is_showing;      /* there are notifications that were not taken away */
	gboolean has_set_setting; /* once is enough: another client may insist */
	gboolean is_untold;       /* the setting was off: what came meanwhile nobody has told of */
	char *inbox_url;          /* NULL before the first answer */
	gint64 result_time_ms;    /* of the last answer, 0 before */
	GTalkSeen *seen;          /* threads at their date, NULL before the first answer */
	guint timer;              /* of the next question, 0 if none is planned */
	guint n_polls_left;
} GTalkMail;

static void
gtalk_mail_ask(GTalkConnection *connection, GTalkMailPurpose purpose);
static void
gtalk_mail_plan(GTalkConnection *connection, GTalkMail *self, guint seconds);

static gpointer
gtalk_mail_attach(GTalkConnection *connection)
{
	return g_new0(GTalkMail, 1);
}

static void
gtalk_mail_stop(GTalkMail *self)
{
	if (self->timer != 0)
		purple_timeout_remove(self->timer);
	self->timer = 0;
	self->n_polls_left = 0;
}

static void
gtalk_mail_detach(GTalkConnection *connection, gpointer state)
{
	GTalkMail *self = state;

	gtalk_mail_stop(self);
	g_clear_pointer(&self->seen, gtalk_seen_free);
	g_free(self->inbox_url);
	g_free(self);
}

static GTalkMail *
gtalk_mail_get_state(GTalkConnection *connection)
{
	return gtalk_connection_get_state(connection, &gtalk_mail_unit);
}

static gboolean
gtalk_mail_is_wanted(GTalkConnection *connection)
{
	return purple_account_get_check_mail(gtalk_connection_get_account(connection));
}

/* ---- What is new ----------------------------------------------------------------------------- */

static gint64
gtalk_mail_get_since(GTalkConnection *connection)
{
	const char *since = purple_account_get_string(gtalk_connection_get_account(connection),
	                                              GTALK_OPTION_MAIL_SINCE, "");

	return g_ascii_strtoll(since, NULL, 10);
}

/* A mail from the far future must not hide what comes before it. */
static void
gtalk_mail_set_since(GTalkConnection *connection, gint64 since_ms)
{
	gint64 latest_ms = g_get_real_time() / 1000 + GTALK_MAIL_CLOCKS_APART_MS;
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, MIN(since_ms, latest_ms));

	purple_account_set_string(gtalk_connection_get_account(connection), GTALK_OPTION_MAIL_SINCE,
	                          text);
}

/* A thread is news again when it has got another message. */
static gboolean
gtalk_mail_see(GTalkMail *self, const GTalkMailThread *thread)
{
	g_autofree char *key = g_strdup_printf("%" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x",
	                                       thread->tid, (guint64)thread->date_ms);

	return gtalk_seen_add(self->seen, key) && thread->is_unread;
}

/* What an earlier session told is known by its date only. */
static void
gtalk_mail_mark_new(GTalkConnection *connection, GTalkMail *self, GTalkMailbox *mailbox)
{
	gboolean is_first = self->seen == NULL;
	gint64 since = gtalk_mail_get_since(connection);
	gint64 newest = since;

	if (is_first)
		self->seen = gtalk_seen_new(GTALK_MAIL_SEEN_MAX);
	for (guint i = 0; i < mailbox->n_threads; i++) {
		GTalkMailThread *thread = gtalk_mailbox_get_thread(mailbox, i);
		gboolean was_told = is_first && thread->date_ms > 0 && thread->date_ms <= since;

		thread->is_new = gtalk_mail_see(self, thread) && !was_told;
		newest = MAX(newest, thread->date_ms);
	}
	if (newest > since)
		gtalk_mail_set_since(connection, newest);
}

/* ---- Answers --------------------------------------------------------------------------------- */

/* Returns whether anything was to be shown. */
static gboolean
gtalk_mail_show_threads(GTalkConnection *connection, const GTalkMailbox *mailbox,
                        GTalkMailPurpose purpose)
{
	if (purpose & GTALK_MAIL_PERSON)
		return gtalk_mail_notice_show(connection, mailbox, GTALK_MAIL_NOTICE_UNREAD);
	return gtalk_mail_is_wanted(connection) &&
	       gtalk_mail_notice_show(connection, mailbox, GTALK_MAIL_NOTICE_NEW);
}

static void
gtalk_mail_show(GTalkConnection *connection, GTalkMail *self, const GTalkMailbox *mailbox,
                GTalkMailPurpose purpose)
{
	if (gtalk_mail_show_threads(connection, mailbox, purpose)) {
		self->is_showing = TRUE;
	} else if (mailbox->is_whole && mailbox->n_matched == 0) {
		if (self->is_showing)
			gtalk_mail_notice_withdraw(connection);
		self->is_showing = FALSE;
		if (purpose & GTALK_MAIL_PERSON)
			gtalk_mail_notice_tell_none(connection);
	}
	if (purpose & GTALK_MAIL_INBOX)
		gtalk_mail_notice_open_inbox(connection, mailbox->url);
}

static void
gtalk_mail_take(GTalkConnection *connection, GTalkMail *self, GTalkMailbox *mailbox,
                GTalkMailPurpose purpose)
{
	mailbox->is_whole = (purpose & GTALK_MAIL_WHOLE) != 0;
	if (mailbox->result_time_ms > 0)
		self->result_time_ms = mailbox->result_time_ms;
	g_free(self->inbox_url);
	self->inbox_url = g_strdup(mailbox->url);
	gtalk_mail_mark_new(connection, self, mailbox);
	gtalk_mail_show(connection, self, mailbox, purpose);
	purple_signal_emit(gtalk_connection_get_plugin(connection), GTALK_SIGNAL_MAIL,
	                   gtalk_connection_get_purple(connection), mailbox);
}

/* Nobody is told of what he did not ask for, and a server that says no is left alone; one that only
 * did not answer is asked at the next turn. */
static void
gtalk_mail_take_failure(GTalkConnection *connection, GTalkMail *self, GTalkMailPurpose purpose,
                        gboolean is_refusal)
{
	purple_debug_warning("gtalk", "no answer to the question for mail\n");
	if (is_refusal)
		gtalk_mail_stop(self);
	if (self->is_watching && self->seen == NULL && self->timer == 0)
		gtalk_mail_plan(connection, self, GTALK_MAIL_RETRY_S);
	if (purpose & (GTALK_MAIL_PERSON | GTALK_MAIL_INBOX))
		gtalk_mail_notice_tell_failure(connection);
}

static void
gtalk_mail_answer_cb(GTalkConnection *connection, const xmlnode *reply, gpointer user_data)
{
	GTalkMail *self = gtalk_mail_get_state(connection);
	GTalkMailPurpose purpose = self->purpose;
	g_autoptr(GTalkMailbox) mailbox =
		gtalk_requests_is_result(reply) ? gtalk_mailbox_parse(reply) : NULL;

	self->is_asking = FALSE;
	if (self->is_asked_again) {
		self->is_asked_again = FALSE;
		gtalk_mail_ask(connection, self->next);
	}
	if (mailbox != NULL)
		gtalk_mail_take(connection, self, mailbox, purpose);
	else
		gtalk_mail_take_failure(connection, self, purpose, reply != NULL);
}

/* ---- Questions ------------------------------------------------------------------------------- */

static void
gtalk_mail_send_query(GTalkConnection *connection, GTalkMail *self)
{
	g_autofree char *own = gtalk_jid_dup_bare(gtalk_connection_get_bound_jid(connection));
	xmlnode *iq = gtalk_requests_new_iq("get", own);
	GTalkMailQuery query = {0};

	if (!(self->purpose & GTALK_MAIL_WHOLE) && self->result_time_ms > GTALK_MAIL_OVERLAP_MS)
		query.newer_than_ms = self->result_time_ms - GTALK_MAIL_OVERLAP_MS;
	else
		self->purpose |= GTALK_MAIL_WHOLE;
	gtalk_mail_query_build(iq, &query);
	gtalk_requests_send(connection, iq, gtalk_mail_answer_cb, NULL);
}

/* One question at a time: what is asked meanwhile follows. */
static void
gtalk_mail_ask(GTalkConnection *connection, GTalkMailPurpose purpose)
{
	GTalkMail *self = gtalk_mail_get_state(connection);

	if (self->is_asking) {
		self->next = (self->is_asked_again ? self->next : 0) | purpose;
		self->is_asked_again = TRUE;
		return;
	}
	self->is_asking = TRUE;
	self->purpose = purpose;
	gtalk_mail_send_query(connection, self);
}

static gboolean
gtalk_mail_timer_cb(gpointer user_data)
{
	GTalkConnection *connection = user_data;
	GTalkMail *self = gtalk_mail_get_state(connection);

	self->timer = 0;
	if (self->n_polls_left > 1) {
		self->n_polls_left--;
		gtalk_mail_plan(connection, self, GTALK_MAIL_POLL_S);
		if (!self->is_asking) /* a slow server is not asked twice */
			gtalk_mail_ask(connection, GTALK_MAIL_NEWS);
	} else {
		self->n_polls_left = 0;
		gtalk_mail_ask(connection, GTALK_MAIL_WHOLE);
	}
	return G_SOURCE_REMOVE;
}

static void
gtalk_mail_plan(GTalkConnection *connection, GTalkMail *self, guint seconds)
{
	if (self->timer != 0)
		purple_timeout_remove(self->timer);
	self->timer = purple_timeout_add_seconds(seconds, gtalk_mail_timer_cb, connection);
}

/* The setting is shared by all clients of the account: it is turned on and left on, and what a
 * person does not want to see is not shown. */
static void
gtalk_mail_turn_on(GTalkConnection *connection, GTalkMail *self)
{
	const char *value = gtalk_settings_get(connection, GTALK_SETTING_MAIL_NOTIFICATIONS);

	if (!self->is_watching || self->has_set_setting || value == NULL ||
	    purple_strequal(value, "true"))
		return;
	self->has_set_setting = TRUE;
	gtalk_settings_set(connection, GTALK_SETTING_MAIL_NOTIFICATIONS, "true",
	                   GTALK_SETTINGS_PROGRAM);
}

static void
gtalk_mail_watch(GTalkConnection *connection, GTalkMailPurpose purpose)
{
	GTalkMail *self = gtalk_mail_get_state(connection);

	self->is_watching = TRUE;
	gtalk_mail_turn_on(connection, self);
	gtalk_mail_ask(connection, purpose);
}

/* ---- What arrives ---------------------------------------------------------------------------- */

static void
gtalk_mail_take_push(GTalkConnection *connection, GTalkMail *self)
{
	if (gtalk_mail_is_wanted(connection))
		self->is_watching = TRUE; /* since a moment, perhaps */
	if (!self->is_watching || !gtalk_discovery_has(connection, GTALK_FEATURE_MAIL))
		return;
	self->n_polls_left = GTALK_MAIL_POLLS;
	gtalk_mail_plan(connection, self, GTALK_MAIL_POLL_S);
	gtalk_mail_ask(connection, GTALK_MAIL_NEWS);
}

/* The inherited protocol would begin to ask for mail by itself. */
static void
gtalk_mail_hide_feature(GTalkConnection *connection, xmlnode *packet)
{
	xmlnode *query = gtalk_xml_find_child(packet, "query", GTALK_NS_DISCO_INFO);
	xmlnode *feature = gtalk_xml_find_child(query, "feature", GTALK_NS_DISCO_INFO);

	while (feature != NULL) {
		xmlnode *next = gtalk_xml_find_next(feature, "feature", GTALK_NS_DISCO_INFO);

		if (purple_strequal(xmlnode_get_attrib(feature, "var"), GTALK_NS_GOOGLE_MAIL))
			xmlnode_free(feature);
		feature = next;
	}
}

/* What a stranger sends is refused here: the inherited protocol would take it for a push. */
static gboolean
gtalk_mail_receiving(GTalkConnection *connection, gpointer state, xmlnode **packet)
{
	const char *type = NULL;

	type = xmlnode_get_attrib(*packet, "type");
	if (purple_strequal(type, "result")) {
		gtalk_mail_hide_feature(connection, *packet);
		return FALSE;
	}
	if (gtalk_xml_find_child(*packet, NULL, GTALK_NS_GOOGLE_MAIL) == NULL)
		return FALSE;
	if (gtalk_requests_find_push(connection, *packet, NULL, GTALK_NS_GOOGLE_MAIL) != NULL) {
		gtalk_requests_answer(connection, *packet);
		gtalk_mail_take_push(connection, state);
		return TRUE;
	}
	if (purple_strequal(type, "error"))
		return FALSE;
	gtalk_requests_refuse(connection, *packet);
	return TRUE;
}

static void
gtalk_mail_features_cb(PurpleConnection *gc, char **features, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection != NULL && gtalk_discovery_has(connection, GTALK_FEATURE_MAIL) &&
	    gtalk_mail_is_wanted(connection))
		gtalk_mail_watch(connection, GTALK_MAIL_WHOLE);
}

static void
gtalk_mail_setting_cb(PurpleConnection *gc, const char *name, const char *value, gpointer user_data)
{
	GTalkConnection *connection = gtalk_connection_find(gc);
	GTalkMail *self = connection != NULL ? gtalk_mail_get_state(connection) : NULL;

	if (self == NULL || !purple_strequal(name, GTALK_SETTING_MAIL_NOTIFICATIONS))
		return;
	if (!purple_strequal(value, "true")) {
		self->is_untold = TRUE;
		gtalk_mail_turn_on(connection, self);
	} else if (self->is_untold) {
		self->is_untold = FALSE;
		if (self->is_watching)
			gtalk_mail_ask(connection, GTALK_MAIL_NEWS);
	}
}

/* ---- Menu and call --------------------------------------------------------------------------- */

static void
gtalk_mail_check_menu_cb(PurplePluginAction *action)
{
	GTalkConnection *connection = gtalk_connection_find(action->context);

	if (connection != NULL)
		gtalk_mail_ask(connection, GTALK_MAIL_WHOLE | GTALK_MAIL_PERSON);
}

static void
gtalk_mail_inbox_menu_cb(PurplePluginAction *action)
{
	GTalkConnection *connection = gtalk_connection_find(action->context);
	GTalkMail *self = connection != NULL ? gtalk_mail_get_state(connection) : NULL;

	if (self == NULL)
		return;
	if (self->inbox_url != NULL)
		gtalk_mail_notice_open_inbox(connection, self->inbox_url);
	else
		gtalk_mail_ask(connection, GTALK_MAIL_INBOX);
}

static GList *
gtalk_mail_account_actions(GTalkConnection *connection, gpointer state)
{
	GList *actions = NULL;

	if (!gtalk_discovery_has(connection, GTALK_FEATURE_MAIL))
		return NULL;
	actions = g_list_append(
		actions, purple_plugin_action_new(_("Check Mail Now"), gtalk_mail_check_menu_cb));
	return g_list_append(actions,
	                     purple_plugin_action_new(_("Open Inbox"), gtalk_mail_inbox_menu_cb));
}

static gboolean
gtalk_mail_ipc_check(PurpleConnection *gc)
{
	GTalkConnection *connection = gtalk_connection_find(gc);

	if (connection == NULL || !gtalk_discovery_has(connection, GTALK_FEATURE_MAIL))
		return FALSE;
	gtalk_mail_watch(connection, GTALK_MAIL_WHOLE);
	return TRUE;
}

static void
gtalk_mail_load(PurplePlugin *plugin)
{
	purple_signal_register(plugin, GTALK_SIGNAL_MAIL, purple_marshal_VOID__POINTER_POINTER,
	                       NULL, 2,
	                       purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION),
	                       purple_value_new(PURPLE_TYPE_POINTER));
	purple_plugin_ipc_register(
		plugin, GTALK_IPC_CHECK_MAIL, PURPLE_CALLBACK(gtalk_mail_ipc_check),
		purple_marshal_BOOLEAN__POINTER, purple_value_new(PURPLE_TYPE_BOOLEAN), 1,
		purple_value_new(PURPLE_TYPE_SUBTYPE, PURPLE_SUBTYPE_CONNECTION));
	purple_signal_connect(plugin, GTALK_SIGNAL_FEATURES, plugin,
	                      PURPLE_CALLBACK(gtalk_mail_features_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_SETTING, plugin,
	                      PURPLE_CALLBACK(gtalk_mail_setting_cb), NULL);
}

const GTalkUnit gtalk_mail_unit = {
	.name = "mail",
	.load = gtalk_mail_load,
	.attach = gtalk_mail_attach,
	.detach = gtalk_mail_detach,
	.receives = GTALK_ARRIVES_IQ,
	.receiving = gtalk_mail_receiving,
	.account_actions = gtalk_mail_account_actions,
};
