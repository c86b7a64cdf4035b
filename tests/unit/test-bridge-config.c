/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gstdio.h>

#include "config/bridge-config.h"

#define NEEDED "[store]\nkey-source=secret-file\n"

static char *
test_write(const char *text)
{
	g_autoptr(GError) error = NULL;
	char *path = NULL;
	int fd = g_file_open_tmp("gtalk-bridge-XXXXXX.conf", &path, &error);

	g_assert_no_error(error);
	g_close(fd, NULL);
	g_file_set_contents(path, text, -1, &error);
	g_assert_no_error(error);
	return path;
}

static BridgeConfig *
test_load(const char *text, GError **error)
{
	g_autofree char *path = test_write(text);
	BridgeConfig *config = bridge_config_load(path, error);

	if (config == NULL && error != NULL && (*error)->code == BRIDGE_CONFIG_ERROR_INVALID)
		g_assert_nonnull(strstr((*error)->message, path));
	g_unlink(path);
	return config;
}

static void
test_defaults(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeConfig) config = test_load(NEEDED, &error);
	const BridgeDomainConfig *domain;

	g_assert_no_error(error);
	g_assert_cmpstr(bridge_config_get_listen(config)->addresses[0], ==, "127.0.0.1:8642");
	g_assert_cmpstr(bridge_config_get_listen(config)->host_names[0], ==, "localhost");
	g_assert_cmpuint(bridge_config_get_listen(config)->max_connections, ==, 12000);
	g_assert_cmpuint(bridge_config_get_limits(config)->connections_per_address, ==, 64);
	g_assert_cmpuint(bridge_config_get_limits(config)->requests_per_second, ==, 20);
	g_assert_cmpuint(bridge_config_get_limits(config)->sign_ins_per_minute, ==, 20);
	g_assert_null(bridge_config_get_listen(config)->origins);
	g_assert_null(bridge_config_get_listen(config)->trusted_proxies);
	g_assert_null(bridge_config_get_listen(config)->tls_certificate);
	g_assert_null(bridge_config_get_legacy(config)->addresses[0]);
	g_assert_null(bridge_config_get_legacy(config)->tls_certificate);
	g_assert_cmpuint(bridge_config_get_legacy(config)->session_s, ==, 86400);
	g_assert_cmpuint(bridge_config_get_legacy(config)->answer_s, ==, 20);
	g_assert_true(bridge_config_get_legacy(config)->toast_text);
	g_assert_cmpuint(bridge_config_get_limits(config)->account_requests_per_second, ==, 60);
	g_assert_cmpuint(bridge_config_get_limits(config)->account_sign_ins_per_minute, ==, 10);
	g_assert_cmpuint(bridge_config_get_limits(config)->devices_per_account, ==, 32);
	g_assert_cmpuint(bridge_config_get_limits(config)->subscriptions_per_account, ==, 20);
	g_assert_cmpuint(bridge_config_get_limits(config)->readers_per_device, ==, 4);
	g_assert_cmpuint(bridge_config_get_limits(config)->readers_per_account, ==, 64);
	g_assert_cmpuint(bridge_config_get_limits(config)->readers_per_address, ==, 256);
	g_assert_true(g_path_is_absolute(bridge_config_get_control_socket(config)));
	g_assert_true(g_path_is_absolute(bridge_config_get_store_path(config)));
	g_assert_null(bridge_config_get_push(config)->types[0]);
	g_assert_cmpstr(bridge_config_get_push(config)->contact, ==, "");
	g_assert_true(g_path_is_absolute(bridge_config_get_push(config)->program));
	g_assert_cmpint(bridge_config_get_key_source(config), ==, BRIDGE_KEY_SOURCE_SECRET_FILE);
	g_assert_cmpstr(bridge_config_get_instance(config), ==, "default");
	g_assert_cmpuint(bridge_config_get_history_days(config), ==, 30);
	g_assert_cmpuint(bridge_config_get_history_events(config), ==, 10000);
	g_assert_cmpuint(bridge_config_get_history_bytes(config), ==, 500 * 1024 * 1024);
	g_assert_cmpuint(bridge_config_get_accounts_per_host(config), ==, 100);
	g_assert_cmpuint(bridge_config_get_sign_ins_per_second(config), ==, 20);
	g_assert_cmpuint(bridge_config_get_hang_s(config), ==, 20);
	g_assert_null(bridge_config_get_private_networks(config)[0]);
	g_assert_cmpstr(bridge_config_get_protocols(config)[0], ==, "googletalk");
	g_assert_null(bridge_config_get_protocols(config)[1]);
	g_assert_true(
		g_str_has_suffix(bridge_config_get_host_program(config), "/gtalk-bridge-host"));
	g_assert_null(bridge_config_get_ca_directory(config));
	g_assert_cmpuint(bridge_config_get_idle(config)->away_s, ==, 900);
	g_assert_cmpuint(bridge_config_get_idle(config)->extended_away_s, ==, 3600);
	g_assert_cmpuint(bridge_config_get_idle(config)->sign_out_s, ==, 0);
	domain = bridge_config_get_domain(config, "example.org");
	g_assert_cmpint(domain->registration, ==, BRIDGE_REGISTRATION_INVITE);
	g_assert_false(domain->passwords);
	g_assert_cmpstr(domain->server, ==, "");
	g_assert_cmpuint(domain->port, ==, 0);
	g_assert_false(domain->direct_tls);
	g_assert_null(domain->pins[0]);
}

