/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-form.h: what a phone posts: application/x-www-form-urlencoded, read by the names that the
 * old proxy's API knows. A name that it does not know is passed over undecoded: phones send their
 * API key ("as") as it is. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LegacyForm LegacyForm;

/**
 * legacy_form_parse:
 *
 * Returns: (nullable): %NULL if a known name is there twice, or its value is broken: an escape that
 * is none, no UTF-8, a NUL */
LegacyForm *
legacy_form_parse(const char *text, gsize length);
/* Wipes it: it may have brought a credential. */
void
legacy_form_free(LegacyForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LegacyForm, legacy_form_free)

/* (nullable): perhaps empty */
const char *
legacy_form_find(LegacyForm *form, const char *name);
/* (nullable): %NULL if it is missing or empty */
const char *
legacy_form_get(LegacyForm *form, const char *name);
/* The words are exact: whatever else is there is FALSE. @fallback if it is missing. */
gboolean
legacy_form_get_boolean(LegacyForm *form, const char *name, gboolean fallback);

G_END_DECLS
