/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-apns-key.h: a key of Apple's for its push service, and the token that it signs. Apple takes
 * one for an hour, and no new one within 20 minutes. Pure but for the signature. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _PushApnsKey PushApnsKey;

/* @pem: of P-256, as Apple hands it out; @key_id, @team_id: Apple's names for it and for whom it is
 * of */
PushApnsKey *
push_apns_key_new(const char *pem, const char *key_id, const char *team_id, GError **error);
void
push_apns_key_free(PushApnsKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PushApnsKey, push_apns_key_free)

/* What the process before has signed with the same key is used while it is good, and what this one
 * signs is put there. @fd: (transfer full): of bridge-keepsake.h; @now_us: monotonic */
void
push_apns_key_keep_in(PushApnsKey *self, int fd, gint64 now_us);

/* Returns: (transfer none): the header field's value, valid until the next call; NULL with @error:
 * OpenSSL would not. @now_us: monotonic */
const char *
push_apns_key_get_authorization(PushApnsKey *self, gint64 now_us, GError **error);

/* Apple says that the token has expired which was there at @begun_us. TRUE: there is another one,
 * or will be. Both times monotonic. */
gboolean
push_apns_key_forget_token(PushApnsKey *self, gint64 begun_us, gint64 now_us);

G_END_DECLS
