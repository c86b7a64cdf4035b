/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-key-credential.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <openssl/crypto.h>

#define CREDENTIAL_BYTES_MAX 64 /* 32 octets, or their base 64 with a newline; one more tells */

static BridgeKeyFinding *
bridge_key_credential_fail(BridgeKeyStatus status, const char *name, const char *trouble)
{
	BridgeKeyFinding *finding = g_new0(BridgeKeyFinding, 1);

	finding->status = status;
	finding->detail = g_strdup_printf("the systemd credential \"%s\" %s", name, trouble);
	return finding;
}

/* Either the octets themselves or their base 64. */
static BridgeKey *
bridge_key_credential_decode(char *text, gsize length, guint32 key_id)
{
	if (length == BRIDGE_MASTER_KEY_BYTES)
		return bridge_key_new((const guint8 *)text, key_id);
	while (length > 0 && g_ascii_isspace(text[length - 1]))
		length--;
	text[length] = '\0';
	return bridge_key_source_decode(text, key_id);
}

/* NULL: there is no such credential, or, @garbled, no key in it. */
static BridgeKey *
bridge_key_credential_read(const char *name, guint32 key_id, gboolean *garbled)
{
	const char *directory = g_getenv("CREDENTIALS_DIRECTORY");
	g_autofree char *path = NULL;
	char text[CREDENTIAL_BYTES_MAX + 1] = {0};
	BridgeKey *key = NULL;
	gssize length = 0;
	int fd = -1;

	if (directory == NULL)
		return NULL;
	path = g_build_filename(directory, name, NULL);
	fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	length = read(fd, text, CREDENTIAL_BYTES_MAX);
	close(fd);
	if (length > 0)
		key = bridge_key_credential_decode(text, (gsize)length, key_id);
	OPENSSL_cleanse(text, sizeof text);
	*garbled = key == NULL;
	return key;
}

BridgeKeyFinding *
bridge_key_credential_look_up(guint32 key_id)
{
	gboolean garbled = FALSE;
	g_autoptr(BridgeKey) key =
		bridge_key_credential_read(BRIDGE_CREDENTIAL_KEY, key_id, &garbled);
	g_autoptr(BridgeKey) previous = NULL;
	BridgeKeyFinding *finding = NULL;

	if (key != NULL)
		previous = bridge_key_credential_read(BRIDGE_CREDENTIAL_PREVIOUS, key_id, &garbled);
	if (garbled)
		return bridge_key_credential_fail(
			BRIDGE_KEY_GARBLED,
			key == NULL ? BRIDGE_CREDENTIAL_KEY : BRIDGE_CREDENTIAL_PREVIOUS,
			"holds no key: 32 octets or their base 64 are needed");
	if (key == NULL)
		return bridge_key_credential_fail(
			BRIDGE_KEY_MISSING, BRIDGE_CREDENTIAL_KEY,
			"is not there: give the service one, as gtalk-bridge(8) tells, and start "
			"it again");
	finding = g_new0(BridgeKeyFinding, 1);
	finding->status = BRIDGE_KEY_FOUND;
	finding->key = g_steal_pointer(&key);
	finding->previous = g_steal_pointer(&previous);
	return finding;
}
