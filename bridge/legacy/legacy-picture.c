/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /images/<hash>, which needs no token, and POST /photo: pictures of contacts, asked for at the
 * chat server when somebody wants them. A phone keeps for ever what it gets, but asks again for
 * what it was told is not there. */
#include "config.h"

#include "bridge-legacy-private.h"
#include "link/bridge-timers.h"
#include "http/bridge-image.h"

#define PICTURE_PATIENCE_MS 5000 /* a phone's next pictures wait for this one */
#define PICTURE_COMMAND "avatar"

typedef struct {
	LegacyExchange *exchange; /* NULL: it was answered */
	char *hash;               /* NULL: whatever it is */
	guint deadline;
} LegacyPicture;

static void
picture_free(LegacyPicture *picture)
{
	g_clear_handle_id(&picture->deadline, bridge_timers_remove);
	g_clear_object(&picture->exchange);
	g_free(picture->hash);
	g_free(picture);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyPicture, picture_free)

static void
picture_answer(LegacyPicture *picture, GBytes *image)
{
	BridgeLegacy *legacy = legacy_exchange_get_context(picture->exchange);
	const char *type = image != NULL ? bridge_image_find_type(image) : NULL;

	if (type == NULL ||
	    (picture->hash != NULL &&
	     !legacy_images_add(bridge_legacy_get_images(legacy), picture->hash, image)))
		legacy_exchange_refuse(picture->exchange, 404);
	else
		legacy_exchange_answer_bytes(picture->exchange, type, image);
}

static void
picture_asked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(LegacyPicture) picture = user_data;
	g_autoptr(GVariant) answer =
		bridge_account_request_finish(BRIDGE_ACCOUNT(source), result, NULL);
	g_autoptr(GVariant) value = NULL;
	g_autoptr(GBytes) image = NULL;

	if (picture->exchange == NULL)
		return;
	if (answer != NULL)
		value = g_variant_lookup_value(answer, "image", G_VARIANT_TYPE_BYTESTRING);
	if (value != NULL)
		image = g_variant_get_data_as_bytes(value);
	picture_answer(picture, image);
}

static gboolean
picture_deadline_cb(gpointer user_data)
{
	LegacyPicture *picture = user_data;

	picture->deadline = 0;
	legacy_exchange_refuse(picture->exchange, 404);
	g_clear_object(&picture->exchange);
	return G_SOURCE_REMOVE;
}

static void
picture_ask(LegacyExchange *exchange, BridgeAccount *account, const char *jid, const char *hash,
            guint patience_ms)
{
	LegacyPicture *picture = g_new0(LegacyPicture, 1);
	GVariantDict arguments;

	picture->exchange = g_object_ref(exchange);
	picture->hash = g_strdup(hash);
	picture->deadline = bridge_timers_add(patience_ms, picture_deadline_cb, picture);
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	bridge_account_request_async(account, PICTURE_COMMAND, g_variant_dict_end(&arguments),
	                             picture_asked_cb, picture);
}

/* ---- By its hash ----------------------------------------------------------------------------- */

typedef struct {
	const char *hash;
	BridgeAccount *account; /* NULL: nobody's contact has it */
	const char *jid;
} LegacyOwner;

static gboolean
picture_is_of(LegacyAccount *account, gpointer user_data)
{
	LegacyOwner *owner = user_data;
	GPtrArray *contacts = bridge_account_get_contacts(account->account);

	if (bridge_account_get_state(account->account) != BRIDGE_ACCOUNT_ONLINE)
		return TRUE;
	for (guint i = 0; i < contacts->len; i++) {
		const BridgeContact *contact = g_ptr_array_index(contacts, i);

		if (g_strcmp0(bridge_contact_get_avatar(contact), owner->hash) == 0) {
			owner->account = account->account;
			owner->jid = contact->jid;
			return FALSE;
		}
	}
	return TRUE;
}

void
legacy_image_get(LegacyExchange *exchange, const char *hash)
{
	BridgeLegacy *legacy = legacy_exchange_get_context(exchange);
	GBytes *known = legacy_images_find(bridge_legacy_get_images(legacy), hash);
	LegacyOwner owner = {.hash = hash};

	if (known != NULL) {
		legacy_exchange_answer_bytes(exchange, bridge_image_find_type(known), known);
		return;
	}
	legacy_phones_foreach(bridge_legacy_get_phones(legacy), picture_is_of, &owner);
	if (owner.account != NULL)
		picture_ask(exchange, owner.account, owner.jid, hash,
		            MIN(PICTURE_PATIENCE_MS, legacy_exchange_get_rest_ms(exchange)));
	else
		legacy_exchange_refuse(exchange, 404);
}

/* ---- By whose it is -------------------------------------------------------------------------- */

void
legacy_photo_post(LegacyExchange *exchange)
{
	BridgeAccount *account = legacy_exchange_get_account(exchange);
	g_autofree char *jid =
		bridge_account_normalise_peer(account, legacy_exchange_get(exchange, "jid"), NULL);

	if (jid != NULL)
		picture_ask(exchange, account, jid, NULL, legacy_exchange_get_rest_ms(exchange));
	else
		legacy_exchange_refuse(exchange, 400);
}
