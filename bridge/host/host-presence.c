/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-presence.h"

#include "host-text.h"
#include "plugin/gtalk.h"

#define HOST_PRESENCE_STATUS_MAX_BYTES 4096
#define HOST_PRESENCE_AGREED_MAX_BYTES 8192
#define HOST_PRESENCE_TEXT "message" /* attributes of libpurple's statuses */
#define HOST_PRESENCE_PRIORITY "priority"

static const char host_presence_unhidden[] =
	"This chat server does not make the account invisible. So that nobody sees it, it is shown "
	"as offline until another presence is chosen.";

typedef struct {
	char *show;
	char *status; /* plain */
	gboolean invisible;
	char *idle; /* "" or a show */
	guint32 serial;
	GTalkVisibility visibility;
	gboolean applying;   /* what changes now is what was asked for */
	HostRequest *hiding; /* waits until it is known whether the server hides the account */
	GVariant *told;      /* the last event, or NULL */
} HostPresence;

/* In the order of libpurple's primitives that come as near as the protocol has it, and never more
 * present than that. */
static const struct {
	const char *show;
	PurpleStatusPrimitive primitive;
	const char *id; /* prpl-jabber's, where the primitive does not tell */
} host_presence_shows[] = {
	{"available", PURPLE_STATUS_AVAILABLE, "available"},
	{"chat", PURPLE_STATUS_AVAILABLE, "freeforchat"},
	{"away", PURPLE_STATUS_AWAY, "away"},
	{"xa", PURPLE_STATUS_EXTENDED_AWAY, "extended_away"},
	{"dnd", PURPLE_STATUS_UNAVAILABLE, "dnd"},
};

static void
host_presence_free(gpointer data)
{
	HostPresence *self = data;

	g_clear_pointer(&self->hiding, host_request_unref);
	g_clear_pointer(&self->told, g_variant_unref);
	g_free(self->show);
	g_free(self->status);
	g_free(self->idle);
	g_free(self);
}

static HostPresence *
host_presence_find(HostAccount *account)
{
	return account != NULL ? host_account_get_state(account, host_presence_feature.name) : NULL;
}

static gint
host_presence_find_show(const char *show)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_presence_shows); i++)
		if (purple_strequal(host_presence_shows[i].show, show))
			return (gint)i;
	return -1;
}

static gboolean
host_presence_is_text(const char *status)
{
	return strlen(status) <= HOST_PRESENCE_STATUS_MAX_BYTES && host_text_is_xml(status);
}

/* FALSE: that is none, and nothing has changed. */
static gboolean
host_presence_read(HostPresence *self, GVariantDict *wanted)
{
	const char *show = "";
	const char *status = "";
	const char *idle = "";
	gboolean invisible = FALSE;

	g_variant_dict_lookup(wanted, "show", "&s", &show);
	g_variant_dict_lookup(wanted, "status", "&s", &status);
	g_variant_dict_lookup(wanted, "idle", "&s", &idle);
	g_variant_dict_lookup(wanted, "invisible", "b", &invisible);
	if (host_presence_find_show(show) < 0 || !host_presence_is_text(status) ||
	    (*idle != '\0' && host_presence_find_show(idle) < 0))
		return FALSE;
	g_variant_dict_lookup(wanted, "serial", "u", &self->serial);
	g_free(self->show);
	self->show = g_strdup(show);
	g_free(self->status);
	self->status = g_strdup(status);
	g_free(self->idle);
	self->idle = g_strdup(idle);
	self->invisible = invisible;
	return TRUE;
}

/* ---- In libpurple's terms -------------------------------------------------------------------- */

static PurpleStatus *
host_presence_find_status(PurpleAccount *purple, PurpleStatusPrimitive primitive, const char *id)
{
	PurpleStatus *status = purple_account_get_status(purple, id);
	PurpleStatusType *type;

	if (status != NULL)
		return status;
	type = purple_account_get_status_type_with_primitive(purple, primitive);
	return type != NULL ? purple_account_get_status(purple, purple_status_type_get_id(type))
	                    : NULL;
}

