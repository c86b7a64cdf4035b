/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-presence.h"

#include "base/bridge-error.h"
#include "bridge-events.h"
#include "bridge-idle.h"
#include "base/bridge-log.h"

#define PRESENCE_SHOWN "bridge-presence-shown" /* of the account's data: a string */
#define PRESENCE_UNAVAILABLE "unavailable"

static const char *const bridge_presence_shows[] = {"available", "chat", "away", "xa", "dnd", NULL};

const char *const *
bridge_presence_get_shows(void)
{
	return bridge_presence_shows;
}

void
bridge_presence_free(BridgePresence *presence)
{
	g_free(presence->show);
	g_free(presence->status);
	g_free(presence->shown);
	g_free(presence);
}

/* ---- What is kept ---------------------------------------------------------------------------- */

/* Everything that a host is told at sign-in: see host/host-presence.h. */
static void
bridge_presence_load(BridgeAccount *self, GVariantDict *kept)
{
	g_autoptr(GVariant) value = bridge_account_dup_kept(self, bridge_presence_feature.name);

	if (value != NULL && !g_variant_is_of_type(value, G_VARIANT_TYPE_VARDICT))
		g_clear_pointer(&value, g_variant_unref);
	g_variant_dict_init(kept, value);
}

/* @kept: is cleared. Returns: whether it is written with @write */
static gboolean
bridge_presence_keep(BridgeAccount *self, BridgeWrite *write, GVariantDict *kept)
{
	g_autoptr(GVariant) before = bridge_account_dup_kept(self, bridge_presence_feature.name);
	g_autoptr(GVariant) now = g_variant_ref_sink(g_variant_dict_end(kept));

	if (before != NULL && g_variant_equal(before, now))
		return TRUE;
	return bridge_account_keep(self, write, bridge_presence_feature.name, now);
}

static guint32
bridge_presence_get_serial(BridgeAccount *self)
{
	g_auto(GVariantDict) kept = {0};
	guint32 serial = 0;

	bridge_presence_load(self, &kept);
	g_variant_dict_lookup(&kept, "serial", "u", &serial);
	return serial;
}

BridgePresence *
bridge_account_dup_presence(BridgeAccount *self)
{
	BridgePresence *presence = g_new0(BridgePresence, 1);
	const char *shown = g_object_get_data(G_OBJECT(self), PRESENCE_SHOWN);
	g_auto(GVariantDict) kept = {0};

	bridge_presence_load(self, &kept);
	if (!g_variant_dict_lookup(&kept, "show", "s", &presence->show))
		presence->show = g_strdup(bridge_presence_shows[0]);
	if (!g_variant_dict_lookup(&kept, "status", "s", &presence->status))
		presence->status = g_strdup("");
	g_variant_dict_lookup(&kept, "invisible", "b", &presence->invisible);
	presence->shown = g_strdup(shown != NULL ? shown : PRESENCE_UNAVAILABLE);
	return presence;
}

/* ---- What the host tells --------------------------------------------------------------------- */

/* Told to who listens as a contact's is: other devices show it. */
static void
bridge_presence_set_shown(BridgeAccount *self, const char *shown, const char *status)
{
	const char *before = g_object_get_data(G_OBJECT(self), PRESENCE_SHOWN);
	g_autofree char *own = bridge_account_dup_own_jid(self);
	BridgeContact contact = {.jid = own, .show = (char *)shown, .status = (char *)status};
	g_autofree char *json = bridge_event_build_presence(&contact);

	if (g_strcmp0(before, shown) != 0)
		g_object_set_data_full(G_OBJECT(self), PRESENCE_SHOWN, g_strdup(shown), g_free);
	bridge_account_emit_ephemeral(self, BRIDGE_EVENT_PRESENCE, json);
}

static gboolean
bridge_presence_is_show(const char *show)
{
	return g_strv_contains(bridge_presence_shows, show);
}

/* Another client may have changed what all clients share. */
static void
bridge_presence_take(BridgeAccount *self, BridgeWrite *write, GVariantDict *data)
{
	const char *show = "";
	const char *status = "";
	const char *agreed = "";
	const char *shown = PRESENCE_UNAVAILABLE;
	gboolean invisible = TRUE;
	guint32 serial = 0;
	GVariantDict kept;

	g_variant_dict_lookup(data, "show", "&s", &show);
	g_variant_dict_lookup(data, "status", "&s", &status);
	g_variant_dict_lookup(data, "agreed", "&s", &agreed);
	g_variant_dict_lookup(data, "shown", "&s", &shown);
	g_variant_dict_lookup(data, "invisible", "b", &invisible);
	g_variant_dict_lookup(data, "serial", "u", &serial);
	bridge_presence_set_shown(self, shown, status);
	/* Said before the host heard of the newest choice. */
	if (serial < bridge_presence_get_serial(self) || !bridge_presence_is_show(show))
		return;
	bridge_presence_load(self, &kept);
	g_variant_dict_insert(&kept, "show", "s", show);
	g_variant_dict_insert(&kept, "status", "s", status);
	g_variant_dict_insert(&kept, "invisible", "b", invisible);
	g_variant_dict_insert(&kept, "agreed", "s", agreed);
	g_variant_dict_insert(&kept, "serial", "u", serial);
	bridge_presence_keep(self, write, &kept);
}