static void
test_reads_who_may_ask(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeConfig) config = test_load(
		"[listen]\naddress=systemd;systemd:api\n"
		"origins=https://Chat.Example.org;http://localhost:3000;capacitor://localhost\n"
		"trusted-proxies=10.0.0.0/8;::1;unix\nforwarded-header=forwarded\n"
		"tls-certificate=/c\ntls-key=/k\n"
		"[legacy]\naddress=systemd:phones\n"
		"[limits]\naccount-requests-per-second=5\naccount-sign-ins-per-minute=6\n"
		"devices-per-account=7\nreaders-per-device=8\nreaders-per-account=9\n"
		"readers-per-address=10\nsubscriptions-per-account=11\n" NEEDED,
		&error);
	const BridgeListenConfig *listen = NULL;
	const BridgeLimitsConfig *limits = NULL;

	g_assert_no_error(error);
	listen = bridge_config_get_listen(config);
	limits = bridge_config_get_limits(config);
	g_assert_cmpstr(listen->addresses[0], ==, "systemd");
	g_assert_cmpstr(listen->addresses[1], ==, "systemd:api");
	g_assert_cmpstr(bridge_config_get_legacy(config)->addresses[0], ==, "systemd:phones");
	g_assert_cmpstr(listen->origins[0], ==, "https://chat.example.org");
	g_assert_cmpstr(listen->origins[2], ==, "capacitor://localhost");
	g_assert_cmpuint(g_strv_length(listen->trusted_proxies), ==, 3);
	g_assert_cmpint(listen->forwarded_header, ==, BRIDGE_FORWARDED_RFC7239);
	g_assert_cmpstr(listen->tls_certificate, ==, "/c");
	g_assert_cmpstr(listen->tls_key, ==, "/k");
	g_assert_cmpuint(limits->account_requests_per_second, ==, 5);
	g_assert_cmpuint(limits->account_sign_ins_per_minute, ==, 6);
	g_assert_cmpuint(limits->devices_per_account, ==, 7);
	g_assert_cmpuint(limits->subscriptions_per_account, ==, 11);
	g_assert_cmpuint(limits->readers_per_device, ==, 8);
	g_assert_cmpuint(limits->readers_per_account, ==, 9);
	g_assert_cmpuint(limits->readers_per_address, ==, 10);
}

