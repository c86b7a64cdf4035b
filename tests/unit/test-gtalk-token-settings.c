/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "sign-in/gtalk-token-settings.h"

#include "sign-in/gtalk-https.h"

static const GTalkTokenSettings settings = {
	.service = GTALK_TOKEN_SERVICE_OAUTH_PASSWORD,
	.url = (char *)"https://login.example:8443/token",
	.host = (char *)"login.example",
	.client_id = (char *)"desk & chair",
	.scope = (char *)"",
	.user = (char *)"ann@talk.example",
};

static void
test_urls(void)
{
	static const struct {
		const char *url;
		const char *host;
	} cases[] = {
		{"https://login.example", "login.example"},
		{"https://login.example:8443/token?x=y", "login.example"},
		{"https://[::1]/token", "::1"},
		{"http://login.example/token", NULL},
		{"https://ann:secret@login.example/", NULL},
		{"https://ann@login.example/", NULL},
		{"https:///token", NULL},
		{"https://", NULL},
		{"https:login.example", NULL},
		{"login.example", NULL},
		{"https://login.example:99999/", NULL},
		{"javascript:alert(1)", NULL},
		{"", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *host = gtalk_https_dup_host(cases[i].url);

		g_test_message("%s", cases[i].url);
		g_assert_cmpstr(host, ==, cases[i].host);
		g_assert_true(gtalk_https_is_url(cases[i].url) == (host != NULL));
	}
}

static void
test_pages(void)
{
	static const char *const cases[][2] = {
		{"https://a.example", "https://a.example/accounts/ClientLogin"},
		{"https://a.example/", "https://a.example/accounts/ClientLogin"},
		{"https://a.example:1/x//", "https://a.example:1/x/accounts/ClientLogin"},
		{"https://a.example/x?y#z", "https://a.example/x/accounts/ClientLogin"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GTalkTokenSettings other = {.url = (char *)cases[i][0]};
		g_autofree char *page = gtalk_token_settings_dup_page(&other, "ClientLogin");

		g_assert_cmpstr(page, ==, cases[i][1]);
	}
}

static void
test_pictures(void)
{
	static const char *const cases[][2] = {
		{"Captcha?ctoken=1", "https://login.example/accounts/Captcha?ctoken=1"},
		{"/picture", "https://login.example/picture"},
		{"https://login.example/p", "https://login.example/p"},
		{"https://LOGIN.example/p", "https://LOGIN.example/p"},
		{"https://other.example/p", NULL},
		{"//other.example/p", NULL},
		{"http://login.example/p", NULL},
		{"file:///etc/passwd", NULL},
		{"https://login.example@other.example/p", NULL},
	};
	const GTalkTokenSettings service = {.url = (char *)"https://login.example",
	                                    .host = (char *)"login.example"};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *url = gtalk_token_settings_dup_picture(&service, cases[i][0]);

		g_test_message("%s", cases[i][0]);
		g_assert_cmpstr(url, ==, cases[i][1]);
	}
}

static void
test_forms(void)
{
	g_autofree char *grant = gtalk_token_settings_build_grant(
		&settings, GTALK_TOKEN_FROM_PASSWORD, "p&=+%\303\244");
	g_autofree char *refresh =
		gtalk_token_settings_build_grant(&settings, GTALK_TOKEN_FROM_REFRESH_TOKEN, "1/r");
	g_autofree char *issue = gtalk_token_settings_build_issue("s&", "l");
	g_autofree char *login =
		gtalk_token_settings_build_login(&settings, "p w", "captcha id", "read");

	g_assert_cmpstr(grant, ==,
	                "grant_type=password&username=ann%40talk.example&"
	                "password=p%26%3D%2B%25%C3%A4&client_id=desk%20%26%20chair");
	g_assert_cmpstr(refresh, ==,
	                "grant_type=refresh_token&refresh_token=1%2Fr&"
	                "client_id=desk%20%26%20chair");
	g_assert_cmpstr(issue, ==, "SID=s%26&LSID=l&service=mail&Session=true");
	g_assert_cmpstr(login, ==,
	                "accountType=HOSTED_OR_GOOGLE&Email=ann%40talk.example&Passwd=p%20w&"
	                "service=mail&source=purple-gtalk-" PACKAGE_VERSION
	                "&logintoken=captcha%20id&logincaptcha=read");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gtalk-token-settings/urls", test_urls);
	g_test_add_func("/gtalk-token-settings/pages", test_pages);
	g_test_add_func("/gtalk-token-settings/pictures", test_pictures);
	g_test_add_func("/gtalk-token-settings/forms", test_forms);
	return g_test_run();
}
