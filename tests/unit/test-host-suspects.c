/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The account and the connection are doubles; the memory is what the daemon would read. */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"

#include <purple.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "link/bridge-link.h"
#include "harness/purple-boot.h"
#include "host-suspects.h"
#include "plugin/gtalk.h"

#define TEST_ID "account-1"

struct _HostAccount {
	PurplePlugin plugin;
	PurpleConnection connection;
	GData *states;
};

static HostAccount test_account;
static BridgeBlackBoxNote *test_note;

HostAccount *
host_account_find(PurpleConnection *gc)
{
	return gc == &test_account.connection ? &test_account : NULL;
}

const char *
host_account_get_id(HostAccount *account)
{
	return TEST_ID;
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
test_set_up(gpointer fixture, gconstpointer data)
{
	PurplePlugin *plugin = &test_account.plugin;

	purple_signal_register(
		plugin, "jabber-receiving-xmlnode", purple_marshal_VOID__POINTER_POINTER, NULL, 2,
		purple_value_new(PURPLE_TYPE_POINTER), purple_value_new(PURPLE_TYPE_POINTER));
	host_suspects_feature.install(plugin);
}

static void
test_tear_down(gpointer fixture, gconstpointer data)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_datalist_clear(&test_account.states);
	purple_signals_disconnect_by_handle((void *)&host_suspects_feature);
	purple_signals_unregister_by_instance(&test_account.plugin);
}

/* Returns: what libpurple would see of it */
static char *
test_receive(const char *text)
{
	xmlnode *stanza = purple_boot_parse(text, -1);
	char *seen;

	g_assert_nonnull(stanza);
	purple_signal_emit(&test_account.plugin, "jabber-receiving-xmlnode",
	                   &test_account.connection, &stanza);
	seen = xmlnode_to_str(stanza, NULL);
	xmlnode_free(stanza);
	return seen;
}

/* The key under which it was written down. */
static char *
test_dup_key(const char *text)
{
	g_autofree char *seen = test_receive(text);

	g_assert_true(test_note->busy);
	return g_strdup(test_note->key);
}

static void
test_leave_out(const char *key)
{
	const char *const keys[] = {key, NULL};
	g_autoptr(GVariant) wanted = g_variant_ref_sink(g_variant_new_strv(keys, -1));

	host_suspects_feature.prepare(&test_account, wanted);
}

static void
test_what_is_written_down(gpointer fixture, gconstpointer data)
{
	g_autofree char *seen = test_receive("<message from='romeo@open.example/orchard' id='m1'>"
	                                     "<body>words</body></message>");

	g_assert_true(test_note->busy);
	g_assert_cmpstr(test_note->account, ==, TEST_ID);
	g_assert_cmpstr(test_note->from, ==, "romeo@open.example/orchard");
	g_assert_cmpstr(test_note->id, ==, "m1");
	g_assert_cmpuint(strlen(test_note->key), ==, 64);
	g_assert_nonnull(strstr(seen, "words"));
	/* until all that was read with it is handled */
	g_main_context_iteration(NULL, FALSE);
	g_assert_false(test_note->busy);
}

static void
test_what_is_too_long_stays_text(gpointer fixture, gconstpointer data)
{
	GString *id = g_string_new(NULL);
	g_autofree char *text = NULL;
	g_autofree char *seen = NULL;

	for (guint i = 0; i < 200; i++)
		g_string_append(id, "\xc3\xa9");
	g_string_prepend(id, "x"); /* the end falls into a letter */
	text = g_strdup_printf("<message id='%s'/>", id->str);
	seen = test_receive(text);
	g_assert_true(g_utf8_validate(test_note->id, -1, NULL));
	g_assert_cmpuint(strlen(test_note->id), >, sizeof test_note->id - 4);
	g_string_free(id, TRUE);
}

#define TEST_MESSAGE(id, body)                                                                     \
	"<message xmlns='jabber:client' from='romeo@open.example/orchard'" id "><body>" body       \
	"</body></message>"
#define TEST_FORWARDED(inner)                                                                      \
	"<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "                     \
	"stamp='2026-01-01T00:00:00Z'/>" inner "</forwarded>"
#define TEST_ARCHIVED(inner)                                                                       \
	"<message from='juliet@open.example'><result xmlns='urn:xmpp:mam:2' id='a1'>" inner        \
	"</result></message>"
#define TEST_CARBON(inner)                                                                         \
	"<message from='juliet@open.example'><received xmlns='urn:xmpp:carbons:2'>" inner          \
	"</received></message>"

