/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-units.h"

const GTalkUnit *const gtalk_units[] = {
	NULL,
};
