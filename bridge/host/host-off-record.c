/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-off-record.h"

#include <string.h>

#include "host-contacts.h"
#include "host-text.h"
#include "plugin/gtalk.h"

/* Of one account. */
typedef struct {
	guint32 serial;    /* of the last event */
	GPtrArray *wanted; /* of HostOffRecordWish: what the plugin was asked for */
} HostOffRecord;

typedef struct {
	HostRequest *request;
	char *jid;
	gboolean off_record;
} HostOffRecordWish;

static const char *const host_off_record_by[] = {
	[GTALK_OFF_RECORD_BY_US] = "bridge",       [GTALK_OFF_RECORD_BY_OWN] = "account",
	[GTALK_OFF_RECORD_BY_CONTACT] = "contact", [GTALK_OFF_RECORD_BY_UNKNOWN] = "unknown",
	[GTALK_OFF_RECORD_LISTED] = "listed",
};

static void
host_off_record_wish_free(HostOffRecordWish *wish)
{
	host_request_unref(wish->request);
	g_free(wish->jid);
	g_free(wish);
}

static void
host_off_record_free(gpointer data)
{
	HostOffRecord *self = data;

	g_ptr_array_unref(self->wanted);
	g_free(self);
}

static HostOffRecord *
host_off_record_ensure(HostAccount *account)
{
	HostOffRecord *self = host_account_get_state(account, host_off_record_feature.name);

	if (self != NULL)
		return self;
	self = g_new0(HostOffRecord, 1);
	self->wanted = g_ptr_array_new_with_free_func((GDestroyNotify)host_off_record_wish_free);
	host_account_set_state(account, host_off_record_feature.name, self, host_off_record_free);
	return self;
}

static void
host_off_record_answer(HostOffRecord *self, HostRequest *request)
{
	GVariantDict answer;

	g_variant_dict_init(&answer, NULL);
	g_variant_dict_insert(&answer, "serial", "u", self->serial);
	host_request_answer(request, g_variant_dict_end(&answer));
}

/* ---- What the plugin tells ------------------------------------------------------------------- */

static void
host_off_record_tell(HostAccount *account, HostOffRecord *self, const char *jid,
                     gboolean off_record, guint by)
{
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "jid", "s", jid);
	g_variant_dict_insert(&data, "off-record", "b", off_record);
	g_variant_dict_insert(&data, "by", "s",
	                      by < G_N_ELEMENTS(host_off_record_by) ? host_off_record_by[by]
	                                                            : "unknown");
	g_variant_dict_insert(&data, "serial", "u", ++self->serial);
	host_account_push(account, "off-record", g_variant_dict_end(&data));
}

/* Those that waited for this; @condition: as the plugin's refusal has it */
static void
host_off_record_settle(HostOffRecord *self, const char *jid, gboolean off_record,
                       gboolean is_refused, const char *condition)
{
	for (guint i = self->wanted->len; i > 0; i--) {
		HostOffRecordWish *wish = g_ptr_array_index(self->wanted, i - 1);

		if (wish->off_record != off_record || g_ascii_strcasecmp(wish->jid, jid) != 0)
			continue;
		if (!is_refused)
			host_off_record_answer(self, wish->request);
		else
			host_request_fail(wish->request,
			                  condition != NULL ? BRIDGE_LINK_ERROR_REFUSED
			                                    : BRIDGE_LINK_ERROR_NO_ANSWER,
			                  condition != NULL
			                          ? "The chat server refused the change."
			                          : "The chat server did not answer in time.");
		g_ptr_array_remove_index(self->wanted, i - 1);
	}
}

static void
host_off_record_changed_cb(PurpleConnection *gc, const char *jid, guint off_record, guint by,
                           gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostOffRecord *self = NULL;

	if (account == NULL || !host_text_is_jid(jid))
		return;
	self = host_off_record_ensure(account);
	host_off_record_tell(account, self, jid, off_record != 0, by);
	host_off_record_settle(self, jid, off_record != 0, FALSE, NULL);
}

static void
host_off_record_refused_cb(PurpleConnection *gc, const char *jid, const char *condition,
                           guint off_record, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);

	if (account != NULL)
		host_off_record_settle(host_off_record_ensure(account), jid, off_record != 0, TRUE,
		                       condition);
}