/* However it comes: live, as a carbon, or out of the archive. */
static void
test_the_same_message_again(gpointer fixture, gconstpointer data)
{
	static const char *const again[] = {
		TEST_ARCHIVED(TEST_FORWARDED(TEST_MESSAGE(" id='m1'", "words"))),
		TEST_CARBON(TEST_FORWARDED(TEST_MESSAGE(" id='m1'", "words"))),
		TEST_ARCHIVED(TEST_FORWARDED(
			TEST_CARBON(TEST_FORWARDED(TEST_MESSAGE(" id='m1'", "words"))))),
	};
	g_autofree char *key = test_dup_key(TEST_MESSAGE(" id='m1'", "words"));
	g_autofree char *other = test_dup_key(TEST_MESSAGE(" id='m2'", "words"));

	g_assert_cmpstr(key, !=, other);
	for (guint i = 0; i < G_N_ELEMENTS(again); i++) {
		g_autofree char *found = test_dup_key(again[i]);

		g_assert_cmpstr(found, ==, key);
		g_assert_cmpstr(test_note->from, ==, "romeo@open.example/orchard");
		g_assert_cmpstr(test_note->id, ==, "m1");
	}
}

static void
test_without_an_id_by_content(gpointer fixture, gconstpointer data)
{
	g_autofree char *key = test_dup_key(TEST_MESSAGE("", "words"));
	g_autofree char *archived =
		test_dup_key(TEST_ARCHIVED(TEST_FORWARDED(TEST_MESSAGE("", "words"))));
	g_autofree char *stamped = test_dup_key(
		"<message xmlns='jabber:client' "
		"from='romeo@open.example/orchard'><body>words</body>"
		"<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>"
		"<stanza-id xmlns='urn:xmpp:sid:0' id='a1' by='juliet@open.example'/></message>");
	g_autofree char *other = test_dup_key(TEST_MESSAGE("", "other words"));

	g_assert_cmpstr(archived, ==, key);
	g_assert_cmpstr(stamped, ==, key);
	g_assert_cmpstr(other, !=, key);
}

static void
test_it_is_emptied(gpointer fixture, gconstpointer data)
{
	g_autofree char *key = test_dup_key(TEST_MESSAGE(" id='m1'", "words"));
	g_autofree char *live = NULL;
	g_autofree char *archived = NULL;
	g_autofree char *other = NULL;

	test_leave_out(key);
	live = test_receive(TEST_MESSAGE(" id='m1'", "words"));
	g_assert_null(strstr(live, "words"));
	g_assert_nonnull(strstr(live, "id='m1'")); /* it is acknowledged as what it is */
	archived = test_receive(TEST_ARCHIVED(TEST_FORWARDED(TEST_MESSAGE(" id='m1'", "words"))));
	g_assert_null(strstr(archived, "words"));
	g_assert_nonnull(strstr(archived, "id='a1'"));
	other = test_receive(TEST_MESSAGE(" id='m2'", "words"));
	g_assert_nonnull(strstr(other, "words"));
}

static void
test_what_a_sign_in_is_made_of_is_never_left_out(gpointer fixture, gconstpointer data)
{
	static const char *const kept[] = {"<iq type='result' id='r1'><query/></iq>",
	                                   "<iq type='error' id='r1'><error/></iq>",
	                                   "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"};
	static const char *const left[] = {"<iq type='set' id='r1'><query/></iq>",
	                                   "<presence id='p1'><show>away</show></presence>"};

	for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
		g_autofree char *key = test_dup_key(kept[i]);

		g_assert_cmpstr(key, ==, "");
	}
	for (guint i = 0; i < G_N_ELEMENTS(left); i++) {
		g_autofree char *key = test_dup_key(left[i]);

		g_assert_cmpstr(key, !=, "");
	}
}

static void
test_wrong_types_are_no_keys(gpointer fixture, gconstpointer data)
{
	g_autoptr(GVariant) wrong = g_variant_ref_sink(g_variant_new_uint32(7));
	g_autofree char *seen = NULL;

	host_suspects_feature.prepare(&test_account, wrong);
	host_suspects_feature.prepare(&test_account, NULL);
	seen = test_receive(TEST_MESSAGE(" id='m1'", "words"));
	g_assert_nonnull(strstr(seen, "words"));
}

static void
test_add(const char *name, void (*test)(gpointer, gconstpointer))
{
	g_autofree char *path = g_strconcat("/host-suspects/", name, NULL);

	g_test_add_vtable(path, 0, NULL, test_set_up, test, test_tear_down);
}

int
main(int argc, char **argv)
{
	int fd;
	int result;

	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	purple_signals_init();
	fd = memfd_create("test", MFD_CLOEXEC);
	g_assert_cmpint(ftruncate(fd, sizeof *test_note), ==, 0);
	test_note = mmap(NULL, sizeof *test_note, PROT_READ, MAP_SHARED, fd, 0);
	g_assert_true(test_note != MAP_FAILED);
	host_suspects_open(fd);
	close(fd);
	test_add("written-down", test_what_is_written_down);
	test_add("too-long", test_what_is_too_long_stays_text);
	test_add("again", test_the_same_message_again);
	test_add("content", test_without_an_id_by_content);
	test_add("emptied", test_it_is_emptied);
	test_add("kept", test_what_a_sign_in_is_made_of_is_never_left_out);
	test_add("wrong-types", test_wrong_types_are_no_keys);
	result = g_test_run();
	purple_signals_uninit();
	munmap(test_note, sizeof *test_note);
	return result;
}
