/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-scripted-host.h: hosts that do what a test says, at the other end of a real link, in the
 * test's own process; and a store that can be made to wait or to fail. */
#pragma once

#include "hosts/bridge-host-process.h"
#include "bridge-link-generated.h"
#include "link/bridge-link-pipe.h"
#include "hosts/bridge-supervisor.h"
#include "store/bridge-store.h"

G_BEGIN_DECLS

/* Runs the main loop until @condition holds; fails the test after a minute. */
#define SCRIPTED_WAIT(condition)                                                                   \
	G_STMT_START                                                                               \
	{                                                                                          \
		gint64 scripted_deadline_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;        \
		while (!(condition)) {                                                             \
			g_assert_cmpint(g_get_monotonic_time(), <, scripted_deadline_us);          \
			scripted_iterate();                                                        \
		}                                                                                  \
	}                                                                                          \
	G_STMT_END

/* Blocks until something happens, 50 ms at most. */
void
scripted_iterate(void);

typedef struct {
	GPtrArray *hosts; /* ScriptedHost, in the order of their launch; they stay when they die */
	gboolean refuse;  /* to launch */
} ScriptedHosts;

typedef struct {
	ScriptedHosts *hosts;
	GDBusConnection *connection; /* NULL when it is dead */
	gpointer *connecting;        /* to be made NULL when the host goes before that is done */
	BridgeLinkHost1 *host;
	BridgeLinkPipe *events; /* NULL until OpenEvents, and when it has ended */
	gboolean configured;
	GVariant *options;
	gboolean mute;       /* answers no probe */
	int send_error;      /* BridgeLinkError + 1 that SendMessage answers with; 0: none */
	gboolean hold_sends; /* answers no SendMessage before scripted_host_answer_send() */
	GDBusMethodInvocation *held_send; /* the last one */
	GPtrArray *seats;                 /* ScriptedSeat: every SignIn so far */
	GPtrArray *sent;                  /* ScriptedMessage */
	GPtrArray *calls;                 /* ScriptedCall, in their order */
	const char *request_answer; /* of every Request, an a{sv} in GVariant's text format; NULL:
	                               the host knows none */
	guint request_ahead;        /* how many events that are still to come it rests on */
	GPtrArray *requests;        /* ScriptedRequest: those that were answered */
	guint64 number;
	int exit_fd;
} ScriptedHost;

typedef struct {
	ScriptedHost *host;
	char *id;
	GVariant *settings;
	char *credential;
	gboolean signed_out;
} ScriptedSeat;

typedef struct {
	char *seat_id;
	char *id;
	char *to;
	char *body;
} ScriptedMessage;

typedef struct {
	char *command;
	GVariant *arguments;
} ScriptedRequest;

/* One batch of events. */
typedef struct {
	guint64 number; /* of its last event */
	gboolean answered;
	gboolean failed;
} ScriptedCall;

ScriptedHosts *
scripted_hosts_new(void);
void
scripted_hosts_free(ScriptedHosts *hosts);
/* BridgeHostLaunch; data: the ScriptedHosts */
void
scripted_hosts_launch(GTask *task, gpointer data);

ScriptedHost *
scripted_hosts_get(ScriptedHosts *hosts, guint index);
/* Waits for the sign-in number @index (from 0) over all hosts. */
ScriptedSeat *
scripted_hosts_wait_for_seat(ScriptedHosts *hosts, guint index);
guint
scripted_hosts_count_seats(ScriptedHosts *hosts);
ScriptedMessage *
scripted_host_wait_for_message(ScriptedHost *host, guint index);

ScriptedRequest *
scripted_host_wait_for_request(ScriptedHost *host, guint index);

const char *
scripted_seat_get(ScriptedSeat *seat, const char *setting);

/* An event. @data: a{sv} in GVariant's text format, that of a "message" too: what it leaves out is
 * empty. In parentheses: a tuple as it stands, right or wrong. */
ScriptedCall *
scripted_seat_tell(ScriptedSeat *seat, const char *type, const char *data);
/* A batch of the host's own making. @events: BRIDGE_LINK_EVENTS_TYPE, up to host->number */
ScriptedCall *
scripted_host_tell(ScriptedHost *host, GVariant *events);
/* Online as "<username>/<resource>", with an archive that is empty and stream management. */
void
scripted_seat_go_online(ScriptedSeat *seat);
/* "online" alone */
void
scripted_seat_tell_online(ScriptedSeat *seat);

/* Dies as by SIGKILL. */
void
scripted_host_die(ScriptedHost *host);
/* Answers the last SendMessage that was held. */
void
scripted_host_answer_send(ScriptedHost *host);

#define SCRIPTED_TYPE_STORE (scripted_store_get_type())
G_DECLARE_FINAL_TYPE(ScriptedStore, scripted_store, SCRIPTED, STORE, GObject)

/* In front of @store. */
ScriptedStore *
scripted_store_new(BridgeStore *store);
/* Commits wait until it is opened again. */
void
scripted_store_hold(ScriptedStore *self, gboolean hold);
/* Commits fail until it is told otherwise. */
void
scripted_store_fail(ScriptedStore *self, gboolean fail);
/* One read fails, behind @n that do not. */
void
scripted_store_fail_read(ScriptedStore *self, guint n);
guint
scripted_store_count_held(ScriptedStore *self);

G_END_DECLS