static void
host_off_record_known_cb(PurpleConnection *gc, guint shared, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	GVariantDict data;

	if (account == NULL)
		return;
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "shared", "b", shared != 0);
	host_account_push(account, "off-record-known", g_variant_dict_end(&data));
}

static void
host_off_record_setting_cb(PurpleConnection *gc, const char *name, const char *value,
                           gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	GVariantDict data;

	if (account == NULL || !purple_strequal(name, GTALK_SETTING_ARCHIVING))
		return;
	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "off-record", "b", purple_strequal(value, "false"));
	host_account_push(account, "off-record-all", g_variant_dict_end(&data));
}

static void
host_off_record_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_off_record_feature;

	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, GTALK_SIGNAL_OFF_RECORD, handle,
	                      PURPLE_CALLBACK(host_off_record_changed_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_OFF_RECORD_REFUSED, handle,
	                      PURPLE_CALLBACK(host_off_record_refused_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_OFF_RECORD_KNOWN, handle,
	                      PURPLE_CALLBACK(host_off_record_known_cb), NULL);
	purple_signal_connect(plugin, GTALK_SIGNAL_SETTING, handle,
	                      PURPLE_CALLBACK(host_off_record_setting_cb), NULL);
}

/* Before the first message goes out, so that it asks not to be stored. */
static void
host_off_record_prepare(HostAccount *account, GVariant *wanted)
{
	g_auto(GStrv) jids = NULL;
	g_autofree char *lines = NULL;

	if (wanted == NULL || !g_variant_is_of_type(wanted, G_VARIANT_TYPE_STRING_ARRAY))
		return;
	jids = g_variant_dup_strv(wanted, NULL);
	lines = g_strjoinv("\n", jids);
	purple_account_set_string(host_account_get_purple(account), GTALK_OPTION_OFF_RECORD, lines);
}

/* ---- What the daemon asks -------------------------------------------------------------------- */

static void
host_off_record_ask(HostAccount *account, const char *jid, gboolean off_record,
                    HostRequest *request)
{
	PurpleConnection *gc = host_account_get_connection(account);
	HostOffRecord *self = host_off_record_ensure(account);
	HostOffRecordWish *wish = g_new0(HostOffRecordWish, 1);
	gboolean ok = FALSE;

	wish->request = host_request_ref(request);
	wish->jid = g_strdup(jid);
	wish->off_record = off_record;
	g_ptr_array_add(self->wanted, wish); /* the plugin may tell at once */
	if (!GPOINTER_TO_INT(purple_plugin_ipc_call(purple_connection_get_prpl(gc),
	                                            GTALK_IPC_SET_OFF_RECORD, &ok, gc, jid,
	                                            (guint)off_record)))
		host_off_record_settle(self, jid, off_record, TRUE, "");
}

/* What its deadline has ended. */
static void
host_off_record_purge(HostOffRecord *self)
{
	for (guint i = self->wanted->len; i > 0; i--) {
		HostOffRecordWish *wish = g_ptr_array_index(self->wanted, i - 1);

		if (!host_request_is_open(wish->request))
			g_ptr_array_remove_index(self->wanted, i - 1);
	}
}

static void
host_off_record_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	PurpleConnection *gc = host_account_get_connection(account);
	const char *jid = host_contacts_find_jid(account, arguments, request);
	HostOffRecord *self = host_off_record_ensure(account);
	gboolean off_record = FALSE;
	gboolean ok = FALSE;
	int record;

	if (jid == NULL)
		return;
	g_variant_dict_lookup(arguments, "off-record", "b", &off_record);
	record = GPOINTER_TO_INT(purple_plugin_ipc_call(purple_connection_get_prpl(gc),
	                                                GTALK_IPC_GET_RECORD, &ok, gc, jid));
	host_off_record_purge(self);
	if (!ok)
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED,
		                  "The account's protocol cannot go off the record.");
	else if (record == GTALK_RECORD_UNKNOWN)
		host_request_fail(request, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                  "The chat server has not told yet who is off the record.");
	else if ((record == GTALK_RECORD_OFF) == off_record)
		host_off_record_answer(self, request);
	else
		host_off_record_ask(account, jid, off_record, request);
}

static const HostCommand host_off_record_commands[] = {
	{"off-record", host_off_record_run},
	{NULL},
};

const HostFeature host_off_record_feature = {
	.name = "off-record",
	.commands = host_off_record_commands,
	.install = host_off_record_install,
	.prepare = host_off_record_prepare,
};
