/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-irc.c: accounts of libpurple's IRC, over TLS only. A server does not acknowledge messages,
 * but it does everything in order: a PING behind a message is answered when that was handled, and
 * what it has against the message comes before (RFC 2812, sections 3.7.2 and 5.2). */
#include "config.h"

#include "host-dialect.h"

#include <string.h>

#include "host-room-stanza.h"
#include "host-rooms.h"
#include "host-text.h"

#define HOST_IRC_STATE "irc"
#define HOST_IRC_PORT_TLS 6697 /* RFC 7194 */
#define HOST_IRC_NICK_MAX_BYTES 64
#define HOST_IRC_PING_PREFIX "gtalk-bridge-"
#define HOST_IRC_WORDS_MAX 16 /* RFC 2812, section 2.3: a command and up to 15 parameters */

/* A message that the server may not have handled yet. */
typedef struct {
	char *id;
	char *to;
	guint ping; /* the number of the PING that is behind it; 0: none was sent yet */
} HostIrcMessage;

typedef struct {
	GQueue messages; /* of HostIrcMessage, in order */
	guint last_ping;
	gboolean pinging; /* that is not answered yet */
} HostIrc;

/* The replies that say that a message went nowhere. */
static const struct {
	const char *code;
	const char *reason; /* as XMPP would have it */
} host_irc_refusals[] = {
	{"401", "item-not-found"},        /* ERR_NOSUCHNICK */
	{"404", "forbidden"},             /* ERR_CANNOTSENDTOCHAN */
	{"407", "bad-request"},           /* ERR_TOOMANYTARGETS */
	{"413", "bad-request"},           /* ERR_NOTOPLEVEL */
	{"477", "registration-required"}, /* on many networks: only who is registered may write */
	{"486", "registration-required"},
	{"531", "forbidden"}, /* InspIRCd: cannot send to user */
	{"716", "forbidden"}, /* the other one takes messages of those that he knows only */
};

/* The replies that say that a channel is not entered: libpurple only shows them to its user. */
static const struct {
	const char *code;
	const char *reason;
} host_irc_room_refusals[] = {
	{"403", HOST_ROOM_NOT_FOUND}, /* ERR_NOSUCHCHANNEL: also, there can be none of that name */
	{"405", HOST_ROOM_UNAVAILABLE},  /* ERR_TOOMANYCHANNELS */
	{"437", HOST_ROOM_UNAVAILABLE},  /* ERR_UNAVAILRESOURCE */
	{"471", HOST_ROOM_UNAVAILABLE},  /* ERR_CHANNELISFULL */
	{"473", HOST_ROOM_MEMBERS_ONLY}, /* ERR_INVITEONLYCHAN */
	{"474", HOST_ROOM_BANNED},       /* ERR_BANNEDFROMCHAN */
	{"475", HOST_ROOM_PASSWORD},     /* ERR_BADCHANNELKEY */
	{"476", HOST_ROOM_NOT_FOUND},    /* ERR_BADCHANMASK */
	{"477", HOST_ROOM_MEMBERS_ONLY}, /* on many networks: only who is registered may enter */
};

static void
host_irc_message_free(gpointer data)
{
	HostIrcMessage *message = data;

	g_free(message->id);
	g_free(message->to);
	g_free(message);
}

static void
host_irc_free(gpointer data)
{
	HostIrc *self = data;

	g_queue_clear_full(&self->messages, host_irc_message_free);
	g_free(self);
}

static HostIrc *
host_irc_ensure(HostAccount *account)
{
	HostIrc *self = host_account_get_state(account, HOST_IRC_STATE);

	if (self == NULL) {
		self = g_new0(HostIrc, 1);
		host_account_set_state(account, HOST_IRC_STATE, self, host_irc_free);
	}
	return self;
}

/* ---- How it signs in ------------------------------------------------------------------------- */

static gboolean
host_irc_is_nick(const char *nick)
{
	gsize length = strlen(nick);

	return length > 0 && length <= HOST_IRC_NICK_MAX_BYTES && host_text_is_xml(nick) &&
	       strpbrk(nick, " \t\r\n,:@!*?") == NULL;
}

