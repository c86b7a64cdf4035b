/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * push-link.h: this program's end of the link (gtalk-bridge-push-link.xml). */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _PushLink PushLink;

/* @fd: (transfer full); @ended: called when the daemon has closed it, or when this process is
 * better replaced */
PushLink *
push_link_new(int fd, void (*ended)(gpointer user_data), gpointer user_data, GError **error);
void
push_link_free(PushLink *self);

G_END_DECLS
