/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "legacy-account.h"

#include <string.h>

#include "account/bridge-account-notes.h"
#include "base/bridge-secret.h"
#include "legacy-cipher.h"

#define ACCOUNT_LOST_S (5 * 60)
#define ACCOUNT_TAKEN_MAX 500 /* of a phone; older ones may come to it twice */
#define ACCOUNT_NOTES BRIDGE_ACCOUNT_NOTES_PREFIX "legacy" /* a{sv} */

static gint64
account_get_now_s(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

/* ---- One phone ------------------------------------------------------------------------------- */

static void
account_free_phone(LegacyPhone *phone)
{
	bridge_secret_free_text(phone->token);
	g_free(phone->device_id);
	g_free(phone->proof);
	g_free(phone->callback);
	g_strfreev(phone->tiles);
	g_array_unref(phone->taken);
	g_hash_table_unref(phone->typists);
	g_free(phone);
}

static LegacyPhone *
account_new_phone(guint64 left)
{
	LegacyPhone *phone = g_new0(LegacyPhone, 1);

	phone->act_s = account_get_now_s();
	phone->toasts = phone->tile = phone->contact_tiles = TRUE;
	phone->taken = g_array_new(FALSE, FALSE, sizeof(guint64));
	phone->open = TRUE; /* if not, the first push says so */
	phone->left = left;
	phone->tile_count = -1;
	phone->typists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return phone;
}

static void
account_load_taken(LegacyPhone *phone, GVariant *notes)
{
	g_autoptr(GVariant) taken = g_variant_lookup_value(notes, "taken", G_VARIANT_TYPE("at"));
	gsize count = 0;
	const guint64 *seqs =
		taken != NULL ? g_variant_get_fixed_array(taken, &count, sizeof(guint64)) : NULL;

	g_array_append_vals(phone->taken, seqs, (guint)count);
}

static LegacyPhone *
account_load_phone(GVariant *notes, guint64 left)
{
	LegacyPhone *phone = account_new_phone(left);

	g_variant_lookup(notes, "device", "s", &phone->device_id);
	g_variant_lookup(notes, "token", "s", &phone->token);
	g_variant_lookup(notes, "proof", "s", &phone->proof);
	g_variant_lookup(notes, "callback", "s", &phone->callback);
	g_variant_lookup(notes, "tiles", "^as", &phone->tiles);
	g_variant_lookup(notes, "toasts", "b", &phone->toasts);
	g_variant_lookup(notes, "tile", "b", &phone->tile);
	g_variant_lookup(notes, "contact-tiles", "b", &phone->contact_tiles);
	account_load_taken(phone, notes);
	if (phone->device_id != NULL && phone->token != NULL && phone->proof != NULL)
		return phone;
	account_free_phone(phone);
	return NULL;
}

static GVariant *
account_build_phone(const LegacyPhone *phone)
{
	GVariantDict notes;

	g_variant_dict_init(&notes, NULL);
	g_variant_dict_insert(&notes, "device", "s", phone->device_id);
	g_variant_dict_insert(&notes, "token", "s", phone->token);
	g_variant_dict_insert(&notes, "proof", "s", phone->proof);
	if (phone->callback != NULL)
		g_variant_dict_insert(&notes, "callback", "s", phone->callback);
	if (phone->tiles != NULL)
		g_variant_dict_insert(&notes, "tiles", "^as", phone->tiles);
	g_variant_dict_insert(&notes, "toasts", "b", phone->toasts);
	g_variant_dict_insert(&notes, "tile", "b", phone->tile);
	g_variant_dict_insert(&notes, "contact-tiles", "b", phone->contact_tiles);
	g_variant_dict_insert_value(&notes, "taken",
	                            g_variant_new_fixed_array(G_VARIANT_TYPE_UINT64,
	                                                      phone->taken->data, phone->taken->len,
	                                                      sizeof(guint64)));
	return g_variant_dict_end(&notes);
}

/* ---- The account ----------------------------------------------------------------------------- */

static LegacyAccount *
account_new(BridgeAccount *account)
{
	LegacyAccount *self = g_new0(LegacyAccount, 1);

	self->account = g_object_ref(account);
	self->phones = g_ptr_array_new_with_free_func((GDestroyNotify)account_free_phone);
	g_queue_init(&self->waiting);
	g_ref_count_init(&self->references);
	return self;
}

LegacyAccount *
legacy_account_new(BridgeAccount *account, guint64 queue)
{
	LegacyAccount *self = account_new(account);

	self->key = legacy_cipher_make_key();
	self->queue = queue;
	return self;
}

static void
account_load_phones(LegacyAccount *self, GVariant *phones)
{
	GVariantIter iter;
	GVariant *notes = NULL;

	g_variant_iter_init(&iter, phones);
	while (g_variant_iter_loop(&iter, "@a{sv}", &notes)) {
		LegacyPhone *phone =
			account_load_phone(notes, bridge_account_get_seq(self->account));

		if (phone != NULL)
			g_ptr_array_add(self->phones, phone);
	}
}

LegacyAccount *
legacy_account_load(BridgeAccount *account)
{
	g_autoptr(GVariant) notes = bridge_account_dup_notes(account, ACCOUNT_NOTES);
	g_autoptr(GVariant) phones = NULL;
	g_autoptr(LegacyAccount) self = NULL;

	if (notes == NULL || !g_variant_is_of_type(notes, G_VARIANT_TYPE_VARDICT))
		return NULL;
	self = account_new(account);
	g_variant_lookup(notes, "key", "s", &self->key);
	g_variant_lookup(notes, "queue", "t", &self->queue);
	phones = g_variant_lookup_value(notes, "phones", G_VARIANT_TYPE("aa{sv}"));
	if (phones != NULL)
		account_load_phones(self, phones);
	return self->key != NULL ? g_steal_pointer(&self) : NULL;
}

LegacyAccount *
legacy_account_ref(LegacyAccount *self)
{
	g_ref_count_inc(&self->references);
	return self;
}

void
legacy_account_unref(LegacyAccount *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	g_queue_clear(&self->waiting);
	g_ptr_array_unref(self->phones);
	g_clear_pointer(&self->lost, account_free_phone);
	bridge_secret_free_text(self->key);
	g_object_unref(self->account);
	g_free(self);
}

void
legacy_account_keep_async(LegacyAccount *self, GAsyncReadyCallback callback, gpointer user_data)
{
	GVariantDict notes;
	GVariantBuilder phones;

	g_variant_builder_init(&phones, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < self->phones->len; i++)
		g_variant_builder_add_value(
			&phones, account_build_phone(g_ptr_array_index(self->phones, i)));
	g_variant_dict_init(&notes, NULL);
	g_variant_dict_insert(&notes, "key", "s", self->key);
	g_variant_dict_insert(&notes, "queue", "t", self->queue);
	g_variant_dict_insert_value(&notes, "phones", g_variant_builder_end(&phones));
	bridge_account_keep_notes_async(self->account, ACCOUNT_NOTES, g_variant_dict_end(&notes),
	                                callback, user_data);
}

gboolean
legacy_account_keep_finish(BridgeAccount *account, GAsyncResult *result, GError **error)
{
	return bridge_account_keep_notes_finish(account, result, error);
}

char *
legacy_account_build_proof(const char *username, const char *auth)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(checksum, (const guchar *)username, (gssize)strlen(username) + 1);
	g_checksum_update(checksum, (const guchar *)auth, (gssize)strlen(auth));
	return g_strdup(g_checksum_get_string(checksum));
}

