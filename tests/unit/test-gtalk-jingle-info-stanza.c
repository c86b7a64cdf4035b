/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "calls/gtalk-jingle-info-stanza.h"

#include "harness/purple-boot.h"

#define QUERY(content) "<query xmlns='google:jingleinfo'>" content "</query>"

static const struct {
	const char *xml;
	const char *stun;   /* host udp tcp ssltcp, ... */
	const char *relays; /* likewise */
	const char *token;
	const char *reduced; /* what is left for the inherited protocol */
} info_cases[] = {
	{QUERY("<stun><server host='stun.example' udp='19302'/><server host='two.example' udp='1'/>"
               "</stun><relay><token> tok </token><server host='relay.example' udp='19295' "
               "tcp='19294' tcpssl='443'/></relay>"),
         "stun.example 19302 0 0, two.example 1 0 0", "relay.example 19295 19294 443", "tok",
         QUERY("<stun><server host='stun.example' udp='19302'/></stun>")},
	/* odd servers are left out, and the first good one is taken */
	{QUERY("<stun><server/><server host='a.example'/><server host='' udp='1'/>"
               "<server host='b c' udp='1'/><server host='d.example' udp='x'/>"
               "<server host='e.example' udp='0'/><server host='f.example' udp='65536'/>"
               "<server host='g.example' udp='-1'/><server host='h.example' tcp='7'/>"
               "<server host='::1' udp='3478'/></stun>"),
         "h.example 0 7 0, ::1 3478 0 0", "", NULL,
         QUERY("<stun><server host='::1' udp='3478'/></stun>")},
	{QUERY("<relay><token>two words</token></relay>"), "", "", NULL, QUERY("")},
	{QUERY("<relay><token/></relay>"), "", "", NULL, QUERY("")},
	{QUERY("text<stun xmlns='other'><server host='a.example' udp='1'/></stun>"), "", "", NULL,
         QUERY("")},
	{QUERY(""), "", "", NULL, QUERY("")},
};

static char *
test_join(const GTalkMediaServer *const *servers)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	for (; *servers != NULL; servers++)
		g_ptr_array_add(texts, g_strdup_printf("%s %u %u %u", (*servers)->host,
		                                       (*servers)->udp_port, (*servers)->tcp_port,
		                                       (*servers)->ssltcp_port));
	g_ptr_array_add(texts, NULL);
	return g_strjoinv(", ", (char **)texts->pdata);
}

static void
test_parse_and_reduce(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(info_cases); i++) {
		xmlnode *query = xmlnode_from_str(info_cases[i].xml, -1);
		xmlnode *expected = xmlnode_from_str(info_cases[i].reduced, -1);
		GTalkJingleInfo *info = gtalk_jingle_info_parse(query);
		g_autofree char *stun = test_join(info->stun);
		g_autofree char *relays = test_join(info->relays);
		g_autofree char *left = NULL;
		g_autofree char *wanted = xmlnode_to_str(expected, NULL);

		g_test_message("%s", info_cases[i].xml);
		g_assert_cmpstr(stun, ==, info_cases[i].stun);
		g_assert_cmpstr(relays, ==, info_cases[i].relays);
		g_assert_cmpstr(info->relay_token, ==, info_cases[i].token);
		gtalk_jingle_info_reduce(info, query);
		left = xmlnode_to_str(query, NULL);
		g_assert_cmpstr(left, ==, wanted);
		gtalk_jingle_info_free(info);
		xmlnode_free(query);
		xmlnode_free(expected);
	}
}

static void
test_limits(void)
{
	GString *text = g_string_new("<query xmlns='google:jingleinfo'><stun>");
	xmlnode *query = NULL;
	GTalkJingleInfo *info = NULL;
	guint n = 0;

	for (guint i = 0; i < 100; i++)
		g_string_append(text, "<server host='a.example' udp='1'/>");
	g_string_append(text, "</stun></query>");
	query = xmlnode_from_str(text->str, -1);
	info = gtalk_jingle_info_parse(query);
	while (info->stun[n] != NULL)
		n++;
	g_assert_cmpuint(n, ==, 32);
	gtalk_jingle_info_free(info);
	xmlnode_free(query);
	g_string_free(text, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/gtalk-jingle-info-stanza/parse-and-reduce", test_parse_and_reduce);
	g_test_add_func("/gtalk-jingle-info-stanza/limits", test_limits);
	return g_test_run();
}
