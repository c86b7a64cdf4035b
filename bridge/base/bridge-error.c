/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-error.h"

G_DEFINE_QUARK(bridge - error - quark, bridge_error)
