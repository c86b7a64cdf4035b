/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-archive-check.h"

struct _GTalkArchiveCheck {
	char *newest;  /* known, and not come by yet; or NULL */
	char *left;    /* the last one that the check before left alone, likewise */
	char *leaving; /* that of this check */
	guint n_checks;
};

GTalkArchiveCheck *
gtalk_archive_check_new(void)
{
	return g_new0(GTalkArchiveCheck, 1);
}

void
gtalk_archive_check_free(GTalkArchiveCheck *self)
{
	g_free(self->newest);
	g_free(self->left);
	g_free(self->leaving);
	g_free(self);
}

void
gtalk_archive_check_begin(GTalkArchiveCheck *self, const char *newest)
{
	g_free(self->newest);
	self->newest = g_strdup(newest);
	g_free(self->left);
	self->left = g_steal_pointer(&self->leaving);
	self->n_checks++;
}

static void
gtalk_archive_check_pass(char **wanted, const char *id)
{
	if (g_strcmp0(*wanted, id) == 0)
		g_clear_pointer(wanted, g_free);
}

gboolean
gtalk_archive_check_take(GTalkArchiveCheck *self, const char *id, gboolean is_new)
{
	gboolean is_before = self->newest != NULL || self->left != NULL;

	gtalk_archive_check_pass(&self->newest, id);
	gtalk_archive_check_pass(&self->left, id);
	if (is_before || !is_new)
		return is_before;
	g_free(self->leaving);
	self->leaving = g_strdup(id);
	return FALSE;
}

gboolean
gtalk_archive_check_end(GTalkArchiveCheck *self)
{
	return self->leaving != NULL && self->n_checks < GTALK_ARCHIVE_CHECKS_MAX;
}
