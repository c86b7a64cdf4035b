/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-event.h: what libpurple and the plugin say, as the values of the link's events
 * (gtalk-bridge-link.xml). Pure functions; every text comes out as valid UTF-8 within a limit, and
 * what is returned is floating. */
#pragma once

#include <glib.h>
#include <purple.h>

#include "plugin/gtalk.h"

G_BEGIN_DECLS

#define HOST_EVENT_ADDRESS_MAX_BYTES 3071 /* RFC 7622; for ids as well */
#define HOST_EVENT_SENTENCE_MAX_BYTES 1024

GVariant *
host_event_build_state(const char *state, const char *reason, const char *detail,
                       const char *bound_jid);

GVariant *
host_event_build_message(const GTalkMessage *message, guint stream, guint stanza);

GVariant *
host_event_build_status(const char *id, const char *status, const char *reason, const char *detail);

GVariant *
host_event_build_receipt(const char *id, const char *from);

GVariant *
host_event_build_acknowledged(guint stream, guint stanza);

GVariant *
host_event_build_archive_done(gboolean available, gboolean complete, const char *last_id,
                              const char *recent, gint64 since_s);

/* @extra: (nullable): one more feature */
GVariant *
host_event_build_features(const char *const *features, const char *extra);

/* @presence: a stanza without type, or of type unavailable
 * @resource: (nullable): of its sender */
GVariant *
host_event_build_presence(xmlnode *presence, const char *bare_jid, const char *resource);

G_END_DECLS
