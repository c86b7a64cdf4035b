/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-origin.h: which web pages may ask (RFC 6454, and CORS of WHATWG Fetch): those that come
 * from where the API is served, and those that are configured. Whoever sends no Origin is no page
 * of a stranger: tokens are in no cookie that a browser would add by itself. */
#pragma once

#include "bridge-exchange.h"

G_BEGIN_DECLS

/**
 * bridge_origin_admit:
 * @origins: (nullable): that are configured; %NULL-terminated
 *
 * Sets the header fields that let a page see the answer.
 *
 * Returns: FALSE if it is somebody else's page; it is answered */
gboolean
bridge_origin_admit(BridgeExchange *exchange, const char *const *origins);

/* What a page of a configured origin may ask, on the answer to OPTIONS. @methods: as in Allow */
void
bridge_origin_answer_preflight(BridgeExchange *exchange, const char *const *origins,
                               const char *methods);

/**
 * bridge_origin_is_host:
 * @names: (nullable): that Host may name; %NULL for any
 *
 * A page of a stranger's site can make a browser send requests here under the stranger's name, when
 * that name resolves to this machine. */
gboolean
bridge_origin_is_host(const char *const *names, const char *host);

G_END_DECLS