static void
bridge_presence_offline(BridgeAccount *self, BridgeWrite *write)
{
	g_object_set_data(G_OBJECT(self), PRESENCE_SHOWN, NULL);
}

/* ---- What a person chooses ------------------------------------------------------------------- */

static void
bridge_presence_requested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GTask) task = G_TASK(user_data);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		bridge_account_request_finish(BRIDGE_ACCOUNT(source), result, &error);
	const char *shown = NULL;

	/* The link may have broken: it is kept, and the next sign-in restores it. */
	if (answer == NULL && !g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE)) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	if (answer != NULL && g_variant_lookup(answer, "shown", "&s", &shown))
		g_object_set_data_full(source, PRESENCE_SHOWN, g_strdup(shown), g_free);
	g_task_return_boolean(task, TRUE);
}

static void
bridge_presence_request(BridgeAccount *self, GTask *task)
{
	g_auto(GVariantDict) kept = {0};

	bridge_presence_load(self, &kept);
	bridge_account_request_async(self, bridge_presence_feature.name, g_variant_dict_end(&kept),
	                             bridge_presence_requested_cb, task);
}

static void
bridge_presence_kept_cb(BridgeAccount *self, const GError *error, gpointer data)
{
	GTask *task = data;

	if (error == NULL) {
		bridge_presence_request(self, task);
		return;
	}
	g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_STORE,
	                        "the presence could not be stored");
	g_object_unref(task);
}

void
bridge_account_set_presence_async(BridgeAccount *self, const BridgePresence *presence,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);
	BridgeWrite *write;
	GVariantDict kept;
	gboolean fits;

	g_return_if_fail(BRIDGE_IS_ACCOUNT(self));
	g_return_if_fail(bridge_presence_is_show(presence->show));

	g_task_set_source_tag(task, bridge_account_set_presence_async);
	bridge_presence_load(self, &kept);
	g_variant_dict_insert(&kept, "show", "s", presence->show);
	g_variant_dict_insert(&kept, "status", "s", presence->status);
	g_variant_dict_insert(&kept, "invisible", "b", presence->invisible);
	g_variant_dict_insert(&kept, "serial", "u", bridge_presence_get_serial(self) + 1);
	/* Whoever chooses is there. No sooner: what was chosen before is not to be shown now. */
	g_variant_dict_remove(&kept, "idle");
	bridge_idle_note_choice(self);
	write = bridge_write_new(self, NULL);
	fits = bridge_presence_keep(self, write, &kept);
	if (fits)
		bridge_write_try(write, bridge_presence_kept_cb, g_object_ref(task));
	else
		bridge_write_commit(write, NULL, NULL);
	if (!fits)
		g_task_return_new_error(task, BRIDGE_ERROR, BRIDGE_ERROR_BUSY,
		                        "the account keeps too much already");
}

gboolean
bridge_account_set_presence_finish(BridgeAccount *self, GAsyncResult *result, GError **error)
{
	g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- While nobody does anything -------------------------------------------------------------- */

static void
bridge_presence_idle_requested_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		bridge_account_request_finish(BRIDGE_ACCOUNT(source), result, &error);

	/* It is kept: the next sign-in restores it. */
	if (answer == NULL && !g_error_matches(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_ONLINE))
		bridge_log_account(G_LOG_LEVEL_INFO, bridge_account_get_id(BRIDGE_ACCOUNT(source)),
		                   "idleness: %s", error->message);
}

/* FALSE: it is so already */
static gboolean
bridge_presence_keep_idle(BridgeAccount *self, const BridgePresence *presence, const char *idle)
{
	const char *before = "";
	BridgeWrite *write;
	GVariantDict kept;

	bridge_presence_load(self, &kept);
	g_variant_dict_lookup(&kept, "idle", "&s", &before);
	if (g_str_equal(before, idle)) {
		g_variant_dict_clear(&kept);
		return FALSE;
	}
	g_variant_dict_insert(&kept, "show", "s", presence->show);
	g_variant_dict_insert(&kept, "status", "s", presence->status);
	g_variant_dict_insert(&kept, "invisible", "b", presence->invisible);
	g_variant_dict_insert(&kept, "idle", "s", idle);
	write = bridge_write_new(self, NULL);
	bridge_presence_keep(self, write, &kept);
	bridge_write_commit(write, NULL, NULL);
	return TRUE;
}

void
bridge_account_set_idle(BridgeAccount *self, const char *idle)
{
	g_autoptr(BridgePresence) presence = bridge_account_dup_presence(self);
	GVariantDict kept;

	/* Of who is invisible nothing of it would be seen. */
	if (!bridge_presence_keep_idle(self, presence, idle) || presence->invisible)
		return;
	bridge_presence_load(self, &kept);
	bridge_account_request_async(self, bridge_presence_feature.name, g_variant_dict_end(&kept),
	                             bridge_presence_idle_requested_cb, NULL);
}

static const BridgeAccountNews bridge_presence_news[] = {
	{"own-presence", bridge_presence_take},
	{NULL},
};

const BridgeAccountFeature bridge_presence_feature = {
	.name = "presence",
	.news = bridge_presence_news,
	.offline = bridge_presence_offline,
};
