/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pushes to one endpoint, so many and so many of them at once, and how long that took, as JSON:
 *
 *   push-load bare ENDPOINT CERTIFICATE COUNT            by a bare client of libsoup
 *   push-load bridge ENDPOINT CERTIFICATE COUNT PROGRAM  by gtalk-bridge-push, as the daemon does
 *
 * The bare client posts the same bytes, which were made once: a body that lies ready, encrypted,
 * with its headers (but for what libsoup adds: ours names itself, and takes nothing compressed); it
 * has a session of libsoup as it comes, HTTP/1.1 only. gtalk-bridge-push is handed each push over
 * its link, encrypts it anew, checks and parses where it goes, has its clock, and says what came of
 * it. Both keep as many connections and have as much under way; before it counts there were as many
 * pushes as connections, so no handshake is counted. CERTIFICATE is a folder with what is trusted,
 * in bridge-anchors.h's way. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>

#include "link/bridge-anchors.h"
#include "link/bridge-base64.h"
#include "pushes/bridge-push-process.h"
#include "push-encryption.h"
#include "push-key.h"
#include "push-service.h"

#define LOAD_AT_ONCE 32 /* as many as a host gets connections */
#define LOAD_PLAIN_BYTES 180
#define LOAD_DEADLINE_MS 20000

typedef struct Load Load;

struct Load {
	void (*send)(Load *load);
	guint left; /* to be begun */
	guint under_way;
	guint failed;
	/* What is sent: */
	const char *endpoint;
	GVariant *push;
	/* The bare client's: */
	SoupSession *session;
	PushRequest request;
	/* The bridge's: */
	BridgePushProcess *process;
};

static void
load_done(Load *load, gboolean good)
{
	load->under_way--;
	load->failed += good ? 0 : 1;
	if (load->left > 0) {
		load->left--;
		load->under_way++;
		load->send(load);
	}
}

static void
load_run(Load *load, guint count)
{
	load->left = count - MIN(count, LOAD_AT_ONCE);
	load->under_way = MIN(count, LOAD_AT_ONCE);
	for (guint i = 0; i < MIN(count, LOAD_AT_ONCE); i++)
		load->send(load);
	while (load->under_way > 0)
		g_main_context_iteration(NULL, TRUE);
	if (load->failed > 0)
		g_error("%u of %u pushes failed", load->failed, count);
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static GVariant *
load_build_push(const char *endpoint)
{
	g_autoptr(EVP_PKEY) device = EVP_EC_gen("P-256");
	g_autoptr(GBytes) key = push_key_dup_public(device);
	g_autofree guint8 *plain = g_malloc0(LOAD_PLAIN_BYTES);
	static const guint8 auth[16] = {1};
	g_autoptr(GBytes) payload = g_bytes_new(plain, LOAD_PLAIN_BYTES);
	g_autoptr(GBytes) secret = g_bytes_new_static(auth, sizeof auth);
	const BridgePushOrder order = {.endpoint = endpoint,
	                               .id = "msg_01234567890123456789012345678901",
	                               .payload = payload,
	                               .p256dh = key,
	                               .auth = secret,
	                               .ttl_s = 86400,
	                               .urgency = "high",
	                               .topic = "01234567890123456789012345678901"};

	return g_variant_ref_sink(bridge_push_order_write(&order));
}

static char *
load_build_exception(const char *endpoint)
{
	g_autoptr(GUri) uri = g_uri_parse(endpoint, G_URI_FLAGS_NONE, NULL);

	return g_strdup_printf("%s:%d=127.0.0.0/8", g_uri_get_host(uri), g_uri_get_port(uri));
}

/* ---- The bare client ------------------------------------------------------------------------- */

static void
bare_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	SoupMessage *message = soup_session_get_async_result_message(SOUP_SESSION(source), result);
	gboolean good = soup_message_get_status(message) == 201;
	g_autoptr(GBytes) body =
		soup_session_send_and_read_finish(SOUP_SESSION(source), result, NULL);

	load_done(user_data, body != NULL && good);
}

static void
bare_send(Load *load)
{
	g_autoptr(SoupMessage) message =
		soup_message_new_from_uri(SOUP_METHOD_POST, load->request.uri);
	SoupMessageHeadersIter iter;
	const char *name;
	const char *value;

	soup_message_add_flags(message, SOUP_MESSAGE_IDEMPOTENT);
	soup_message_headers_iter_init(&iter, load->request.headers);
	while (soup_message_headers_iter_next(&iter, &name, &value))
		soup_message_headers_append(soup_message_get_request_headers(message), name, value);
	soup_message_set_request_body_from_bytes(message, NULL, load->request.body);
	soup_session_send_and_read_async(load->session, message, G_PRIORITY_DEFAULT, NULL,
	                                 bare_sent_cb, load);
}

static GBytes *
bare_seal(const BridgePushOrder *push)
{
	g_autoptr(PushEncryption) encryption = push_encryption_new(NULL);

	return push_encryption_encrypt(encryption, push->p256dh, push->auth, push->payload,
	                               push_encryption_pad(g_bytes_get_size(push->payload)), NULL);
}

