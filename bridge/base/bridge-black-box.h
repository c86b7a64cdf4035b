/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-black-box.h: memory that a host shares with the daemon and that outlives it. A host writes
 * down what it is about to handle, so that the daemon knows after its death whom that was for and
 * which stanza it was (host/host-suspects.h). What is in it comes from a process that parses what
 * strangers send: nothing of it is believed but as text. */
#pragma once

#include <gio/gio.h>

#include "link/bridge-link.h"

G_BEGIN_DECLS

typedef struct _BridgeBlackBox BridgeBlackBox;

BridgeBlackBox *
bridge_black_box_new(GError **error);
void
bridge_black_box_free(BridgeBlackBox *box);
/* Borrowed. */
int
bridge_black_box_get_fd(BridgeBlackBox *box);

/* (nullable): what the host was at, %NULL if that was nothing; borrowed. Every string is UTF-8. */
const BridgeBlackBoxNote *
bridge_black_box_read(BridgeBlackBox *box);

G_END_DECLS
