/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-jid.h"

#include <string.h>

char *
gtalk_jid_dup_bare(const char *jid)
{
	g_return_val_if_fail(jid != NULL, NULL);

	return g_strndup(jid, strcspn(jid, "/"));
}

char *
gtalk_jid_dup_domain(const char *jid)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);
	const char *at;

	g_return_val_if_fail(bare != NULL, NULL);

	at = strchr(bare, '@');
	return g_strdup(at != NULL ? at + 1 : bare);
}

/* Case folding and compatibility composition come close enough to the string preparation of
 * RFC 6122 to compare two addresses that a server has already prepared. */
char *
gtalk_jid_dup_key(const char *jid)
{
	g_autofree char *bare = gtalk_jid_dup_bare(jid);
	g_autofree char *folded = NULL;

	if (bare == NULL || !g_utf8_validate(bare, -1, NULL))
		return NULL;
	folded = g_utf8_casefold(bare, -1);
	return g_utf8_normalize(folded, -1, G_NORMALIZE_ALL_COMPOSE);
}

/* Most addresses are plain ASCII, and two are compared for every stanza. Where both still are and
 * differ, no folding makes them equal: ASCII folds and composes within itself. TRUE if *equal is
 * set. */
static gboolean
gtalk_jid_compare_ascii(const char *a, const char *b, gboolean *equal)
{
	for (;; a++, b++) {
		char one, other;

		/* Nearly always, and ASCII has the slash before letters, digits and the at sign. */
		if (*a == *b && ((guchar)(*a - '0') < 0x80 - '0' || *a == '.'))
			continue;
		one = *a == '/' ? '\0' : g_ascii_tolower(*a);
		other = *b == '/' ? '\0' : g_ascii_tolower(*b);

		if (((guchar)one | (guchar)other) >= 0x80)
			return FALSE;
		*equal = one == other;
		if (!*equal || one == '\0')
			return TRUE;
	}
}

gboolean
gtalk_jid_equal_bare(const char *a, const char *b)
{
	g_autofree char *folded_a = NULL;
	g_autofree char *folded_b = NULL;
	gboolean equal;

	g_return_val_if_fail(a != NULL && b != NULL, FALSE);

	if (gtalk_jid_compare_ascii(a, b, &equal))
		return equal;
	folded_a = gtalk_jid_dup_key(a);
	folded_b = gtalk_jid_dup_key(b);
	return folded_a != NULL && g_strcmp0(folded_a, folded_b) == 0;
}