static void
bare_set_up(Load *load, GTlsDatabase *anchors)
{
	g_autofree char *exception = load_build_exception(load->endpoint);
	const char *const allow[] = {exception, NULL};
	g_autoptr(EVP_PKEY) signer = EVP_EC_gen("P-256");
	g_autoptr(GBytes) public_octets = push_key_dup_public(signer);
	BIGNUM *number = NULL;
	guint8 octets[32];
	g_autoptr(GBytes) private_octets = NULL;
	PushContext context = {.rules = bridge_push_rules_new(allow, NULL)};
	PushSealed sealed = {NULL};
	g_auto(BridgePushOrder) push = {NULL};
	g_autoptr(GError) error = NULL;

	if (EVP_PKEY_get_bn_param(signer, "priv", &number) <= 0 ||
	    BN_bn2binpad(number, octets, sizeof octets) < 0)
		g_error("no key");
	BN_free(number);
	private_octets = g_bytes_new(octets, sizeof octets);
	bridge_push_order_read(&push, load->push);
	sealed.body = bare_seal(&push);
	sealed.headers = push_service_web.write(&push);
	context.vapid =
		push_vapid_new(private_octets, public_octets, "mailto:push@example.org", &error);
	if (context.vapid == NULL ||
	    !push_service_web.build(&context, &push, &sealed, &load->request, &error))
		g_error("%s", error->message);
	load->session =
		soup_session_new_with_options("max-conns", LOAD_AT_ONCE, "max-conns-per-host",
	                                      LOAD_AT_ONCE, "tls-database", anchors, NULL);
	load->send = bare_send;
}

/* ---- The bridge ------------------------------------------------------------------------------ */

static void
bridge_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
	g_autoptr(GVariant) outcome =
		bridge_push_process_send_finish(BRIDGE_PUSH_PROCESS(source), result, NULL);

	load_done(user_data, outcome != NULL && bridge_push_outcome_get_result(outcome) ==
	                                                BRIDGE_PUSH_DELIVERED);
}

static void
bridge_send(Load *load)
{
	bridge_push_process_send_async(load->process, BRIDGE_PUSH_SERVICE_WEB, load->push,
	                               bridge_sent_cb, load);
}

static void
bridge_set_up(Load *load, const char *certificates, const char *program)
{
	static const guint8 key[32] = {7};
	static const char *const none[] = {NULL};
	g_autofree char *exception = load_build_exception(load->endpoint);
	const char *const allow[] = {exception, NULL};
	BridgePushProcessOptions options = {.program = program,
	                                    .contact = "mailto:push@example.org",
	                                    .ca_directory = certificates,
	                                    .allow = allow,
	                                    .hosts = none,
	                                    .deadline_ms = LOAD_DEADLINE_MS,
	                                    .probe_interval_ms = LOAD_DEADLINE_MS};

	load->process = bridge_push_process_new(&options, key);
	load->send = bridge_send;
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* Of whoever sends. */
static double
load_get_processor_s(Load *load)
{
	GPid pid = load->process != NULL ? bridge_push_process_get_pid(load->process) : getpid();
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *text = NULL;
	g_auto(GStrv) fields = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		g_error("%s cannot be read", path);
	fields = g_strsplit(strrchr(text, ')') + 2, " ", 0);
	return (double)(g_ascii_strtoull(fields[11], NULL, 10) +
	                g_ascii_strtoull(fields[12], NULL, 10)) /
	       (double)sysconf(_SC_CLK_TCK);
}

static void
load_measure(Load *load, guint count)
{
	double processor_s;
	gint64 begin_us;
	gint64 took_us;

	load_run(load, LOAD_AT_ONCE);
	processor_s = load_get_processor_s(load);
	begin_us = g_get_monotonic_time();
	load_run(load, count);
	took_us = g_get_monotonic_time() - begin_us;
	g_print("{\"pushes\": %u, \"seconds\": %.4f, \"processor_seconds\": %.2f}\n", count,
	        (double)took_us / G_USEC_PER_SEC, load_get_processor_s(load) - processor_s);
}

int
main(int argc, char **argv)
{
	Load load = {NULL};
	g_autoptr(GTlsDatabase) anchors = NULL;
	g_autoptr(GError) error = NULL;

	if (argc < 5)
		return EXIT_FAILURE;
	g_setenv("SOUP_FORCE_HTTP1", "1", TRUE);
	g_setenv("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
	anchors = bridge_anchors_load(argv[3], &error);
	if (anchors == NULL)
		g_error("%s", error->message);
	load.endpoint = argv[2];
	load.push = load_build_push(load.endpoint);
	if (argc == 6)
		bridge_set_up(&load, argv[3], argv[5]);
	else
		bare_set_up(&load, anchors);
	load_measure(&load, (guint)strtoul(argv[4], NULL, 10));
	if (load.process != NULL)
		bridge_push_process_stop(load.process);
	return EXIT_SUCCESS;
}
