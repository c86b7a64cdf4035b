/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-stream-error.h"

#include "link/bridge-link.h"
#include "host-text.h"

#define HOST_STREAM_ERROR_STREAM "http://etherx.jabber.org/streams"
#define HOST_STREAM_ERROR_CONDITIONS "urn:ietf:params:xml:ns:xmpp-streams"
#define HOST_STREAM_ERROR_TEXT_MAX_BYTES 512

/* The last row stands for every other condition: most say that one of the two has made a mistake,
 * or that the server is about to be started again. */
static const struct {
	const char *condition;
	const char *reason;
	const char *sentence;
} host_stream_errors[] = {
	{"conflict", BRIDGE_REASON_CONFLICT, "Another session has taken the place of this one"},
	/* The next sign-in will tell whether the credential still counts. */
	{"not-authorized", BRIDGE_REASON_SERVER, "The chat server takes the session for ended"},
	{"reset", BRIDGE_REASON_SERVER, "The chat server wants a new sign-in"},
	{"system-shutdown", BRIDGE_REASON_SERVER, "The chat server is being shut down"},
	{"resource-constraint", BRIDGE_REASON_OVERLOADED, "The chat server has too much to do"},
	{"policy-violation", BRIDGE_REASON_POLICY, "The chat server does not allow what was done"},
	{"host-gone", BRIDGE_REASON_HOST_GONE, "The chat server serves the domain no more"},
	{"host-unknown", BRIDGE_REASON_HOST_GONE, "The chat server does not serve the domain"},
	/* Not followed: where an account is, DNS or the configuration says. */
	{"see-other-host", BRIDGE_REASON_REDIRECTED, "The chat server sends to another host"},
	{NULL, BRIDGE_REASON_SERVER, "The chat server ended the stream"},
};

static guint
host_stream_error_find_row(const char *condition)
{
	guint i = 0;

	while (host_stream_errors[i].condition != NULL &&
	       g_strcmp0(host_stream_errors[i].condition, condition) != 0)
		i++;
	return i;
}

const char *
host_stream_error_find_condition(xmlnode *packet)
{
	if (!g_str_equal(packet->name, "error") ||
	    !purple_strequal(xmlnode_get_namespace(packet), HOST_STREAM_ERROR_STREAM))
		return NULL;
	for (xmlnode *child = packet->child; child != NULL; child = child->next)
		if (child->type == XMLNODE_TYPE_TAG && !g_str_equal(child->name, "text") &&
		    purple_strequal(xmlnode_get_namespace(child), HOST_STREAM_ERROR_CONDITIONS))
			return child->name;
	return "";
}

const char *
host_stream_error_get_reason(const char *condition)
{
	return host_stream_errors[host_stream_error_find_row(condition)].reason;
}

/* The condition by its name where our words do not name it, and where it goes to. */
char *
host_stream_error_dup_sentence(xmlnode *packet)
{
	const char *condition = host_stream_error_find_condition(packet);
	guint row = host_stream_error_find_row(condition);
	xmlnode *text =
		xmlnode_get_child_with_namespace(packet, "text", HOST_STREAM_ERROR_CONDITIONS);
	xmlnode *other = xmlnode_get_child_with_namespace(packet, "see-other-host",
	                                                  HOST_STREAM_ERROR_CONDITIONS);
	g_autofree char *data = other != NULL  ? xmlnode_get_data(other)
	                        : text != NULL ? xmlnode_get_data(text)
	                                       : NULL;
	g_autofree char *said = host_text_limit(data, HOST_STREAM_ERROR_TEXT_MAX_BYTES);

	if (*said != '\0')
		return g_strdup_printf("%s: %s", host_stream_errors[row].sentence, said);
	if (host_stream_errors[row].condition == NULL && condition != NULL && *condition != '\0')
		return g_strdup_printf("%s (%s).", host_stream_errors[row].sentence, condition);
	return g_strconcat(host_stream_errors[row].sentence, ".", NULL);
}