static gboolean
host_irc_is_username(const char *username)
{
	g_auto(GStrv) parts = g_strsplit(username, "@", -1);

	return g_strv_length(parts) == 2 && host_irc_is_nick(parts[0]) && *parts[1] != '\0' &&
	       *parts[1] != ':';
}

static guint16
host_irc_get_port(gboolean direct_tls)
{
	return HOST_IRC_PORT_TLS;
}

/* libpurple connects to what is behind the @. */
static char *
host_irc_build_username(const HostSettings *settings)
{
	gsize nick = strcspn(settings->address, "@");
	g_autofree char *name = g_strndup(settings->address, nick);

	if (settings->server[0] == '\0')
		return g_strdup(settings->address);
	return g_strconcat(name, "@", settings->server, NULL);
}

/* libpurple would give away the name of the system's user that this process runs as. */
static void
host_irc_apply(PurpleAccount *purple, const HostSettings *settings)
{
	g_autofree char *nick = g_strndup(settings->address, strcspn(settings->address, "@"));

	purple_account_set_int(purple, "port", settings->port);
	purple_account_set_bool(purple, "ssl", TRUE);
	purple_account_set_string(purple, "username", nick);
	purple_account_set_string(purple, "realname", nick);
	purple_account_set_string(purple, "encoding", "UTF-8");
}

/* When the nickname is taken, libpurple goes on under another one. */
static gboolean
host_irc_refuse(HostAccount *account, PurpleConnection *gc)
{
	const char *asked = host_account_get_bound_jid(account);
	const char *nick = purple_connection_get_display_name(gc);
	gsize length = strcspn(asked, "@");

	if (nick != NULL && strlen(nick) == length && g_ascii_strncasecmp(nick, asked, length) == 0)
		return FALSE;
	purple_connection_error_reason(gc, PURPLE_CONNECTION_ERROR_NAME_IN_USE,
	                               "The nickname is in use.");
	return TRUE;
}

/* ---- What becomes of messages ---------------------------------------------------------------- */

static void
host_irc_send_ping(HostIrc *self, PurpleConnection *gc)
{
	PurplePluginProtocolInfo *protocol =
		PURPLE_PLUGIN_PROTOCOL_INFO(purple_connection_get_prpl(gc));
	g_autofree char *line = NULL;

	self->last_ping++;
	self->pinging = TRUE;
	for (GList *l = self->messages.head; l != NULL; l = l->next) {
		HostIrcMessage *message = l->data;

		if (message->ping == 0)
			message->ping = self->last_ping;
	}
	line = g_strdup_printf("PING :" HOST_IRC_PING_PREFIX "%u\r\n", self->last_ping);
	protocol->send_raw(gc, line, (int)strlen(line));
}

static void
host_irc_sent(HostAccount *account, const char *id, const char *to)
{
	HostIrc *self = host_irc_ensure(account);
	HostIrcMessage *message = g_new0(HostIrcMessage, 1);

	message->id = g_strdup(id);
	message->to = g_strdup(to);
	g_queue_push_tail(&self->messages, message);
	if (!self->pinging)
		host_irc_send_ping(self, host_account_get_connection(account));
}

static void
host_irc_ping(HostAccount *account)
{
	host_irc_send_ping(host_irc_ensure(account), host_account_get_connection(account));
}

/* Everything before that PING was handled. */
static void
host_irc_take_pong(HostIrc *self, HostAccount *account, const char *token)
{
	guint64 number = 0;
	HostIrcMessage *message;

	if (!g_str_has_prefix(token, HOST_IRC_PING_PREFIX) ||
	    !g_ascii_string_to_unsigned(token + strlen(HOST_IRC_PING_PREFIX), 10, 1,
	                                self->last_ping, &number, NULL))
		return;
	while ((message = g_queue_peek_head(&self->messages)) != NULL && message->ping != 0 &&
	       message->ping <= number) {
		g_queue_pop_head(&self->messages);
		host_plain_settle(account, message->id, NULL, NULL);
		host_irc_message_free(message);
	}
	self->pinging = number < self->last_ping;
	if (!self->pinging && message != NULL)
		host_irc_send_ping(self, host_account_get_connection(account));
}

