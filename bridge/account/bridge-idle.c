/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-idle.h"

#include "bridge-presence.h"
#include "link/bridge-timers.h"

/* The first that is over says what is shown; in order. */
static const char *
bridge_idle_get_show(const BridgeIdleConfig *policy, gint64 idle_s)
{
	if (policy->extended_away_s > 0 && idle_s >= policy->extended_away_s)
		return "xa";
	if (policy->away_s > 0 && idle_s >= policy->away_s)
		return "away";
	return NULL;
}

static gint64
bridge_idle_get_now_s(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

/* 0: never */
static gint64
bridge_idle_get_rest_s(BridgeAccount *self)
{
	const BridgeIdleConfig *policy = self->idle_policy;
	gint64 idle_s = bridge_idle_get_now_s() - self->act_s;
	gint64 gone_s = bridge_idle_get_now_s() - self->device_s;
	gint64 rest_s = 0;

	if (policy->extended_away_s > idle_s)
		rest_s = policy->extended_away_s - idle_s;
	if (policy->away_s > idle_s && (rest_s == 0 || policy->away_s - idle_s < rest_s))
		rest_s = policy->away_s - idle_s;
	/* One that is due already waits for what is to be sent, or for readers to go. */
	if (policy->sign_out_s > 0 && self->readers == 0 &&
	    (rest_s == 0 || MAX(policy->sign_out_s - gone_s, 1) < rest_s))
		rest_s = MAX(policy->sign_out_s - gone_s, 1);
	return rest_s;
}

static gboolean
bridge_idle_check_cb(gpointer user_data);

static void
bridge_idle_plan(BridgeAccount *self)
{
	gint64 rest_s = bridge_idle_get_rest_s(self);

	g_clear_handle_id(&self->idle_timer, bridge_timers_remove);
	if (rest_s > 0 && self->state != BRIDGE_ACCOUNT_SIGNED_OUT && !self->stopping &&
	    !self->erased)
		self->idle_timer =
			bridge_timers_add_seconds((guint)rest_s, bridge_idle_check_cb, self);
}

static void
bridge_idle_check_sign_out(BridgeAccount *self)
{
	gint64 gone_s = bridge_idle_get_now_s() - self->device_s;

	if (self->idle_policy->sign_out_s > 0 && self->readers == 0 &&
	    gone_s >= self->idle_policy->sign_out_s)
		bridge_account_leave_idle(self);
}

static gboolean
bridge_idle_check_cb(gpointer user_data)
{
	g_autoptr(BridgeAccount) self = g_object_ref(BRIDGE_ACCOUNT(user_data));
	const char *show =
		bridge_idle_get_show(self->idle_policy, bridge_idle_get_now_s() - self->act_s);

	self->idle_timer = 0;
	if (show != NULL)
		bridge_account_set_idle(self, show);
	bridge_idle_check_sign_out(self);
	bridge_idle_plan(self);
	return G_SOURCE_REMOVE;
}

/* ---- What is told ---------------------------------------------------------------------------- */

void
bridge_idle_begin(BridgeAccount *self)
{
	if (self->act_s == 0) {
		self->act_s = bridge_idle_get_now_s();
		self->device_s = self->act_s;
	}
	bridge_idle_plan(self);
}

gboolean
bridge_account_is_idle(BridgeAccount *self)
{
	return self->state == BRIDGE_ACCOUNT_SIGNED_OUT &&
	       g_strcmp0(self->reason, BRIDGE_REASON_IDLE) == 0;
}

gboolean
bridge_account_leave_idle(BridgeAccount *self)
{
	g_return_val_if_fail(BRIDGE_IS_ACCOUNT(self), FALSE);

	if (!g_queue_is_empty(&self->sendings))
		return FALSE;
	if (self->state != BRIDGE_ACCOUNT_SIGNED_OUT && !self->stopping && !self->erased)
		bridge_account_went_offline(self, NULL, BRIDGE_REASON_IDLE,
		                            "no device has been there for long");
	return TRUE;
}

void
bridge_account_note_device(BridgeAccount *self)
{
	self->device_s = bridge_idle_get_now_s();
	if (!bridge_account_is_idle(self) || self->stopping || self->erased)
		return;
	bridge_account_set_state(self, NULL, BRIDGE_ACCOUNT_WAITING, NULL, NULL);
	bridge_account_start(self);
	bridge_idle_plan(self);
}

void
bridge_idle_note_choice(BridgeAccount *self)
{
	self->act_s = bridge_idle_get_now_s();
	bridge_account_note_device(self);
	if (self->idle_timer == 0)
		bridge_idle_plan(self);
}

void
bridge_account_note_act(BridgeAccount *self)
{
	bridge_idle_note_choice(self);
	bridge_account_set_idle(self, "");
}

void
bridge_account_add_reader(BridgeAccount *self)
{
	self->readers++;
}

void
bridge_account_remove_reader(BridgeAccount *self)
{
	g_return_if_fail(self->readers > 0);

	self->device_s = bridge_idle_get_now_s();
	if (--self->readers == 0)
		bridge_idle_plan(self);
}
