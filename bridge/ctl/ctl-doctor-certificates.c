/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The doctor's look at certificates in files. */
#include "config.h"

#include "ctl-doctor.h"

#include "config/bridge-certificate.h"

#include <gio/gio.h>

#define CERTIFICATE_SOON_DAYS 14 /* time to renew it */
#define CERTIFICATE_PORT 443     /* any: names are compared without it */

static gint64
doctor_count_days(GTlsCertificate *certificate)
{
	g_autoptr(GDateTime) end = g_tls_certificate_get_not_valid_after(certificate);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	return end != NULL ? g_date_time_difference(end, now) / G_TIME_SPAN_DAY : G_MAXINT64;
}

gboolean
doctor_tell_end(Doctor *doctor, const char *subject, const char *name, GTlsCertificate *certificate)
{
	g_autoptr(GDateTime) end = g_tls_certificate_get_not_valid_after(certificate);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	gint64 days = doctor_count_days(certificate);

	if (days >= CERTIFICATE_SOON_DAYS)
		return FALSE;
	if (g_date_time_compare(end, now) < 0)
		doctor_tell(doctor, DOCTOR_BAD, subject, "%s has expired: renew it", name);
	else
		doctor_tell(doctor, DOCTOR_BAD, subject,
		            "%s expires in %" G_GINT64_FORMAT " days: renew it", name, days);
	return TRUE;
}

/* Returns: (nullable): the first name that it is not for */
static const char *
doctor_find_other_name(GTlsCertificate *certificate, const char *const *names)
{
	for (; names != NULL && *names != NULL; names++) {
		g_autoptr(GSocketConnectable) identity =
			g_network_address_parse(*names, CERTIFICATE_PORT, NULL);

		if (identity != NULL && (g_tls_certificate_verify(certificate, identity, NULL) &
		                         G_TLS_CERTIFICATE_BAD_IDENTITY) != 0)
			return *names;
	}
	return NULL;
}

void
doctor_examine_certificate(Doctor *doctor, const char *subject, const char *path, const char *key,
                           const char *const *names)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GTlsCertificate) certificate = bridge_certificate_load(path, key, &error);
	const char *other = certificate != NULL ? doctor_find_other_name(certificate, names) : NULL;

	if (certificate == NULL)
		doctor_tell(doctor, DOCTOR_BAD, subject, "%s with %s: %s", path, key,
		            error->message);
	else if (other != NULL)
		doctor_tell(doctor, DOCTOR_BAD, subject,
		            "%s is not for %s, which [listen] host-names has: apps refuse it", path,
		            other);
	else if (!doctor_tell_end(doctor, subject, path, certificate))
		doctor_tell(doctor, DOCTOR_GOOD, subject, "%s and its key are good", path);
}

static gboolean
doctor_is_authority(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GTlsCertificate) certificate = g_tls_certificate_new_from_file(path, NULL);

	return certificate != NULL;
}

void
doctor_examine_authorities(Doctor *doctor, const char *directory)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) folder = g_dir_open(directory, 0, &error);
	const char *name = NULL;
	guint count = 0;

	if (folder == NULL) {
		doctor_tell(doctor, DOCTOR_BAD, "certificate authorities", "%s", error->message);
		return;
	}
	while ((name = g_dir_read_name(folder)) != NULL)
		if (doctor_is_authority(directory, name))
			count++;
	doctor_tell(doctor, count > 0 ? DOCTOR_GOOD : DOCTOR_BAD, "certificate authorities",
	            "%s holds %u", directory, count);
}
