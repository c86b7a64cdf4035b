/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-avatar-stanza.h"

#include <string.h>

#include "harness/purple-boot.h"

#define HASH "0123456789abcdef0123456789abcdef01234567"
#define UPDATE(photo) "<presence><x xmlns='vcard-temp:x:update'>" photo "</x></presence>"
#define VCARD(photo) "<iq><vCard xmlns='vcard-temp'>" photo "</vCard></iq>"

static const struct {
	const char *xml;
	const char *hash;
} test_presences[] = {
	{UPDATE("<photo>" HASH "</photo>"), HASH},
	{UPDATE("<photo>\n0123456789ABCDEF0123456789abcdef01234567 </photo>"), HASH},
	{UPDATE("<photo/>"), ""},
	{UPDATE("<photo></photo>"), ""},
	/* it says nothing, or nonsense */
	{UPDATE(""), NULL},
	{"<presence/>", NULL},
	{"<presence><x xmlns='other'><photo>" HASH "</photo></x></presence>", NULL},
	{UPDATE("<photo>0123</photo>"), NULL},
	{UPDATE("<photo>" HASH "00</photo>"), NULL},
	{UPDATE("<photo>x123456789abcdef0123456789abcdef01234567</photo>"), NULL},
};

static void
test_hash(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(test_presences); i++) {
		xmlnode *presence = purple_boot_parse(test_presences[i].xml, -1);
		g_autofree char *hash = host_avatar_parse_hash(presence);

		g_assert_cmpstr(hash, ==, test_presences[i].hash);
		xmlnode_free(presence);
	}
}

static void
test_hide(void)
{
	xmlnode *presence = purple_boot_parse(
		"<presence><show>away</show><x xmlns='vcard-temp:x:update'/><x xmlns='other'/>"
		"<x xmlns='vcard-temp:x:update'><photo/></x></presence>",
		-1);
	g_autofree char *hash = NULL;

	host_avatar_hide(presence);
	hash = host_avatar_parse_hash(presence);
	g_assert_null(hash);
	g_assert_nonnull(xmlnode_get_child(presence, "show"));
	g_assert_nonnull(xmlnode_get_child_with_namespace(presence, "x", "other"));
	xmlnode_free(presence);
}

static const struct {
	const char *xml;
	const char *image;
} test_vcards[] = {
	{VCARD("<PHOTO><TYPE>image/png</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO>"), "hello"},
	{VCARD("<PHOTO><BINVAL>aGVs\n  bG8=\n</BINVAL></PHOTO>"), "hello"},
	{VCARD("<PHOTO><BINVAL></BINVAL></PHOTO>"), NULL},
	{VCARD("<PHOTO><BINVAL>!</BINVAL></PHOTO>"), NULL},
	{VCARD("<PHOTO><EXTVAL>http://x.example/p.png</EXTVAL></PHOTO>"), NULL},
	{VCARD("<FN>Romeo</FN>"), NULL},
	{VCARD(""), NULL},
	{"<iq/>", NULL},
};

static void
test_image(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(test_vcards); i++) {
		xmlnode *iq = purple_boot_parse(test_vcards[i].xml, -1);
		g_autoptr(GBytes) image = host_avatar_parse_image(iq);

		if (test_vcards[i].image == NULL)
			g_assert_null(image);
		else
			g_assert_cmpmem(g_bytes_get_data(image, NULL), g_bytes_get_size(image),
			                test_vcards[i].image, strlen(test_vcards[i].image));
		xmlnode_free(iq);
	}
}

#define INFO(more) "<info id='x' type='image/png'" more "/>"
#define ITEMS(info)                                                                                \
	"<items node='urn:xmpp:avatar:metadata'><item id='x'>"                                     \
	"<metadata xmlns='urn:xmpp:avatar:metadata'>" info "</metadata></item></items>"
#define EVENT(info)                                                                                \
	"<message><event xmlns='http://jabber.org/protocol/pubsub#event'>" ITEMS(                  \
		info) "</event>"                                                                   \
		      "</message>"
#define ANSWER(info)                                                                               \
	"<iq><pubsub xmlns='http://jabber.org/protocol/pubsub'>" ITEMS(info) "</pubsub></iq>"

static void
test_addresses(void)
{
	static const char *const stanzas[] = {
		EVENT(INFO(" url='http://127.0.0.1/'")),
		EVENT(INFO("") INFO(" xmlns:y='z' y:url='http://127.0.0.1/'")),
		ANSWER("<other/>" INFO(" url='http://127.0.0.1/'")),
	};

	for (guint i = 0; i < G_N_ELEMENTS(stanzas); i++) {
		xmlnode *stanza = purple_boot_parse(stanzas[i], -1);
		g_autofree char *text = NULL;

		host_avatar_hide_addresses(stanza);
		text = xmlnode_to_str(stanza, NULL);
		g_assert_null(strstr(text, "127.0.0.1"));
		g_assert_nonnull(strstr(text, "image/png"));
		xmlnode_free(stanza);
	}
}

static GBytes *
test_parse_large(gsize length)
{
	g_autofree guchar *octets = g_malloc0(length);
	g_autofree char *text = g_base64_encode(octets, length);
	g_autofree char *xml = g_strdup_printf(VCARD("<PHOTO><BINVAL>%s</BINVAL></PHOTO>"), text);
	xmlnode *iq = purple_boot_parse(xml, -1);
	GBytes *image = host_avatar_parse_image(iq);

	xmlnode_free(iq);
	return image;
}

static void
test_large(void)
{
	g_autoptr(GBytes) largest = test_parse_large(HOST_AVATAR_BYTES_MAX);
	g_autoptr(GBytes) larger = test_parse_large(HOST_AVATAR_BYTES_MAX + 1);
	g_autoptr(GBytes) huge = test_parse_large(HOST_AVATAR_BYTES_MAX * 4);

	g_assert_cmpuint(g_bytes_get_size(largest), ==, HOST_AVATAR_BYTES_MAX);
	g_assert_null(larger);
	g_assert_null(huge);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	purple_boot_start_nodes();
	g_test_add_func("/host-avatar-stanza/hash", test_hash);
	g_test_add_func("/host-avatar-stanza/hide", test_hide);
	g_test_add_func("/host-avatar-stanza/image", test_image);
	g_test_add_func("/host-avatar-stanza/addresses", test_addresses);
	g_test_add_func("/host-avatar-stanza/large", test_large);
	return g_test_run();
}
