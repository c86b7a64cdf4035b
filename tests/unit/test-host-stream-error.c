/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "link/bridge-link.h"
#include "harness/purple-boot.h"
#include "host-stream-error.h"

#define ERROR(inside)                                                                              \
	"<stream:error xmlns:stream='http://etherx.jabber.org/streams'>" inside "</stream:error>"
#define CONDITION(name) "<" name " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
#define TEXT(text) "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" text "</text>"

static const struct {
	const char *xml;
	const char *condition;
	const char *reason;
	const char *sentence;
} test_errors[] = {
	{ERROR(CONDITION("conflict")), "conflict", BRIDGE_REASON_CONFLICT,
         "Another session has taken the place of this one."},
	{ERROR(TEXT("Too fast") CONDITION("policy-violation")), "policy-violation",
         BRIDGE_REASON_POLICY, "The chat server does not allow what was done: Too fast"},
	{ERROR(CONDITION("resource-constraint")), "resource-constraint", BRIDGE_REASON_OVERLOADED,
         "The chat server has too much to do."},
	{ERROR(CONDITION("host-gone")), "host-gone", BRIDGE_REASON_HOST_GONE,
         "The chat server serves the domain no more."},
	{ERROR(CONDITION("host-unknown")), "host-unknown", BRIDGE_REASON_HOST_GONE,
         "The chat server does not serve the domain."},
	{ERROR("<see-other-host "
               "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>[::1]:5</see-other-host>"),
         "see-other-host", BRIDGE_REASON_REDIRECTED,
         "The chat server sends to another host: [::1]:5"},
	{ERROR(CONDITION("system-shutdown")), "system-shutdown", BRIDGE_REASON_SERVER,
         "The chat server is being shut down."},
	{ERROR(CONDITION("not-authorized")), "not-authorized", BRIDGE_REASON_SERVER,
         "The chat server takes the session for ended."},
	{ERROR(CONDITION("undefined-condition") "<odd xmlns='urn:odd'/>"), "undefined-condition",
         BRIDGE_REASON_SERVER, "The chat server ended the stream (undefined-condition)."},
	{ERROR("<conflict xmlns='urn:odd'/>"), "", BRIDGE_REASON_SERVER,
         "The chat server ended the stream."},
};

static void
test_what_it_means(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(test_errors); i++) {
		xmlnode *packet = xmlnode_from_str(test_errors[i].xml, -1);
		const char *condition = host_stream_error_find_condition(packet);
		g_autofree char *sentence = host_stream_error_dup_sentence(packet);

		g_assert_cmpstr(condition, ==, test_errors[i].condition);
		g_assert_cmpstr(host_stream_error_get_reason(condition), ==, test_errors[i].reason);
		g_assert_cmpstr(sentence, ==, test_errors[i].sentence);
		xmlnode_free(packet);
	}
}

static void
test_other_stanzas(void)
{
	static const char *const stanzas[] = {
		"<message xmlns='jabber:client' type='error'><error/></message>",
		"<error xmlns='jabber:client'><conflict/></error>",
		"<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>",
	};

	for (guint i = 0; i < G_N_ELEMENTS(stanzas); i++) {
		xmlnode *packet = xmlnode_from_str(stanzas[i], -1);

		g_assert_null(host_stream_error_find_condition(packet));
		xmlnode_free(packet);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/host-stream-error/what-it-means", test_what_it_means);
	g_test_add_func("/host-stream-error/other-stanzas", test_other_stanzas);
	return g_test_run();
}
