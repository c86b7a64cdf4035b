/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-vapid.h: Voluntary Application Server Identification (RFC 8292): who sends a push, signed
 * for each service's origin and used for half a day. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _PushVapid PushVapid;

/**
 * push_vapid_new:
 * @private_octets, @public_octets: the key pair, as push_key_new_pair() takes it
 * @contact: whom a service may turn to: "mailto:" or "https:" */
PushVapid *
push_vapid_new(GBytes *private_octets, GBytes *public_octets, const char *contact, GError **error);
void
push_vapid_free(PushVapid *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PushVapid, push_vapid_free)

/**
 * push_vapid_get_authorization:
 * @origin: "https://push.example.net", a port only where it is not 443
 * @now_s: since the epoch
 *
 * Returns: (transfer none) (nullable): the header field's value; valid until the next call */
const char *
push_vapid_get_authorization(PushVapid *self, const char *origin, gint64 now_s, GError **error);

/* The service refused it: the next one is signed anew. */
void
push_vapid_forget(PushVapid *self, const char *origin);

G_END_DECLS