static void
test_reads_every_key(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BridgeConfig) config = test_load(
		"[listen]\naddress=127.0.0.1:0;[::1]:80;unix:/run/x\nhost-names=Chat.Example.org\n"
		"max-connections=5\n"
		"[limits]\nconnections-per-address=2\nrequests-per-second=3\n"
		"sign-ins-per-minute=4\n[control]\nsocket=/run/c\n[store]\npath=/var/db\n"
		"key-source=secret-file\nkey-file=/k\nkey-password-file=/"
		"p\ninstance=two\nhistory-days=1\nhistory-events=100\nhistory-megabytes=2\n"
		"[hosts]\naccounts-per-host=7\nsign-ins-per-second=8\n"
		"hang-seconds=4\n"
		"private-networks=10.0.0.0/8;fd00::/8\nprotocols=irc;googletalk\nprogram=/opt/"
		"host\n[tls]\nca-directory=/ca\n"
		"[domain Example.ORG]\nregistration=open\npasswords=true\nserver=127.0.0.1\n"
		"port=15222\ndirect-tls=true\n"
		"pins=E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:"
		"95:"
		"99:1B:78:52:B8:55\n"
		"token-service=oauth2\ntoken-url=https://login.example.org/token\n"
		"token-client-id=bridge\ntoken-scope=chat mail\n"
		"[domain closed.example]\nregistration=closed\n",
		&error);
	const BridgeDomainConfig *domain;

	g_assert_no_error(error);
	g_assert_cmpuint(g_strv_length(bridge_config_get_listen(config)->addresses), ==, 3);
	g_assert_cmpstr(bridge_config_get_listen(config)->addresses[2], ==, "unix:/run/x");
	g_assert_cmpstr(bridge_config_get_listen(config)->host_names[0], ==, "chat.example.org");
	g_assert_cmpuint(bridge_config_get_listen(config)->max_connections, ==, 5);
	g_assert_cmpuint(bridge_config_get_limits(config)->connections_per_address, ==, 2);
	g_assert_cmpuint(bridge_config_get_limits(config)->requests_per_second, ==, 3);
	g_assert_cmpuint(bridge_config_get_limits(config)->sign_ins_per_minute, ==, 4);
	g_assert_cmpstr(bridge_config_get_control_socket(config), ==, "/run/c");
	g_assert_cmpstr(bridge_config_get_store_path(config), ==, "/var/db");
	g_assert_cmpint(bridge_config_get_key_source(config), ==, BRIDGE_KEY_SOURCE_SECRET_FILE);
	g_assert_cmpstr(bridge_config_get_key_file(config), ==, "/k");
	g_assert_cmpstr(bridge_config_get_key_password_file(config), ==, "/p");
	g_assert_cmpstr(bridge_config_get_instance(config), ==, "two");
	g_assert_cmpuint(bridge_config_get_history_days(config), ==, 1);
	g_assert_cmpuint(bridge_config_get_history_events(config), ==, 100);
	g_assert_cmpuint(bridge_config_get_history_bytes(config), ==, 2 * 1024 * 1024);
	g_assert_cmpuint(bridge_config_get_accounts_per_host(config), ==, 7);
	g_assert_cmpuint(bridge_config_get_sign_ins_per_second(config), ==, 8);
	g_assert_cmpuint(bridge_config_get_hang_s(config), ==, 4);
	g_assert_cmpstr(bridge_config_get_private_networks(config)[1], ==, "fd00::/8");
	g_assert_cmpstr(bridge_config_get_protocols(config)[0], ==, "irc");
	g_assert_cmpstr(bridge_config_get_protocols(config)[1], ==, "googletalk");
	g_assert_cmpstr(bridge_config_get_host_program(config), ==, "/opt/host");
	g_assert_cmpstr(bridge_config_get_ca_directory(config), ==, "/ca");
	domain = bridge_config_get_domain(config, "example.org");
	g_assert_cmpstr(domain->domain, ==, "example.org");
	g_assert_cmpint(domain->registration, ==, BRIDGE_REGISTRATION_OPEN);
	g_assert_true(domain->passwords);
	g_assert_cmpstr(domain->server, ==, "127.0.0.1");
	g_assert_cmpuint(domain->port, ==, 15222);
	g_assert_true(domain->direct_tls);
	g_assert_cmpstr(domain->pins[0], ==,
	                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	g_assert_cmpint(domain->token_service, ==, BRIDGE_TOKEN_SERVICE_KIND_OAUTH2);
	g_assert_cmpstr(domain->token_url, ==, "https://login.example.org/token");
	g_assert_cmpstr(domain->token_client_id, ==, "bridge");
	g_assert_cmpstr(domain->token_scope, ==, "chat mail");
	domain = bridge_config_get_domain(config, "closed.example");
	g_assert_cmpint(domain->token_service, ==, BRIDGE_TOKEN_SERVICE_KIND_NONE);
	g_assert_cmpint(domain->registration, ==, BRIDGE_REGISTRATION_CLOSED);
}

