/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-identity.h"

#include <gio/gio.h>

#include "base/bridge-secret.h"

static char *
bridge_push_identity_check(char *text, GError **error)
{
	g_autoptr(GTlsCertificate) identity = g_tls_certificate_new_from_pem(text, -1, error);

	if (identity != NULL)
		return text;
	bridge_secret_free_text(text);
	return NULL;
}

char *
bridge_push_identity_load(const char *certificate, const char *key, GError **error)
{
	g_autofree char *public_text = NULL;
	char *private_text = NULL;
	char *text;

	if (!g_file_get_contents(certificate, &public_text, NULL, error) ||
	    !g_file_get_contents(key, &private_text, NULL, error))
		return NULL;
	text = g_strjoin("\n", public_text, private_text, NULL);
	bridge_secret_free_text(private_text);
	text = bridge_push_identity_check(text, error);
	if (text == NULL)
		g_prefix_error(error, "%s, %s: ", certificate, key);
	return text;
}
