/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-certificate.h: who a chat server is. Takes the place of libpurple's own verifier, which asks
 * the user and remembers answers on disk: a server's certificate must match a pin of the account if
 * it has any, else its chain must end at an authority of the system or of the administrator's
 * directory, be within its time and name the host. Everything else is refused, at once. Main loop
 * only. */
#pragma once

#include <glib.h>
#include <purple.h>

G_BEGIN_DECLS

/**
 * HostCertificatePolicy:
 *
 * What an account demands of its server. */
typedef struct {
	/* Returns: (nullable) (transfer none): SHA-256 fingerprints in lower-case hex of which the
	 * certificate must match one; NULL or empty: the chain counts */
	const char *const *(*get_pins)(PurpleConnection *gc);
	/* Returns: (nullable) (transfer full): the account's domain, which the certificate may name
	 * instead of the host that the administrator named for it (RFC 6120 section 13.7.2) */
	char *(*dup_domain)(PurpleConnection *gc);
	/* @sentence: why the certificate was refused */
	void (*refused)(PurpleConnection *gc, const char *sentence);
} HostCertificatePolicy;

/* After libpurple has its own verifiers, that is after purple_core_init(). */
void
host_certificate_install(const HostCertificatePolicy *policy);

/* PEM files of this directory are trusted too, from the next check on; NULL or "": no more. */
void
host_certificate_set_directory(const char *directory);

/* Returns: (transfer full): what is wrong, as a sentence */
char *
host_certificate_describe(PurpleCertificateInvalidityFlags flags, const char *name);

/* Whether @pin, in hex of either case with or without colons, is this digest. */
gboolean
host_certificate_pin_matches(const char *pin, const guint8 *digest, gsize length);

G_END_DECLS
