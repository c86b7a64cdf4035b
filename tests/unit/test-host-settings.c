/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "link/bridge-link.h"
#include "host-dialect.h"
#include "host-purple.h"
#include "host-settings.h"

static GVariant *
test_build(const char *text)
{
	g_autoptr(GError) error = NULL;
	GVariant *settings = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

	g_assert_no_error(error);
	return settings;
}

static void
test_defaults(void)
{
	g_autoptr(GVariant) settings =
		test_build("{'protocol': <'googletalk'>, 'username': <'juliet@talk.example'>}");
	g_autoptr(GError) error = NULL;
	g_autoptr(HostSettings) parsed = host_settings_parse(settings, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(parsed->protocol_id, ==, "prpl-googletalk");
	g_assert_cmpstr(parsed->username, ==, "juliet@talk.example");
	g_assert_cmpstr(parsed->mechanism, ==, "auto");
	g_assert_cmpstr(parsed->server, ==, "");
	g_assert_cmpuint(parsed->port, ==, 5222);
	g_assert_false(parsed->direct_tls);
	g_assert_null(parsed->pins);
	g_assert_cmpstr(parsed->archive_after, ==, "");
	g_assert_cmpstr(parsed->archive_recent, ==, "");
	g_assert_cmpstr(parsed->archive_since, ==, "");
}

static void
test_everything(void)
{
	g_autoptr(GVariant) settings = test_build(
		"{'protocol': <'googletalk'>, 'username': <'juliet@talk.example'>, "
		"'resource': <'bridge'>, 'mechanism': <'x-oauth2'>, 'server': <'h.example'>, "
		"'port': <uint16 443>, 'security': <'direct'>, 'pins': <['ab']>, "
		"'archive-after': <'id'>, 'archive-recent': <'base\\nid'>, "
		"'archive-since': <int64 17>, 'more': <1>}");
	g_autoptr(GError) error = NULL;
	g_autoptr(HostSettings) parsed = host_settings_parse(settings, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(parsed->username, ==, "juliet@talk.example/bridge");
	g_assert_cmpstr(parsed->mechanism, ==, "x-oauth2");
	g_assert_cmpstr(parsed->server, ==, "h.example");
	g_assert_cmpuint(parsed->port, ==, 443);
	g_assert_true(parsed->direct_tls);
	g_assert_cmpstr(parsed->pins[0], ==, "ab");
	g_assert_cmpstr(parsed->archive_after, ==, "id");
	g_assert_cmpstr(parsed->archive_recent, ==, "base\nid");
	g_assert_cmpstr(parsed->archive_since, ==, "17");
}

static void
test_protocols_that_are_not_loaded(void)
{
	g_assert_null(host_purple_find_protocol("irc"));
	g_assert_cmpstr(host_dialect_find("irc")->name, ==, "irc");
	g_assert_null(host_dialect_find("simple")->name);
}

/* Nothing of an address or a nickname may become a command of IRC. */
static void
test_irc_addresses(void)
{
	static const char *const good[] = {"juliet@irc.example", "a[]{}|^`@irc.example", NULL};
	static const char *const bad[] = {
		"juliet",          "@irc.example", "a b@irc.example", "a\r\nQUIT@irc.example",
		"a@b@irc.example", "a,b@c",        "juliet@",         NULL};
	const HostDialect *irc = host_dialect_find("irc");

	for (guint i = 0; good[i] != NULL; i++)
		g_assert_true(irc->is_username(good[i]));
	for (guint i = 0; bad[i] != NULL; i++)
		g_assert_false(irc->is_username(bad[i]));
	g_assert_true(irc->is_peer("Romeo[x]"));
	g_assert_false(irc->is_peer("romeo,nurse"));
	g_assert_false(irc->is_peer("romeo :x"));
	g_assert_false(irc->is_peer("romeo\nQUIT"));
	g_assert_false(irc->is_peer(""));
}

static void
test_irc_connects_to_the_configured_server(void)
{
	HostSettings settings = {.address = (char *)"juliet@irc.example", .server = (char *)""};
	const HostDialect *irc = host_dialect_find("irc");
	g_autofree char *by_domain = irc->build_username(&settings);
	g_autofree char *by_server = NULL;

	settings.server = (char *)"127.0.0.1";
	by_server = irc->build_username(&settings);
	g_assert_cmpstr(by_domain, ==, "juliet@irc.example");
	g_assert_cmpstr(by_server, ==, "juliet@127.0.0.1");
	g_assert_cmpuint(irc->get_port(FALSE), ==, 6697);
}

static void
test_direct_tls_has_its_port(void)
{
	g_autoptr(GVariant) settings = test_build(
		"{'protocol': <'googletalk'>, 'username': <'a@b'>, 'security': <'direct'>}");
	g_autoptr(HostSettings) parsed = host_settings_parse(settings, NULL);

	g_assert_cmpuint(parsed->port, ==, 5223);
}

static void
test_refusals_name_the_member(void)
{
	static const struct {
		const char *member;
		const char *text;
	} cases[] = {
		{"protocol", "{'username': <'a@b'>}"},
		{"protocol", "{'protocol': <'irc'>, 'username': <'a@b'>}"},
		{"protocol", "{'protocol': <1>, 'username': <'a@b'>}"},
		{"username", "{'protocol': <'googletalk'>}"},
		{"username", "{'protocol': <'googletalk'>, 'username': <''>}"},
		{"username", "{'protocol': <'googletalk'>, 'username': <'@b'>}"},
		{"username", "{'protocol': <'googletalk'>, 'username': <'a@b/c'>}"},
		{"username", "{'protocol': <'googletalk'>, 'username': <'a\\u0001@b'>}"},
		{"resource", "{'protocol': <'googletalk'>, 'username': <'a@b'>, 'resource': <7>}"},
		{"mechanism",
	         "{'protocol': <'googletalk'>, 'username': <'a@b'>, 'mechanism': <'PLAIN'>}"},
		{"security",
	         "{'protocol': <'googletalk'>, 'username': <'a@b'>, 'security': <'none'>}"},
		{"port", "{'protocol': <'googletalk'>, 'username': <'a@b'>, 'port': <5222>}"},
		{"pins", "{'protocol': <'googletalk'>, 'username': <'a@b'>, 'pins': <'ab'>}"},
		{"archive-since",
	         "{'protocol': <'googletalk'>, 'username': <'a@b'>, 'archive-since': <int64 -1>}"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GVariant) settings = test_build(cases[i].text);
		g_autoptr(GError) error = NULL;
		g_autofree char *quoted = g_strdup_printf("\"%s\"", cases[i].member);

		g_assert_null(host_settings_parse(settings, &error));
		g_assert_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, quoted));
	}
}

