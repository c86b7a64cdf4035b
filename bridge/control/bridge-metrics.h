/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-metrics.h: what Prometheus scrapes: text of its exposition format 0.0.4. Names begin with
 * gtalk_bridge_ and end in their unit; what grows only ends in _total. Nothing names a person. */
#pragma once

#include "api/bridge-api.h"
#include "account/bridge-event-tail.h"
#include "hosts/bridge-supervisor.h"

G_BEGIN_DECLS

#define BRIDGE_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

typedef struct {
	BridgeAccounts *accounts;
	BridgeSupervisor *supervisor;
	BridgeEventTail *tail;
	BridgeApi *api;
	gboolean ready;
} BridgeMetricsSources;

char *
bridge_metrics_build(const BridgeMetricsSources *sources);

G_END_DECLS
