/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The account and the connection are doubles; what goes out is caught where the plugin's writer
 * would be. */
#include "config.h"

#include <purple.h>

#include "harness/purple-boot.h"
#include "host-iq.h"
#include "plugin/gtalk.h"

#define TEST_OWN_JID "juliet@talk.example/balcony"

struct _HostAccount {
	PurpleAccount purple;
	PurplePlugin plugin;
	PurpleConnection connection;
	GData *states;
	xmlnode *sent;  /* the last one */
	GString *heard; /* what came of it, a word each */
};

static HostAccount test_account;

HostAccount *
host_account_find(PurpleConnection *gc)
{
	return gc == &test_account.connection ? &test_account : NULL;
}

PurpleAccount *
host_account_get_purple(HostAccount *account)
{
	return &account->purple;
}

PurpleConnection *
host_account_get_connection(HostAccount *account)
{
	return &account->connection;
}

const char *
host_account_get_bound_jid(HostAccount *account)
{
	return TEST_OWN_JID;
}

gpointer
host_account_get_state(HostAccount *account, const char *name)
{
	return g_datalist_get_data(&account->states, name);
}

void
host_account_set_state(HostAccount *account, const char *name, gpointer state,
                       GDestroyNotify free_state)
{
	g_datalist_set_data_full(&account->states, name, state, free_state);
}

static void
test_sending_cb(PurpleConnection *gc, xmlnode **packet, gpointer user_data)
{
	g_clear_pointer(&test_account.sent, xmlnode_free);
	test_account.sent = xmlnode_copy(*packet);
}

static void
test_set_up(gpointer fixture, gconstpointer data)
{
	PurplePlugin *plugin = &test_account.plugin;

	test_account.purple.protocol_id = (char *)GTALK_PRPL_ID;
	test_account.connection.prpl = plugin;
	test_account.heard = g_string_new(NULL);
	purple_signal_register(
		plugin, "jabber-sending-xmlnode", purple_marshal_VOID__POINTER_POINTER, NULL, 2,
		purple_value_new(PURPLE_TYPE_POINTER), purple_value_new(PURPLE_TYPE_POINTER));
	purple_signal_register(
		plugin, "jabber-receiving-iq",
		purple_marshal_BOOLEAN__POINTER_POINTER_POINTER_POINTER_POINTER,
		purple_value_new(PURPLE_TYPE_BOOLEAN), 5, purple_value_new(PURPLE_TYPE_POINTER),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_STRING),
		purple_value_new(PURPLE_TYPE_STRING), purple_value_new(PURPLE_TYPE_POINTER));
	purple_signal_connect(plugin, "jabber-sending-xmlnode", &test_account,
	                      PURPLE_CALLBACK(test_sending_cb), NULL);
	host_iq_feature.install(plugin);
}

static void
test_tear_down(gpointer fixture, gconstpointer data)
{
	g_datalist_clear(&test_account.states);
	purple_signals_disconnect_by_handle(&test_account);
	purple_signals_disconnect_by_handle((void *)&host_iq_feature);
	purple_signals_unregister_by_instance(&test_account.plugin);
	g_clear_pointer(&test_account.sent, xmlnode_free);
	g_string_free(test_account.heard, TRUE);
}

static void
test_answered(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	g_string_append(account->heard,
	                reply != NULL ? xmlnode_get_attrib(reply, "type") : "nothing");
	g_string_append_c(account->heard, ' ');
}

static void
test_freed(gpointer user_data)
{
	g_string_append_printf(test_account.heard, "%s-freed ", (const char *)user_data);
}

static gboolean
test_send(const char *to)
{
	return host_iq_send(&test_account, host_iq_new("get", to), test_answered, (gpointer) "it",
	                    test_freed);
}

/* Returns: whether it was taken */
static gboolean
test_receive_with(const char *type, const char *id, const char *from)
{
	g_autofree char *text = g_strdup_printf("<iq type='%s'/>", type);
	xmlnode *stanza = xmlnode_from_str(text, -1);
	gboolean taken = GPOINTER_TO_INT(
		purple_signal_emit_return_1(&test_account.plugin, "jabber-receiving-iq",
	                                    &test_account.connection, type, id, from, stanza));

	xmlnode_free(stanza);
	return taken;
}

static gboolean
test_receive(const char *type, const char *from)
{
	return test_receive_with(type, xmlnode_get_attrib(test_account.sent, "id"), from);
}

static void
test_reply_comes_once(gpointer fixture, gconstpointer data)
{
	g_assert_true(test_send("romeo@talk.example/Orchard"));
	g_assert_false(test_receive("get", "romeo@talk.example/Orchard"));
	g_assert_true(test_receive("result", "Romeo@talk.example/Orchard"));
	g_assert_cmpstr(test_account.heard->str, ==, "result it-freed ");
	g_assert_false(test_receive("result", "romeo@talk.example/Orchard"));
	g_assert_true(test_send(NULL));
	g_assert_true(test_receive("error", NULL));
	g_assert_cmpstr(test_account.heard->str, ==, "result it-freed error it-freed ");
}