/* Returns: the end of a pipe from which @length bytes of @text come */
static int
test_open_pipe(const char *text, gsize length)
{
	int fds[2];

	g_assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
	g_assert_cmpint(write(fds[1], text, length), ==, length);
	close(fds[1]);
	return fds[0];
}

static void
test_credential_by_pipe_and_file(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	int fd = test_open_pipe("token", 5);
	char *credential = host_settings_read_credential(fd, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(credential, ==, "token");
	host_settings_free_credential(credential);
	close(fd);

	fd = g_file_open_tmp("credential-XXXXXX", &name, &error);
	g_assert_no_error(error);
	unlink(name);
	g_assert_cmpint(write(fd, "secret", 6), ==, 6); /* the offset stays at the end */
	credential = host_settings_read_credential(fd, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(credential, ==, "secret");
	host_settings_free_credential(credential);
	close(fd);
}

static void
test_credential_refusals(void)
{
	g_autofree char *longest = g_strnfill(HOST_SETTINGS_CREDENTIAL_MAX_BYTES, 'x');
	g_autofree char *longer = g_strnfill(HOST_SETTINGS_CREDENTIAL_MAX_BYTES + 1, 'x');
	struct {
		const char *text;
		gsize length;
		gboolean accepted;
	} cases[] = {
		{"", 0, FALSE},
		{"a\0b", 3, FALSE},
		{"\xff\xfe", 2, FALSE},
		{longest, strlen(longest), TRUE},
		{longer, strlen(longer), FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		int fd = test_open_pipe(cases[i].text, cases[i].length);
		char *credential = host_settings_read_credential(fd, &error);

		g_assert_cmpint(credential != NULL, ==, cases[i].accepted);
		if (!cases[i].accepted)
			g_assert_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID);
		host_settings_free_credential(credential);
		close(fd);
	}
}

static void
test_credential_that_does_not_come(void)
{
	g_autoptr(GError) error = NULL;
	int fds[2];

	g_assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
	g_assert_null(host_settings_read_credential(fds[0], &error));
	g_assert_error(error, BRIDGE_LINK_ERROR, BRIDGE_LINK_ERROR_INVALID);
	close(fds[0]);
	close(fds[1]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-settings/protocols-not-loaded", test_protocols_that_are_not_loaded);
	g_test_add_func("/host-settings/irc-addresses", test_irc_addresses);
	g_test_add_func("/host-settings/irc-server", test_irc_connects_to_the_configured_server);
	g_test_add_func("/host-settings/defaults", test_defaults);
	g_test_add_func("/host-settings/everything", test_everything);
	g_test_add_func("/host-settings/direct-tls-port", test_direct_tls_has_its_port);
	g_test_add_func("/host-settings/refusals", test_refusals_name_the_member);
	g_test_add_func("/host-settings/credential", test_credential_by_pipe_and_file);
	g_test_add_func("/host-settings/credential-refusals", test_credential_refusals);
	g_test_add_func("/host-settings/credential-silence", test_credential_that_does_not_come);
	return g_test_run();
}
