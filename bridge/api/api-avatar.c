/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * GET /v1/contacts/{jid}/avatar: a contact's picture, asked for at this moment. Its ETag is the
 * hash by which presence names it (XEP-0153), so that who has it need not ask the chat server. */
#include "config.h"

#include "bridge-api-private.h"
#include "http/bridge-image.h"

static void
api_avatar_answer(BridgeExchange *exchange, GBytes *image)
{
	const char *type = image != NULL ? bridge_image_find_type(image) : NULL;
	g_autofree char *hash = NULL;
	g_autofree char *tag = NULL;

	if (type == NULL) {
		bridge_exchange_refuse(exchange, BRIDGE_PROBLEM_NOT_FOUND,
		                       image == NULL ? "there is no picture"
		                                     : "the picture is none that can be shown",
		                       NULL);
		return;
	}
	hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, image);
	tag = g_strdup_printf("\"%s\"", hash);
	bridge_exchange_set_header(exchange, "ETag", tag);
	bridge_exchange_set_header(exchange, "Cache-Control", "private, no-cache");
	/* Whatever it is, nothing in it may run. */
	bridge_exchange_set_header(exchange, "Content-Security-Policy",
	                           "default-src 'none'; sandbox");
	if (bridge_exchange_is_known(exchange, tag))
		bridge_exchange_answer_empty(exchange, 304);
	else
		bridge_exchange_answer_bytes(exchange, type, image);
}

static void
api_avatar_answered(BridgeExchange *exchange, GVariant *answer)
{
	g_autoptr(GVariant) value =
		g_variant_lookup_value(answer, "image", G_VARIANT_TYPE_BYTESTRING);
	g_autoptr(GBytes) image = value != NULL ? g_variant_get_data_as_bytes(value) : NULL;

	api_avatar_answer(exchange, image);
}

/* By what the contact's presence says. */
static gboolean
api_avatar_is_known(BridgeExchange *exchange, const char *jid)
{
	const BridgeContact *contact =
		bridge_account_find_contact(bridge_exchange_get_account(exchange), jid);
	const char *hash = contact != NULL ? bridge_contact_get_avatar(contact) : NULL;
	g_autofree char *tag = NULL;

	if (hash == NULL)
		return FALSE;
	tag = g_strdup_printf("\"%s\"", hash);
	if (!bridge_exchange_is_known(exchange, tag))
		return FALSE;
	bridge_exchange_set_header(exchange, "ETag", tag);
	return TRUE;
}

void
api_avatar_get(BridgeExchange *exchange)
{
	g_autofree char *jid = api_dup_jid_parameter(exchange);
	GVariantDict arguments;

	if (jid == NULL)
		return;
	if (api_avatar_is_known(exchange, jid)) {
		bridge_exchange_answer_empty(exchange, 304);
		return;
	}
	g_variant_dict_init(&arguments, NULL);
	g_variant_dict_insert(&arguments, "jid", "s", jid);
	api_request(exchange, "avatar", g_variant_dict_end(&arguments), api_avatar_answered);
}
