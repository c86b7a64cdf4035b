/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-accounts-private.h"

#include "base/bridge-error.h"
#include "bridge-idle.h"

static int
bridge_accounts_compare(gconstpointer one, gconstpointer other)
{
	return g_strcmp0(bridge_account_get_id(*(BridgeAccount *const *)one),
	                 bridge_account_get_id(*(BridgeAccount *const *)other));
}

GPtrArray *
bridge_accounts_list(BridgeAccounts *self)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer account;

	g_return_val_if_fail(BRIDGE_IS_ACCOUNTS(self), NULL);

	g_hash_table_iter_init(&iter, self->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &account))
		g_ptr_array_add(list, account);
	g_ptr_array_sort(list, bridge_accounts_compare);
	return g_steal_pointer(&list);
}

static gboolean
bridge_accounts_has_username(BridgeAccount *account, const char *typed)
{
	g_autofree char *username = account->protocol->normalise_username(typed, NULL);

	return g_strcmp0(bridge_account_get_username(account), username) == 0;
}

/* @found: (out): one of them. Returns: how many */
static guint
bridge_accounts_find_username(BridgeAccounts *self, const char *typed, BridgeAccount **found)
{
	GHashTableIter iter;
	gpointer account;
	guint count = 0;

	g_hash_table_iter_init(&iter, self->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &account)) {
		if (!bridge_accounts_has_username(account, typed))
			continue;
		*found = account;
		count++;
	}
	return count;
}

BridgeAccount *
bridge_accounts_find(BridgeAccounts *self, const char *name, GError **error)
{
	BridgeAccount *account = NULL;
	guint count = 0;

	g_return_val_if_fail(BRIDGE_IS_ACCOUNTS(self), NULL);

	account = g_hash_table_lookup(self->accounts, name);
	if (account != NULL)
		return g_object_ref(account);
	count = bridge_accounts_find_username(self, name, &account);
	if (count == 1)
		return g_object_ref(account);
	if (count == 0)
		g_set_error_literal(error, BRIDGE_ERROR, BRIDGE_ERROR_NOT_FOUND,
		                    "there is no such account");
	else
		g_set_error(error, BRIDGE_ERROR, BRIDGE_ERROR_CONFLICT,
		            "%u accounts have this address: name one by its id", count);
	return NULL;
}

void
bridge_accounts_reconfigure(BridgeAccounts *self)
{
	GHashTableIter iter;
	gpointer value;

	g_return_if_fail(BRIDGE_IS_ACCOUNTS(self));

	g_hash_table_iter_init(&iter, self->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		BridgeAccount *account = value;

		account->domain = bridge_accounts_get_domain(self, account->record);
		bridge_idle_begin(account);
	}
}

gboolean
bridge_accounts_use_domain(BridgeAccounts *self, const char *domain)
{
	GHashTableIter iter;
	gpointer value;

	g_return_val_if_fail(BRIDGE_IS_ACCOUNTS(self), FALSE);

	g_hash_table_iter_init(&iter, self->accounts);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const BridgeAccountRecord *record = bridge_account_get_record(value);

		if (g_str_equal(bridge_protocol_get_domain(record->protocol, record->username),
		                domain))
			return TRUE;
	}
	return FALSE;
}
