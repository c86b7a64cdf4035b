/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-certificate.h"

#include <string.h>

#define HOST_CERTIFICATE_SCHEME "x509"
#define HOST_CERTIFICATE_VERIFIER "tls_cached"
#define HOST_CERTIFICATE_FILE_MAX_BYTES (4 * 1024 * 1024)

static struct {
	HostCertificatePolicy policy;
	char *directory;
	gboolean loaded;
	GSList *authorities; /* trust in them lasts as long as these references */
} host_certificate;

/* The authorities of the system, as one file: Debian, Fedora, openSUSE, Alpine and the BSDs. */
static const char *const host_certificate_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static void
host_certificate_trust_file(const char *path)
{
	PurpleCertificateScheme *scheme = purple_certificate_find_scheme(HOST_CERTIFICATE_SCHEME);
	GSList *certificates;

	if (scheme == NULL)
		return;
	certificates = purple_certificates_import(scheme, path);
	for (GSList *l = certificates; l != NULL; l = l->next)
		scheme->register_trusted_tls_cert(l->data, TRUE);
	host_certificate.authorities = g_slist_concat(certificates, host_certificate.authorities);
}

static void
host_certificate_trust_system(void)
{
	const char *path = g_getenv("SSL_CERT_FILE");

	for (guint i = 0; path == NULL && i < G_N_ELEMENTS(host_certificate_bundles); i++) {
		if (g_file_test(host_certificate_bundles[i], G_FILE_TEST_IS_REGULAR))
			path = host_certificate_bundles[i];
	}
	if (path != NULL)
		host_certificate_trust_file(path);
}

static gboolean
host_certificate_is_pem(const char *path)
{
	g_autofree char *text = NULL;
	gsize length;

	return g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
	       g_file_get_contents(path, &text, &length, NULL) &&
	       length <= HOST_CERTIFICATE_FILE_MAX_BYTES &&
	       g_strstr_len(text, (gssize)length, "-----BEGIN CERTIFICATE-----") != NULL;
}

static void
host_certificate_trust_directory(const char *directory)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) dir = g_dir_open(directory, 0, &error);
	const char *name;

	if (dir == NULL) {
		g_warning("ca-directory: %s", error->message);
		return;
	}
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		if (host_certificate_is_pem(path))
			host_certificate_trust_file(path);
	}
}

/* Late, so that a host that serves no account over TLS does not pay for it. */
static void
host_certificate_load(void)
{
	if (host_certificate.loaded)
		return;
	host_certificate.loaded = TRUE;
	host_certificate_trust_system();
	if (host_certificate.directory != NULL)
		host_certificate_trust_directory(host_certificate.directory);
}

static int
host_certificate_next_digit(const char **hex)
{
	while (**hex == ':')
		(*hex)++;
	return g_ascii_xdigit_value(*(*hex)++);
}

gboolean
host_certificate_pin_matches(const char *pin, const guint8 *digest, gsize length)
{
	const char *hex = pin;

	if (strlen(pin) < 2 * length)
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		int high = host_certificate_next_digit(&hex);
		int low = high >= 0 ? host_certificate_next_digit(&hex) : -1;

		if (low < 0 || (guint8)(high << 4 | low) != digest[i])
			return FALSE;
	}
	return *hex == '\0';
}

static gboolean
host_certificate_is_pinned(PurpleCertificate *certificate, const char *const *pins)
{
	GByteArray *digest = purple_certificate_get_fingerprint_sha256(certificate, FALSE);
	gboolean pinned = FALSE;

	if (digest == NULL)
		return FALSE;
	for (; *pins != NULL && !pinned; pins++)
		pinned = host_certificate_pin_matches(*pins, digest->data, digest->len);
	g_byte_array_unref(digest);
	return pinned;
}

static const struct {
	PurpleCertificateInvalidityFlags flag;
	const char *sentence; /* with the host's name */
} host_certificate_sentences[] = {
	{PURPLE_CERTIFICATE_REVOKED, "The certificate of %s was revoked."},
	{PURPLE_CERTIFICATE_EXPIRED, "The certificate of %s has expired."},
	{PURPLE_CERTIFICATE_NOT_ACTIVATED, "The certificate of %s is not valid yet."},
	{PURPLE_CERTIFICATE_NAME_MISMATCH, "The certificate was not issued for %s."},
	{PURPLE_CERTIFICATE_SELF_SIGNED, "The certificate of %s is signed by itself only."},
	{PURPLE_CERTIFICATE_CA_UNKNOWN,
         "The certificate of %s comes from an authority that is not trusted here."},
};

