/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-suspects.h: writes down whose stanza libpurple is about to see, in memory that outlives this
 * process; and keeps from libpurple what is in those that have ended hosts before.
 *
 * Wanted: as, the keys of such stanzas, as they were written down. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

/* @fd: (transfer none): the memory, which the daemon shares; once for all accounts of the process,
 * further calls do nothing */
void
host_suspects_open(int fd);

extern const HostFeature host_suspects_feature;

G_END_DECLS
