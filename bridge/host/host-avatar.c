/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-avatar.h"

#include <string.h>

#include "host-avatar-stanza.h"
#include "host-iq.h"
#include "host-text.h"

/* How servers and clients say that somebody has no vCard. */
static gboolean
host_avatar_means_none(xmlnode *reply)
{
	static const char *const conditions[] = {"item-not-found", "service-unavailable",
	                                         "feature-not-implemented", NULL};
	const char *condition = host_iq_find_condition(reply);

	return condition != NULL && g_strv_contains(conditions, condition);
}

static void
host_avatar_answered_cb(HostAccount *account, xmlnode *reply, gpointer user_data)
{
	HostRequest *request = user_data;
	g_autoptr(GBytes) image = NULL;
	GVariantDict answer;

	if (reply == NULL || !host_avatar_means_none(reply)) {
		if (!host_iq_check(reply, request))
			return;
		image = host_avatar_parse_image(reply);
	}
	g_variant_dict_init(&answer, NULL);
	if (image != NULL)
		g_variant_dict_insert_value(
			&answer, "image",
			g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, image, TRUE));
	host_request_answer(request, g_variant_dict_end(&answer));
}

static void
host_avatar_run(HostAccount *account, GVariantDict *arguments, HostRequest *request)
{
	const char *jid = "";
	xmlnode *vcard;
	xmlnode *iq;

	g_variant_dict_lookup(arguments, "jid", "&s", &jid);
	if (!host_text_is_jid(jid) || strchr(jid, '/') != NULL) {
		host_request_fail(request, BRIDGE_LINK_ERROR_INVALID,
		                  "This address cannot be a contact.");
		return;
	}
	iq = host_iq_new_with_child("get", jid, "vCard", HOST_AVATAR_VCARD, &vcard);
	if (!host_iq_send(account, iq, host_avatar_answered_cb, host_request_ref(request),
	                  (GDestroyNotify)host_request_unref))
		host_iq_fail_unsent(account, request);
}

static const HostCommand host_avatar_commands[] = {
	{"avatar", host_avatar_run},
	{NULL},
};

const HostFeature host_avatar_feature = {
	.name = "avatar",
	.commands = host_avatar_commands,
};
