/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-wait.h: a request that is held until the account's contacts are known. Phones give up
 * after 30 s, and what they are told is believed: better late than wrong. */
#pragma once

#include "legacy-exchange.h"

G_BEGIN_DECLS

/* @known: FALSE: not in time, the account is signed out, or the client has gone */
typedef void (*LegacyWaitFunc)(LegacyExchange *exchange, gboolean known);

/* Holds the exchange; calls @func once, perhaps before it returns. The exchange has an account. */
void
legacy_wait_for_contacts(LegacyExchange *exchange, LegacyWaitFunc func);

G_END_DECLS