/* Each message names group and key (the file is checked by test_load()). */
static void
test_refuses(void)
{
	const char *cases[][3] = {
		{"[listen]\naddress=localhost\n", "[listen]", "address"},
		{"[listen]\naddress=example.org:80\n", "[listen]", "address"},
		{"[listen]\naddress=127.0.0.1:\n", "[listen]", "address"},
		{"[listen]\naddress=127.0.0.1:65536\n", "[listen]", "address"},
		{"[listen]\naddress=unix:relative\n", "[listen]", "address"},
		{"[listen]\naddress=\n", "[listen]", "address"},
		{"[listen]\nhost-names=a b\n", "[listen]", "host-names"},
		{"[listen]\nmax-connections=0\n", "[listen]", "max-connections"},
		{"[listen]\nmax-connections=-1\n", "[listen]", "max-connections"},
		{"[listen]\nmax-connections=many\n", "[listen]", "max-connections"},
		{"[listen]\nmax-conections=7\n", "[listen]", "max-conections"},
		{"[listen]\naddress=systemd:\n", "[listen]", "address"},
		{"[listen]\norigins=*\n", "[listen]", "origins"},
		{"[listen]\norigins=chat.example.org\n", "[listen]", "origins"},
		{"[listen]\norigins=https://chat.example.org/\n", "[listen]", "origins"},
		{"[listen]\norigins=https://a@chat.example.org\n", "[listen]", "origins"},
		{"[listen]\norigins=null\n", "[listen]", "origins"},
		{"[listen]\ntrusted-proxies=proxy.example\n", "[listen]", "trusted-proxies"},
		{"[listen]\ntrusted-proxies=10.0.0.1/8\n", "[listen]", "trusted-proxies"},
		{"[listen]\nforwarded-header=x-real-ip\n", "[listen]", "forwarded-header"},
		{"[listen]\ntls-certificate=c\n", "[listen]", "tls-certificate"},
		{"[listen]\ntls-certificate=/c\n", "[listen]", "tls-key"},
		{"[listen]\ntls-key=/k\n", "[listen]", "tls-certificate"},
		{"[legacy]\ntls-certificate=/c\n", "[legacy]", "tls-key"},
		{"[legacy]\naddress=systemd\n", "[legacy]", "address"},
		{"[legacy]\nsession-seconds=-1\n", "[legacy]", "session-seconds"},
		{"[legacy]\nanswer-seconds=26\n", "[legacy]", "answer-seconds"},
		{"[legacy]\ntoast-text=never\n", "[legacy]", "toast-text"},
		{"[limits]\naccount-requests-per-second=0\n", "[limits]",
	         "account-requests-per-second"},
		{"[limits]\naccount-sign-ins-per-minute=0\n", "[limits]",
	         "account-sign-ins-per-minute"},
		{"[limits]\ndevices-per-account=10001\n", "[limits]", "devices-per-account"},
		{"[limits]\nreaders-per-device=0\n", "[limits]", "readers-per-device"},
		{"[limits]\nreaders-per-account=0\n", "[limits]", "readers-per-account"},
		{"[limits]\nreaders-per-address=0\n", "[limits]", "readers-per-address"},
		{"[limits]\nconnections-per-address=0\n", "[limits]", "connections-per-address"},
		{"[limits]\nrequests-per-second=0\n", "[limits]", "requests-per-second"},
		{"[limits]\nsign-ins-per-minute=x\n", "[limits]", "sign-ins-per-minute"},
		{"[control]\nsocket=control\n", "[control]", "socket"},
		{"[store]\npath=bridge.db\n", "[store]", "path"},
		{"[store]\nkey-source=plain\n", "[store]", "key-source"},
		{"[store]\nkey-source=secret-service\xff\n", "[store]", "key-source"},
		{"[store]\nkey-source=secret-service\nkey-file=/k\n", "[store]", "key-file"},
		{"[store]\nkey-file=k\n", "[store]", "key-file"},
		{"[store]\nkey-password-file=p\n", "[store]", "key-password-file"},
		{"[store]\ninstance=a b\n", "[store]", "instance"},
		{"[store]\nhistory-days=0\n", "[store]", "history-days"},
		{"[store]\nhistory-events=99999999999999999999\n", "[store]", "history-events"},
		{"[hosts]\naccounts-per-host=0x10\n", "[hosts]", "accounts-per-host"},
		{"[hosts]\nsign-ins-per-second=0\n", "[hosts]", "sign-ins-per-second"},
		{"[hosts]\nprotocols=prpl irc\n", "[hosts]", "protocols"},
		{"[hosts]\nprivate-networks=lan\n", "[hosts]", "private-networks"},
		{"[hosts]\nhang-seconds=1\n", "[hosts]", "hang-seconds"},
		{"[hosts]\nprotocols=googletalk;jabber\n", "[hosts]", "protocols"},
		{"[hosts]\nprogram=host\n", "[hosts]", "program"},
		{"[push]\ntypes=pigeon\n", "[push]", "types"},
		{"[push]\ntypes=webpush\n", "[push]", "contact"},
		{"[push]\ncontact=push@example.org\n", "[push]", "contact"},
		{"[push]\ncontact=mailto:push@localhost\n", "[push]", "contact"},
		{"[push]\ncontact=https://bridge.invalid/\n", "[push]", "contact"},
		{"[push]\nprogram=push\n", "[push]", "program"},
		{"[push]\nfcm-account=account.json\n", "[push]", "fcm-account"},
		{"[push]\napns-key=AuthKey.p8\n", "[push]", "apns-key"},
		{"[push]\napns-key-id=ABC\n", "[push]", "apns-key-id"},
		{"[push]\napns-team-id=ABCDEFGHI-\n", "[push]", "apns-team-id"},
		{"[push]\napns-topic=a b\n", "[push]", "apns-topic"},
		{"[push]\napns-url=http://apns.example/\n", "[push]", "apns-url"},
		{"[push]\napns-sandbox-url=apns\n", "[push]", "apns-sandbox-url"},
		{"[push]\ntypes=apns\n", "[push]", "apns-key-id"},
		{"[push]\nfcm-url=http://fcm.example/\n", "[push]", "fcm-url"},
		{"[push]\nfcm-token-url=fcm.example\n", "[push]", "fcm-token-url"},
		{"[push]\nallow=ntfy.lan\n", "[push]", "allow"},
		{"[push]\nhosts=*.*\n", "[push]", "hosts"},
		{"[tls]\nca-directory=ca\n", "[tls]", "ca-directory"},
		{"[tls]\nregistration=open\n", "[tls]", "registration"},
		{"[domain example.org]\nregistration=yes\n", "[domain example.org]",
	         "registration"},
		{"[domain example.org]\npasswords=1\n", "[domain example.org]", "passwords"},
		{"[domain example.org]\nserver=a:5222\n", "[domain example.org]", "server"},
		{"[domain example.org]\nserver=a\nport=0\n", "[domain example.org]", "port"},
		{"[domain example.org]\nport=5222\n", "[domain example.org]", "port"},
		{"[domain example.org]\ndirect-tls=maybe\n", "[domain example.org]", "direct-tls"},
		{"[domain example.org]\npins=abc\n", "[domain example.org]", "pins"},
		{"[domain example.org]\ntoken-service=saml\n", "[domain example.org]",
	         "token-service"},
		{"[domain example.org]\ntoken-service=oauth2\n", "[domain example.org]",
	         "token-url"},
		{"[domain example.org]\ntoken-url=https://a.example/t\n", "[domain example.org]",
	         "token-service"},
		{"[domain example.org]\ntoken-service=oauth2\ntoken-url=http://a.example/t\n",
	         "[domain example.org]", "token-url"},
		{"[domain example.org]\ntoken-service=oauth2\ntoken-url=https://u:p@a/t\n",
	         "[domain example.org]", "token-url"},
		{"[domain example.org]\ntoken-scope=\xc3\xa9\n", "[domain example.org]",
	         "token-scope"},
		{"[idle]\naway-seconds=never\n", "[idle]", "away-seconds"},
		{"[idle]\nextended-away-seconds=-1\n", "[idle]", "extended-away-seconds"},
		{"[idle]\nsign-out-seconds=31536001\n", "[idle]", "sign-out-seconds"},
		{"[domain example.org]\nsocket=/x\n", "[domain example.org]", "socket"},
		{"[domain a b]\npasswords=true\n", "[domain a b]", "domain name"},
		{"[domain A.example]\n[domain a.example]\n", "[domain a.example]", "twice"},
		{"[listen]\naddress=127.0.0.1:1\n address = [::1]:1\n", "[listen]",
	         "address: it is there twice"},
		{"[idle]\naway-seconds=1\n[tls]\n[idle]\naway-seconds=2\n", "[idle]", "twice"},
		{"[Listen]\naddress=127.0.0.1:1\n", "[Listen]", "no such group"},
		{"address=127.0.0.1:1\n", "", ""},
		{"\x01\x02", "", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strconcat(cases[i][0], NEEDED, NULL);

		if (g_str_has_prefix(cases[i][0], "[store]\nkey-source"))
			g_assert_null(test_load(cases[i][0], &error));
		else
			g_assert_null(test_load(text, &error));
		g_assert_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, cases[i][1]));
		g_assert_nonnull(strstr(error->message, cases[i][2]));
	}
}

