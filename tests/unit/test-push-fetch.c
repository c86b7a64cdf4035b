/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests that the HTTP library never ends: a resolver that does not answer, and that cannot be
 * cancelled, is as bad as a connection that the peer has dropped. */
#include "config.h"

#include "push-fetch.h"

#define DEADLINE_MS 20
#define HANGING 100 /* so many, and the process is better replaced */

#define TEST_TYPE_RESOLVER (test_resolver_get_type())
G_DECLARE_FINAL_TYPE(TestResolver, test_resolver, TEST, RESOLVER, GResolver)

struct _TestResolver {
	GResolver parent_instance;

	GPtrArray *asked; /* of GTask */
};

G_DEFINE_FINAL_TYPE(TestResolver, test_resolver, G_TYPE_RESOLVER)

static void
test_resolver_lookup_async(GResolver *resolver, const char *hostname,
                           GResolverNameLookupFlags flags, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
	g_ptr_array_add(TEST_RESOLVER(resolver)->asked,
	                g_task_new(resolver, NULL, callback, user_data));
}

static GList *
test_resolver_lookup_finish(GResolver *resolver, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* In the end it does answer. */
static void
test_resolver_release(TestResolver *self)
{
	for (guint i = 0; i < self->asked->len; i++)
		g_task_return_new_error(g_ptr_array_index(self->asked, i), G_RESOLVER_ERROR,
		                        G_RESOLVER_ERROR_NOT_FOUND, "none");
	g_ptr_array_set_size(self->asked, 0);
}

static void
test_resolver_finalize(GObject *object)
{
	g_ptr_array_unref(TEST_RESOLVER(object)->asked);
	G_OBJECT_CLASS(test_resolver_parent_class)->finalize(object);
}

static void
test_resolver_class_init(TestResolverClass *klass)
{
	GResolverClass *resolver_class = G_RESOLVER_CLASS(klass);

	G_OBJECT_CLASS(klass)->finalize = test_resolver_finalize;
	resolver_class->lookup_by_name_with_flags_async = test_resolver_lookup_async;
	resolver_class->lookup_by_name_with_flags_finish = test_resolver_lookup_finish;
}

static void
test_resolver_init(TestResolver *self)
{
	self->asked = g_ptr_array_new_with_free_func(g_object_unref);
}

typedef struct {
	PushFetcher *fetcher;
	guint timed_out;
	gboolean stuck;
} Fixture;

static void
stuck(gpointer user_data)
{
	Fixture *fixture = user_data;

	g_assert_false(fixture->stuck);
	g_assert_cmpuint(push_fetcher_get_hung(fixture->fetcher), ==, HANGING);
	fixture->stuck = TRUE;
}

static void
done(const PushAnswer *answer, gpointer user_data)
{
	Fixture *fixture = user_data;

	g_assert_cmpint(answer->end, ==, PUSH_FETCH_TIMED_OUT);
	fixture->timed_out++;
}

/* Each of a host of its own: of one, so many would not be under way at once. */
static void
post(PushFetcher *fetcher, guint host, Fixture *fixture)
{
	g_autofree char *text = g_strdup_printf("https://push-%u.example.net:443/", host);
	g_auto(PushRequest) request = {
		.uri = g_uri_parse(text, SOUP_HTTP_URI_FLAGS, NULL),
		.headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_REQUEST),
		.body = g_bytes_new_static("x", 1),
	};

	push_fetcher_post(fetcher, &request, done, fixture);
}

static void
test_says_when_too_many_hang(void)
{
	g_autoptr(GResolver) before = g_resolver_get_default();
	g_autoptr(TestResolver) resolver = g_object_new(TEST_TYPE_RESOLVER, NULL);
	g_autoptr(BridgePushRules) rules = bridge_push_rules_new(NULL, NULL);
	Fixture fixture = {0};
	PushFetcher *fetcher = push_fetcher_new(rules, NULL, DEADLINE_MS, stuck, &fixture);

	fixture.fetcher = fetcher;
	g_resolver_set_default(G_RESOLVER(resolver));
	for (guint i = 0; i < HANGING; i++)
		post(fetcher, i, &fixture);
	while (!fixture.stuck)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(fixture.timed_out, ==, HANGING);
	g_assert_cmpuint(push_fetcher_get_under_way(fetcher), ==, 0);

	/* What ends late ends quietly. */
	test_resolver_release(resolver);
	while (push_fetcher_get_hung(fetcher) > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(fixture.timed_out, ==, HANGING);
	push_fetcher_free(fetcher);
	g_resolver_set_default(before);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/push-fetch/says-when-too-many-hang", test_says_when_too_many_hang);
	return g_test_run();
}
