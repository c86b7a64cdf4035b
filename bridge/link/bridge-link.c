/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-link.h"

static const GDBusErrorEntry bridge_link_error_entries[] = {
	{BRIDGE_LINK_ERROR_NOT_ONLINE, "gtalk.bridge.Error.NotOnline"},
	{BRIDGE_LINK_ERROR_UNKNOWN_ACCOUNT, "gtalk.bridge.Error.UnknownAccount"},
	{BRIDGE_LINK_ERROR_INVALID, "gtalk.bridge.Error.Invalid"},
	{BRIDGE_LINK_ERROR_EXISTS, "gtalk.bridge.Error.Exists"},
	{BRIDGE_LINK_ERROR_UNSUPPORTED, "gtalk.bridge.Error.Unsupported"},
	{BRIDGE_LINK_ERROR_REFUSED, "gtalk.bridge.Error.Refused"},
	{BRIDGE_LINK_ERROR_NO_ANSWER, "gtalk.bridge.Error.NoAnswer"},
};

GQuark
bridge_link_error_quark(void)
{
	static gsize quark;

	g_dbus_error_register_error_domain("bridge-link-error-quark", &quark,
	                                   bridge_link_error_entries,
	                                   G_N_ELEMENTS(bridge_link_error_entries));
	return (GQuark)quark;
}

GVariant *
bridge_link_message_build(const BridgeLinkMessage *message)
{
	return g_variant_new(BRIDGE_LINK_MESSAGE_TYPE, message->sent, message->origin, message->id,
	                     message->stanza_id, message->from, message->to, message->body,
	                     message->type, message->time_us, message->encrypted, message->record,
	                     message->stream, message->stanza);
}

gboolean
bridge_link_message_read(GVariant *data, BridgeLinkMessage *message)
{
	if (!g_variant_is_of_type(data, G_VARIANT_TYPE(BRIDGE_LINK_MESSAGE_TYPE)))
		return FALSE;
	g_variant_get(data, "(b&s&s&s&s&s&s&sxbyuu)", &message->sent, &message->origin,
	              &message->id, &message->stanza_id, &message->from, &message->to,
	              &message->body, &message->type, &message->time_us, &message->encrypted,
	              &message->record, &message->stream, &message->stanza);
	return TRUE;
}
