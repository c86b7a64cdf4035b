/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-link-batch.h"

struct _BridgeLinkBatch {
	BridgeLinkPipe *pipe;
	const char *type;
	guint most;
	GVariantBuilder builder; /* with @count values */
	guint count;
	guint source; /* sends them; 0: there are none */
};

static void
bridge_link_batch_flush(BridgeLinkBatch *self)
{
	GVariant *values = g_variant_builder_end(&self->builder);

	g_clear_handle_id(&self->source, g_source_remove);
	g_variant_builder_init(&self->builder, G_VARIANT_TYPE(self->type));
	self->count = 0;
	bridge_link_pipe_send(self->pipe, values);
}

static gboolean
bridge_link_batch_flush_cb(gpointer user_data)
{
	BridgeLinkBatch *self = user_data;

	self->source = 0;
	bridge_link_batch_flush(self);
	return G_SOURCE_REMOVE;
}

void
bridge_link_batch_add(BridgeLinkBatch *self, GVariant *value)
{
	g_variant_builder_add_value(&self->builder, value);
	if (++self->count == self->most)
		bridge_link_batch_flush(self);
	else if (self->source == 0)
		self->source =
			g_idle_add_full(G_PRIORITY_DEFAULT, bridge_link_batch_flush_cb, self, NULL);
}

BridgeLinkBatch *
bridge_link_batch_new(BridgeLinkPipe *pipe, const char *type, guint most)
{
	BridgeLinkBatch *self = g_new0(BridgeLinkBatch, 1);

	self->pipe = pipe;
	self->type = type;
	self->most = most;
	g_variant_builder_init(&self->builder, G_VARIANT_TYPE(type));
	return self;
}

void
bridge_link_batch_free(BridgeLinkBatch *self)
{
	g_clear_handle_id(&self->source, g_source_remove);
	g_variant_builder_clear(&self->builder);
	g_free(self);
}
