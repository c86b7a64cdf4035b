/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-message.h"

#include <string.h>

#include "core/gtalk-jid.h"
#include "core/gtalk-xml.h"
#include "gtalk-decoration.h"
#include "gtalk-off-record-stanza.h"

#define GTALK_MESSAGE_ID_MAX_BYTES 1024 /* ids are kept; nobody needs a longer one */
#define GTALK_MESSAGE_TIME_LATEST_US (G_GINT64_CONSTANT(253402300799) * G_USEC_PER_SEC) /* 9999 */

/* Namespaces whose presence means that the body, if any, is only a fallback. */
static const struct {
	const char *name; /* NULL: any element */
	const char *xmlns;
	const char *payload; /* child that must be there, or nothing was said (a key transport) */
} gtalk_message_encryptions[] = {
	{"encryption", "urn:xmpp:eme:0", NULL},
	{"encrypted", "eu.siacs.conversations.axolotl", "payload"},
	{"encrypted", "urn:xmpp:omemo:1", "payload"},
	{"encrypted", "urn:xmpp:omemo:2", "payload"},
	{"openpgp", "urn:xmpp:openpgp:0", NULL},
	{"x", "jabber:x:encrypted", NULL},
};

/* With what the names of elements begin that are looked for in each message. */
#define GTALK_MESSAGE_ENCRYPTIONS                                                                  \
	(GTALK_XML_INITIAL('e') | GTALK_XML_INITIAL('o') | GTALK_XML_INITIAL('x'))
#define GTALK_MESSAGE_STAMPS                                                                       \
	(GTALK_XML_INITIAL('d') | GTALK_XML_INITIAL('x') | GTALK_XML_INITIAL('t'))
#define GTALK_MESSAGE_MARKS                                                                        \
	(GTALK_XML_INITIAL('x') | GTALK_XML_INITIAL('r') | GTALK_XML_INITIAL('n'))

static gboolean
gtalk_message_is_same_bare(const char *one, const char *other)
{
	return one != NULL && other != NULL && gtalk_jid_equal_bare(one, other);
}

static gboolean
gtalk_message_is_encryption(const xmlnode *child)
{
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_message_encryptions); i++) {
		const char *payload = gtalk_message_encryptions[i].payload;

		if (gtalk_xml_is(child, gtalk_message_encryptions[i].name,
		                 gtalk_message_encryptions[i].xmlns))
			return payload == NULL ||
			       gtalk_xml_find_child(child, payload, child->xmlns) != NULL;
	}
	return FALSE;
}

static gboolean
gtalk_message_is_encrypted(const xmlnode *stanza)
{
	for (const xmlnode *child = stanza->child; child != NULL; child = child->next)
		if (child->type == XMLNODE_TYPE_TAG && child->xmlns != NULL &&
		    (GTALK_XML_INITIAL(*child->name) & GTALK_MESSAGE_ENCRYPTIONS) != 0 &&
		    gtalk_message_is_encryption(child))
			return TRUE;
	return FALSE;
}

static gboolean
gtalk_message_is_otr(const char *body)
{
	return strncmp(body, "?OTR", 4) == 0 && body[4] != '\0' && strchr(":,?v|", body[4]) != NULL;
}

gboolean
gtalk_message_parse_time(const char *stamp, gint64 *time_us)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = NULL;

	if (stamp == NULL)
		return FALSE;
	time = g_date_time_new_from_iso8601(stamp, utc);
	if (time == NULL || g_date_time_to_unix(time) <= 0)
		return FALSE;
	*time_us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
	return TRUE;
}

/* google:timestamp counts milliseconds. */
static gboolean
gtalk_message_parse_google_time(const char *ms, gint64 *time_us)
{
	gint64 value;

	if (ms == NULL ||
	    !g_ascii_string_to_signed(ms, 10, 1, GTALK_MESSAGE_TIME_LATEST_US / 1000, &value, NULL))
		return FALSE;
	*time_us = value * 1000;
	return TRUE;
}

static gboolean
gtalk_message_is_stamp(const xmlnode *child)
{
	return gtalk_xml_is(child, "delay", GTALK_NS_DELAY) ||
	       gtalk_xml_is(child, "x", GTALK_NS_DELAY_LEGACY) ||
	       gtalk_xml_is(child, "time", GTALK_NS_GOOGLE_TIMESTAMP);
}