static void
test_key_source_has_no_default(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(test_load("[store]\npath=/var/db\n", &error));
	g_assert_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, "key-source"));
}

static void
test_unreadable(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(bridge_config_load("/nonexistent/gtalk-bridge.conf", &error));
	g_assert_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_UNREADABLE);
	g_assert_nonnull(strstr(error->message, "/nonexistent/gtalk-bridge.conf"));
}

static void
test_limits_the_size(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *comment = g_strnfill(2 << 20, '#');

	g_assert_null(test_load(comment, &error));
	g_assert_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID);
}

static void
test_replace(char **text, const char *old, const char *new)
{
	g_auto(GStrv) parts = g_strsplit(*text, old, -1);

	g_free(*text);
	*text = g_strjoinv(new, parts);
}

/* The example loads as it is and with every key switched on, and names them all. */
static void
test_example(void)
{
	const char *keys[] = {"address",
	                      "host-names",
	                      "max-connections",
	                      "socket",
	                      "path",
	                      "key-source",
	                      "key-file",
	                      "key-password-file",
	                      "instance",
	                      "history-days",
	                      "history-events",
	                      "history-megabytes",
	                      "accounts-per-host",
	                      "sign-ins-per-second",
	                      "hang-seconds",
	                      "private-networks",
	                      "protocols",
	                      "program",
	                      "ca-directory",
	                      "registration",
	                      "passwords",
	                      "server",
	                      "port",
	                      "direct-tls",
	                      "pins",
	                      "away-seconds",
	                      "extended-away-seconds",
	                      "sign-out-seconds",
	                      "token-service",
	                      "token-url",
	                      "token-client-id",
	                      "token-scope",
	                      "origins",
	                      "trusted-proxies",
	                      "forwarded-header",
	                      "tls-certificate",
	                      "tls-key",
	                      "account-requests-per-second",
	                      "account-sign-ins-per-minute",
	                      "devices-per-account",
	                      "subscriptions-per-account",
	                      "readers-per-device",
	                      "readers-per-account",
	                      "readers-per-address"};
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GRegex) off = g_regex_new("^#([a-z-]+=)", G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *all = NULL;
	g_autoptr(BridgeConfig) as_it_is = NULL;
	g_autoptr(BridgeConfig) full = NULL;

	g_file_get_contents(TEST_EXAMPLE, &text, NULL, &error);
	g_assert_no_error(error);
	as_it_is = test_load(text, &error);
	g_assert_no_error(error);
	all = g_regex_replace(off, text, -1, 0, "\\1", 0, &error);
	g_assert_no_error(error);
	test_replace(&all, "key-source=secret-service", "key-source=secret-file");
	full = test_load(all, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *line = g_strdup_printf("\n%s=", keys[i]);

		g_assert_nonnull(strstr(all, line));
	}
}

