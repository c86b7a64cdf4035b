/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-requests.h"

#include "base/bridge-log.h"
#include "bridge-rooms.h"
#include "base/bridge-secret.h"

#define REQUESTS_NAME "requests"
#define REQUESTS_KEPT_TYPE "a(ssssssxa{ss})"
#define REQUESTS_SUBSCRIPTION "subscription"
#define REQUESTS_ROOM "room-invite"
#define REQUESTS_SIGN_IN "sign-in-again"
#define REQUESTS_CAPTCHA "captcha"
#define REQUESTS_TOKEN "token" /* what is kept for host/host-token.h */
#define REQUESTS_LIFETIME_US (30 * 24 * 3600 * (gint64)G_USEC_PER_SEC)

/* The types; of the first one the person asked about is a contact-to-be. */
static const struct {
	const char *name;
	gint64 lifetime_us; /* 0: for ever */
	const char *answers[3];
} bridge_request_types[] = {
	{REQUESTS_SUBSCRIPTION, REQUESTS_LIFETIME_US, {"approve", "deny"}},
	{REQUESTS_ROOM, REQUESTS_LIFETIME_US, {"accept", "decline"}},
	{REQUESTS_SIGN_IN, 0, {NULL}},
	{REQUESTS_CAPTCHA, 0, {NULL}},
};

/* ---- One ------------------------------------------------------------------------------------- */

static void
bridge_request_free(BridgeRequest *request)
{
	g_free(request->id);
	g_free(request->jid);
	g_free(request->from);
	g_clear_pointer(&request->components, g_variant_unref);
	g_free(request->name);
	g_free(request->text);
	g_free(request->challenge);
	g_free(request->url);
	g_free(request);
}

/* @jid: "" for none; @name, @text: of a captcha its challenge and URL. NULL: of no type that is
 * known
 */
static BridgeRequest *
bridge_request_new(const char *id, const char *type, const char *jid, const char *name,
                   const char *text, gint64 time_us)
{
	gboolean is_captcha = g_str_equal(type, REQUESTS_CAPTCHA);
	BridgeRequest *request;
	guint i = 0;

	while (i < G_N_ELEMENTS(bridge_request_types) &&
	       !g_str_equal(bridge_request_types[i].name, type))
		i++;
	if (i == G_N_ELEMENTS(bridge_request_types))
		return NULL;
	request = g_new0(BridgeRequest, 1);
	request->id = g_strdup(id);
	request->type = bridge_request_types[i].name;
	request->jid = *jid != '\0' ? g_strdup(jid) : NULL;
	request->name = g_strdup(is_captcha ? "" : name);
	request->text = g_strdup(is_captcha ? "" : text);
	request->challenge = g_strdup(is_captcha ? name : "");
	request->url = is_captcha ? g_strdup(text) : NULL;
	request->time_us = time_us;
	if (bridge_request_types[i].lifetime_us > 0)
		request->expires_us = time_us + bridge_request_types[i].lifetime_us;
	request->answers = bridge_request_types[i].answers;
	return request;
}

