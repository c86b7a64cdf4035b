/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-records.h"

#include <string.h>

#include "base/bridge-error.h"

/* Events, messages and enrolments are written once. */
#define RECORD_FIRST_VERSION 1

/* What is sealed behind so much lies on pages of its own: SQLite keeps at most 1,002 octets of a
 * row among other rows, where a copy may outlive it when rows move; pages of their own are wiped
 * when they are given up. */
#define RECORD_DISTANCE_BYTES 1024

/* The first field: whether it is off the record. */
static void
bridge_sqlite_records_add_mark(BridgeFields *fields, gboolean off_the_record, gboolean has_body)
{
	g_autofree char *distance = NULL;

	if (off_the_record && has_body)
		distance = g_strnfill(RECORD_DISTANCE_BYTES, ' ');
	bridge_fields_add_text(fields, distance != NULL ? distance : off_the_record ? "" : NULL);
}

static gboolean
bridge_sqlite_records_take_mark(BridgeFieldsReader *reader)
{
	g_autofree char *mark = bridge_fields_reader_take_text(reader);

	return mark != NULL;
}

static guint64
bridge_sqlite_records_get_number(BridgeStatement *row, int column)
{
	return (guint64)sqlite3_column_int64(row, column);
}

static char *
bridge_sqlite_records_dup_text(BridgeStatement *row, int column)
{
	return g_strdup((const char *)sqlite3_column_text(row, column));
}

/* ---- Accounts -------------------------------------------------------------------------------- */

/* GVariant's serialised form, little-endian whatever the machine is. */
static void
bridge_sqlite_records_add_kept(BridgeFields *fields, GVariant *kept)
{
	g_autoptr(GVariant) stored = NULL;

	if (kept == NULL) {
		bridge_fields_add_text(fields, NULL);
		return;
	}
	stored = G_BYTE_ORDER == G_LITTLE_ENDIAN ? g_variant_ref(kept) : g_variant_byteswap(kept);
	bridge_fields_add(fields, g_variant_get_data(stored), g_variant_get_size(stored));
}

static GVariant *
bridge_sqlite_records_take_kept(BridgeFieldsReader *reader)
{
	g_autoptr(GBytes) octets = bridge_fields_reader_take(reader);
	g_autoptr(GVariant) stored = NULL;

	if (octets == NULL)
		return NULL;
	stored =
		g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, octets, FALSE));
	return G_BYTE_ORDER == G_LITTLE_ENDIAN ? g_variant_get_normal_form(stored)
	                                       : g_variant_byteswap(stored);
}

GBytes *
bridge_sqlite_records_seal_account(const BridgeKey *key, const BridgeAccountRecord *record,
                                   guint64 version, GError **error)
{
	BridgeSealPlace place = {"accounts", "sealed", record->id, version};
	g_autoptr(BridgeFields) fields = bridge_fields_new();

	bridge_fields_add_text(fields, record->protocol);
	bridge_fields_add_text(fields, record->username);
	bridge_fields_add_text(fields, record->endpoint);
	bridge_fields_add_text(fields, record->mechanism);
	bridge_fields_add_text(fields, record->resource);
	bridge_fields_add_text(fields, record->bound_jid);
	bridge_fields_add_text(fields, record->signed_out);
	bridge_sqlite_records_add_kept(fields, record->kept);
	return bridge_sqlite_seal_fields(key, &place, fields, error);
}

GBytes *
bridge_sqlite_records_seal_credential(const BridgeKey *key, const BridgeAccountRecord *record,
                                      guint64 version, GError **error)
{
	BridgeSealPlace place = {"accounts", "credential", record->id, version};
	gsize length = 0;
	gconstpointer octets = g_bytes_get_data(record->credential, &length);

	return bridge_sqlite_seal(key, &place, octets, length, error);
}

GBytes *
bridge_sqlite_records_seal_archive(const BridgeKey *archive_key, const char *account_id,
                                   const char *archive_after, guint64 version, GError **error)
{
	BridgeSealPlace place = {"accounts", "archive_after", account_id, version};

	return bridge_sqlite_seal_record(archive_key, &place, archive_after, strlen(archive_after),
	                                 error);
}

