/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-jid.h: the little that the plugin itself needs to know about addresses; pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "ann@talk.example/Desk" gives "ann@talk.example"; (transfer full). */
char *
gtalk_jid_dup_bare(const char *jid);

/* "ann@talk.example/Desk" gives "talk.example", "talk.example" itself; (transfer full). */
char *
gtalk_jid_dup_domain(const char *jid);

/* What two addresses have in common that differ in case or resource only: the key of a table;
 * (transfer full). NULL if @jid is no UTF-8. */
char *
gtalk_jid_dup_key(const char *jid);

/* Whether the part before the resource is the same, whatever its case. */
gboolean
gtalk_jid_equal_bare(const char *a, const char *b);

G_END_DECLS
