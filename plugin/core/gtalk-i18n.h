/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-i18n.h: what a person reads, in the person's language. A sentence is _("…"), in a static
 * table N_("…") with _() where the table is read; where a number counts, it is
 * ngettext("%u …", "%u …", n). Sentences are whole, never put together from pieces; a comment that
 * begins with TRANSLATORS goes to those who translate. What nobody reads (debug log, wire) is not
 * marked. Each file that uses this is named in po/POTFILES.in. */
#pragma once

#include "config.h"

#include <libintl.h>

#define _(text) ((const char *)dgettext(GETTEXT_PACKAGE, text))
#define N_(text) (text)

#undef ngettext
#define ngettext(singular, plural, n)                                                              \
	((const char *)dngettext(GETTEXT_PACKAGE, singular, plural, n))