static gboolean
bridge_sqlite_records_open_person(BridgeAccountRecord *record, GBytes *plain,
                                  const BridgeSealPlace *place, GError **error)
{
	BridgeFieldsReader reader;

	bridge_fields_reader_init(&reader, plain);
	record->protocol = bridge_fields_reader_take_text(&reader);
	record->username = bridge_fields_reader_take_text(&reader);
	record->endpoint = bridge_fields_reader_take_text(&reader);
	record->mechanism = bridge_fields_reader_take_text(&reader);
	record->resource = bridge_fields_reader_take_text(&reader);
	record->bound_jid = bridge_fields_reader_take_text(&reader);
	record->signed_out = bridge_fields_reader_take_text(&reader);
	record->kept = bridge_sqlite_records_take_kept(&reader);
	if (bridge_fields_reader_is_done(&reader) && record->protocol != NULL &&
	    record->username != NULL && record->endpoint != NULL)
		return TRUE;
	bridge_sqlite_set_corrupt(error, place);
	return FALSE;
}

/* The two columns that may be NULL. */
static gboolean
bridge_sqlite_records_open_optional(BridgeAccountRecord *record, const BridgeKey *key,
                                    BridgeStatement *row, guint64 version, GError **error)
{
	BridgeSealPlace place = {"accounts", "credential", record->id, version};
	g_autoptr(GBytes) archive = NULL;

	if (sqlite3_column_type(row, 4) != SQLITE_NULL) {
		record->credential = bridge_sqlite_open_column(key, &place, row, 4, error);
		if (record->credential == NULL)
			return FALSE;
	}
	if (sqlite3_column_type(row, 6) == SQLITE_NULL)
		return TRUE;
	place.column = "archive_after";
	place.version = bridge_sqlite_records_get_number(row, 5);
	archive = bridge_sqlite_open_column(key, &place, row, 6, error);
	if (archive == NULL)
		return FALSE;
	record->archive_after =
		g_strndup(g_bytes_get_data(archive, NULL), g_bytes_get_size(archive));
	return TRUE;
}

BridgeAccountRecord *
bridge_sqlite_records_open_account(const BridgeKey *key, BridgeStatement *row, GError **error)
{
	g_autoptr(BridgeAccountRecord) record = g_new0(BridgeAccountRecord, 1);
	BridgeSealPlace place = {"accounts", "sealed", NULL, 0};
	g_autoptr(GBytes) plain = NULL;

	place.primary_key = record->id = bridge_sqlite_records_dup_text(row, 0);
	place.version = bridge_sqlite_records_get_number(row, 2);
	record->created_us = sqlite3_column_int64(row, 1);
	plain = bridge_sqlite_open_column(key, &place, row, 3, error);
	if (plain == NULL || !bridge_sqlite_records_open_person(record, plain, &place, error) ||
	    !bridge_sqlite_records_open_optional(record, key, row, place.version, error))
		return NULL;
	return g_steal_pointer(&record);
}

/* ---- Devices --------------------------------------------------------------------------------- */

GBytes *
bridge_sqlite_records_seal_device(const BridgeKey *key, const BridgeDeviceRecord *record,
                                  guint64 version, GError **error)
{
	BridgeSealPlace place = {"devices", "sealed", record->id, version};
	g_autoptr(BridgeFields) fields = bridge_fields_new();

	bridge_fields_add_text(fields, record->account_id); /* so that no row changes its owner */
	bridge_fields_add(fields, record->token_hash, sizeof record->token_hash);
	bridge_fields_add_text(fields, record->name);
	bridge_fields_add_text(fields, record->kind);
	return bridge_sqlite_seal_fields(key, &place, fields, error);
}