static gboolean
host_presence_can_hide(PurpleAccount *purple)
{
	return host_presence_find_status(purple, PURPLE_STATUS_INVISIBLE, GTALK_STATUS_INVISIBLE) !=
	       NULL;
}

static const char *
host_presence_get_show(HostPresence *self)
{
	gboolean is_here = g_str_equal(self->show, "available") || g_str_equal(self->show, "chat");

	return *self->idle != '\0' && is_here ? self->idle : self->show;
}

/* A protocol that lacks it shows the account as away. */
static PurpleStatus *
host_presence_choose_status(HostPresence *self, PurpleAccount *purple)
{
	gint show = host_presence_find_show(host_presence_get_show(self));
	PurpleStatus *status;

	if (self->invisible)
		status = host_presence_find_status(purple, PURPLE_STATUS_INVISIBLE,
		                                   GTALK_STATUS_INVISIBLE);
	else
		status = host_presence_find_status(purple, host_presence_shows[show].primitive,
		                                   host_presence_shows[show].id);
	if (status == NULL)
		status = host_presence_find_status(purple, PURPLE_STATUS_AWAY, "away");
	return status;
}

static gboolean
host_presence_has_attribute(PurpleStatus *status, const char *name)
{
	return purple_status_type_get_attr(purple_status_get_type(status), name) != NULL;
}

static void
host_presence_apply(HostPresence *self, PurpleAccount *purple)
{
	PurpleStatus *status = host_presence_choose_status(self, purple);
	g_autofree char *html = host_text_to_html(self->status);
	GList *attributes = NULL;

	if (status == NULL)
		return;
	if (host_presence_has_attribute(status, HOST_PRESENCE_TEXT) && *html != '\0') {
		attributes = g_list_append(attributes, (gpointer)HOST_PRESENCE_TEXT);
		attributes = g_list_append(attributes, html);
	}
	/* 0: the account's other clients keep getting what is sent to its bare JID. */
	if (host_presence_has_attribute(status, HOST_PRESENCE_PRIORITY)) {
		attributes = g_list_append(attributes, (gpointer)HOST_PRESENCE_PRIORITY);
		attributes = g_list_append(attributes, GINT_TO_POINTER(0));
	}
	purple_account_set_bool(purple, GTALK_OPTION_SHARE_AWAY_TEXT, *self->idle == '\0');
	self->applying = TRUE;
	purple_account_set_status_list(purple, purple_status_get_id(status), TRUE, attributes);
	self->applying = FALSE;
	g_list_free(attributes);
}

