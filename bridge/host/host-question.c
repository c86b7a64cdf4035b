/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-question.h"

#include <purple.h>

/* Whatever opens is closed again from the main loop: the caller first gets a handle, as from any
 * user interface, and whoever asked a question hears that it was cancelled. */
typedef struct {
	guint source;
	PurpleNotifyType notice; /* for notices */
	gboolean is_request;
	PurpleRequestType request;
	PurpleRequestFields *fields; /* they belong to the user interface */
	GCallback cancel;
	void *user_data;
} HostQuestion;

/* Each kind of request has its own type of cancel function; what it would be told is nothing. */
static void
host_question_cancel(const HostQuestion *question)
{
	if (question->cancel == NULL)
		return;
	switch (question->request) {
	case PURPLE_REQUEST_INPUT:
		((PurpleRequestInputCb)question->cancel)(question->user_data, NULL);
		break;
	case PURPLE_REQUEST_CHOICE:
		((PurpleRequestChoiceCb)question->cancel)(question->user_data, -1);
		break;
	case PURPLE_REQUEST_FIELDS:
		((PurpleRequestFieldsCb)question->cancel)(question->user_data, question->fields);
		break;
	default:
		((PurpleRequestFileCb)question->cancel)(question->user_data, NULL);
	}
}

static gboolean
host_question_close_cb(gpointer user_data)
{
	HostQuestion copy = *(HostQuestion *)user_data;

	((HostQuestion *)user_data)->source = 0;
	if (!copy.is_request) {
		purple_notify_close(copy.notice, user_data);
		return G_SOURCE_REMOVE;
	}
	((HostQuestion *)user_data)->fields = NULL;
	purple_request_close(copy.request, user_data);
	host_question_cancel(&copy);
	g_clear_pointer(&copy.fields, purple_request_fields_destroy);
	return G_SOURCE_REMOVE;
}

static HostQuestion *
host_question_new(void)
{
	HostQuestion *question = g_new0(HostQuestion, 1);

	question->source = g_idle_add(host_question_close_cb, question);
	return question;
}

static void
host_question_free(HostQuestion *question)
{
	if (question->source != 0)
		g_source_remove(question->source);
	g_clear_pointer(&question->fields, purple_request_fields_destroy);
	g_free(question);
}

static HostQuestion *
host_request_open(PurpleRequestType type, GCallback cancel, void *user_data)
{
	HostQuestion *question = host_question_new();

	question->is_request = TRUE;
	question->request = type;
	question->cancel = cancel;
	question->user_data = user_data;
	return question;
}

static void *
host_request_input(const char *title, const char *primary, const char *secondary,
                   const char *default_value, gboolean multiline, gboolean masked, gchar *hint,
                   const char *ok_text, GCallback ok_cb, const char *cancel_text,
                   GCallback cancel_cb, PurpleAccount *account, const char *who,
                   PurpleConversation *conv, void *user_data)
{
	return host_request_open(PURPLE_REQUEST_INPUT, cancel_cb, user_data);
}

static void *
host_request_choice(const char *title, const char *primary, const char *secondary,
                    int default_value, const char *ok_text, GCallback ok_cb,
                    const char *cancel_text, GCallback cancel_cb, PurpleAccount *account,
                    const char *who, PurpleConversation *conv, void *user_data, va_list choices)
{
	return host_request_open(PURPLE_REQUEST_CHOICE, cancel_cb, user_data);
}

/* An action has no cancel function: closing the window, which this is, chooses nothing. */
static void *
host_request_action(const char *title, const char *primary, const char *secondary,
                    int default_action, PurpleAccount *account, const char *who,
                    PurpleConversation *conv, void *user_data, size_t action_count, va_list actions)
{
	return host_request_open(PURPLE_REQUEST_ACTION, NULL, NULL);
}

static void *
host_request_fields(const char *title, const char *primary, const char *secondary,
                    PurpleRequestFields *fields, const char *ok_text, GCallback ok_cb,
                    const char *cancel_text, GCallback cancel_cb, PurpleAccount *account,
                    const char *who, PurpleConversation *conv, void *user_data)
{
	HostQuestion *question = host_request_open(PURPLE_REQUEST_FIELDS, cancel_cb, user_data);

	question->fields = fields;
	return question;
}

