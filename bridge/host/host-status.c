/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-status.h"

/* What the inherited protocol sends in a presence. */
static const char *const host_status_attributes[] = {"message", "priority"};

static GList *(*host_status_inherited)(PurpleAccount *account);

static void
host_status_copy_attribute(PurpleStatusType *from, PurpleStatusType *to, const char *id)
{
	PurpleStatusAttr *attribute = purple_status_type_get_attr(from, id);

	if (attribute != NULL)
		purple_status_type_add_attr(
			to, id, purple_status_attr_get_name(attribute),
			purple_value_dup(purple_status_attr_get_value(attribute)));
}

static PurpleStatusType *
host_status_reduce(PurpleStatusType *type)
{
	PurpleStatusType *reduced = purple_status_type_new_full(
		purple_status_type_get_primitive(type), purple_status_type_get_id(type),
		purple_status_type_get_name(type), purple_status_type_is_saveable(type),
		purple_status_type_is_user_settable(type), purple_status_type_is_independent(type));

	if (purple_status_type_is_exclusive(type))
		for (guint i = 0; i < G_N_ELEMENTS(host_status_attributes); i++)
			host_status_copy_attribute(type, reduced, host_status_attributes[i]);
	purple_status_type_destroy(type);
	return reduced;
}

static GList *
host_status_types(PurpleAccount *account)
{
	GList *types = host_status_inherited(account);

	for (GList *l = types; l != NULL; l = l->next)
		l->data = host_status_reduce(l->data);
	return types;
}

void
host_status_install(PurplePluginProtocolInfo *protocol)
{
	g_return_if_fail(host_status_inherited == NULL);

	host_status_inherited = protocol->status_types;
	protocol->status_types = host_status_types;
}