static void
test_sender_is_checked(gpointer fixture, gconstpointer data)
{
	static const struct {
		const char *to;
		const char *from;
		gboolean good;
	} cases[] = {
		{"romeo@talk.example/a", "romeo@talk.example/A", FALSE},
		{"romeo@talk.example/a", "romeo@talk.example", FALSE},
		{"romeo@talk.example", "tybalt@talk.example", FALSE},
		{"romeo@talk.example", "talk.example", FALSE},
		{"romeo@talk.example", NULL, FALSE},
		{NULL, "tybalt@talk.example", FALSE},
		{NULL, "juliet@talk.example.evil", FALSE},
		{NULL, "juliet@talk.example", TRUE},
		{NULL, TEST_OWN_JID, TRUE},
		{NULL, "talk.example", TRUE},
		{"talk.example", NULL, TRUE},
		{"talk.example", "evil.example", FALSE},
		{"juliet@talk.example", NULL, TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_string_truncate(test_account.heard, 0);
		g_assert_true(test_send(cases[i].to));
		g_assert_cmpint(test_receive("result", cases[i].from), ==, cases[i].good);
		g_assert_cmpstr(test_account.heard->str, ==,
		                cases[i].good ? "result it-freed " : "");
	}
}

static void
test_ids_are_not_guessed(gpointer fixture, gconstpointer data)
{
	g_autofree char *first = NULL;

	g_assert_true(test_send(NULL));
	first = g_strdup(xmlnode_get_attrib(test_account.sent, "id"));
	g_assert_true(test_send(NULL));
	g_assert_cmpstr(first, !=, xmlnode_get_attrib(test_account.sent, "id"));
	g_assert_false(test_receive_with("result", "1", NULL));
	g_assert_false(test_receive_with("result", NULL, NULL));
}

static void
test_deadline(gpointer fixture, gconstpointer data)
{
	guint next;

	g_assert_true(test_send(NULL));
	next = g_idle_add(g_idle_remove_by_data, NULL);
	g_source_set_ready_time(g_main_context_find_source_by_id(NULL, next - 1), 0);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpstr(test_account.heard->str, ==, "nothing it-freed ");
	g_assert_false(test_receive("result", NULL));
}

static void
test_dropped_when_the_account_goes(gpointer fixture, gconstpointer data)
{
	g_assert_true(test_send(NULL));
	g_datalist_clear(&test_account.states);
	g_assert_cmpstr(test_account.heard->str, ==, "it-freed ");
}

static void
test_not_by_another_protocol(gpointer fixture, gconstpointer data)
{
	test_account.purple.protocol_id = (char *)"prpl-irc";
	g_assert_false(test_send(NULL));
	g_assert_cmpstr(test_account.heard->str, ==, "it-freed ");
	g_assert_null(test_account.sent);
}

static void
test_not_too_many(gpointer fixture, gconstpointer data)
{
	for (guint i = 0; i < HOST_IQ_OPEN_MAX; i++)
		g_assert_true(test_send(NULL));
	g_assert_false(test_send(NULL));
}

/* ---- What a reply says ----------------------------------------------------------------------- */

static void
test_done(GVariant *answer, const GError *error, gpointer user_data)
{
	*(int *)user_data = error != NULL ? error->code : -1;
}

static void
test_check_says_what_to_do(void)
{
	static const struct {
		const char *reply;
		int code;
	} cases[] = {
		{"<iq type='result'/>", -2},
		{"<iq type='error'/>", BRIDGE_LINK_ERROR_REFUSED},
		{"<iq type='error'><error type='cancel'><not-allowed "
	         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
	         BRIDGE_LINK_ERROR_REFUSED},
		{"<iq type='error'><error type='cancel'><service-unavailable "
	         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
	         BRIDGE_LINK_ERROR_UNSUPPORTED},
		{"<iq type='error'><error type='cancel'><text "
	         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text><feature-not-implemented "
	         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
	         BRIDGE_LINK_ERROR_UNSUPPORTED},
		{NULL, BRIDGE_LINK_ERROR_NO_ANSWER},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		xmlnode *reply =
			cases[i].reply != NULL ? xmlnode_from_str(cases[i].reply, -1) : NULL;
		int code = -2;
		HostRequest *request = host_request_new(test_done, &code);

		g_assert_cmpint(host_iq_check(reply, request), ==, cases[i].code == -2);
		g_assert_cmpint(code, ==, cases[i].code);
		host_request_answer(request, NULL);
		host_request_unref(request);
		if (reply != NULL)
			xmlnode_free(reply);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(gpointer fixture, gconstpointer data);
	} tests[] = {
		{"/host-iq/reply-comes-once", test_reply_comes_once},
		{"/host-iq/sender-is-checked", test_sender_is_checked},
		{"/host-iq/ids-are-not-guessed", test_ids_are_not_guessed},
		{"/host-iq/deadline", test_deadline},
		{"/host-iq/dropped-when-the-account-goes", test_dropped_when_the_account_goes},
		{"/host-iq/not-by-another-protocol", test_not_by_another_protocol},
		{"/host-iq/not-too-many", test_not_too_many},
	};

	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	purple_signals_init();
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_vtable(tests[i].name, 1, NULL, (GTestFixtureFunc)(void *)test_set_up,
		                  (GTestFixtureFunc)(void *)tests[i].test,
		                  (GTestFixtureFunc)(void *)test_tear_down);
	g_test_add_func("/host-iq/check-says-what-to-do", test_check_says_what_to_do);
	return g_test_run();
}