static gboolean
bridge_sqlite_records_open_device_fields(BridgeDeviceRecord *record, GBytes *plain)
{
	BridgeFieldsReader reader;
	g_autoptr(GBytes) hash = NULL;

	bridge_fields_reader_init(&reader, plain);
	record->account_id = bridge_fields_reader_take_text(&reader);
	hash = bridge_fields_reader_take(&reader);
	record->name = bridge_fields_reader_take_text(&reader);
	record->kind = bridge_fields_reader_take_text(&reader);
	return bridge_fields_reader_is_done(&reader) && hash != NULL &&
	       g_bytes_get_size(hash) == sizeof record->token_hash &&
	       memcmp(g_bytes_get_data(hash, NULL), record->token_hash,
	              sizeof record->token_hash) == 0;
}

BridgeDeviceRecord *
bridge_sqlite_records_open_device(const BridgeSqliteAccount *account, BridgeStatement *row,
                                  GError **error)
{
	g_autoptr(BridgeDeviceRecord) record = g_new0(BridgeDeviceRecord, 1);
	BridgeSealPlace place = {"devices", "sealed", NULL, 0};
	g_autoptr(GBytes) plain = NULL;

	place.primary_key = record->id = bridge_sqlite_records_dup_text(row, 0);
	place.version = bridge_sqlite_records_get_number(row, 4);
	if (sqlite3_column_bytes(row, 1) == sizeof record->token_hash)
		memcpy(record->token_hash, sqlite3_column_blob(row, 1), sizeof record->token_hash);
	record->acked_seq = bridge_sqlite_records_get_number(row, 2);
	record->created_us = sqlite3_column_int64(row, 3);
	plain = bridge_sqlite_open_column(account->key, &place, row, 5, error);
	if (plain == NULL)
		return NULL;
	if (!bridge_sqlite_records_open_device_fields(record, plain) ||
	    g_strcmp0(record->account_id, account->id) != 0) {
		bridge_sqlite_set_corrupt(error, &place);
		return NULL;
	}
	return g_steal_pointer(&record);
}

/* ---- Subscriptions --------------------------------------------------------------------------- */

GBytes *
bridge_sqlite_records_seal_subscription(const BridgeKey *key,
                                        const BridgeSubscriptionRecord *record, guint64 version,
                                        GError **error)
{
	BridgeSealPlace place = {"subscriptions", "sealed", record->id, version};
	g_autoptr(BridgeFields) fields = bridge_fields_new();

	bridge_fields_add_text(fields, record->account_id); /* so that no row changes its owner */
	bridge_fields_add_text(fields, record->device_id);
	bridge_sqlite_records_add_kept(fields, record->settings);
	return bridge_sqlite_seal_fields(key, &place, fields, error);
}

static gboolean
bridge_sqlite_records_open_subscription_fields(BridgeSubscriptionRecord *record, GBytes *plain)
{
	BridgeFieldsReader reader;
	g_autofree char *device_id = NULL;

	bridge_fields_reader_init(&reader, plain);
	record->account_id = bridge_fields_reader_take_text(&reader);
	device_id = bridge_fields_reader_take_text(&reader);
	record->settings = bridge_sqlite_records_take_kept(&reader);
	return bridge_fields_reader_is_done(&reader) && record->settings != NULL &&
	       g_strcmp0(device_id, record->device_id) == 0;
}

BridgeSubscriptionRecord *
bridge_sqlite_records_open_subscription(const BridgeSqliteAccount *account, BridgeStatement *row,
                                        GError **error)
{
	g_autoptr(BridgeSubscriptionRecord) record = g_new0(BridgeSubscriptionRecord, 1);
	BridgeSealPlace place = {"subscriptions", "sealed", NULL, 0};
	g_autoptr(GBytes) plain = NULL;

	place.primary_key = record->id = bridge_sqlite_records_dup_text(row, 0);
	place.version = bridge_sqlite_records_get_number(row, 8);
	record->device_id = bridge_sqlite_records_dup_text(row, 1);
	record->pushed_seq = bridge_sqlite_records_get_number(row, 2);
	record->not_before_us = sqlite3_column_int64(row, 3);
	record->attempts = (guint)bridge_sqlite_records_get_number(row, 4);
	record->failing_us = sqlite3_column_int64(row, 5);
	record->failures = (guint)bridge_sqlite_records_get_number(row, 6);
	record->created_us = sqlite3_column_int64(row, 7);
	record->last_success_us = sqlite3_column_int64(row, 10);
	record->last_failure_us = sqlite3_column_int64(row, 11);
	record->last_error = bridge_sqlite_records_dup_text(row, 12);
	plain = bridge_sqlite_open_column(account->key, &place, row, 9, error);
	if (plain == NULL)
		return NULL;
	if (!bridge_sqlite_records_open_subscription_fields(record, plain) ||
	    g_strcmp0(record->account_id, account->id) != 0) {
		bridge_sqlite_set_corrupt(error, &place);
		return NULL;
	}
	return g_steal_pointer(&record);
}

