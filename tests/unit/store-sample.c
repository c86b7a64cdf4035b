/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes a store with a few records under a known master key, for another implementation to read:
 * store-sample PATH. */
#include "config.h"

#include <stdlib.h>

#include "bridge-store-testing.h"

int
main(int argc, char **argv)
{
	static const guint8 code[32] = "the hash of an enrolment code";
	static const BridgeEventRecord sent = {.type = (char *)"message.sent"};
	BridgeRepetitionKeys keys = {"stanza 1", "romeo 1", "romeo ok", 1, 1};
	BridgeRepetitionKeys settled = {"stanza 2", "romeo 2", "romeo settled", 1, 0};
	BridgeOutgoingRecord outgoing = {
		.account_id = (char *)"juliet",
		.device_id = (char *)"d1",
		.id = (char *)"m1",
		.wire_id = (char *)"w1",
		.to = (char *)"romeo@example.org",
		.body = (char *)"wherefore",
	};
	BridgeSubscriptionRecord subscription = {
		.id = (char *)"s1",
		.account_id = (char *)"juliet",
		.device_id = (char *)"d1",
		.settings = g_variant_ref_sink(g_variant_new_parsed("{'type': <'webpush'>}")),
	};
	BridgeStoreBatch *batch = bridge_store_batch_new();
	BridgeStore *store = NULL;

	if (argc != 2)
		return EXIT_FAILURE;
	store = bridge_store_testing_open(argv[1], 0, 0);
	bridge_store_testing_put_account(store, "juliet");
	bridge_store_testing_put_account(store, "juliet"); /* a second version of the row */
	bridge_store_testing_put_device(store, "juliet", "d1", 7, 0);
	bridge_store_testing_append(store, "juliet", "{\"body\":\"ok\"}", &keys);
	bridge_store_testing_append(store, "juliet", "{\"body\":\"settled\"}", &settled);
	bridge_store_batch_put_outgoing(batch, &outgoing, &sent);
	bridge_store_batch_set_archive_after(batch, "juliet", "archive 1");
	bridge_store_batch_put_subscription(batch, &subscription);
	bridge_store_batch_put_enrolment(batch, code, G_MAXINT64, "example.org");
	bridge_store_testing_commit(store, batch);
	g_variant_unref(subscription.settings);
	bridge_store_close(store);
	g_object_unref(store);
	return EXIT_SUCCESS;
}