/* Also of the statuses that the plugin will choose by itself. */
static void
host_presence_clear_priorities(PurpleAccount *purple)
{
	GList *statuses = purple_presence_get_statuses(purple_account_get_presence(purple));

	for (GList *l = statuses; l != NULL; l = l->next)
		if (host_presence_has_attribute(l->data, HOST_PRESENCE_PRIORITY))
			purple_status_set_attr_int(l->data, HOST_PRESENCE_PRIORITY, 0);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static const char *
host_presence_get_shown(HostPresence *self, HostAccount *account)
{
	PurpleAccount *purple = host_account_get_purple(account);
	gboolean is_ours = purple_strequal(purple_account_get_protocol_id(purple), GTALK_PRPL_ID);

	if (is_ours && self->visibility != GTALK_VISIBILITY_SHOWN)
		return "unavailable";
	return self->invisible ? "away" : host_presence_get_show(self);
}

static void
host_presence_tell(HostPresence *self, HostAccount *account)
{
	const char *agreed = purple_account_get_string(host_account_get_purple(account),
	                                               GTALK_OPTION_STATUS_AGREED, "");
	g_autofree char *limited = host_text_limit(agreed, HOST_PRESENCE_AGREED_MAX_BYTES);
	g_autoptr(GVariant) event = NULL;
	GVariantDict data;

	g_variant_dict_init(&data, NULL);
	g_variant_dict_insert(&data, "show", "s", self->show);
	g_variant_dict_insert(&data, "status", "s", self->status);
	g_variant_dict_insert(&data, "invisible", "b", self->invisible);
	g_variant_dict_insert(&data, "serial", "u", self->serial);
	g_variant_dict_insert(&data, "agreed", "s", limited);
	g_variant_dict_insert(&data, "shown", "s", host_presence_get_shown(self, account));
	event = g_variant_ref_sink(g_variant_dict_end(&data));
	if (self->told != NULL && g_variant_equal(self->told, event))
		return;
	g_clear_pointer(&self->told, g_variant_unref);
	self->told = g_steal_pointer(&event);
	host_account_push(account, "own-presence", self->told);
}

static void
host_presence_answer(HostPresence *self, HostAccount *account, HostRequest *request)
{
	GVariantDict answer;

	g_variant_dict_init(&answer, NULL);
	g_variant_dict_insert(&answer, "shown", "s", host_presence_get_shown(self, account));
	host_request_answer(request, g_variant_dict_end(&answer));
}

/* ---- What the account's own status becomes by itself ----------------------------------------- */

/* Another client has changed what all of them share. */
static void
host_presence_follow(HostPresence *self, PurpleStatus *status)
{
	PurpleStatusPrimitive primitive =
		purple_status_type_get_primitive(purple_status_get_type(status));
	const char *id = purple_status_get_id(status);
	const char *html = "";

	self->invisible = primitive == PURPLE_STATUS_INVISIBLE;
	if (self->invisible)
		return;
	if (host_presence_has_attribute(status, HOST_PRESENCE_TEXT))
		html = purple_status_get_attr_string(status, HOST_PRESENCE_TEXT);
	for (guint i = 0; i < G_N_ELEMENTS(host_presence_shows); i++) {
		if (!purple_strequal(host_presence_shows[i].id, id))
			continue;
		g_free(self->show);
		self->show = g_strdup(host_presence_shows[i].show);
	}
	g_free(self->status);
	self->status = html != NULL ? purple_markup_strip_html(html) : g_strdup("");
}

static void
host_presence_changed_cb(PurpleAccount *purple, PurpleStatus *old, PurpleStatus *status,
                         gpointer user_data)
{
	HostAccount *account = purple->ui_data;
	HostPresence *self = host_presence_find(account);

	if (self == NULL || self->applying || !purple_status_is_exclusive(status) ||
	    !purple_status_is_active(status))
		return;
	host_presence_follow(self, status);
	host_presence_tell(self, account);
}

static void
host_presence_visibility_cb(PurpleConnection *gc, guint visibility, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostPresence *self = host_presence_find(account);
	g_autoptr(HostRequest) hiding = NULL;

	if (self == NULL)
		return;
	self->visibility = visibility;
	host_presence_tell(self, account);
	if (self->hiding == NULL || visibility == GTALK_VISIBILITY_SHOWN)
		return;
	hiding = g_steal_pointer(&self->hiding);
	if (visibility == GTALK_VISIBILITY_HIDDEN)
		host_presence_answer(self, account, hiding);
	else
		host_request_fail(hiding, BRIDGE_LINK_ERROR_UNSUPPORTED, host_presence_unhidden);
}

static gboolean
host_presence_is_away(PurpleAccount *purple)
{
	PurpleStatusPrimitive primitive = purple_status_type_get_primitive(
		purple_status_get_type(purple_account_get_active_status(purple)));

	return primitive == PURPLE_STATUS_AWAY || primitive == PURPLE_STATUS_EXTENDED_AWAY;
}

/* libpurple's status of who is away stays as it is: away is this session's own. But the text that
 * contacts see is everybody's, and so is being hidden. */
static void
host_presence_follow_away(HostPresence *self, PurpleAccount *purple,
                          const GTalkSharedStatus *shared)
{
	if (self->invisible || !host_presence_is_away(purple))
		return;
	if (shared->invisible && shared->can_hide) {
		self->invisible = TRUE;
		host_presence_apply(self, purple);
		return;
	}
	g_free(self->status);
	self->status = g_strdup(shared->text);
}

static void
host_presence_shared_cb(PurpleConnection *gc, const GTalkSharedStatus *status, gpointer user_data)
{
	HostAccount *account = host_account_find(gc);
	HostPresence *self = host_presence_find(account);

	if (self == NULL)
		return;
	if (status != NULL)
		host_presence_follow_away(self, host_account_get_purple(account), status);
	host_presence_tell(self, account); /* what is agreed on may have changed */
}

static void
host_presence_install(PurplePlugin *plugin)
{
	void *handle = (void *)&host_presence_feature;

	purple_signal_connect(purple_accounts_get_handle(), "account-status-changed", handle,
	                      PURPLE_CALLBACK(host_presence_changed_cb), NULL);
	if (plugin == NULL)
		return;
	purple_signal_connect(plugin, GTALK_SIGNAL_VISIBILITY, handle,
	                      PURPLE_CALLBACK(host_presence_visibility_cb), NULL);
	/* After the plugin's own, which follows it. */
	purple_signal_connect_priority(plugin, GTALK_SIGNAL_SHARED_STATUS, handle,
	                               PURPLE_CALLBACK(host_presence_shared_cb), NULL,
	                               PURPLE_SIGNAL_PRIORITY_HIGHEST);
}

/* ---- What is asked for ----------------------------------------------------------------------- */

/* What cannot be read was kept by somebody who wanted something: nobody is shown by mistake. */
static void
host_presence_restore(HostPresence *self, GVariant *wanted)
{
	g_auto(GVariantDict) dict = {0};

	self->show = g_strdup("available");
	self->status = g_strdup("");
	self->idle = g_strdup("");
	if (wanted == NULL)
		return;
	self->invisible = TRUE;
	if (!g_variant_is_of_type(wanted, G_VARIANT_TYPE_VARDICT))
		return;
	g_variant_dict_init(&dict, wanted);
	host_presence_read(self, &dict);
}

static void
host_presence_prepare(HostAccount *account, GVariant *wanted)
{
	PurpleAccount *purple = host_account_get_purple(account);
	HostPresence *self = g_new0(HostPresence, 1);
	g_autofree char *agreed = NULL;

	host_account_set_state(account, host_presence_feature.name, self, host_presence_free);
	host_presence_restore(self, wanted);
	if (wanted != NULL && g_variant_is_of_type(wanted, G_VARIANT_TYPE_VARDICT) &&
	    g_variant_lookup(wanted, "agreed", "s", &agreed) && *agreed != '\0')
		purple_account_set_string(purple, GTALK_OPTION_STATUS_AGREED, agreed);
	purple_account_set_bool(purple, GTALK_OPTION_HIDE_OR_LEAVE, TRUE);
	host_presence_clear_priorities(purple);
	host_presence_apply(self, purple);
}

static void
host_presence_online(HostAccount *account)
{
	HostPresence *self = host_presence_find(account);

	if (self != NULL)
		host_presence_tell(self, account);
}

static void
host_presence_hide(HostPresence *self, HostAccount *account, HostRequest *request)
{
	if (self->visibility == GTALK_VISIBILITY_HIDDEN)
		host_presence_answer(self, account, request);
	else if (self->visibility == GTALK_VISIBILITY_WITHDRAWN ||
	         !host_presence_can_hide(host_account_get_purple(account)))
		host_request_fail(request, BRIDGE_LINK_ERROR_UNSUPPORTED, host_presence_unhidden);
	else
		self->hiding = host_request_ref(request);
}

static void
host_presence_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	HostPresence *self = host_presence_find(account);
	g_autoptr(HostRequest) superseded = NULL;

	if (!host_presence_read(self, arguments)) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "presence: \"show\", \"status\" or \"idle\" is not acceptable");
		return;
	}
	superseded = g_steal_pointer(&self->hiding);
	if (superseded != NULL)
		host_request_fail(superseded, BRIDGE_LINK_ERROR_REFUSED,
		                  "Another presence was chosen meanwhile.");
	host_presence_apply(self, host_account_get_purple(account));
	host_presence_tell(self, account);
	if (self->invisible)
		host_presence_hide(self, account, request);
	else
		host_presence_answer(self, account, request);
}

static const HostCommand host_presence_commands[] = {
	{"presence", host_presence_run},
	{NULL},
};

const HostFeature host_presence_feature = {
	.name = "presence",
	.commands = host_presence_commands,
	.install = host_presence_install,
	.prepare = host_presence_prepare,
	.online = host_presence_online,
};