static void
host_irc_take_refusal(HostIrc *self, HostAccount *account, const char *reason, const char *to,
                      const char *text)
{
	for (GList *l = self->messages.head; l != NULL; l = l->next) {
		HostIrcMessage *message = l->data;

		if (g_ascii_strcasecmp(message->to, to) != 0)
			continue;
		g_queue_delete_link(&self->messages, l);
		host_plain_settle(account, message->id, reason, text);
		host_irc_message_free(message);
		return;
	}
}

/* Returns: whether it is about a channel that was to be entered */
static gboolean
host_irc_take_room_refusal(HostAccount *account, const char *code, const char *channel,
                           const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_irc_room_refusals); i++)
		if (g_str_equal(code, host_irc_room_refusals[i].code))
			return host_rooms_refuse(account, channel, host_irc_room_refusals[i].reason,
			                         text);
	return FALSE;
}

/* RFC 2812, section 2.3.1. Returns: how many, in @words, which point into @line; it is cut up */
static guint
host_irc_split(char *line, char **words)
{
	guint n_words = 0;

	while (line != NULL && *line != '\0' && n_words < HOST_IRC_WORDS_MAX) {
		if (*line == ':') {
			words[n_words++] = line + 1;
			break;
		}
		words[n_words++] = line;
		line = strchr(line, ' ');
		while (line != NULL && *line == ' ')
			*line++ = '\0';
	}
	return n_words;
}

/* ":server PONG server token", ":server 401 own-nick to :text" */
static void
host_irc_take_line(HostIrc *self, HostAccount *account, char *line)
{
	char *words[HOST_IRC_WORDS_MAX];
	guint n_words = host_irc_split(line, words);

	if (n_words >= 2 && g_str_equal(words[0], "PONG"))
		host_irc_take_pong(self, account, words[n_words - 1]);
	if (n_words >= 4 &&
	    host_irc_take_room_refusal(account, words[0], words[2], words[n_words - 1]))
		return;
	for (guint i = 0; n_words >= 4 && i < G_N_ELEMENTS(host_irc_refusals); i++)
		if (g_str_equal(words[0], host_irc_refusals[i].code))
			host_irc_take_refusal(self, account, host_irc_refusals[i].reason, words[2],
			                      words[n_words - 1]);
}

/* libpurple knows neither the reply that says so nor what servers write that have none. */
static gboolean
host_irc_is_bad_password(const char *text)
{
	const char *code = *text == ':' ? strchr(text, ' ') : NULL;
	g_autofree char *lower = NULL;

	if (code != NULL && g_str_has_prefix(code, " 464 "))
		return TRUE;
	if (!g_str_has_prefix(text, "ERROR "))
		return FALSE;
	lower = g_ascii_strdown(text, -1);
	return strstr(lower, "password") != NULL;
}

static void
host_irc_receiving_cb(PurpleConnection *gc, char **text, gpointer user_data)
{
	HostAccount *account = gc != NULL ? host_account_find(gc) : NULL;
	const char *command;
	g_autofree char *line = NULL;

	if (account == NULL || *text == NULL)
		return;
	if (!host_account_is_online(account) && host_irc_is_bad_password(*text))
		purple_connection_error_reason(gc, PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED,
		                               "The password is not the server's.");
	if (!host_account_is_online(account) || **text != ':' ||
	    (command = strchr(*text, ' ')) == NULL)
		return;
	line = g_strdup(command + 1);
	host_irc_take_line(host_irc_ensure(account), account, line);
}

static void
host_irc_install(PurplePlugin *plugin)
{
	purple_signal_connect(plugin, "irc-receiving-text", (void *)&host_irc_dialect,
	                      PURPLE_CALLBACK(host_irc_receiving_cb), NULL);
}

const HostDialect host_irc_dialect = {
	.name = "irc",
	.is_username = host_irc_is_username,
	.is_peer = host_irc_is_nick,
	.get_port = host_irc_get_port,
	.build_username = host_irc_build_username,
	.apply = host_irc_apply,
	.install = host_irc_install,
	.refuse = host_irc_refuse,
	.online = host_plain_online,
	.sent = host_irc_sent,
	.ping = host_irc_ping,
};