/* ---- Its phones ------------------------------------------------------------------------------ */

LegacyPhone *
legacy_account_add_phone(LegacyAccount *self, const char *device_id, const char *token,
                         const char *proof)
{
	LegacyPhone *phone = account_new_phone(bridge_account_get_seq(self->account));

	phone->device_id = g_strdup(device_id);
	phone->token = g_strdup(token);
	phone->proof = g_strdup(proof);
	g_ptr_array_add(self->phones, phone);
	return phone;
}

LegacyPhone *
legacy_account_find_phone(LegacyAccount *self, const char *device_id)
{
	for (guint i = 0; i < self->phones->len; i++) {
		LegacyPhone *phone = g_ptr_array_index(self->phones, i);

		if (g_str_equal(phone->device_id, device_id))
			return phone;
	}
	return NULL;
}

LegacyPhone *
legacy_account_find_proof(LegacyAccount *self, const char *proof)
{
	for (guint i = 0; i < self->phones->len; i++) {
		LegacyPhone *phone = g_ptr_array_index(self->phones, i);

		if (g_str_equal(phone->proof, proof))
			return phone;
	}
	return NULL;
}

static void
account_lose(LegacyAccount *self, LegacyPhone *phone)
{
	if (phone->callback == NULL) {
		account_free_phone(phone);
		return;
	}
	g_clear_pointer(&self->lost, account_free_phone);
	self->lost = phone;
	self->lost_s = account_get_now_s();
}