static void *
host_request_file(const char *title, const char *filename, gboolean savedialog, GCallback ok_cb,
                  GCallback cancel_cb, PurpleAccount *account, const char *who,
                  PurpleConversation *conv, void *user_data)
{
	return host_request_open(PURPLE_REQUEST_FILE, cancel_cb, user_data);
}

static void *
host_request_folder(const char *title, const char *dirname, GCallback ok_cb, GCallback cancel_cb,
                    PurpleAccount *account, const char *who, PurpleConversation *conv,
                    void *user_data)
{
	return host_request_open(PURPLE_REQUEST_FOLDER, cancel_cb, user_data);
}

static void
host_request_close(PurpleRequestType type, void *ui_handle)
{
	host_question_free(ui_handle);
}

static PurpleRequestUiOps host_request_ops = {
	.request_input = host_request_input,
	.request_choice = host_request_choice,
	.request_action = host_request_action,
	.request_fields = host_request_fields,
	.request_file = host_request_file,
	.request_folder = host_request_folder,
	.close_request = host_request_close,
};

static void *
host_notify_open(PurpleNotifyType type)
{
	HostQuestion *question = host_question_new();

	question->notice = type;
	return question;
}

static void *
host_notify_message(PurpleNotifyMsgType type, const char *title, const char *primary,
                    const char *secondary)
{
	return host_notify_open(PURPLE_NOTIFY_MESSAGE);
}

static void *
host_notify_email(PurpleConnection *gc, const char *subject, const char *from, const char *to,
                  const char *url)
{
	return NULL;
}

/* There, because protocols ask for mail only where somebody can be told. */
static void *
host_notify_emails(PurpleConnection *gc, size_t count, gboolean detailed, const char **subjects,
                   const char **froms, const char **tos, const char **urls)
{
	return NULL;
}

static void *
host_notify_formatted(const char *title, const char *primary, const char *secondary,
                      const char *text)
{
	return host_notify_open(PURPLE_NOTIFY_FORMATTED);
}

static void *
host_notify_searchresults(PurpleConnection *gc, const char *title, const char *primary,
                          const char *secondary, PurpleNotifySearchResults *results,
                          gpointer user_data)
{
	return host_notify_open(PURPLE_NOTIFY_SEARCHRESULTS);
}

static void
host_notify_searchresults_new_rows(PurpleConnection *gc, PurpleNotifySearchResults *results,
                                   void *data)
{
	/* The results are freed with the notice that is about to close. */
}

static void *
host_notify_userinfo(PurpleConnection *gc, const char *who, PurpleNotifyUserInfo *user_info)
{
	return host_notify_open(PURPLE_NOTIFY_USERINFO);
}

static void *
host_notify_uri(const char *uri)
{
	return NULL;
}

static void
host_notify_close(PurpleNotifyType type, void *ui_handle)
{
	if (ui_handle != NULL)
		host_question_free(ui_handle);
}

static PurpleNotifyUiOps host_notify_ops = {
	.notify_message = host_notify_message,
	.notify_email = host_notify_email,
	.notify_emails = host_notify_emails,
	.notify_formatted = host_notify_formatted,
	.notify_searchresults = host_notify_searchresults,
	.notify_searchresults_new_rows = host_notify_searchresults_new_rows,
	.notify_userinfo = host_notify_userinfo,
	.notify_uri = host_notify_uri,
	.close_notify = host_notify_close,
};

static void
host_offer_file_cb(PurpleXfer *transfer, gpointer user_data)
{
	transfer->status = PURPLE_XFER_STATUS_CANCEL_LOCAL;
}

/* What arrives was told by the protocol's own signals or by host-plain.c; a conversation for it
 * would only cost memory. */
static gboolean
host_offer_message_cb(PurpleAccount *account, char **sender, char **message,
                      PurpleConversation *conversation, PurpleMessageFlags *flags,
                      gpointer user_data)
{
	return TRUE;
}

static void
host_offer_install(void)
{
	static int handle;
	void *conversations = purple_conversations_get_handle();

	purple_signal_connect(purple_xfers_get_handle(), "file-recv-request", &handle,
	                      PURPLE_CALLBACK(host_offer_file_cb), NULL);
	purple_signal_connect(conversations, "receiving-im-msg", &handle,
	                      PURPLE_CALLBACK(host_offer_message_cb), NULL);
}

void
host_question_install(void)
{
	host_offer_install();
	purple_request_set_ui_ops(&host_request_ops);
	purple_notify_set_ui_ops(&host_notify_ops);
}