/* @from: "" for nobody; @components: (nullable): a{ss} */
static void
bridge_request_set_room(BridgeRequest *request, const char *from, GVariant *components)
{
	request->from = *from != '\0' ? g_strdup(from) : NULL;
	request->components = components != NULL ? g_variant_ref_sink(components) : NULL;
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
	const char *from;
	GVariant *components;
	gint64 time_us;
	GVariantIter iter;

	if (kept == NULL || !g_variant_is_of_type(kept, G_VARIANT_TYPE(REQUESTS_KEPT_TYPE)))
		return open;
	g_variant_iter_init(&iter, kept);
	while (g_variant_iter_next(&iter, "(&s&s&s&s&s&sx@a{ss})", &id, &type, &jid, &name, &text,
	                           &from, &time_us, &components)) {
		BridgeRequest *request = bridge_request_new(id, type, jid, name, text, time_us);

		if (request != NULL) {
			bridge_request_set_room(request, from, components);
			g_ptr_array_add(open, request);
		}
		g_variant_unref(components);
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

		g_variant_builder_add(&builder, "(ssssssx@a{ss})", request->id, request->type,
		                      request->jid != NULL ? request->jid : "",
		                      request->url != NULL ? request->challenge : request->name,
		                      request->url != NULL ? request->url : request->text,
		                      request->from != NULL ? request->from : "", request->time_us,
		                      request->components != NULL ? request->components
		                                                  : g_variant_new("a{ss}", NULL));
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
bridge_requests_dup_jid(BridgeAccount *account, GVariantDict *data)
{
	const char *told = "";
	g_autofree char *resource = NULL;

	g_variant_dict_lookup(data, "jid", "&s", &told);
	return account->protocol->split(told, &resource);
}

static void
bridge_requests_on_request(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_autofree char *jid = bridge_requests_dup_jid(account, data);
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

static guint
bridge_requests_count_invitations(BridgeAccount *account)
{
	GPtrArray *open = bridge_requests_get(account);
	guint count = 0;

	for (guint i = 0; i < open->len; i++)
		if (g_str_equal(((BridgeRequest *)g_ptr_array_index(open, i))->type, REQUESTS_ROOM))
			count++;
	return count;
}

/* Once for each room, and not by whom the account blocks. */
static gboolean
bridge_requests_wants_invitation(BridgeAccount *account, const char *room, const char *from)
{
	const BridgeContact *inviter = bridge_account_find_contact(account, from);
	guint place;

	return bridge_rooms_find(account, room) == NULL && (inviter == NULL || !inviter->blocked) &&
	       bridge_requests_find_by(account, REQUESTS_ROOM, room, &place) == NULL &&
	       bridge_requests_count_invitations(account) < BRIDGE_REQUESTS_ROOMS_MAX;
}

static void
bridge_requests_on_invited(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_autofree char *id = bridge_secret_make_id();
	g_autofree char *nick = NULL;
	g_autofree char *room = NULL;
	g_autofree char *from = NULL;
	const char *who = "";
	const char *jid = "";
	const char *text = "";
	g_autoptr(GVariant) components =
		g_variant_dict_lookup_value(data, "components", G_VARIANT_TYPE("a{ss}"));
	BridgeRequest *request;
	gboolean is_inside;

	bridge_requests_expire(account, write);
	g_variant_dict_lookup(data, "jid", "&s", &jid);
	g_variant_dict_lookup(data, "who", "&s", &who);
	g_variant_dict_lookup(data, "text", "&s", &text);
	room = bridge_rooms_normalise(account, jid, NULL);
	from = account->protocol->split(who, &nick);
	if (room == NULL || !bridge_requests_wants_invitation(account, room, from))
		return;
	/* Whoever is in it need not say who they are outside. */
	is_inside = g_str_equal(from, room);
	request = bridge_request_new(id, REQUESTS_ROOM, room, is_inside ? nick : "", text,
	                             g_get_real_time());
	bridge_request_set_room(request, is_inside ? who : from, components);
	bridge_requests_open(account, write, request);
}

void
bridge_requests_close_invitation(BridgeAccount *account, BridgeWrite *write, const char *room)
{
	bridge_requests_close_by(account, write, REQUESTS_ROOM, room, "accept");
}

static void
bridge_requests_on_withdrawn(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_autofree char *jid = bridge_requests_dup_jid(account, data);

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
			bridge_request_new(id, REQUESTS_SIGN_IN, "", "", "", g_get_real_time()));
}

/* ---- Captchas -------------------------------------------------------------------------------- */

/* It is opened before the account is signed out for want of its answer; a new one takes the place
 * of the last. */
static void
bridge_requests_on_captcha(BridgeAccount *account, BridgeWrite *write, GVariantDict *data)
{
	g_autofree char *id = bridge_secret_make_id();
	const char *challenge = "";
	const char *url = "";

	g_variant_dict_lookup(data, "id", "&s", &challenge);
	g_variant_dict_lookup(data, "url", "&s", &url);
	bridge_requests_close_by(account, write, REQUESTS_CAPTCHA, NULL, "expired");
	bridge_requests_open(
		account, write,
		bridge_request_new(id, REQUESTS_CAPTCHA, "", challenge, url, g_get_real_time()));
}

/* What was read holds for one sign-in, whatever comes of that. */
static void
bridge_requests_forget_captcha(BridgeAccount *account, BridgeWrite *write)
{
	g_autoptr(GVariant) kept = bridge_account_dup_kept(account, REQUESTS_TOKEN);

	if (kept != NULL)
		bridge_account_keep(account, write, REQUESTS_TOKEN, NULL);
}

gboolean
bridge_requests_is_captcha(const BridgeRequest *request)
{
	return g_str_equal(request->type, REQUESTS_CAPTCHA);
}

void
bridge_requests_answer_captcha(BridgeAccount *account, const BridgeRequest *request,
                               const char *read)
{
	BridgeWrite *write = bridge_write_new(account, NULL);
	GVariantDict kept;

	g_variant_dict_init(&kept, NULL);
	g_variant_dict_insert(&kept, "captcha-id", "s", request->challenge);
	g_variant_dict_insert(&kept, "captcha", "s", read);
	bridge_account_keep(account, write, REQUESTS_TOKEN, g_variant_dict_end(&kept));
	bridge_requests_close_by(account, write, REQUESTS_CAPTCHA, NULL, "answered");
	if (account->state == BRIDGE_ACCOUNT_SIGNED_OUT)
		bridge_account_set_state(account, write, BRIDGE_ACCOUNT_WAITING, NULL, NULL);
	bridge_write_commit(write, NULL, NULL);
	bridge_account_start(account);
}

static void
bridge_requests_online(BridgeAccount *account, BridgeWrite *write)
{
	bridge_requests_expire(account, write);
	bridge_requests_close_by(account, write, REQUESTS_SIGN_IN, NULL, "signed-in");
	bridge_requests_close_by(account, write, REQUESTS_CAPTCHA, NULL, "signed-in");
	bridge_requests_forget_captcha(account, write);
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

void
bridge_requests_note_declined(BridgeAccount *account, const char *id)
{
	const BridgeRequest *request = bridge_requests_find(account, id);
	BridgeWrite *write;

	if (request == NULL)
		return;
	write = bridge_write_new(account, NULL);
	bridge_requests_close_by(account, write, request->type, request->jid, "decline");
	bridge_write_commit(write, NULL, NULL);
}

static const BridgeAccountNews bridge_requests_news[] = {
	{"subscription-request", bridge_requests_on_request},
	{"subscription-withdrawn", bridge_requests_on_withdrawn},
	{"room-invited", bridge_requests_on_invited},
	{"captcha", bridge_requests_on_captcha},
	{NULL},
};

const BridgeAccountFeature bridge_requests_feature = {
	.name = REQUESTS_NAME,
	.news = bridge_requests_news,
	.online = bridge_requests_online,
	.offline = bridge_requests_forget_captcha,
};