gboolean
legacy_account_remove_phone(LegacyAccount *self, const char *device_id)
{
	guint place = 0;

	if (!g_ptr_array_find(self->phones, legacy_account_find_phone(self, device_id), &place))
		return FALSE;
	account_lose(self, g_ptr_array_steal_index(self->phones, place));
	return TRUE;
}

gboolean
legacy_account_inherit(LegacyAccount *self, LegacyPhone *phone)
{
	if (self->lost == NULL || account_get_now_s() - self->lost_s > ACCOUNT_LOST_S) {
		g_clear_pointer(&self->lost, account_free_phone);
		return FALSE;
	}
	phone->callback = g_steal_pointer(&self->lost->callback);
	phone->tiles = g_steal_pointer(&self->lost->tiles);
	phone->toasts = self->lost->toasts;
	phone->tile = self->lost->tile;
	phone->contact_tiles = self->lost->contact_tiles;
	g_clear_pointer(&self->lost, account_free_phone);
	return TRUE;
}

void
legacy_account_disinherit(LegacyAccount *self, const char *callback)
{
	if (self->lost != NULL && g_str_equal(self->lost->callback, callback))
		g_clear_pointer(&self->lost, account_free_phone);
}

/* ---- Its queue ------------------------------------------------------------------------------- */

static gboolean
account_has_taken(const LegacyPhone *phone, guint64 seq)
{
	for (guint i = phone->taken->len; i > 0; i--)
		if (g_array_index(phone->taken, guint64, i - 1) <= seq)
			return g_array_index(phone->taken, guint64, i - 1) == seq;
	return FALSE;
}

gboolean
legacy_account_has_queued(LegacyAccount *self, const LegacyPhone *phone, guint64 seq)
{
	return seq > self->queue && !account_has_taken(phone, seq);
}

void
legacy_account_move_on(LegacyAccount *self, guint64 seq)
{
	self->queue = MAX(self->queue, seq);
	for (guint i = 0; i < self->phones->len; i++) {
		GArray *taken = ((LegacyPhone *)g_ptr_array_index(self->phones, i))->taken;
		guint done = 0;

		while (done < taken->len && g_array_index(taken, guint64, done) <= self->queue)
			done++;
		if (done > 0)
			g_array_remove_range(taken, 0, done);
	}
}

void
legacy_account_take(LegacyAccount *self, LegacyPhone *phone, guint64 seq)
{
	if (!legacy_account_has_queued(self, phone, seq))
		return;
	/* Nothing is before it, and nobody else waits for it. */
	if (phone->left <= self->queue && self->phones->len == 1) {
		legacy_account_move_on(self, seq);
		return;
	}
	if (phone->taken->len >= ACCOUNT_TAKEN_MAX)
		g_array_remove_index(phone->taken, 0);
	g_array_append_val(phone->taken, seq);
}
