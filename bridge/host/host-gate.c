/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-gate.h"

#include "plugin/gtalk.h"

struct _HostGate {
	GHashTable *held;      /* stanza number -> how many holds */
	GHashTable *resources; /* set of the account's other resources that are available */
	gboolean no_archive;   /* the server was asked and has none */
	gboolean open;
};

HostGate *
host_gate_new(void)
{
	HostGate *gate = g_new0(HostGate, 1);

	gate->held = g_hash_table_new(NULL, NULL);
	gate->resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return gate;
}

void
host_gate_free(HostGate *gate)
{
	g_hash_table_unref(gate->held);
	g_hash_table_unref(gate->resources);
	g_free(gate);
}

static void
host_gate_call_release(PurpleConnection *gc, guint stanza, guint n_holds)
{
	gboolean ok;

	while (gc != NULL && n_holds-- > 0)
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_RELEASE, &ok, gc,
		                       stanza);
}

static guint
host_gate_count(HostGate *gate, guint stanza)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(gate->held, GUINT_TO_POINTER(stanza)));
}

static void
host_gate_set_count(HostGate *gate, guint stanza, guint n_holds)
{
	if (n_holds == 0)
		g_hash_table_remove(gate->held, GUINT_TO_POINTER(stanza));
	else
		g_hash_table_insert(gate->held, GUINT_TO_POINTER(stanza),
		                    GUINT_TO_POINTER(n_holds));
}

guint
host_gate_take(HostGate *gate, PurpleConnection *gc)
{
	gboolean ok = FALSE;
	guint stanza = GPOINTER_TO_UINT(
		purple_plugin_ipc_call(purple_connection_get_prpl(gc), GTALK_IPC_HOLD, &ok, gc));

	if (!ok || stanza == 0)
		return 0;
	if (gate->open)
		host_gate_call_release(gc, stanza, 1);
	else
		host_gate_set_count(gate, stanza, host_gate_count(gate, stanza) + 1);
	return stanza;
}

void
host_gate_release(HostGate *gate, PurpleConnection *gc, guint stanza)
{
	guint n_holds = host_gate_count(gate, stanza);

	if (n_holds == 0)
		return;
	host_gate_set_count(gate, stanza, n_holds - 1);
	host_gate_call_release(gc, stanza, 1);
}

static void
host_gate_release_all(HostGate *gate, PurpleConnection *gc)
{
	g_autoptr(GHashTable) held = g_steal_pointer(&gate->held);
	GHashTableIter iter;
	gpointer stanza;
	gpointer n_holds;

	gate->held = g_hash_table_new(NULL, NULL);
	g_hash_table_iter_init(&iter, held);
	while (g_hash_table_iter_next(&iter, &stanza, &n_holds))
		host_gate_call_release(gc, GPOINTER_TO_UINT(stanza), GPOINTER_TO_UINT(n_holds));
}

static void
host_gate_update(HostGate *gate, PurpleConnection *gc)
{
	gate->open = gate->no_archive && g_hash_table_size(gate->resources) > 0;
	if (gate->open)
		host_gate_release_all(gate, gc);
}

void
host_gate_set_archive(HostGate *gate, PurpleConnection *gc, gboolean available)
{
	gate->no_archive = !available;
	host_gate_update(gate, gc);
}

void
host_gate_note_resource(HostGate *gate, PurpleConnection *gc, const char *full_jid,
                        gboolean available)
{
	if (available)
		g_hash_table_add(gate->resources, g_strdup(full_jid));
	else
		g_hash_table_remove(gate->resources, full_jid);
	host_gate_update(gate, gc);
}

gboolean
host_gate_is_open(HostGate *gate)
{
	return gate->open;
}