/* ---- Events ---------------------------------------------------------------------------------- */

GBytes *
bridge_sqlite_records_seal_event(BridgeSqliteAccount *account, const BridgeEventRecord *event,
                                 guint64 seq, GError **error)
{
	g_autofree char *row_key = bridge_sqlite_account_format_key(account, seq);
	BridgeSealPlace place = {"events", "sealed", row_key, RECORD_FIRST_VERSION};
	g_autoptr(BridgeFields) fields = bridge_fields_new();
	gsize length = 0;
	gconstpointer data = event->data != NULL ? g_bytes_get_data(event->data, &length) : NULL;

	const BridgeKey *event_key = bridge_sqlite_account_get_event_key(account, error);

	if (event_key == NULL)
		return NULL;
	bridge_sqlite_records_add_mark(fields, event->off_the_record, TRUE);
	bridge_fields_add_text(fields, event->type);
	bridge_fields_add(fields, data, length);
	data = bridge_fields_get(fields, &length);
	return bridge_sqlite_seal_record(event_key, &place, data, length, error);
}

BridgeEventRecord *
bridge_sqlite_records_open_event(BridgeSqliteAccount *account, BridgeStatement *row, GError **error)
{
	guint64 seq = bridge_sqlite_records_get_number(row, 0);
	g_autofree char *row_key = bridge_sqlite_account_format_key(account, seq);
	BridgeSealPlace place = {"events", "sealed", row_key, RECORD_FIRST_VERSION};
	const BridgeKey *event_key = bridge_sqlite_account_get_event_key(account, error);
	g_autoptr(BridgeEventRecord) event = g_new0(BridgeEventRecord, 1);
	g_autoptr(GBytes) plain = NULL;
	BridgeFieldsReader reader;

	if (event_key != NULL)
		plain = bridge_sqlite_open_record(event_key, &place, row, 2, error);
	if (plain == NULL)
		return NULL;
	event->seq = seq;
	event->time_us = sqlite3_column_int64(row, 1);
	bridge_fields_reader_init(&reader, plain);
	event->off_the_record = bridge_sqlite_records_take_mark(&reader);
	event->type = bridge_fields_reader_take_text(&reader);
	event->data = bridge_fields_reader_take(&reader);
	if (!bridge_fields_reader_is_done(&reader) || event->type == NULL || event->data == NULL) {
		bridge_sqlite_set_corrupt(error, &place);
		return NULL;
	}
	return g_steal_pointer(&event);
}

/* ---- Messages to send ------------------------------------------------------------------------ */

GBytes *
bridge_sqlite_records_seal_outgoing(const BridgeSqliteAccount *account,
                                    const BridgeOutgoingRecord *record, guint64 seq, GError **error)
{
	g_autofree char *row_key = bridge_sqlite_account_format_key(account, seq);
	BridgeSealPlace place = {"outgoing", "sealed", row_key, RECORD_FIRST_VERSION};
	g_autoptr(BridgeFields) fields = bridge_fields_new();

	bridge_sqlite_records_add_mark(fields, record->off_the_record, record->body != NULL);
	bridge_fields_add_text(fields, record->device_id);
	bridge_fields_add_text(fields, record->id);
	bridge_fields_add_text(fields, record->wire_id);
	bridge_fields_add_text(fields, record->to);
	bridge_fields_add_text(fields, record->body);
	if (record->body == NULL)
		bridge_fields_add(fields, record->digest, sizeof record->digest);
	return bridge_sqlite_seal_fields(account->key, &place, fields, error);
}

