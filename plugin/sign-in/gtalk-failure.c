/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-failure.h"

#include <string.h>

#include "core/gtalk-i18n.h"

#define GTALK_SAID_MAX_CHARS 200 /* a line or two in an error message */

typedef struct {
	const char *condition;
	PurpleConnectionError reason;
	const char *text[3]; /* by GTalkSecret */
} GTalkFailureRow;

#define GTALK_TOKEN_REFUSED                                                                        \
	N_("The server refused the token: it is wrong, or it has expired. Get a new one. If the "  \
	   "account has a password instead, choose to sign in by password.")
#define GTALK_FETCHED_TOKEN_REFUSED                                                                \
	N_("The server refused a new token from the account's token service: the two do not "      \
	   "belong together, or the account may not chat there.")
#define GTALK_PASSWORD_REFUSED N_("The server refused the user name or the password.")

/* The last row stands for every other condition. */
static const GTalkFailureRow gtalk_failure_rows[] = {
	{"not-authorized",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
         {GTALK_PASSWORD_REFUSED, GTALK_TOKEN_REFUSED, GTALK_FETCHED_TOKEN_REFUSED}},
	{"credentials-expired",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
         {N_("The password has expired."), N_("The token has expired. Get a new one."),
          GTALK_FETCHED_TOKEN_REFUSED}},
	{"account-disabled",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
         {N_("The account is disabled on the server."),
          N_("The account is disabled on the server."),
          N_("The account is disabled on the server.")}},
	{"temporary-auth-failure",
         PURPLE_CONNECTION_ERROR_NETWORK_ERROR,
         {N_("The server cannot check the password at the moment."),
          N_("The server cannot check the token at the moment."),
          N_("The server cannot check the token at the moment.")}},
	{"encryption-required",
         PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR,
         {N_("The server wants an encrypted connection."),
          N_("The server wants an encrypted connection."),
          N_("The server wants an encrypted connection.")}},
	{"invalid-mechanism",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
         {N_("The server refused the way to sign in that it had offered."),
          N_("The server refused the way to sign in that it had offered."),
          N_("The server refused the way to sign in that it had offered.")}},
	{"mechanism-too-weak",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE,
         {N_("The server does not let this account sign in by such a password."),
          N_("The server does not let this account sign in by such a token."),
          N_("The server does not let this account sign in by such a token.")}},
	{"invalid-authzid",
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
         {N_("The server does not accept the user name."),
          N_("The token belongs to another user name."),
          N_("The token belongs to another user name.")}},
	{NULL,
         PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
         {GTALK_PASSWORD_REFUSED, GTALK_TOKEN_REFUSED, GTALK_FETCHED_TOKEN_REFUSED}},
};

static const GTalkFailureRow *
gtalk_failure_find_row(const char *condition)
{
	guint i = 0;

	while (gtalk_failure_rows[i].condition != NULL &&
	       g_strcmp0(gtalk_failure_rows[i].condition, condition) != 0)
		i++;
	return &gtalk_failure_rows[i];
}

/* One line of printable text. */
static char *
gtalk_failure_dup_line(const char *text)
{
	GString *line = g_string_new(NULL);
	glong n_chars = 0;

	for (const char *p = text; *p != '\0' && n_chars < GTALK_SAID_MAX_CHARS;
	     p = g_utf8_next_char(p), n_chars++) {
		gunichar c = g_utf8_get_char(p);
		gboolean is_plain = g_unichar_isprint(c) && !g_unichar_isspace(c);

		g_string_append_unichar(line, is_plain ? c : ' ');
	}
	g_strstrip(line->str);
	line->len = strlen(line->str);
	return g_string_free(line, line->len == 0);
}

void
gtalk_failure_parse(xmlnode *failure, GTalkFailure *out)
{
	g_autofree char *condition = NULL;
	g_autofree char *said = NULL;

	for (xmlnode *child = failure->child; child != NULL; child = child->next) {
		if (child->type != XMLNODE_TYPE_TAG)
			continue;
		if (purple_strequal(child->name, "text") && said == NULL)
			said = xmlnode_get_data(child);
		else if (condition == NULL)
			condition = g_strdup(child->name);
	}
	out->condition = condition != NULL ? g_steal_pointer(&condition) : g_strdup("");
	out->reason = gtalk_failure_find_row(out->condition)->reason;
	out->said = said != NULL && g_utf8_validate(said, -1, NULL) ? gtalk_failure_dup_line(said)
	                                                            : NULL;
}

void
gtalk_failure_clear(GTalkFailure *self)
{
	g_clear_pointer(&self->condition, g_free);
	g_clear_pointer(&self->said, g_free);
}

char *
gtalk_failure_dup_text(const GTalkFailure *self, GTalkSecret secret)
{
	const char *text = _(gtalk_failure_find_row(self->condition)->text[secret]);

	if (self->said == NULL)
		return g_strdup(text);
	/* TRANSLATORS: the first %s is a whole sentence of ours, the second the server's words. */
	return g_strdup_printf(_("%s (The server says: %s)"), text, self->said);
}
