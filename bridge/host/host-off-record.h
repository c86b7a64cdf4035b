/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-off-record.h: off the record with a contact, as the plugin does it: kept by a Google server
 * for both sides, elsewhere by this client alone, whose messages then ask not to be stored.
 *
 * Wanted: as, bare JIDs: who is off the record, where the server does not keep it.
 *
 * Request "off-record": "jid" s (bare), "off-record" b; the answer has "serial" u: of the event
 * that says so, which may come after the answer.
 *
 * Event "off-record": "jid" s, "off-record" b, "by" s (bridge, account: another client of it,
 *   contact, unknown, listed: it was so before this session), "serial" u: counts these events.
 * Event "off-record-known": once after sign-in, behind what was listed: "shared" b: the server
 * keeps the state, and nobody else is off the record. Not where the server could not tell. Event
 * "off-record-all": "off-record" b: the account has nothing kept, or not any more. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_off_record_feature;

G_END_DECLS
