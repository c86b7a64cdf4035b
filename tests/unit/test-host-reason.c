/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-link.h"
#include "host-reason.h"

static void
test_what_to_do_next(void)
{
	static const struct {
		PurpleConnectionError error;
		gboolean was_online;
		const char *reason;
	} cases[] = {
		{PURPLE_CONNECTION_ERROR_NETWORK_ERROR, FALSE, BRIDGE_REASON_UNREACHABLE},
		{PURPLE_CONNECTION_ERROR_NETWORK_ERROR, TRUE, BRIDGE_REASON_SERVER},
		{PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, FALSE,
	         BRIDGE_REASON_CREDENTIALS_REFUSED},
		{PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE, FALSE,
	         BRIDGE_REASON_UNSUPPORTED},
		{PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR, FALSE, BRIDGE_REASON_ENCRYPTION},
		{PURPLE_CONNECTION_ERROR_NO_SSL_SUPPORT, FALSE, BRIDGE_REASON_ENCRYPTION},
		{PURPLE_CONNECTION_ERROR_NAME_IN_USE, TRUE, BRIDGE_REASON_CONFLICT},
		{PURPLE_CONNECTION_ERROR_CERT_OTHER_ERROR, FALSE,
	         BRIDGE_REASON_CERTIFICATE_REFUSED},
		{PURPLE_CONNECTION_ERROR_OTHER_ERROR, TRUE, BRIDGE_REASON_SERVER},
		{(PurpleConnectionError)1000, TRUE, BRIDGE_REASON_SERVER},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(host_reason_find(cases[i].error, cases[i].was_online, "x"), ==,
		                cases[i].reason);
}

static void
test_a_broken_handshake_is_worth_another_try(void)
{
	g_assert_cmpstr(host_reason_find(PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR, FALSE,
	                                 purple_ssl_strerror(PURPLE_SSL_HANDSHAKE_FAILED)),
	                ==, BRIDGE_REASON_UNREACHABLE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-reason/table", test_what_to_do_next);
	g_test_add_func("/host-reason/handshake", test_a_broken_handshake_is_worth_another_try);
	return g_test_run();
}
