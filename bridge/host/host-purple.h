/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-purple.h: libpurple on a short lead: started with nothing on disk, no session or system bus,
 * no discovery of routers, only the plugins that a protocol of ours needs, and user interface
 * operations that answer every question at once in the way that does no harm. Main loop only. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

#define HOST_PURPLE_UI_ID "gtalk-bridge"

/**
 * HostPurpleListener:
 *
 * What libpurple has to say about connections. */
typedef struct {
	void (*signed_on)(PurpleConnection *gc);
	/* The connection ends because of this; signed_off follows. */
	void (*failed)(PurpleConnection *gc, PurpleConnectionError reason, const char *sentence);
	/* The protocol has closed the connection; @gc is about to be freed. */
	void (*signed_off)(PurpleConnection *gc);
} HostPurpleListener;

/**
 * HostPurpleRoomListener:
 *
 * Who is in a chat; @came also when somebody's role there has changed. */
typedef struct {
	void (*came)(PurpleConversation *conversation, const char *nick);
	void (*left)(PurpleConversation *conversation, const char *nick);
	void (*renamed)(PurpleConversation *conversation, const char *nick, const char *new_nick);
} HostPurpleRoomListener;

/**
 * host_purple_start:
 * @protocols: (nullable): names on the link, separated by commas: those that are loaded and that
 * accounts may have; "googletalk" if there are none
 *
 * Starts libpurple and loads the protocols, with neither a thread nor TLS: the process may fork
 * afterwards. */
gboolean
host_purple_start(const char *protocols, GError **error);

/* The rest, in the process that is going to have accounts. */
gboolean
host_purple_start_tls(GError **error);
void
host_purple_set_listener(const HostPurpleListener *listener);
void
host_purple_set_room_listener(const HostPurpleRoomListener *listener);

/* Logs what libpurple says about itself, without what goes over the wire. */
void
host_purple_set_debug(gboolean debug);

/* Returns: (nullable): the libpurple protocol behind a name on the link, borrowed for ever */
const char *
host_purple_find_protocol(const char *name);

G_END_DECLS
