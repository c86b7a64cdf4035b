/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-core-testing.h: the daemon's core on a real store and scripted hosts, and its calls
 * without callbacks. */
#pragma once

#include "account/bridge-accounts.h"
#include "bridge-scripted-host.h"

G_BEGIN_DECLS

/* open.example takes everybody and passwords, tokens.example everybody with a token,
 * fixed.example everybody at 192.0.2.1:5299, closed.example nobody; others need a code. */
typedef struct {
	char *directory;
	BridgeConfig *config;
	BridgeStore *sqlite;
	ScriptedStore *store;
	ScriptedHosts *hosts;
	BridgeSupervisor *supervisor;
	BridgeAccounts *accounts;
} CoreFixture;

/* For g_test_add(). */
void
core_fixture_set_up(CoreFixture *fixture, gconstpointer data);
void
core_fixture_tear_down(CoreFixture *fixture, gconstpointer data);

/* Dies and starts again on what the store has: hosts, supervisor and accounts are new. */
void
core_fixture_restart(CoreFixture *fixture);

/* GAsyncReadyCallback; @user_data: where a GAsyncResult * is put. */
void
core_done_cb(GObject *source, GAsyncResult *result, gpointer user_data);

/* Starts to sign in with a token (or whatever @mechanism says). */
void
core_begin_login(CoreFixture *fixture, const char *username, const char *mechanism,
                 const char *credential, const char *code, GAsyncResult **result);
BridgeLogin *
core_finish_login(CoreFixture *fixture, GAsyncResult **result, GError **error);
/* Signs a new account in at open.example; @seat: of its session */
BridgeLogin *
core_login(CoreFixture *fixture, const char *username, ScriptedSeat **seat);
/* Its token service has given it another one; returns once the daemon has that. */
void
core_keep_credential(ScriptedSeat *seat, const char *mechanism, const char *credential);

/* Juliet, to sign in. */
typedef struct {
	BridgeLogin *login;
	BridgeAccount *account; /* borrowed */
	ScriptedSeat *seat;
} CoreJuliet;

/* All that tells of it is in the store. */
void
core_juliet_sign_in(CoreJuliet *self, CoreFixture *fixture);
/* The host of @seat dies.
 *
 * Returns: its seat in the host that is the @host-th to start; a test may do it often, the account
 * is never kept waiting for it */
ScriptedSeat *
core_lose_host(CoreFixture *fixture, BridgeAccount *account, ScriptedSeat *seat, guint host);
void
core_juliet_clear(CoreJuliet *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CoreJuliet, core_juliet_clear)

/* Expects that it fails, without a sign-in at a host, with that code of BRIDGE_ERROR. */
void
core_refuse_login(CoreFixture *fixture, const char *username, const char *mechanism,
                  const char *credential, const char *code, int error_code);

/* (transfer full) as the API does it; NULL and @error if the token is nobody's */
BridgeAccount *
core_identify(CoreFixture *fixture, const char *token, BridgeDeviceRecord **device, GError **error);

guint
core_count_hosts(CoreFixture *fixture);
char *
core_invite(CoreFixture *fixture, const char *domain);
/* Returns: TRUE if the token is good; else @error */
gboolean
core_authenticate(CoreFixture *fixture, const char *token, GError **error);
BridgeAccount *
core_find_account(CoreFixture *fixture, const char *token);
BridgeOutgoingRecord *
core_send(BridgeAccount *account, const char *id, const char *body, GError **error);
gboolean
core_erase(CoreFixture *fixture, BridgeAccount *account, GError **error);

/* The data of the events of a type, one line each; all of them so far. */
char *
core_read_events(CoreFixture *fixture, BridgeAccount *account, const char *type);
guint
core_count_events(CoreFixture *fixture, BridgeAccount *account, const char *type,
                  const char *containing);

G_END_DECLS
