/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-request.h"

struct _HostRequest {
	guint references;
	HostRequestDone done; /* NULL: it has ended */
	gpointer user_data;
	guint deadline;
};

static void
host_request_end(HostRequest *request, GVariant *answer, const GError *error)
{
	HostRequestDone done = request->done;

	if (done == NULL)
		return;
	request->done = NULL;
	g_clear_handle_id(&request->deadline, g_source_remove);
	done(answer, error, request->user_data);
}

static gboolean
host_request_deadline_cb(gpointer user_data)
{
	HostRequest *request = user_data;

	request->deadline = 0;
	host_request_fail(request, BRIDGE_LINK_ERROR_NO_ANSWER,
	                  "The chat server did not answer in time.");
	return G_SOURCE_REMOVE;
}

HostRequest *
host_request_new(HostRequestDone done, gpointer user_data)
{
	HostRequest *request = g_new0(HostRequest, 1);

	request->references = 1;
	request->done = done;
	request->user_data = user_data;
	request->deadline =
		g_timeout_add_seconds(HOST_REQUEST_DEADLINE_S, host_request_deadline_cb, request);
	return request;
}

HostRequest *
host_request_ref(HostRequest *request)
{
	request->references++;
	return request;
}

void
host_request_unref(HostRequest *request)
{
	if (request->references == 1)
		host_request_fail(request, BRIDGE_LINK_ERROR_NOT_ONLINE,
		                  "The account went offline before the answer came.");
	if (--request->references == 0)
		g_free(request);
}

gboolean
host_request_is_open(HostRequest *request)
{
	return request->done != NULL;
}

void
host_request_answer(HostRequest *request, GVariant *answer)
{
	g_autoptr(GVariant) owned =
		g_variant_ref_sink(answer != NULL ? answer : g_variant_new("a{sv}", NULL));

	host_request_end(request, owned, NULL);
}

void
host_request_fail(HostRequest *request, BridgeLinkError code, const char *sentence)
{
	g_autoptr(GError) error = g_error_new_literal(BRIDGE_LINK_ERROR, (gint)code, sentence);

	host_request_end(request, NULL, error);
}