static gboolean
gtalk_message_parse_stamp(const xmlnode *child, gint64 *time_us)
{
	if (!gtalk_message_is_stamp(child))
		return FALSE;
	if (strcmp(child->name, "time") == 0)
		return gtalk_message_parse_google_time(gtalk_xml_get_attribute(child, "ms"),
		                                       time_us);
	return gtalk_message_parse_time(gtalk_xml_get_attribute(child, "stamp"), time_us);
}

/* Whether `finer` is the same moment as `coarse`, which has no fraction of a second. */
static gboolean
gtalk_message_is_finer(gint64 finer, gint64 coarse)
{
	return coarse % G_USEC_PER_SEC == 0 && finer > coarse && finer - coarse < G_USEC_PER_SEC;
}

/* Of several stamps the earliest one holds: later ones were added on the way. */
static gint64
gtalk_message_find_time(const xmlnode *stanza)
{
	gint64 earliest = 0;

	for (const xmlnode *child = stanza->child; child != NULL; child = child->next) {
		gint64 stamp;

		if (child->xmlns == NULL || !gtalk_message_parse_stamp(child, &stamp))
			continue;
		if (earliest == 0 || gtalk_message_is_finer(stamp, earliest) ||
		    (stamp < earliest && !gtalk_message_is_finer(earliest, stamp)))
			earliest = stamp;
	}
	return earliest;
}

gboolean
gtalk_message_is_delayed(const xmlnode *stanza)
{
	return gtalk_message_find_time(stanza) > 0;
}

void
gtalk_message_set_time(xmlnode *stanza, gint64 time_us)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
	g_autofree char *stamp = NULL;
	xmlnode *child = stanza->child;

	while (child != NULL) {
		xmlnode *next = child->next;

		if (child->xmlns != NULL && gtalk_message_is_stamp(child))
			xmlnode_free(child);
		child = next;
	}
	stamp = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
	xmlnode_set_attrib(gtalk_xml_add_child(stanza, "delay", GTALK_NS_DELAY), "stamp", stamp);
}

static const char *
gtalk_message_find_id_attribute(const xmlnode *node)
{
	const char *id = gtalk_xml_get_attribute(node, "id");

	return id != NULL && *id != '\0' && strlen(id) <= GTALK_MESSAGE_ID_MAX_BYTES ? id : NULL;
}

/* Anybody can put a stanza-id into a message; only the own server takes forged ones of `by` the own
 * account out, and only when it announces that it does (XEP-0359 section 5). */
static const char *
gtalk_message_find_stanza_id(const GTalkMessageReader *self, const xmlnode *stanza)
{
	xmlnode *child;

	if (!self->stable_ids)
		return NULL;
	child = gtalk_xml_find_child(stanza, "stanza-id", GTALK_NS_STANZA_ID);
	for (; child != NULL; child = gtalk_xml_find_next(child, "stanza-id", GTALK_NS_STANZA_ID)) {
		const char *by = gtalk_xml_get_attribute(child, "by");

		if (by != NULL && strchr(by, '/') == NULL &&
		    gtalk_message_is_same_bare(by, self->own_jid))
			return gtalk_message_find_id_attribute(child);
	}
	return NULL;
}

static const char *
gtalk_message_find_id(const xmlnode *stanza)
{
	const char *id = gtalk_message_find_id_attribute(stanza);
	xmlnode *origin = NULL;

	if (id != NULL)
		return id;
	origin = gtalk_xml_find_child(stanza, "origin-id", GTALK_NS_STANZA_ID);
	return origin != NULL ? gtalk_message_find_id_attribute(origin) : NULL;
}

static const char *
gtalk_message_find_type(const xmlnode *stanza)
{
	static const char *const types[] = {"chat", "groupchat", "headline", "error"};
	const char *type = gtalk_xml_get_attribute(stanza, "type");

	for (gsize i = 0; type != NULL && i < G_N_ELEMENTS(types); i++)
		if (strcmp(type, types[i]) == 0)
			return types[i];
	return "normal"; /* RFC 6121 section 5.2.2: also what is missing or unknown */
}

/* Also a note to oneself is received: it came here. */
static GTalkMessageDirection
gtalk_message_find_direction(const GTalkMessageReader *self, const GTalkMessage *message)
{
	if (gtalk_message_is_same_bare(message->from, self->own_jid) &&
	    !gtalk_message_is_same_bare(message->to, self->own_jid))
		return GTALK_MESSAGE_SENT;
	return GTALK_MESSAGE_RECEIVED;
}

