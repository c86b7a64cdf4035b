/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-json-check.h: is this text JSON as RFC 8259 has it, and no deeper than we want? json-glib
 * itself takes comments, assignments and much else, and recurses as deep as it is told. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BRIDGE_JSON_DEPTH_MAX 16

/**
 * bridge_json_check:
 * @why: (out) (optional): a sentence with the place, static; set on failure
 * @offset: (out) (optional): the octet where reading stopped; set on failure
 *
 * Besides the grammar: UTF-8 only, no "\u0000", no lone surrogate, and numbers that are integers
 * must fit 64 bits, others must be finite. */
gboolean
bridge_json_check(const char *text, gsize length, const char **why, gsize *offset);

G_END_DECLS
