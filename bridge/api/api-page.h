/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * api-page.h: a part of a list, as "limit" and "page" of a query ask for it. The list has an order
 * of its own, by keys, and a page is named by the last key of the one before it, so that it stays
 * right while things come and go. */
#pragma once

#include "bridge-exchange.h"

G_BEGIN_DECLS

#define API_PAGE_LIMIT_MAX 500
#define API_PAGE_LIMIT_DEFAULT 200

typedef struct {
	char *after; /* NULL: it is the first */
	guint limit;
} ApiPage;

typedef struct {
	const char *member;                    /* that the list is in the answer */
	char *(*dup_key)(gconstpointer thing); /* strcmp() tells the order of the list */
	void (*build)(JsonBuilder *builder, gconstpointer thing, gpointer user_data);
} ApiPageKind;

/* NULL: the query makes no sense; it is answered. */
ApiPage *
api_page_new(BridgeExchange *exchange);
void
api_page_free(ApiPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiPage, api_page_free)

/**
 * api_page_build:
 * @things: in their order
 *
 * Adds the member with those that the page has, and "next". */
void
api_page_build(const ApiPage *page, JsonBuilder *builder, GPtrArray *things,
               const ApiPageKind *kind, gpointer user_data);

/* A key for what is in order of time: that, and what tells two of a moment apart. */
char *
api_page_dup_time_key(gint64 time_us, const char *id);

G_END_DECLS
