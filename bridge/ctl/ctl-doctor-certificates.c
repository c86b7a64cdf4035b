/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The doctor's look at certificates in files. */
#include "config.h"

#include "ctl-doctor.h"

#include <gio/gio.h>

#define CERTIFICATE_SOON_DAYS 14 /* time to renew it */

static void
doctor_judge_end(Doctor *doctor, const char *path, GTlsCertificate *certificate)
{
	g_autoptr(GDateTime) end = g_tls_certificate_get_not_valid_after(certificate);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	gint64 days = 0;

	if (end == NULL) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, "certificate", "%s: nothing tells its end",
		            path);
		return;
	}
	days = g_date_time_difference(end, now) / G_TIME_SPAN_DAY;
	if (g_date_time_compare(end, now) < 0)
		doctor_tell(doctor, DOCTOR_BAD, "certificate", "%s has expired: renew it", path);
	else if (days < CERTIFICATE_SOON_DAYS)
		doctor_tell(doctor, DOCTOR_BAD, "certificate",
		            "%s expires in %" G_GINT64_FORMAT " days: renew it", path, days);
	else
		doctor_tell(doctor, DOCTOR_GOOD, "certificate",
		            "%s is valid for %" G_GINT64_FORMAT " days", path, days);
}

void
doctor_examine_certificate(Doctor *doctor, const char *path, const char *key)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GTlsCertificate) certificate =
		g_tls_certificate_new_from_files(path, key, &error);

	if (certificate != NULL)
		doctor_judge_end(doctor, path, certificate);
	else
		doctor_tell(doctor, DOCTOR_BAD, "certificate", "%s with %s: %s", path, key,
		            error->message);
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
