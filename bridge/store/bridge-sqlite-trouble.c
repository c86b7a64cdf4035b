/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-trouble.h"

#include "bridge-error.h"

struct _BridgeSqliteTrouble {
	char *path;
	GMutex lock; /* of words, which others read */
	char *words; /* NULL: there is none */
	gint64 since_us;
	gint64 delay_us;
	gint64 retry_us;
};

BridgeSqliteTrouble *
bridge_sqlite_trouble_new(const char *path)
{
	BridgeSqliteTrouble *self = g_new0(BridgeSqliteTrouble, 1);

	self->path = g_strdup(path);
	g_mutex_init(&self->lock);
	return self;
}

void
bridge_sqlite_trouble_free(BridgeSqliteTrouble *self)
{
	g_mutex_clear(&self->lock);
	g_free(self->words);
	g_free(self->path);
	g_free(self);
}

static void
bridge_sqlite_trouble_set_words(BridgeSqliteTrouble *self, const char *words)
{
	g_mutex_lock(&self->lock);
	g_free(self->words);
	self->words = g_strdup(words);
	g_mutex_unlock(&self->lock);
}

void
bridge_sqlite_trouble_note_failure(BridgeSqliteTrouble *self, const GError *error, gint64 now_us)
{
	if (self->words == NULL) {
		g_warning("%s cannot be written: %s; what comes is kept back until it can be",
		          self->path, error->message);
		self->since_us = now_us;
		self->delay_us = BRIDGE_SQLITE_TROUBLE_FIRST_US;
	} else {
		self->delay_us = MIN(2 * self->delay_us, BRIDGE_SQLITE_TROUBLE_LAST_US);
	}
	bridge_sqlite_trouble_set_words(self, error->message);
	self->retry_us = now_us + self->delay_us;
}

void
bridge_sqlite_trouble_note_success(BridgeSqliteTrouble *self, gint64 now_us)
{
	if (self->words == NULL)
		return;
	g_message("%s can be written again after %" G_GINT64_FORMAT " s", self->path,
	          (now_us - self->since_us) / G_USEC_PER_SEC);
	bridge_sqlite_trouble_set_words(self, NULL);
}

gboolean
bridge_sqlite_trouble_is_on(const BridgeSqliteTrouble *self)
{
	return self->words != NULL;
}

gint64
bridge_sqlite_trouble_get_retry_us(const BridgeSqliteTrouble *self)
{
	return self->retry_us;
}

GError *
bridge_sqlite_trouble_build_error(const BridgeSqliteTrouble *self)
{
	return g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE, self->words);
}

char *
bridge_sqlite_trouble_dup_words(BridgeSqliteTrouble *self)
{
	char *words = NULL;

	g_mutex_lock(&self->lock);
	words = g_strdup(self->words);
	g_mutex_unlock(&self->lock);
	return words;
}
