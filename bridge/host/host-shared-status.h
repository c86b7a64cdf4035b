/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-shared-status.h: the status that a Google server keeps for all sessions of the account, with
 * remembered texts (google:shared-status). What holds now is set as the account's presence.
 *
 * Event "shared-status", after each sign-in and at every change: no members where the server has
 * none; else "busy" b, "status" s, "invisible" b, "can-hide" b (FALSE: some session is too old for
 * that), "available" as and "dnd" as (the texts, newest first), "status-max" u (bytes of one),
 * "texts-max" u (of one kind).
 *
 * Request "status-texts": "available" as and "dnd" as, each if those are to be replaced. Answered
 * when the server has them. Invalid: beyond its limits; Refused; Unsupported. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

extern const HostFeature host_shared_status_feature;

G_END_DECLS