char *
host_certificate_describe(PurpleCertificateInvalidityFlags flags, const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_certificate_sentences); i++) {
		g_auto(GStrv) parts = NULL;

		if ((flags & host_certificate_sentences[i].flag) == 0)
			continue;
		parts = g_strsplit(host_certificate_sentences[i].sentence, "%s", 2);
		return g_strjoinv(name, parts);
	}
	return g_strdup_printf("The certificate chain of %s does not hold.", name);
}

/* Returns: the live connection that @vrq is for, or NULL. The SSL plugins pass their
 * PurpleSslConnection, whose owner is compared with what lives before it is believed. */
static PurpleConnection *
host_certificate_find_connection(PurpleCertificateVerificationRequest *vrq)
{
	PurpleSslConnection *ssl = vrq->cb_data;
	GList *found = g_list_find(purple_connections_get_all(), ssl->connect_cb_data);

	return found != NULL ? found->data : NULL;
}

static char *
host_certificate_judge_pins(PurpleCertificateVerificationRequest *vrq, const char *const *pins)
{
	if (host_certificate_is_pinned(vrq->cert_chain->data, pins))
		return NULL;
	return g_strdup_printf("The certificate of %s is not the pinned one.", vrq->subject_name);
}

static char *
host_certificate_judge_chain(PurpleCertificateVerificationRequest *vrq, const char *domain)
{
	PurpleCertificateInvalidityFlags flags = 0;

	if (!PURPLE_CERTIFICATE_SCHEME_HAS_FUNC(vrq->scheme, verify_cert))
		return g_strdup("The TLS library here cannot check certificates.");
	host_certificate_load();
	vrq->scheme->verify_cert(vrq, &flags);
	if ((flags & PURPLE_CERTIFICATE_NAME_MISMATCH) != 0 && domain != NULL &&
	    purple_certificate_check_subject_name(vrq->cert_chain->data, domain))
		flags &= ~PURPLE_CERTIFICATE_NAME_MISMATCH;
	if (flags == 0)
		return NULL;
	return host_certificate_describe(flags, domain != NULL ? domain : vrq->subject_name);
}

/* Returns: (transfer full) (nullable): why not, or NULL if the certificate is good */
static char *
host_certificate_judge(PurpleCertificateVerificationRequest *vrq, PurpleConnection *gc)
{
	const char *const *pins = gc != NULL ? host_certificate.policy.get_pins(gc) : NULL;
	g_autofree char *domain = gc != NULL ? host_certificate.policy.dup_domain(gc) : NULL;

	if (vrq->cert_chain == NULL)
		return g_strdup_printf("%s showed no certificate.", vrq->subject_name);
	if (pins != NULL && *pins != NULL)
		return host_certificate_judge_pins(vrq, pins);
	return host_certificate_judge_chain(vrq, domain);
}

static void
host_certificate_start_verification(PurpleCertificateVerificationRequest *vrq)
{
	PurpleConnection *gc = host_certificate_find_connection(vrq);
	g_autofree char *sentence = host_certificate_judge(vrq, gc);

	if (sentence != NULL && gc != NULL)
		host_certificate.policy.refused(gc, sentence);
	purple_certificate_verify_complete(vrq, sentence == NULL ? PURPLE_CERTIFICATE_VALID
	                                                         : PURPLE_CERTIFICATE_INVALID);
}

static void
host_certificate_destroy_request(PurpleCertificateVerificationRequest *vrq)
{
	/* Nothing of ours hangs on a request: it is answered before it could be destroyed. */
}

static PurpleCertificateVerifier host_certificate_verifier = {
	.scheme_name = (char *)HOST_CERTIFICATE_SCHEME,
	.name = (char *)HOST_CERTIFICATE_VERIFIER,
	.start_verification = host_certificate_start_verification,
	.destroy_request = host_certificate_destroy_request,
};

void
host_certificate_install(const HostCertificatePolicy *policy)
{
	PurpleCertificateVerifier *stock = purple_certificate_find_verifier(
		HOST_CERTIFICATE_SCHEME, HOST_CERTIFICATE_VERIFIER);

	host_certificate.policy = *policy;
	if (stock != NULL)
		purple_certificate_unregister_verifier(stock);
	purple_certificate_register_verifier(&host_certificate_verifier);
}

void
host_certificate_set_directory(const char *directory)
{
	g_free(host_certificate.directory);
	host_certificate.directory =
		directory != NULL && *directory != '\0' ? g_strdup(directory) : NULL;
	if (host_certificate.loaded && host_certificate.directory != NULL)
		host_certificate_trust_directory(host_certificate.directory);
}
