/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ctl.h: what the commands of gtalk-bridgectl, one file a group, share: what the command line said,
 * asking the daemon, and showing the answer to people. */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "config/bridge-config.h"

G_BEGIN_DECLS

/* Exit statuses; 0 is success. */
#define CTL_EXIT_REFUSED 1 /* the daemon said no, or something went wrong, or is wrong */
#define CTL_EXIT_USAGE 2
#define CTL_EXIT_NO_DAEMON 3
#define CTL_EXIT_NOT_FOUND 4
#define CTL_EXIT_SEALED 5 /* the master key is not there: nothing can be done yet */

#define CTL_VALID_HOURS 24 /* of an enrolment code, if the command line does not say */

/* What the command line can say. */
typedef struct {
	char *socket;
	char *config;
	gboolean json;
	gboolean version;
	char *domain;
	int valid_hours;
	gboolean yes;
	gboolean follow;
	int passphrase_fd; /* -1: none */
	gboolean by_master_key;
	char **words; /* of the command: what is no option; NULL-terminated */
} CtlOptions;

typedef struct {
	const char *name;
	GOptionArg type;
	gsize offset; /* in CtlOptions */
	const char *help;
	const char *value; /* what it takes, or NULL */
} CtlOption;

#define CTL_OPTION_AT(member) G_STRUCT_OFFSET(CtlOptions, member)

/* One run of one command. */
typedef struct {
	const CtlOptions *options;
	const char *socket; /* where the daemon listens */
} CtlCall;

typedef struct {
	const char *name;
	const char *arguments; /* for the usage line, or "" */
	const char *summary;
	guint words_min;
	guint words_max;
	const CtlOption *options;        /* ended by one without a name, or NULL */
	int (*run)(const CtlCall *call); /* an exit status */
} CtlCommand;

extern const CtlCommand ctl_command_invite;
extern const CtlCommand ctl_command_accounts;
extern const CtlCommand ctl_command_devices;
extern const CtlCommand ctl_command_revoke;
extern const CtlCommand ctl_command_release;
extern const CtlCommand ctl_command_erase;
extern const CtlCommand ctl_command_health;
extern const CtlCommand ctl_command_hosts;
extern const CtlCommand ctl_command_events;
extern const CtlCommand ctl_command_push;
extern const CtlCommand ctl_command_rotate;
extern const CtlCommand ctl_command_backup;
extern const CtlCommand ctl_command_restore;
extern const CtlCommand ctl_command_doctor;

/* ---- Asking (ctl-ask.c) ---------------------------------------------------------------------- */

/* @body: (nullable): with a JSON object. Returns: an exit status; unless it is 0, why was said.
 * @answer: (out) (nullable): what the daemon said yes with; NULL for an empty answer. With --json
 * it was printed, and is NULL, too. */
int
ctl_ask(const CtlCall *call, const char *method, const char *path, JsonBuilder *body,
        JsonObject **answer);

/* As ctl_ask(), without a word: @why: (out): what would have been said, if it is not 0 */
int
ctl_try(const CtlCall *call, const char *method, const char *path, JsonObject **answer, char **why);

/* As ctl_ask(), for an answer that is no JSON and may be large: a yes is left to be read. */
int
ctl_open(const CtlCall *call, const char *method, const char *path, JsonBuilder *body,
         SoupSession **session, SoupMessage **message, GInputStream **stream);

/* "/admin/accounts/" and a word, escaped. */
char *
ctl_build_path(const char *beginning, const char *word);

/* Prints "gtalk-bridgectl: message". Returns: @status */
int
ctl_fail(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- A passphrase (ctl-passphrase.c) --------------------------------------------------------- */

#define CTL_PASSPHRASE_BYTES_MAX 1024

/* A line of @fd; of a terminal, twice, if that is -1. NULL: none, or not twice the same */
char *
ctl_passphrase_get(int fd);
/* Wipes it. */
void
ctl_passphrase_free(char *text);

/* ---- Showing (ctl-show.c) -------------------------------------------------------------------- */

/* A member of a JSON object as text; "-" if it is missing or null. */
char *
ctl_show_member(JsonObject *object, const char *name);

/* One line for each object of the array @list of @answer, with the members @names, NULL-terminated,
 * in columns below their names. */
void
ctl_show_table(JsonObject *answer, const char *list, const char *const *names);

/* One line for each of the members @names. */
void
ctl_show_object(JsonObject *object, const char *const *names);

G_END_DECLS
