/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gtalk-shared-status.h: the account's status document on the server: asked for once when the
 * server has the extension, kept in step with its pushes, replaced as a whole. What the document
 * means for the account's own status is gtalk-own-status's.
 *
 * GTALK_SIGNAL_SHARED_STATUS is emitted when it is first known (or known to be absent) and whenever
 * it changes; while something is being set, the answer to that tells. */
#pragma once

#include "core/gtalk-connection.h"
#include "gtalk-status-document.h"

G_BEGIN_DECLS

extern const GTalkUnit gtalk_shared_status_unit;

/* As it is on the server, or will be when what was sent has arrived. NULL without. */
const GTalkStatusDocument *
gtalk_shared_status_find(GTalkConnection *connection);

/* Whether something was sent that is not answered. */
gboolean
gtalk_shared_status_is_setting(GTalkConnection *connection);

typedef void (*GTalkSharedStatusFunc)(GTalkConnection *connection, gboolean ok);

/* Replaces the document by @document (transfer full). Of what is set before an answer has come,
 * only the last answer counts. Accepted, GTALK_SIGNAL_SHARED_STATUS is emitted; refused (or not
 * answered), the document is the server's again and asked for anew. @callback, unless NULL, is
 * called then. */
void
gtalk_shared_status_set(GTalkConnection *connection, GTalkStatusDocument *document,
                        GTalkSharedStatusFunc callback);

G_END_DECLS
