/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fuzz-stanza.h: the frame of a fuzz target whose input is one XML element. */
#pragma once

#include "fuzz.h"

#include <purple.h>

/**
 * FuzzStanzaFunction:
 * @stanza: what was read, with attributes of a namespace as they are when they come by a stream;
 * may be changed, is freed by the caller
 */
typedef void (*FuzzStanzaFunction)(xmlnode *stanza);

/* Calls @function with what libpurple reads of @data, unless that is no element. Returns: 0, which
 * is what a target returns */
int
fuzz_stanza_run(const guint8 *data, gsize size, FuzzStanzaFunction function);
