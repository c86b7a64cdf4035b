/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The doctor's look at chat servers: a connection, and the certificate, asked for as RFC 6120
 * section 5 has it. */
#include "config.h"

#include "ctl-doctor.h"

#include <string.h>

#include <gio/gio.h>

#define DOMAIN_TIMEOUT_S 10
#define DOMAIN_PORT 5222
#define DOMAIN_BYTES_MAX 65536
#define STARTTLS_SPACE "urn:ietf:params:xml:ns:xmpp-tls"

/* One examination. */
typedef struct {
	Doctor *doctor;
	BridgeConfig *config;
	const BridgeDomainConfig *domain;
	const char *subject;
	GList *authorities; /* GTlsCertificate: to trust beside the system's */
} DomainVisit;

/* ---- Its certificate ------------------------------------------------------------------------- */

static gboolean
doctor_is_pinned(const DomainVisit *visit, GTlsCertificate *certificate)
{
	g_autoptr(GByteArray) octets = NULL;
	g_autofree char *fingerprint = NULL;

	g_object_get(certificate, "certificate", &octets, NULL);
	fingerprint = g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets->data, octets->len);
	return g_strv_contains(visit->domain->pins, fingerprint);
}

/* What is wrong with it by the best of our own authorities. */
static GTlsCertificateFlags
doctor_judge(const DomainVisit *visit, GTlsCertificate *certificate, GTlsCertificateFlags flags)
{
	g_autoptr(GSocketConnectable) identity =
		g_network_address_new(visit->domain->domain, DOMAIN_PORT);

	for (GList *link = visit->authorities; link != NULL; link = link->next) {
		GTlsCertificateFlags other =
			g_tls_certificate_verify(certificate, identity, link->data);

		if ((other & G_TLS_CERTIFICATE_UNKNOWN_CA) == 0)
			flags = other;
	}
	return flags;
}

static gboolean
doctor_accept_cb(GTlsConnection *connection, GTlsCertificate *certificate,
                 GTlsCertificateFlags flags, gpointer user_data)
{
	DomainVisit *visit = user_data;

	flags = doctor_judge(visit, certificate, flags);
	if (flags == G_TLS_CERTIFICATE_NO_FLAGS || doctor_is_pinned(visit, certificate))
		return TRUE;
	doctor_tell(visit->doctor, DOCTOR_BAD, visit->subject,
	            "the certificate does not verify%s%s%s: have it mended, trust its authority by "
	            "ca-directory, or pin it",
	            (flags & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0 ? ", its authority is unknown" : "",
	            (flags & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0 ? ", it is of another name" : "",
	            (flags & G_TLS_CERTIFICATE_EXPIRED) != 0 ? ", it has expired" : "");
	return FALSE;
}

/* What verifies today may do so no more in a week, and no account signs in. */
static void
doctor_judge_good(const DomainVisit *visit, GTlsConnection *tls)
{
	GTlsCertificate *certificate = g_tls_connection_get_peer_certificate(tls);

	if (doctor_is_pinned(visit, certificate) ||
	    !doctor_tell_end(visit->doctor, visit->subject, "its certificate", certificate))
		doctor_tell(visit->doctor, DOCTOR_GOOD, visit->subject,
		            "the server answers, its certificate is good");
}

static void
doctor_shake_hands(DomainVisit *visit, GIOStream *stream)
{
	g_autoptr(GSocketConnectable) identity =
		g_network_address_new(visit->domain->domain, DOMAIN_PORT);
	g_autoptr(GError) error = NULL;
	g_autoptr(GIOStream) tls = g_tls_client_connection_new(stream, identity, &error);
	guint bad = visit->doctor->bad;

	if (tls != NULL) {
		g_signal_connect(tls, "accept-certificate", G_CALLBACK(doctor_accept_cb), visit);
		if (g_tls_connection_handshake(G_TLS_CONNECTION(tls), NULL, &error)) {
			doctor_judge_good(visit, G_TLS_CONNECTION(tls));
			return;
		}
	}
	if (visit->doctor->bad == bad)
		doctor_tell(visit->doctor, DOCTOR_BAD, visit->subject, "no TLS: %s",
		            error->message);
}

/* ---- Talking to it --------------------------------------------------------------------------- */

/* Reads until @wanted is there. */
static gboolean
doctor_read_until(GIOStream *stream, const char *wanted, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char octets[1024];

	while (strstr(text->str, wanted) == NULL) {
		gssize length = g_input_stream_read(g_io_stream_get_input_stream(stream), octets,
		                                    sizeof octets, NULL, error);

		if (length < 0)
			return FALSE;
		if (length == 0 || text->len > DOMAIN_BYTES_MAX) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			            "the server does not say %s", wanted);
			return FALSE;
		}
		g_string_append_len(text, octets, length);
	}
	return TRUE;
}

