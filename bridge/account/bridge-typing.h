/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-typing.h: who is typing: ephemeral "typing" events of what host/host-typing.h tells. */
#pragma once

#include "bridge-account-feature.h"

G_BEGIN_DECLS

extern const BridgeAccountFeature bridge_typing_feature;

G_END_DECLS