static gboolean
bridge_sqlite_records_open_body(BridgeOutgoingRecord *record, BridgeFieldsReader *reader)
{
	g_autoptr(GBytes) digest = NULL;

	record->body = bridge_fields_reader_take_text(reader);
	if (record->body != NULL)
		return TRUE;
	digest = bridge_fields_reader_take(reader);
	if (digest == NULL || g_bytes_get_size(digest) != sizeof record->digest)
		return FALSE;
	memcpy(record->digest, g_bytes_get_data(digest, NULL), sizeof record->digest);
	return TRUE;
}

BridgeOutgoingRecord *
bridge_sqlite_records_open_outgoing(const BridgeSqliteAccount *account, BridgeStatement *row,
                                    GError **error)
{
	guint64 seq = bridge_sqlite_records_get_number(row, 0);
	g_autofree char *row_key = bridge_sqlite_account_format_key(account, seq);
	BridgeSealPlace place = {"outgoing", "sealed", row_key, RECORD_FIRST_VERSION};
	g_autoptr(GBytes) plain = bridge_sqlite_open_column(account->key, &place, row, 3, error);
	g_autoptr(BridgeOutgoingRecord) record = g_new0(BridgeOutgoingRecord, 1);
	BridgeFieldsReader reader;

	if (plain == NULL)
		return NULL;
	record->account_id = g_strdup(account->id);
	record->seq = seq;
	record->status = sqlite3_column_int(row, 1);
	record->time_us = sqlite3_column_int64(row, 2);
	bridge_fields_reader_init(&reader, plain);
	record->off_the_record = bridge_sqlite_records_take_mark(&reader);
	record->device_id = bridge_fields_reader_take_text(&reader);
	record->id = bridge_fields_reader_take_text(&reader);
	record->wire_id = bridge_fields_reader_take_text(&reader);
	record->to = bridge_fields_reader_take_text(&reader);
	if (!bridge_sqlite_records_open_body(record, &reader) ||
	    !bridge_fields_reader_is_done(&reader)) {
		bridge_sqlite_set_corrupt(error, &place);
		return NULL;
	}
	return g_steal_pointer(&record);
}

/* ---- Enrolment codes ------------------------------------------------------------------------- */

static char *
bridge_sqlite_records_format_hash(const guint8 hash[32])
{
	GString *text = g_string_sized_new(64);

	for (guint i = 0; i < 32; i++)
		g_string_append_printf(text, "%02x", hash[i]);
	return g_string_free(text, FALSE);
}

GBytes *
bridge_sqlite_records_seal_domain(BridgeSqliteKeys *keys, const guint8 hash[32], const char *domain,
                                  GError **error)
{
	g_autofree char *row_key = bridge_sqlite_records_format_hash(hash);
	BridgeSealPlace place = {"enrolments", "sealed", row_key, RECORD_FIRST_VERSION};
	g_autoptr(BridgeFields) fields = bridge_fields_new();

	bridge_fields_add_text(fields, domain);
	return bridge_sqlite_seal_fields(keys->global, &place, fields, error);
}

gboolean
bridge_sqlite_records_open_domain(BridgeSqliteKeys *keys, const guint8 hash[32],
                                  BridgeStatement *row, int column, char **domain, GError **error)
{
	g_autofree char *row_key = bridge_sqlite_records_format_hash(hash);
	BridgeSealPlace place = {"enrolments", "sealed", row_key, RECORD_FIRST_VERSION};
	g_autoptr(GBytes) plain =
		bridge_sqlite_open_column(keys->global, &place, row, column, error);
	g_autofree char *found = NULL;
	BridgeFieldsReader reader;

	if (plain == NULL)
		return FALSE;
	bridge_fields_reader_init(&reader, plain);
	found = bridge_fields_reader_take_text(&reader);
	if (!bridge_fields_reader_is_done(&reader)) {
		bridge_sqlite_set_corrupt(error, &place);
		return FALSE;
	}
	*domain = g_steal_pointer(&found);
	return TRUE;
}
