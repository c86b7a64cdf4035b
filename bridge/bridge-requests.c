/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-requests.h"

#include "bridge-jid.h"
#include "bridge-log.h"
#include "bridge-secret.h"

#define REQUESTS_NAME "requests"
#define REQUESTS_KEPT_TYPE "a(sssssx)"
#define REQUESTS_SUBSCRIPTION "subscription"
#define REQUESTS_SIGN_IN "sign-in-again"
#define REQUESTS_LIFETIME_US (30 * 24 * 3600 * (gint64)G_USEC_PER_SEC) /* of a subscription's */

static const char *const bridge_requests_answers[] = {"approve", "deny", NULL};
static const char *const bridge_requests_no_answers[] = {NULL};

/* ---- One ------------------------------------------------------------------------------------- */

static void
bridge_request_free(BridgeRequest *request)
{
	g_free(request->id);
	g_free(request->jid);
	g_free(request->name);
	g_free(request->text);
	g_free(request);
}

/* NULL: of no type that is known */
static BridgeRequest *
bridge_request_new(const char *id, const char *type, const char *jid, const char *name,
                   const char *text, gint64 time_us)
{
	gboolean is_subscription = g_str_equal(type, REQUESTS_SUBSCRIPTION);
	BridgeRequest *request;

	if (!is_subscription && !g_str_equal(type, REQUESTS_SIGN_IN))
		return NULL;
	request = g_new0(BridgeRequest, 1);
	request->id = g_strdup(id);
	request->type = is_subscription ? REQUESTS_SUBSCRIPTION : REQUESTS_SIGN_IN;
	request->jid = is_subscription ? g_strdup(jid) : NULL;
	request->name = g_strdup(name);
	request->text = g_strdup(text);
	request->time_us = time_us;
	request->expires_us = is_subscription ? time_us + REQUESTS_LIFETIME_US : 0;
	request->answers = is_subscription ? bridge_requests_answers : bridge_requests_no_answers;
	return request;
}

static gboolean
bridge_request_is_over(const BridgeRequest *request)
{
	return request->expires_us > 0 && request->expires_us <= g_get_real_time();
}

/* ---- All of an account ----------------------------------------------------------------------- */

static GPtrArray *
bridge_requests_load(BridgeAccount *account)
{
	GPtrArray *open = g_ptr_array_new_with_free_func((GDestroyNotify)bridge_request_free);
	g_autoptr(GVariant) kept = bridge_account_dup_kept(account, REQUESTS_NAME);
	const char *id;
	const char *type;
	const char *jid;
	const char *name;
	const char *text;
	gint64 time_us;
	GVariantIter iter;

	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE(REQUESTS_KEPT_TYPE)))
		return open;
	g_variant_iter_init(&iter, kept);
	while (g_variant_iter_next(&iter, "(&s&s&s&s&sx)", &id, &type, &jid, &name, &text,
	                           &time_us)) {
		BridgeRequest *request = bridge_request_new(id, type, jid, name, text, time_us);

		if (request != NULL)
			g_ptr_array_add(open, request);
	}
	return open;
}

/* Borrowed; element-type BridgeRequest */
static GPtrArray *
bridge_requests_get(BridgeAccount *account)
{
	GPtrArray *open = g_object_get_data(G_OBJECT(account), REQUESTS_NAME);

	if (open != NULL)
		return open;
	open = bridge_requests_load(account);
	g_object_set_data_full(G_OBJECT(account), REQUESTS_NAME, open,
	                       (GDestroyNotify)g_ptr_array_unref);
	return open;
}

static gboolean
bridge_requests_keep(BridgeAccount *account, BridgeWrite *write)
{
	GPtrArray *open = bridge_requests_get(account);
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE(REQUESTS_KEPT_TYPE));
	for (guint i = 0; i < open->len; i++) {
		const BridgeRequest *request = g_ptr_array_index(open, i);

		g_variant_builder_add(&builder, "(sssssx)", request->id, request->type,
		                      request->jid != NULL ? request->jid : "", request->name,
		                      request->text, request->time_us);
	}
	if (open->len > 0)
		return bridge_account_keep(account, write, REQUESTS_NAME,
		                           g_variant_builder_end(&builder));
	g_variant_builder_clear(&builder);
	return bridge_account_keep(account, write, REQUESTS_NAME, NULL);
}

/* @jid: (nullable) */
static BridgeRequest *
bridge_requests_find_by(BridgeAccount *account, const char *type, const char *jid, guint *place)
{
	GPtrArray *open = bridge_requests_get(account);

	for (guint i = 0; i < open->len; i++) {
		BridgeRequest *request = g_ptr_array_index(open, i);

		if (!g_str_equal(request->type, type) || g_strcmp0(request->jid, jid) != 0)
			continue;
		*place = i;
		return request;
	}
	return NULL;
}

static void
bridge_requests_open(BridgeAccount *account, BridgeWrite *write, BridgeRequest *request)
{
	GPtrArray *open = bridge_requests_get(account);

	g_ptr_array_add(open, request);
	if (open->len > BRIDGE_REQUESTS_MAX || !bridge_requests_keep(account, write)) {
		bridge_log_account(G_LOG_LEVEL_MESSAGE, bridge_account_get_id(account),
		                   "account %s: too many requests wait for an answer",
		                   bridge_account_get_id(account));
		g_ptr_array_remove_index(open, open->len - 1);
		return;
	}
	bridge_write_add_event(write, bridge_event_new_request(request), NULL);
}

