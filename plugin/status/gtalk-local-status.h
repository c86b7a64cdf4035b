/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-local-status.h: the account's status in libpurple, read and set in the terms of the server:
 * available, busy or invisible with a plain text, or away, which only this session is. */
#pragma once

#include "gtalk-status-document.h"

G_BEGIN_DECLS

typedef enum {
	GTALK_LOCAL_AVAILABLE,
	GTALK_LOCAL_BUSY,
	GTALK_LOCAL_INVISIBLE,
	GTALK_LOCAL_AWAY,
} GTalkLocalKind;

typedef struct {
	GTalkLocalKind kind;
	char *text; /* plain, not longer than asked for; "" when invisible */
} GTalkLocalStatus;

GTalkLocalStatus *
gtalk_local_status_read(PurpleAccount *account, gsize text_max_bytes);
/* What @document makes of the account: busy where invisible cannot be. */
GTalkLocalStatus *
gtalk_local_status_new_from_document(const GTalkStatusDocument *document);
void
gtalk_local_status_free(GTalkLocalStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GTalkLocalStatus, gtalk_local_status_free)

gboolean
gtalk_local_status_equal(const GTalkLocalStatus *a, const GTalkLocalStatus *b);

/* Sets the account's status; the priority stays what it is for each kind. */
void
gtalk_local_status_apply(const GTalkLocalStatus *status, PurpleAccount *account);

/* One string for the status, to compare with later; (transfer full). */
char *
gtalk_local_status_dup_key(const GTalkLocalStatus *status);

/* Whether that status, of whatever kind, had the same text. */
gboolean
gtalk_local_status_has_text_of_key(const GTalkLocalStatus *status, const char *key);

/* libpurple's id of the status type. */
const char *
gtalk_local_status_get_id(const GTalkLocalStatus *status);

/* The parent's types (transfer full) with the invisible one among them. */
GList *
gtalk_local_status_add_invisible_type(GList *types);

G_END_DECLS