static gboolean
is_used(const char *domain, gpointer user_data)
{
	return g_str_equal(domain, user_data);
}

static void
write_config(const char *path, const char *text)
{
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, text, -1, &error);
	g_assert_no_error(error);
}

static void
test_reading_anew(void)
{
	g_autofree char *directory = g_dir_make_tmp("config-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "bridge.conf", NULL);
	g_autoptr(BridgeConfig) config = NULL;
	const BridgeDomainConfig *before = NULL;
	g_auto(GStrv) kept = NULL;
	g_autofree char *list = NULL;
	g_autoptr(GError) error = NULL;

	write_config(path, "[store]\nkey-source=secret-service\n[domain a.example]\nserver=x\n"
	                   "[domain b.example]\nserver=x\n");
	config = bridge_config_load(path, &error);
	g_assert_no_error(error);
	before = bridge_config_get_domain(config, "a.example");
	write_config(path, "[store]\nkey-source=secret-file\n[limits]\nrequests-per-second=7\n"
	                   "[listen]\nhost-names=h.example\n"
	                   "[domain a.example]\nserver=y\npasswords=true\n"
	                   "[domain b.example]\nserver=y\n");
	kept = bridge_config_reload(config, path, is_used, (gpointer) "a.example", &error);
	g_assert_no_error(error);
	list = g_strjoinv(";", kept);
	g_assert_cmpstr(list, ==, "[store] key-source;[domain a.example] server");
	g_assert_cmpint(bridge_config_get_key_source(config), ==, BRIDGE_KEY_SOURCE_SECRET_SERVICE);
	g_assert_cmpuint(bridge_config_get_limits(config)->requests_per_second, ==, 7);
	g_assert_cmpstr(bridge_config_get_listen(config)->host_names[0], ==, "h.example");
	g_assert_cmpstr(bridge_config_get_domain(config, "a.example")->server, ==, "x");
	g_assert_true(bridge_config_get_domain(config, "a.example")->passwords);
	g_assert_cmpstr(bridge_config_get_domain(config, "b.example")->server, ==, "y");
	/* borrowed before */
	g_assert_cmpstr(before->server, ==, "x");
	g_assert_false(before->passwords);
	write_config(path, "[store]\n");
	g_assert_null(bridge_config_reload(config, path, is_used, (gpointer) "", &error));
	g_assert_error(error, BRIDGE_CONFIG_ERROR, BRIDGE_CONFIG_ERROR_INVALID);
	g_assert_cmpuint(bridge_config_get_limits(config)->requests_per_second, ==, 7);
	g_remove(path);
	g_rmdir(directory);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bridge-config/defaults", test_defaults);
	g_test_add_func("/bridge-config/reads-every-key", test_reads_every_key);
	g_test_add_func("/bridge-config/reads-who-may-ask", test_reads_who_may_ask);
	g_test_add_func("/bridge-config/refuses", test_refuses);
	g_test_add_func("/bridge-config/key-source-has-no-default", test_key_source_has_no_default);
	g_test_add_func("/bridge-config/unreadable", test_unreadable);
	g_test_add_func("/bridge-config/limits-the-size", test_limits_the_size);
	g_test_add_func("/bridge-config/example", test_example);
	g_test_add_func("/config/reading-anew", test_reading_anew);
	return g_test_run();
}