static void
bridge_requests_close(BridgeAccount *account, BridgeWrite *write, guint place, const char *reason)
{
	GPtrArray *open = bridge_requests_get(account);

	bridge_write_add_event(
		write, bridge_event_new_request_closed(g_ptr_array_index(open, place), reason),
		NULL);
	g_ptr_array_remove_index(open, place);
	bridge_requests_keep(account, write);
}

static void
bridge_requests_close_by(BridgeAccount *account, BridgeWrite *write, const char *type,
                         const char *jid, const char *reason)
{
	guint place;
	BridgeRequest *request = bridge_requests_find_by(account, type, jid, &place);

	if (request != NULL)
		bridge_requests_close(account, write, place,
		                      request->answer != NULL ? request->answer : reason);
}

static void
bridge_requests_expire(BridgeAccount *account, BridgeWrite *write)
{
	GPtrArray *open = bridge_requests_get(account);

	for (guint i = open->len; i > 0; i--)
		if (bridge_request_is_over(g_ptr_array_index(open, i - 1)))
			bridge_requests_close(account, write, i - 1, "expired");
}

/* ---- What opens and closes them -------------------------------------------------------------- */

static char *
bridge_requests_dup_jid(GVariantDict *data)
{
	const char *told = "";
	g_autofree char *resource = NULL;

	g_variant_dict_lookup(data, "jid", "&s", &told);
	return bridge_jid_split(told, &resource);
}

static void
bridge_requests_on_request(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_autofree char *jid = bridge_requests_dup_jid(data);
	g_autofree char *id = NULL;
	const char *name = "";
	const char *text = "";
	guint place;

	bridge_requests_expire(account, write);
	/* Servers remind at every sign-in. */
	if (jid[0] == '\0' ||
	    bridge_requests_find_by(account, REQUESTS_SUBSCRIPTION, jid, &place) != NULL)
		return;
	g_variant_dict_lookup(data, "name", "&s", &name);
	g_variant_dict_lookup(data, "text", "&s", &text);
	id = bridge_secret_make_id();
	bridge_requests_open(
		account, write,
		bridge_request_new(id, REQUESTS_SUBSCRIPTION, jid, name, text, g_get_real_time()));
}

static void
bridge_requests_on_withdrawn(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_autofree char *jid = bridge_requests_dup_jid(data);

	bridge_requests_close_by(account, write, REQUESTS_SUBSCRIPTION, jid, "withdrawn");
}

void
bridge_requests_note_contact(BridgeAccount *account, BridgeWrite *write, const char *jid,
                             const char *subscription)
{
	if (g_str_equal(subscription, "from") || g_str_equal(subscription, "both"))
		bridge_requests_close_by(account, write, REQUESTS_SUBSCRIPTION, jid, "elsewhere");
}

void
bridge_requests_ask_to_sign_in(BridgeAccount *account, BridgeWrite *write)
{
	g_autofree char *id = bridge_secret_make_id();
	guint place;

	if (bridge_requests_find_by(account, REQUESTS_SIGN_IN, NULL, &place) == NULL)
		bridge_requests_open(
			account, write,
			bridge_request_new(id, REQUESTS_SIGN_IN, NULL, "", "", g_get_real_time()));
}

static void
bridge_requests_online(BridgeAccount *account, BridgeWrite *write)
{
	bridge_requests_expire(account, write);
	bridge_requests_close_by(account, write, REQUESTS_SIGN_IN, NULL, "signed-in");
}

/* ---- For those who answer -------------------------------------------------------------------- */

GPtrArray *
bridge_requests_list(BridgeAccount *account)
{
	GPtrArray *open = bridge_requests_get(account);
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < open->len; i++)
		if (!bridge_request_is_over(g_ptr_array_index(open, i)))
			g_ptr_array_add(list, g_ptr_array_index(open, i));
	return list;
}

const BridgeRequest *
bridge_requests_find(BridgeAccount *account, const char *id)
{
	g_autoptr(GPtrArray) list = bridge_requests_list(account);

	for (guint i = 0; i < list->len; i++) {
		const BridgeRequest *request = g_ptr_array_index(list, i);

		if (g_str_equal(request->id, id))
			return request;
	}
	return NULL;
}

void
bridge_requests_note_answer(BridgeAccount *account, const char *jid, const char *answer)
{
	guint place;
	BridgeRequest *request =
		bridge_requests_find_by(account, REQUESTS_SUBSCRIPTION, jid, &place);

	if (request != NULL)
		request->answer = answer;
}

void
bridge_requests_close_subscription(BridgeAccount *account, const char *jid)
{
	BridgeWrite *write = bridge_write_new(account, NULL);

	bridge_requests_close_by(account, write, REQUESTS_SUBSCRIPTION, jid, "elsewhere");
	bridge_write_commit(write, NULL, NULL);
}

static const BridgeAccountNews bridge_requests_news[] = {
	{"subscription-request", bridge_requests_on_request},
	{"subscription-withdrawn", bridge_requests_on_withdrawn},
	{NULL},
};

const BridgeAccountFeature bridge_requests_feature = {
	.name = REQUESTS_NAME,
	.news = bridge_requests_news,
	.online = bridge_requests_online,
};