static gboolean
doctor_write(GIOStream *stream, const char *text, GError **error)
{
	return g_output_stream_write_all(g_io_stream_get_output_stream(stream), text, strlen(text),
	                                 NULL, NULL, error);
}

static gboolean
doctor_start_tls(const DomainVisit *visit, GIOStream *stream, GError **error)
{
	g_autofree char *header = g_strdup_printf(
		"<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='jabber:client' "
		"xmlns:stream='http://etherx.jabber.org/streams'>",
		visit->domain->domain);

	return doctor_write(stream, header, error) &&
	       doctor_read_until(stream, "</stream:features>", error) &&
	       doctor_write(stream, "<starttls xmlns='" STARTTLS_SPACE "'/>", error) &&
	       doctor_read_until(stream, "<proceed", error);
}

/* (transfer full) (nullable): the first that answers */
static GSocketConnection *
doctor_connect(GPtrArray *servers, GError **error)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	GSocketConnection *connection = NULL;

	g_socket_client_set_timeout(client, DOMAIN_TIMEOUT_S);
	for (guint i = 0; i < servers->len && connection == NULL; i++) {
		g_clear_error(error);
		connection = g_socket_client_connect(client, servers->pdata[i], NULL, error);
	}
	return connection;
}

static void
doctor_visit(DomainVisit *visit)
{
	g_autoptr(GPtrArray) servers =
		doctor_find_servers(visit->doctor, visit->config, visit->domain, visit->subject);
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocketConnection) connection =
		servers != NULL ? doctor_connect(servers, &error) : NULL;

	if (servers == NULL)
		return;
	if (connection == NULL)
		doctor_tell(visit->doctor, DOCTOR_BAD, visit->subject,
		            "the server cannot be reached: %s", error->message);
	else if (!visit->domain->direct_tls &&
	         !doctor_start_tls(visit, G_IO_STREAM(connection), &error))
		doctor_tell(visit->doctor, DOCTOR_BAD, visit->subject, "no encryption: %s",
		            error->message);
	else
		doctor_shake_hands(visit, G_IO_STREAM(connection));
}

static GList *
doctor_load_authorities(const char *directory)
{
	g_autoptr(GDir) folder = directory != NULL ? g_dir_open(directory, 0, NULL) : NULL;
	GList *authorities = NULL;
	const char *name = NULL;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		authorities = g_list_concat(authorities,
		                            g_tls_certificate_list_new_from_file(path, NULL));
	}
	return authorities;
}

void
doctor_examine_domain(Doctor *doctor, BridgeConfig *config, const BridgeDomainConfig *domain)
{
	g_autofree char *subject = g_strconcat("domain ", domain->domain, NULL);
	DomainVisit visit = {doctor, config, domain, subject,
	                     doctor_load_authorities(bridge_config_get_ca_directory(config))};

	doctor_visit(&visit);
	g_list_free_full(visit.authorities, g_object_unref);
}