static void
gtalk_message_fill_addresses(const GTalkMessageReader *self, const xmlnode *stanza,
                             GTalkMessage *message)
{
	message->from = gtalk_xml_get_attribute(stanza, "from");
	message->to = gtalk_xml_get_attribute(stanza, "to");
	if (message->from == NULL)
		message->from = self->own_jid; /* RFC 6120 section 8.1.2.1: the own account */
	if (message->to == NULL)
		message->to = self->own_jid;
}

gboolean
gtalk_message_parse(const GTalkMessageReader *self, const xmlnode *stanza,
                    GTalkParsedMessage *parsed)
{
	const char *type = gtalk_message_find_type(stanza);
	xmlnode *body = gtalk_xml_find_child(stanza, "body", GTALK_NS_CLIENT);
	g_autofree char *text = body != NULL ? gtalk_xml_dup_text(body) : NULL;
	guint32 initials = gtalk_xml_get_initials(stanza);
	gboolean encrypted;

	if (strcmp(type, "error") == 0 ||
	    ((initials & GTALK_XML_INITIAL('g')) != 0 && gtalk_decoration_is_announcement(stanza)))
		return FALSE;
	encrypted =
		(initials & GTALK_MESSAGE_ENCRYPTIONS) != 0 && gtalk_message_is_encrypted(stanza);
	if (text != NULL && gtalk_message_is_otr(text)) {
		encrypted = TRUE;
		g_clear_pointer(&text, g_free);
	}
	if (text == NULL && encrypted)
		text = g_strdup(GTALK_MESSAGE_ENCRYPTED_BODY);
	if (text == NULL)
		return FALSE;

	*parsed = (GTalkParsedMessage){.owned_body = g_steal_pointer(&text)};
	parsed->message.body = parsed->owned_body;
	parsed->message.encrypted = encrypted;
	parsed->message.origin = GTALK_MESSAGE_LIVE;
	parsed->message.type = type;
	parsed->message.id = gtalk_message_find_id(stanza);
	parsed->message.stanza_id = gtalk_message_find_stanza_id(self, stanza);
	if ((initials & GTALK_MESSAGE_STAMPS) != 0)
		parsed->message.time_us = gtalk_message_find_time(stanza);
	if ((initials & GTALK_MESSAGE_MARKS) != 0)
		parsed->message.record = gtalk_off_record_parse_mark(stanza);
	gtalk_message_fill_addresses(self, stanza, &parsed->message);
	parsed->message.direction = gtalk_message_find_direction(self, &parsed->message);
	return TRUE;
}

/* Every string of the message, so that none is forgotten in a copy. */
static const gsize gtalk_message_strings[] = {
	G_STRUCT_OFFSET(GTalkMessage, id),   G_STRUCT_OFFSET(GTalkMessage, stanza_id),
	G_STRUCT_OFFSET(GTalkMessage, from), G_STRUCT_OFFSET(GTalkMessage, to),
	G_STRUCT_OFFSET(GTalkMessage, body), G_STRUCT_OFFSET(GTalkMessage, type),
};

void
gtalk_message_copy(const GTalkMessage *message, GTalkMessage *copy)
{
	*copy = *message;
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_message_strings); i++) {
		char **string = G_STRUCT_MEMBER_P(copy, gtalk_message_strings[i]);

		*string = g_strdup(*string);
	}
}

void
gtalk_message_clear_copy(GTalkMessage *copy)
{
	for (gsize i = 0; i < G_N_ELEMENTS(gtalk_message_strings); i++)
		g_free(G_STRUCT_MEMBER(char *, copy, gtalk_message_strings[i]));
}

void
gtalk_message_clear(GTalkParsedMessage *parsed)
{
	g_clear_pointer(&parsed->owned_body, g_free);
	parsed->message = (GTalkMessage){0};
}

static const char *
gtalk_message_find_condition(const xmlnode *error)
{
	xmlnode *condition = gtalk_xml_find_child(error, NULL, GTALK_NS_STANZAS);

	if (condition != NULL && strcmp(condition->name, "text") == 0)
		condition = gtalk_xml_find_next(condition, NULL, GTALK_NS_STANZAS);
	return condition != NULL ? condition->name : "undefined-condition";
}

static char *
gtalk_message_dup_child_text(const xmlnode *parent, const char *name, const char *xmlns)
{
	xmlnode *child = gtalk_xml_find_child(parent, name, xmlns);

	return child != NULL ? xmlnode_get_data(child) : NULL;
}

