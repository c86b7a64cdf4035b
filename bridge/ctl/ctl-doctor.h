/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ctl-doctor.h: what the doctor's examinations, one file a group, tell each finding to. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

typedef enum {
	DOCTOR_GOOD,
	DOCTOR_BAD,     /* it does not work, or not for long */
	DOCTOR_UNKNOWN, /* could not be looked at */
} DoctorVerdict;

typedef struct {
	JsonBuilder *findings; /* an array that is open */
	gboolean json;
	guint bad;
} Doctor;

/* @subject: what was looked at; the format: what is wrong and what to do, or that it is well */
void
doctor_tell(Doctor *doctor, DoctorVerdict verdict, const char *subject, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* Where hosts would look for the server of a domain.
 * Returns: (transfer full) (nullable) (element-type GSocketConnectable): NULL: why there is none
 * was told */
GPtrArray *
doctor_find_servers(Doctor *doctor, BridgeConfig *config, const BridgeDomainConfig *domain,
                    const char *subject);
/* The server of a domain: does DNS know it, does it answer, does its certificate verify? */
void
doctor_examine_domain(Doctor *doctor, BridgeConfig *config, const BridgeDomainConfig *domain);

/* Tells of a certificate that has expired or will within days. Returns: whether it is one */
gboolean
doctor_tell_end(Doctor *doctor, const char *subject, const char *name,
                GTlsCertificate *certificate);
/* A certificate of ours, and its key. @names: (nullable): what it has to be for */
void
doctor_examine_certificate(Doctor *doctor, const char *subject, const char *path, const char *key,
                           const char *const *names);
/* A folder of certificate authorities. */
void
doctor_examine_authorities(Doctor *doctor, const char *directory);

G_END_DECLS
