/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fuzz.h: what a fuzz target is, as libFuzzer has it. */
#pragma once

#include <glib.h>

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
