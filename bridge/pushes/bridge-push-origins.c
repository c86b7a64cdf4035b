/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-push-origins.h"

#define ORIGINS_SECOND_US ((gint64)G_USEC_PER_SEC)
#define ORIGINS_LITTLE_US (24 * 3600 * ORIGINS_SECOND_US)
#define ORIGINS_NEVER G_MAXINT64 /* not before somebody's has ended */
/* Hosts are named by strangers: with so many, those that nobody waits for are forgotten. */
#define ORIGINS_MAX 4096
#define ORIGINS_FAILING_MAX 16

static const BridgePushOriginsPace bridge_push_pace = {
	.at_once = 32, /* the connections that gtalk-bridge-push has to a host */
	.failures = 10,
	.failing = 3,
	.pause_us = 60 * ORIGINS_SECOND_US,
	.pause_max_us = 900 * ORIGINS_SECOND_US,
	.throttled = 3,
	.throttled_us = 60 * ORIGINS_SECOND_US,
	.burst = 500,
	.spacing_us = ORIGINS_SECOND_US / 50,
	.burst_of_all = 2000,
	.spacing_of_all_us = ORIGINS_SECOND_US / 200,
};

struct _BridgePushOrigins {
	guint references;
	BridgePushOriginsPace pace;
	GHashTable *table; /* name -> BridgePushOrigin */
	gint64 next_us;    /* see bridge_push_rate_get_delay_us() */
	gboolean stopped;
};

typedef struct {
	BridgePushOrigins *all; /* borrowed */
	GQueue waiting;         /* of BridgePushWaiting */
	guint under_way;
	gboolean pumping;
	guint timer;
	guint failures;        /* in a row */
	GHashTable *failing;   /* set of char *: whose they are */
	gint64 pause_us;       /* how long the last one was; 0: it is well */
	gint64 paused_us;      /* monotonic: until then */
	gboolean probed;       /* by one push, after that */
	GHashTable *throttled; /* char *: subscription -> gint64 *: when it was told so */
	gint64 throttled_us;   /* monotonic: until then */
	gint64 little_us;      /* likewise */
	gint64 next_us;
} BridgePushOrigin;

typedef struct {
	BridgePushTurn turn;
	gpointer user_data;
} BridgePushWaiting;

struct _BridgePushPass {
	BridgePushOrigins *all;
	BridgePushOrigin *origin; /* which stays, as something is under way to it */
};

/* ---- Hosts ----------------------------------------------------------------------------------- */

char *
bridge_push_origins_build_name(const BridgePushRules *rules, const char *type, const char *endpoint)
{
	g_autoptr(GUri) uri =
		endpoint != NULL ? bridge_push_url_parse(rules, endpoint, NULL) : NULL;

	return uri != NULL ? g_strdup_printf("%s:%d", g_uri_get_host(uri), g_uri_get_port(uri))
	                   : g_strdup(type);
}

static void
bridge_push_origin_free(BridgePushOrigin *origin)
{
	g_clear_handle_id(&origin->timer, g_source_remove);
	g_hash_table_unref(origin->failing);
	g_hash_table_unref(origin->throttled);
	g_free(origin);
}

static gboolean
bridge_push_origin_is_idle(gpointer key, gpointer value, gpointer user_data)
{
	const BridgePushOrigin *origin = value;

	return origin->under_way == 0 && !origin->pumping &&
	       g_queue_is_empty((GQueue *)&origin->waiting);
}

static BridgePushOrigin *
bridge_push_origins_get(BridgePushOrigins *self, const char *name)
{
	BridgePushOrigin *origin = g_hash_table_lookup(self->table, name);

	if (origin != NULL)
		return origin;
	if (g_hash_table_size(self->table) >= ORIGINS_MAX)
		g_hash_table_foreach_remove(self->table, bridge_push_origin_is_idle, NULL);
	origin = g_new0(BridgePushOrigin, 1);
	origin->all = self;
	g_queue_init(&origin->waiting);
	origin->failing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	origin->throttled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_hash_table_insert(self->table, g_strdup(name), origin);
	return origin;
}

/* ---- Whose turn it is ------------------------------------------------------------------------ */

/* @next_us: when the next one would be due if they were evenly spaced: it may be so much ahead. */
static gint64
bridge_push_rate_get_delay_us(gint64 next_us, guint burst, gint64 spacing_us, gint64 now_us)
{
	return MAX(0, next_us - (burst - 1) * spacing_us - now_us);
}

static gint64
bridge_push_origin_get_delay_us(BridgePushOrigin *origin, gint64 now_us)
{
	const BridgePushOriginsPace *pace = &origin->all->pace;
	gint64 delay_us = MAX(origin->paused_us, origin->throttled_us) - now_us;

	if (delay_us > 0)
		return delay_us;
	if (origin->under_way >= pace->at_once || (origin->pause_us != 0 && origin->probed))
		return ORIGINS_NEVER;
	return MAX(bridge_push_rate_get_delay_us(origin->next_us, pace->burst, pace->spacing_us,
	                                         now_us),
	           bridge_push_rate_get_delay_us(origin->all->next_us, pace->burst_of_all,
	                                         pace->spacing_of_all_us, now_us));
}

