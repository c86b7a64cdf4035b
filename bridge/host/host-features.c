/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-avatar.h"
#include "host-blocking.h"
#include "host-contacts.h"
#include "host-feature.h"
#include "host-iq.h"
#include "host-mail.h"
#include "host-off-record.h"
#include "host-presence.h"
#include "host-rooms.h"
#include "host-shared-status.h"
#include "host-subscriptions.h"
#include "host-suspects.h"
#include "host-token.h"
#include "host-typing.h"

/* clang-format off */
static const HostFeature *const host_features[] = {
	&host_avatar_feature,
	&host_blocking_feature,
	&host_contacts_feature,
	&host_iq_feature,
	&host_mail_feature,
	&host_off_record_feature,
	&host_presence_feature,
	&host_rooms_feature,
	&host_shared_status_feature,
	&host_subscriptions_feature,
	&host_suspects_feature,
	&host_token_feature,
	&host_typing_feature,
};
/* clang-format on */

void
host_features_install(PurplePlugin *plugin)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_features); i++)
		if (host_features[i]->install != NULL)
			host_features[i]->install(plugin);
}

void
host_features_prepare(HostAccount *account, GVariant *wanted)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_features); i++) {
		const HostFeature *feature = host_features[i];
		g_autoptr(GVariant) value = NULL;

		if (feature->prepare == NULL)
			continue;
		if (wanted != NULL)
			value = g_variant_lookup_value(wanted, feature->name, NULL);
		feature->prepare(account, value);
	}
}

void
host_features_online(HostAccount *account)
{
	for (guint i = 0; i < G_N_ELEMENTS(host_features); i++)
		if (host_features[i]->online != NULL)
			host_features[i]->online(account);
}

static const HostCommand *
host_feature_find_command(const HostFeature *feature, const char *name)
{
	const HostCommand *command = feature->commands;

	while (command != NULL && command->name != NULL && !g_str_equal(command->name, name))
		command++;
	return command != NULL && command->name != NULL ? command : NULL;
}

const HostCommand *
host_features_find_command(const char *name)
{
	const HostCommand *command = NULL;

	for (guint i = 0; command == NULL && i < G_N_ELEMENTS(host_features); i++)
		command = host_feature_find_command(host_features[i], name);
	return command;
}
