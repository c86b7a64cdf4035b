/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is read of calls: the server's helpers (google:jingleinfo) and sessions. */
#include "config.h"

#include "fuzz-stanza.h"

#include "calls/gtalk-call-stanza.h"
#include "calls/gtalk-jingle-info-stanza.h"
#include "core/gtalk-xml.h"
#include "sign-in/gtalk-endpoint.h"

static void
fuzz_servers(const GTalkMediaServer *const *servers)
{
	for (; *servers != NULL; servers++) {
		g_assert_true(gtalk_endpoint_is_server((*servers)->host));
		g_assert_cmpuint((*servers)->udp_port | (*servers)->tcp_port |
		                         (*servers)->ssltcp_port,
		                 <=, G_MAXUINT16);
	}
}

static void
fuzz_info(xmlnode *query)
{
	GTalkJingleInfo *info = gtalk_jingle_info_parse(query);
	GTalkJingleInfo *again = NULL;

	fuzz_servers(info->stun);
	fuzz_servers(info->relays);
	gtalk_jingle_info_reduce(info, query);
	again = gtalk_jingle_info_parse(query);
	g_assert_true(again->stun[0] == NULL || again->stun[1] == NULL);
	g_assert_true(again->relays[0] == NULL && again->relay_token == NULL);
	gtalk_jingle_info_free(info);
	gtalk_jingle_info_free(again);
}

static void
fuzz_session(const xmlnode *stanza)
{
	GTalkCallSession session;
	xmlnode *reject = NULL;

	gtalk_call_is_jingle_initiate(stanza);
	if (!gtalk_call_parse(stanza, &session))
		return;
	g_assert_true(*session.id != '\0' && *session.initiator != '\0');
	g_assert_true(session.is_call || !session.is_video);
	reject = gtalk_call_build_reject(&session, session.initiator);
	g_assert_true(gtalk_call_parse(reject, &session));
	xmlnode_free(reject);
}

static void
fuzz_call(xmlnode *stanza)
{
	xmlnode *query = gtalk_xml_find_child(stanza, "query", GTALK_NS_GOOGLE_JINGLE_INFO);

	fuzz_session(stanza);
	if (query != NULL)
		fuzz_info(query);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	return fuzz_stanza_run(data, size, fuzz_call);
}
