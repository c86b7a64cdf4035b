/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * host-iq.h: questions of our own to chat servers and others in XMPP (RFC 6120 section 8.2.3), each
 * with its reply or its deadline, for what libpurple's API does not carry. A reply counts only from
 * the address that was asked. What is unanswered when the account goes is dropped without a call.
 * Main loop only. */
#pragma once

#include "host-feature.h"

G_BEGIN_DECLS

#define HOST_IQ_DEADLINE_S 20 /* before a HostRequest's passes */
#define HOST_IQ_OPEN_MAX 256  /* of one account, at once */

extern const HostFeature host_iq_feature;

/* @type: get or set; @to: (nullable): NULL asks the own account
 *
 * Returns: (transfer full): to put something into */
xmlnode *
host_iq_new(const char *type, const char *to);

/* As host_iq_new(), with an empty child @name of @xmlns, into which @child points. */
xmlnode *
host_iq_new_with_child(const char *type, const char *to, const char *name, const char *xmlns,
                       xmlnode **child);

/* Whether the account speaks XMPP, is connected, and does not ask too much at once. */
gboolean
host_iq_is_possible(HostAccount *account);

/* XEP-0199, to the own server. It answers in order (RFC 6120, section 10.1), whatever it answers to
 * this: then what belongs to everything sent before has come as well. */
xmlnode *
host_iq_new_ping(void);

/* Once. @reply: of type result or error, borrowed; NULL: the deadline has passed. */
typedef void (*HostIqAnswered)(HostAccount *account, xmlnode *reply, gpointer user_data);

/**
 * host_iq_send:
 * @iq: (transfer full): gets an id, unless it has one
 * @answered: (nullable)
 * @free_data: (nullable): for @user_data, whatever happens, after @answered
 *
 * Returns: FALSE: it is not possible; @answered is not called */
gboolean
host_iq_send(HostAccount *account, xmlnode *iq, HostIqAnswered answered, gpointer user_data,
             GDestroyNotify free_data);

/* Sends a stanza (transfer full) that nobody answers. */
void
host_iq_send_stanza(HostAccount *account, xmlnode *stanza);

gboolean
host_iq_is_result(xmlnode *reply);
/* The error condition of RFC 6120 section 8.3.3; NULL if there is none. Borrowed. */
const char *
host_iq_find_condition(xmlnode *reply);

/**
 * host_iq_check:
 * @reply: (nullable): as HostIqAnswered has it
 *
 * FALSE: it is no result, and @request has failed with what it says: UNSUPPORTED
 * (feature-not-implemented and service-unavailable of a server), NO_ANSWER, else REFUSED. */
gboolean
host_iq_check(xmlnode *reply, HostRequest *request);

/* Sends @iq (transfer full) and answers @request with what comes of it: success or failure. */
void
host_iq_run(HostAccount *account, xmlnode *iq, HostRequest *request);

/* Fails @request: host_iq_send() said FALSE. */
void
host_iq_fail_unsent(HostAccount *account, HostRequest *request);

G_END_DECLS
