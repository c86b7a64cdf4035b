/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-encryption.h"
#include "push-sealer.h"

#include "link/bridge-base64.h"

#define TEST_DEVICE                                                                                \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define TEST_AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define TEST_MANY 200

typedef struct {
	guint next;    /* that is to be told */
	guint refused; /* of those */
	GThread *thread;
} Told;

typedef struct {
	Told *told;
	guint number;
	BridgePushOrder push;
} Sealing;

static void
sealing_free(Sealing *sealing)
{
	bridge_push_order_clear(&sealing->push);
	g_free(sealing);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sealing, sealing_free)

/* By the other thread. */
static SoupMessageHeaders *
write_headers(const BridgePushOrder *push)
{
	SoupMessageHeaders *headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST);

	soup_message_headers_append(headers, "TTL", "60");
	return headers;
}

static void
sealed_cb(const PushSealed *sealed, const GError *error, gpointer user_data)
{
	g_autoptr(Sealing) sealing = user_data;
	GBytes *body = sealed->body;

	g_assert_cmpuint(sealing->told->next++, ==, sealing->number);
	g_assert_true(g_thread_self() == sealing->told->thread);
	g_assert_true((body != NULL) == (error == NULL));
	g_assert_cmpstr(soup_message_headers_get_one(sealed->headers, "TTL"), ==, "60");
	if (body != NULL)
		g_assert_cmpuint(g_bytes_get_size(body), ==, 86 + 256 + 1 + 16);
	else
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
	sealing->told->refused += body == NULL ? 1 : 0;
}

/* @device: its key; NULL: there is none */
static void
read_push(BridgePushOrder *push, const char *device)
{
	g_autoptr(GBytes) payload = bridge_base64_decode("eyJ2IjoxfQ");
	g_autoptr(GBytes) auth = bridge_base64_decode(TEST_AUTH);
	g_autoptr(GBytes) key = device != NULL ? bridge_base64_decode(device) : NULL;
	const BridgePushOrder order = {.payload = payload, .p256dh = key, .auth = auth};
	g_autoptr(GVariant) value = g_variant_ref_sink(bridge_push_order_write(&order));

	bridge_push_order_read(push, value);
}

static void
seal(PushSealer *sealer, Told *told, guint number, const char *device)
{
	Sealing *sealing = g_new0(Sealing, 1);

	read_push(&sealing->push, device);
	sealing->told = told;
	sealing->number = number;
	push_sealer_seal(sealer, &sealing->push, write_headers, sealed_cb, sealing);
}

static PushSealer *
new_sealer(void)
{
	g_autoptr(GError) error = NULL;
	PushSealer *sealer = push_sealer_new(&error);

	g_assert_no_error(error);
	return sealer;
}

static void
test_tells_in_order(void)
{
	g_autoptr(PushSealer) sealer = new_sealer();
	Told told = {.thread = g_thread_self()};

	for (guint i = 0; i < TEST_MANY; i++)
		seal(sealer, &told, i, i % 10 == 3 ? NULL : TEST_DEVICE);
	g_assert_cmpuint(told.next, ==, 0);
	while (told.next < TEST_MANY)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(told.refused, ==, TEST_MANY / 10);
	/* And again, from rest. */
	seal(sealer, &told, TEST_MANY, TEST_DEVICE);
	while (told.next == TEST_MANY)
		g_main_context_iteration(NULL, TRUE);
}

static void
unexpected_cb(const PushSealed *sealed, const GError *error, gpointer user_data)
{
	g_assert_not_reached();
}

/* Some wait, one is being encrypted, some are. */
static void
test_is_freed_meanwhile(void)
{
	g_autoptr(PushSealer) sealer = new_sealer();
	g_auto(BridgePushOrder) push = {NULL};

	read_push(&push, NULL);
	for (guint i = 0; i < TEST_MANY; i++)
		push_sealer_seal(sealer, &push, NULL, unexpected_cb, NULL);
	g_clear_pointer(&sealer, push_sealer_free);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-sealer/tells-in-order", test_tells_in_order);
	g_test_add_func("/push-sealer/is-freed-meanwhile", test_is_freed_meanwhile);
	return g_test_run();
}
