/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-sqlite-trouble.h"

#include "base/bridge-error.h"

struct _BridgeSqliteTrouble {
	char *path;
	GMutex lock;  /* of the words, which others read, and of being damaged together with them */
	char *words;  /* NULL: there is none */
	gint damaged; /* atomic: for good */
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

/* Returns whether there was none before; damage, which is for good, is left as it is. */
static gboolean
bridge_sqlite_trouble_set_words(BridgeSqliteTrouble *self, const char *words)
{
	gboolean had = FALSE;

	g_mutex_lock(&self->lock);
	had = self->words != NULL;
	if (!bridge_sqlite_trouble_is_damage(self)) {
		g_free(self->words);
		self->words = g_strdup(words);
	}
	g_mutex_unlock(&self->lock);
	return !had;
}

/* In one step, for the other threads. */
static gboolean
bridge_sqlite_trouble_set_damage(BridgeSqliteTrouble *self, const char *words)
{
	gboolean new = FALSE;

	g_mutex_lock(&self->lock);
	new = !bridge_sqlite_trouble_is_damage(self);
	if (new) {
		g_free(self->words);
		self->words = g_strdup(words);
		g_atomic_int_set(&self->damaged, TRUE);
	}
	g_mutex_unlock(&self->lock);
	return new;
}

void
bridge_sqlite_trouble_note_damage(BridgeSqliteTrouble *self, const char *what)
{
	g_autofree char *words = g_strdup_printf(
		"the store is damaged (%s): what can be read is served, nothing is written any "
		"more; put a backup in its place",
		what);

	if (bridge_sqlite_trouble_set_damage(self, words))
		g_warning("%s: %s", self->path, words);
}

gboolean
bridge_sqlite_trouble_is_damage(const BridgeSqliteTrouble *self)
{
	return g_atomic_int_get(&self->damaged);
}

void
bridge_sqlite_trouble_note_failure(BridgeSqliteTrouble *self, const GError *error, gint64 now_us)
{
	gboolean new = bridge_sqlite_trouble_set_words(self, error->message);

	if (new) {
		g_warning("%s cannot be written: %s; what comes is kept back until it can be",
		          self->path, error->message);
		self->since_us = now_us;
		self->delay_us = BRIDGE_SQLITE_TROUBLE_FIRST_US;
	} else {
		self->delay_us = MIN(2 * self->delay_us, BRIDGE_SQLITE_TROUBLE_LAST_US);
	}
	self->retry_us = now_us + self->delay_us;
}

void
bridge_sqlite_trouble_note_success(BridgeSqliteTrouble *self, gint64 now_us)
{
	if (bridge_sqlite_trouble_is_damage(self) || bridge_sqlite_trouble_set_words(self, NULL))
		return;
	g_message("%s can be written again after %" G_GINT64_FORMAT " s", self->path,
	          (now_us - self->since_us) / G_USEC_PER_SEC);
}

gboolean
bridge_sqlite_trouble_is_on(BridgeSqliteTrouble *self)
{
	gboolean is_on = FALSE;

	g_mutex_lock(&self->lock);
	is_on = self->words != NULL;
	g_mutex_unlock(&self->lock);
	return is_on;
}

gint64
bridge_sqlite_trouble_get_retry_us(const BridgeSqliteTrouble *self)
{
	return bridge_sqlite_trouble_is_damage(self) ? G_MAXINT64 : self->retry_us;
}

GError *
bridge_sqlite_trouble_build_error(BridgeSqliteTrouble *self)
{
	g_autofree char *words = bridge_sqlite_trouble_dup_words(self);

	return g_error_new_literal(BRIDGE_ERROR, BRIDGE_ERROR_STORE_UNWRITABLE,
	                           words != NULL ? words : "the store cannot be written");
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
