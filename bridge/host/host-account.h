/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-account.h: one account in libpurple, from SignIn until its connection is gone. It turns what
 * libpurple and the plugin say into events of the link, and holds back the acknowledgement of
 * every stanza whose event is not durable yet. It never reconnects: when the connection ends it
 * says so and is of no more use. Main loop only. */
#pragma once

#include <gio/gio.h>
#include <purple.h>

#include "host-request.h"
#include "host-roster.h"
#include "host-settings.h"
#include "host-window.h"
#include "plugin/gtalk.h"

G_BEGIN_DECLS

typedef struct _HostAccount HostAccount;

/**
 * HostAccountSink:
 *
 * Where an account's events go.
 * @push: as host_window_push()
 * @forget: as host_window_forget()
 * @keep: as KeepCredential of the link
 * @gone: the connection is gone; @offline, floating, is the account's last event, which the callee
 * has to push; the account is to be freed, not from within this call */
typedef struct {
	void (*push)(gpointer user_data, const char *account, const char *type, GVariant *data,
	             const HostWindowNotify *notify);
	void (*forget)(gpointer user_data, gpointer data);
	void (*keep)(gpointer user_data, const char *account, const char *mechanism,
	             const char *credential);
	void (*gone)(gpointer user_data, HostAccount *account, GVariant *offline);
} HostAccountSink;

/* Connects to the plugins' signals; once, after host_purple_start_tls(). */
void
host_account_install(void);

/**
 * host_account_new:
 * @stream: this stream's number
 * @credential: copied by libpurple
 *
 * Starts to sign in. The rest comes through @sink. */
HostAccount *
host_account_new(const char *id, guint stream, const HostSettings *settings, const char *credential,
                 const HostAccountSink *sink, gpointer user_data);
void
host_account_free(HostAccount *account);

const char *
host_account_get_id(HostAccount *account);
/* us since the epoch, of the last stanza that was no ping; 0 = none */
gint64
host_account_get_last_traffic_us(HostAccount *account);

/* Ends the connection; sink->gone() follows from the main loop. */
void
host_account_sign_out(HostAccount *account);

/* Errors: BRIDGE_LINK_ERROR_NOT_ONLINE, _INVALID. */
gboolean
host_account_send(HostAccount *account, const char *id, const char *to, const char *body,
                  GError **error);

/* Runs one of the features' commands (host-feature.h). @arguments: a{sv} */
void
host_account_run(HostAccount *account, const char *command, GVariant *arguments,
                 HostRequest *request);

/* ---- For the features ------------------------------------------------------------------------ */

/* NULL: none of ours */
HostAccount *
host_account_find(PurpleConnection *gc);
PurpleAccount *
host_account_get_purple(HostAccount *account);
/* NULL: not connected */
PurpleConnection *
host_account_get_connection(HostAccount *account);
/* As the server bound it, or as asked before that; borrowed. */
const char *
host_account_get_bound_jid(HostAccount *account);
gboolean
host_account_is_online(HostAccount *account);
/* Whether it is known what the chat server offers. */
gboolean
host_account_is_discovered(HostAccount *account);
/* One of GTALK_FEATURE_*: FALSE also before discovery has ended. */
gboolean
host_account_has_feature(HostAccount *account, const char *feature);
const HostDialect *
host_account_get_dialect(HostAccount *account);
HostRoster *
host_account_get_roster(HostAccount *account);

/* Tells an event; what comes before "online" is told behind it. @type: static; @data: floating */
void
host_account_push(HostAccount *account, const char *type, GVariant *data);

/* Also before "online". */
void
host_account_push_at_once(HostAccount *account, const char *type, GVariant *data);

/* Has the daemon keep @credential for the next sign-in. @mechanism: as SignIn has it */
void
host_account_keep(HostAccount *account, const char *mechanism, const char *credential);

/* Tells a message of a protocol without acknowledgement. */
void
host_account_push_plain(HostAccount *account, const GTalkMessage *message);

/* Tells an event that the stanza being delivered now brings: the chat server does not hear that it
 * was handled before the event is durable. @type: static; @data: floating */
void
host_account_push_held(HostAccount *account, const char *type, GVariant *data);

/* What a feature keeps for an account until that is freed. @name: the feature's */
gpointer
host_account_get_state(HostAccount *account, const char *name);
void
host_account_set_state(HostAccount *account, const char *name, gpointer state,
                       GDestroyNotify free_state);

/**
 * host_account_check_link:
 * @dead_after_s: within which a link that died has to be found
 *
 * To be called as often as host_silence_get_interval_s() says while reading is not paused: ends a
 * connection that is dead or does not get signed in. */
void
host_account_check_link(HostAccount *account, guint dead_after_s);

/* Reading was paused until now: silence before counts for nothing. */
void
host_account_excuse_silence(HostAccount *account);

G_END_DECLS
