/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * legacy-logins.h: sign-ins under way, so that a phone that asks twice has one session, also when
 * it gave up on the first answer. */
#pragma once

#include "legacy-exchange.h"

G_BEGIN_DECLS

typedef struct _LegacyLogins LegacyLogins;

LegacyLogins *
legacy_logins_new(void);
void
legacy_logins_free(LegacyLogins *self);

/* @exchange waits for what becomes of @proof, until it is answered or its time is over (503).
 * Returns: FALSE: nobody else does: it is to be begun */
gboolean
legacy_logins_join(LegacyLogins *self, const char *proof, LegacyExchange *exchange);
/* (transfer full) (element-type LegacyExchange): those who still wait; it is under way no more */
GPtrArray *
legacy_logins_take(LegacyLogins *self, const char *proof);

G_END_DECLS