gboolean
gtalk_message_parse_bounce(const GTalkMessageReader *self, const xmlnode *stanza,
                           GTalkBounce *bounce)
{
	const char *id = gtalk_message_find_id_attribute(stanza);
	const char *from = gtalk_xml_get_attribute(stanza, "from");
	xmlnode *error = gtalk_xml_find_child(stanza, "error", GTALK_NS_CLIENT);

	if (strcmp(gtalk_message_find_type(stanza), "error") != 0 || id == NULL)
		return FALSE;
	*bounce = (GTalkBounce){
		.id = id,
		.from = from != NULL ? from : self->own_jid,
		.stanza_id = gtalk_message_find_stanza_id(self, stanza),
		.condition = gtalk_message_find_condition(error),
		.says_blocked =
			gtalk_xml_find_child(error, "blocked", GTALK_NS_BLOCKING_ERRORS) != NULL,
		.time_us = gtalk_message_find_time(stanza),
		.text = gtalk_message_dup_child_text(error, "text", GTALK_NS_STANZAS),
		.body = gtalk_message_dup_child_text(stanza, "body", GTALK_NS_CLIENT),
	};
	return TRUE;
}

void
gtalk_message_clear_bounce(GTalkBounce *bounce)
{
	g_clear_pointer(&bounce->text, g_free);
	g_clear_pointer(&bounce->body, g_free);
	*bounce = (GTalkBounce){0};
}

gboolean
gtalk_message_parse_forwarded(const xmlnode *wrapper, GTalkForwarded *forwarded)
{
	xmlnode *node = gtalk_xml_find_child(wrapper, "forwarded", GTALK_NS_FORWARD);
	xmlnode *stanza = gtalk_xml_find_child(node, "message", GTALK_NS_CLIENT);
	xmlnode *delay = gtalk_xml_find_child(node, "delay", GTALK_NS_DELAY);

	if (stanza == NULL)
		return FALSE;
	*forwarded = (GTalkForwarded){.stanza = stanza};
	if (delay != NULL)
		gtalk_message_parse_time(gtalk_xml_get_attribute(delay, "stamp"),
		                         &forwarded->time_us);
	return TRUE;
}

static gboolean
gtalk_message_is_carbon_genuine(const GTalkMessageReader *self, const xmlnode *stanza,
                                const xmlnode *carbon, const xmlnode *inner)
{
	const char *from = gtalk_xml_get_attribute(stanza, "from");

	/* XEP-0280 section 11: anybody could send one, so the sender is what counts. */
	if (from == NULL || strchr(from, '/') != NULL ||
	    !gtalk_message_is_same_bare(from, self->own_jid))
		return FALSE;
	return strcmp(carbon->name, "received") == 0 ||
	       gtalk_message_is_same_bare(gtalk_xml_get_attribute(inner, "from"), self->own_jid);
}

const xmlnode *
gtalk_message_find_carbon(const GTalkMessageReader *self, const xmlnode *stanza,
                          const xmlnode *carbon, gint64 *time_us)
{
	GTalkForwarded forwarded;

	if (!gtalk_message_parse_forwarded(carbon, &forwarded) ||
	    !gtalk_message_is_carbon_genuine(self, stanza, carbon, forwarded.stanza))
		return NULL;
	*time_us = forwarded.time_us;
	return forwarded.stanza;
}

gboolean
gtalk_message_parse_carbon(const GTalkMessageReader *self, const xmlnode *stanza,
                           const xmlnode *carbon, GTalkParsedMessage *parsed)
{
	gint64 time_us = 0;
	const xmlnode *inner = gtalk_message_find_carbon(self, stanza, carbon, &time_us);

	if (inner == NULL || !gtalk_message_parse(self, inner, parsed))
		return FALSE;
	parsed->message.origin = GTALK_MESSAGE_CARBON;
	parsed->message.direction =
		strcmp(carbon->name, "sent") == 0 ? GTALK_MESSAGE_SENT : GTALK_MESSAGE_RECEIVED;
	if (parsed->message.time_us == 0)
		parsed->message.time_us = time_us;
	return TRUE;
}

gboolean
gtalk_message_parse_archived(const GTalkMessageReader *self, const xmlnode *result,
                             GTalkParsedMessage *parsed)
{
	GTalkForwarded forwarded;

	if (!gtalk_message_parse_forwarded(result, &forwarded) ||
	    !gtalk_message_parse(self, forwarded.stanza, parsed))
		return FALSE;
	parsed->message.origin = GTALK_MESSAGE_ARCHIVE;
	parsed->message.stanza_id = gtalk_message_find_id_attribute(result);
	if (forwarded.time_us != 0)
		parsed->message.time_us = forwarded.time_us; /* the server's own word */
	return TRUE;
}
