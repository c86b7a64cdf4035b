/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-keyring-watch.h"

#define KEYRING_NAME "org.freedesktop.secrets"
#define KEYRING_COLLECTION "org.freedesktop.Secret.Collection"

struct _BridgeKeyringWatch {
	GDBusConnection *bus;
	guint owner_subscription;
	guint locked_subscription;
	BridgeKeyringWatchFunc func;
	gpointer user_data;
};

static void
bridge_keyring_watch_owner_cb(GDBusConnection *bus, const char *sender, const char *path,
                              const char *interface, const char *signal, GVariant *parameters,
                              gpointer user_data)
{
	BridgeKeyringWatch *watch = user_data;
	const char *owner = NULL;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sss)")))
		return;
	g_variant_get(parameters, "(&s&s&s)", NULL, NULL, &owner);
	if (*owner != '\0')
		watch->func(watch->user_data);
}

static void
bridge_keyring_watch_locked_cb(GDBusConnection *bus, const char *sender, const char *path,
                               const char *interface, const char *signal, GVariant *parameters,
                               gpointer user_data)
{
	BridgeKeyringWatch *watch = user_data;
	g_autoptr(GVariant) changed = NULL;
	gboolean locked = TRUE;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	changed = g_variant_get_child_value(parameters, 1);
	if (g_variant_lookup(changed, "Locked", "b", &locked) && !locked)
		watch->func(watch->user_data);
}

BridgeKeyringWatch *
bridge_keyring_watch_new(GDBusConnection *bus, BridgeKeyringWatchFunc func, gpointer user_data)
{
	BridgeKeyringWatch *watch = g_new0(BridgeKeyringWatch, 1);

	watch->bus = g_object_ref(bus);
	watch->func = func;
	watch->user_data = user_data;
	watch->owner_subscription = g_dbus_connection_signal_subscribe(
		bus, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
		"/org/freedesktop/DBus", KEYRING_NAME, G_DBUS_SIGNAL_FLAGS_NONE,
		bridge_keyring_watch_owner_cb, watch, NULL);
	watch->locked_subscription = g_dbus_connection_signal_subscribe(
		bus, KEYRING_NAME, "org.freedesktop.DBus.Properties", "PropertiesChanged", NULL,
		KEYRING_COLLECTION, G_DBUS_SIGNAL_FLAGS_NONE, bridge_keyring_watch_locked_cb, watch,
		NULL);
	return watch;
}

void
bridge_keyring_watch_free(BridgeKeyringWatch *watch)
{
	if (watch == NULL)
		return;
	g_dbus_connection_signal_unsubscribe(watch->bus, watch->owner_subscription);
	g_dbus_connection_signal_unsubscribe(watch->bus, watch->locked_subscription);
	g_object_unref(watch->bus);
	g_free(watch);
}

gboolean
bridge_keyring_watch_is_alive(BridgeKeyringWatch *watch)
{
	return !g_dbus_connection_is_closed(watch->bus);
}
