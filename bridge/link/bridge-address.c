/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-address.h"

#include <netdb.h>
#include <string.h>

#define ADDRESS_IPV4_BYTES 4
#define ADDRESS_IPV6_BYTES 16

typedef struct {
	guint8 octets[ADDRESS_IPV6_BYTES];
	guint bits;
} BridgeAddressPrefix;

static const BridgeAddressPrefix bridge_address_ipv4[] = {
	{{0}, 8},
	{{10}, 8},
	{{100, 64}, 10},
	{{127}, 8},
	{{169, 254}, 16},
	{{172, 16}, 12},
	{{192, 0, 0}, 24},
	{{192, 0, 2}, 24},
	{{192, 88, 99}, 24},
	{{192, 168}, 16},
	{{198, 18}, 15},
	{{198, 51, 100}, 24},
	{{203, 0, 113}, 24},
	{{224}, 4},
	{{240}, 4},
};

static const BridgeAddressPrefix bridge_address_ipv6_global = {{0x20}, 3};
static const BridgeAddressPrefix bridge_address_ipv6[] = {
	{{0x20, 0x01, 0x00}, 23},
	{{0x20, 0x01, 0x0d, 0xb8}, 32},
	{{0x3f, 0xff, 0x00}, 20},
	{{0x20, 0x02}, 16},
};
/* In which an IPv4 address is what counts (RFC 4291 section 2.5.5.2, RFC 6052). */
static const BridgeAddressPrefix bridge_address_embedding[] = {
	{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},
	{{0x00, 0x64, 0xff, 0x9b}, 96},
};

static gboolean
bridge_address_matches(const BridgeAddressPrefix *prefix, const guint8 *octets)
{
	guint whole = prefix->bits / 8;
	guint8 mask = (guint8)(0xff << (8 - prefix->bits % 8));

	return memcmp(prefix->octets, octets, whole) == 0 &&
	       (prefix->bits % 8 == 0 || ((prefix->octets[whole] ^ octets[whole]) & mask) == 0);
}

static gboolean
bridge_address_is_listed(const BridgeAddressPrefix *prefixes, guint count, const guint8 *octets)
{
	for (guint i = 0; i < count; i++)
		if (bridge_address_matches(&prefixes[i], octets))
			return TRUE;
	return FALSE;
}

static gboolean
bridge_address_is_public_ipv4(const guint8 *octets)
{
	return !bridge_address_is_listed(bridge_address_ipv4, G_N_ELEMENTS(bridge_address_ipv4),
	                                 octets);
}

GInetAddress *
bridge_address_unwrap(GInetAddress *address)
{
	const guint8 *octets = g_inet_address_to_bytes(address);

	if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6 &&
	    bridge_address_is_listed(bridge_address_embedding,
	                             G_N_ELEMENTS(bridge_address_embedding), octets))
		return g_inet_address_new_from_bytes(
			octets + ADDRESS_IPV6_BYTES - ADDRESS_IPV4_BYTES, G_SOCKET_FAMILY_IPV4);
	return g_object_ref(address);
}

gboolean
bridge_address_is_public(GInetAddress *given)
{
	g_autoptr(GInetAddress) address = bridge_address_unwrap(given);
	const guint8 *octets = g_inet_address_to_bytes(address);

	if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4)
		return bridge_address_is_public_ipv4(octets);
	return bridge_address_matches(&bridge_address_ipv6_global, octets) &&
	       !bridge_address_is_listed(bridge_address_ipv6, G_N_ELEMENTS(bridge_address_ipv6),
	                                 octets);
}

gboolean
bridge_address_is_literal(const char *name)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
	struct addrinfo *found = NULL;

	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return FALSE;
	freeaddrinfo(found);
	return TRUE;
}