static BridgePushPass *
bridge_push_origin_let_in(BridgePushOrigin *origin, gint64 now_us)
{
	BridgePushOrigins *all = origin->all;
	BridgePushPass *pass = g_new0(BridgePushPass, 1);

	pass->all = all;
	pass->origin = origin;
	all->references++;
	origin->under_way++;
	origin->probed = origin->pause_us != 0;
	origin->next_us = MAX(origin->next_us, now_us) + all->pace.spacing_us;
	all->next_us = MAX(all->next_us, now_us) + all->pace.spacing_of_all_us;
	return pass;
}

static void
bridge_push_origin_pump(BridgePushOrigin *origin);

static gboolean
bridge_push_origin_timer_cb(gpointer user_data)
{
	BridgePushOrigin *origin = user_data;

	origin->timer = 0;
	bridge_push_origin_pump(origin);
	return G_SOURCE_REMOVE;
}

static void
bridge_push_origin_pump(BridgePushOrigin *origin)
{
	gint64 now_us = g_get_monotonic_time();
	gint64 delay_us = 0;

	g_clear_handle_id(&origin->timer, g_source_remove);
	origin->pumping = TRUE;
	while (!g_queue_is_empty(&origin->waiting) &&
	       (delay_us = bridge_push_origin_get_delay_us(origin, now_us)) == 0) {
		BridgePushWaiting *waiting = g_queue_pop_head(&origin->waiting);

		waiting->turn(bridge_push_origin_let_in(origin, now_us), waiting->user_data);
		g_free(waiting);
	}
	origin->pumping = FALSE;
	/* Who was let in may have brought somebody here again. */
	g_clear_handle_id(&origin->timer, g_source_remove);
	if (!g_queue_is_empty(&origin->waiting) && delay_us != ORIGINS_NEVER)
		origin->timer = g_timeout_add((guint)(delay_us / 1000 + 1),
		                              bridge_push_origin_timer_cb, origin);
}

BridgePushPass *
bridge_push_origins_try(BridgePushOrigins *self, const char *name)
{
	BridgePushOrigin *origin = bridge_push_origins_get(self, name);
	gint64 now_us = g_get_monotonic_time();

	if (self->stopped || !g_queue_is_empty(&origin->waiting) ||
	    bridge_push_origin_get_delay_us(origin, now_us) != 0)
		return NULL;
	return bridge_push_origin_let_in(origin, now_us);
}

void
bridge_push_origins_enter(BridgePushOrigins *self, const char *name, BridgePushTurn turn,
                          gpointer user_data)
{
	BridgePushOrigin *origin = bridge_push_origins_get(self, name);
	BridgePushWaiting *waiting;

	if (self->stopped) {
		turn(NULL, user_data);
		return;
	}
	waiting = g_new0(BridgePushWaiting, 1);
	waiting->turn = turn;
	waiting->user_data = user_data;
	g_queue_push_tail(&origin->waiting, waiting);
	if (origin->timer == 0)
		bridge_push_origin_pump(origin);
}

void
bridge_push_pass_end(BridgePushPass *pass, gboolean used)
{
	BridgePushOrigin *origin = pass->origin;
	BridgePushOrigins *all = pass->all;

	origin->under_way--;
	/* What it showed has been noted. */
	origin->probed = FALSE;
	if (!used) {
		origin->next_us -= all->pace.spacing_us;
		all->next_us -= all->pace.spacing_of_all_us;
	}
	if (!all->stopped)
		bridge_push_origin_pump(origin);
	g_free(pass);
	bridge_push_origins_unref(all);
}

/* ---- What they answer ------------------------------------------------------------------------ */

/* It answers, be it with no. */
static gboolean
bridge_push_origin_is_there(BridgePushResult result, guint status)
{
	return result != BRIDGE_PUSH_UNKNOWN &&
	       (result != BRIDGE_PUSH_TRANSIENT || (status != 0 && status < 500));
}

static void
bridge_push_origin_recover(BridgePushOrigin *origin, const char *name)
{
	if (origin->pause_us != 0)
		g_message("%s answers again: pushes go there as before", name);
	origin->failures = 0;
	origin->pause_us = 0;
	origin->paused_us = 0;
	g_hash_table_remove_all(origin->failing);
}

static void
bridge_push_origin_fail(BridgePushOrigin *origin, const char *name, const char *subscription_id,
                        gint64 now_us)
{
	const BridgePushOriginsPace *pace = &origin->all->pace;

	/* It was under way when that was known already. */
	if (now_us < origin->paused_us)
		return;
	origin->failures++;
	if (g_hash_table_size(origin->failing) < ORIGINS_FAILING_MAX)
		g_hash_table_add(origin->failing, g_strdup(subscription_id));
	if (origin->pause_us == 0 && (origin->failures < pace->failures ||
	                              g_hash_table_size(origin->failing) < pace->failing))
		return;
	origin->pause_us = origin->pause_us == 0 ? pace->pause_us
	                                         : MIN(2 * origin->pause_us, pace->pause_max_us);
	origin->paused_us = now_us + origin->pause_us;
	g_message("%s has trouble: nothing is pushed there for %d s", name,
	          (int)(origin->pause_us / ORIGINS_SECOND_US));
}

static gboolean
bridge_push_origin_is_old(gpointer key, gpointer value, gpointer user_data)
{
	return *(const gint64 *)value < *(const gint64 *)user_data;
}

static void
bridge_push_origin_throttle(BridgePushOrigin *origin, const char *name, const char *subscription_id,
                            guint asked_s, gint64 now_us)
{
	const BridgePushOriginsPace *pace = &origin->all->pace;
	gint64 since_us = now_us - pace->throttled_us;

	g_hash_table_foreach_remove(origin->throttled, bridge_push_origin_is_old, &since_us);
	g_hash_table_replace(origin->throttled, g_strdup(subscription_id),
	                     g_memdup2(&now_us, sizeof now_us));
	if (g_hash_table_size(origin->throttled) < pace->throttled)
		return;
	g_hash_table_remove_all(origin->throttled);
	/* What one of them was asked for longer it heeds itself. */
	origin->throttled_us = now_us + CLAMP(asked_s * ORIGINS_SECOND_US, pace->throttled_us,
	                                      MAX(pace->throttled_us, pace->pause_max_us));
	g_message("it is too much for %s: nothing is pushed there for %d s", name,
	          (int)((origin->throttled_us - now_us) / ORIGINS_SECOND_US));
}

void
bridge_push_origins_note(BridgePushOrigins *self, const char *name, const char *subscription_id,
                         BridgePushResult result, guint status, guint asked_s)
{
	BridgePushOrigin *origin = bridge_push_origins_get(self, name);
	gint64 now_us = g_get_monotonic_time();

	/* Our own word says nothing of it. */
	if (self->stopped || result == BRIDGE_PUSH_REFUSED)
		return;
	if (bridge_push_origin_is_there(result, status))
		bridge_push_origin_recover(origin, name);
	else
		bridge_push_origin_fail(origin, name, subscription_id, now_us);
	if (result == BRIDGE_PUSH_THROTTLED)
		bridge_push_origin_throttle(origin, name, subscription_id, asked_s, now_us);
	if (result == BRIDGE_PUSH_TOO_LARGE)
		origin->little_us = now_us + ORIGINS_LITTLE_US;
	bridge_push_origin_pump(origin);
}

gboolean
bridge_push_origins_wants_little(BridgePushOrigins *self, const char *name)
{
	const BridgePushOrigin *origin = g_hash_table_lookup(self->table, name);

	return origin != NULL && origin->little_us > g_get_monotonic_time();
}

guint
bridge_push_origins_count_paused(BridgePushOrigins *self)
{
	gint64 now_us = g_get_monotonic_time();
	guint count = 0;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, self->table);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const BridgePushOrigin *origin = value;

		if (MAX(origin->paused_us, origin->throttled_us) > now_us)
			count++;
	}
	return count;
}

/* ---- Their life ------------------------------------------------------------------------------ */

BridgePushOrigins *
bridge_push_origins_new(const BridgePushOriginsPace *pace)
{
	BridgePushOrigins *self = g_new0(BridgePushOrigins, 1);

	self->references = 1;
	self->pace = pace != NULL ? *pace : bridge_push_pace;
	self->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                    (GDestroyNotify)bridge_push_origin_free);
	return self;
}

void
bridge_push_origins_stop(BridgePushOrigins *self)
{
	GQueue all = G_QUEUE_INIT;
	GHashTableIter iter;
	gpointer value;
	BridgePushWaiting *waiting;

	self->stopped = TRUE;
	g_hash_table_iter_init(&iter, self->table);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		BridgePushOrigin *origin = value;

		g_clear_handle_id(&origin->timer, g_source_remove);
		while ((waiting = g_queue_pop_head(&origin->waiting)) != NULL)
			g_queue_push_tail(&all, waiting);
	}
	while ((waiting = g_queue_pop_head(&all)) != NULL) {
		waiting->turn(NULL, waiting->user_data);
		g_free(waiting);
	}
}

void
bridge_push_origins_unref(BridgePushOrigins *self)
{
	if (--self->references > 0)
		return;
	g_hash_table_unref(self->table);
	g_free(self);
}
