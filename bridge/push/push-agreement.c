/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "push-agreement.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "push-key.h"

/* With points and numbers and not with EVP_PKEY: to make keys of them and to look up what works
 * with such keys costs a quarter of what is calculated. The calculations are the same, those of
 * OpenSSL for P-256, whose time says nothing of the number. */
struct _PushAgreement {
	EC_GROUP *curve;
	BN_CTX *numbers;  /* to calculate with */
	BIGNUM *number;   /* the sender's private key: 0 between messages */
	EC_POINT *sender; /* its public key */
	EC_POINT *device;
};

static void
push_agreement_clear_point(EC_POINT *point)
{
	EC_POINT_clear_free(point);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_POINT, push_agreement_clear_point)

/* What is not on the curve is refused, and that is all there is to check: the order of P-256 is a
 * prime and its cofactor 1, so every point of it but infinity, which has no such octets, is of that
 * order. */
static gboolean
push_agreement_take_device(PushAgreement *self, GBytes *device)
{
	gsize length = 0;
	const guint8 *octets = g_bytes_get_data(device, &length);

	/* 4: uncompressed, the only form there is in Web Push */
	return length == PUSH_PUBLIC_KEY_BYTES && octets[0] == 4 &&
	       EC_POINT_oct2point(self->curve, self->device, octets, length, self->numbers) > 0;
}

static gboolean
push_agreement_choose_number(PushAgreement *self, const guint8 *given)
{
	if (given != NULL)
		return BN_bin2bn(given, PUSH_PRIVATE_KEY_BYTES, self->number) != NULL;
	do {
		if (BN_priv_rand_range(self->number, EC_GROUP_get0_order(self->curve)) != 1)
			return FALSE;
	} while (BN_is_zero(self->number));
	return TRUE;
}

static gboolean
push_agreement_make_sender(PushAgreement *self, guint8 sender[PUSH_PUBLIC_KEY_BYTES])
{
	return EC_POINT_mul(self->curve, self->sender, self->number, NULL, NULL, self->numbers) >
	               0 &&
	       EC_POINT_point2oct(self->curve, self->sender, POINT_CONVERSION_UNCOMPRESSED, sender,
	                          PUSH_PUBLIC_KEY_BYTES, self->numbers) == PUSH_PUBLIC_KEY_BYTES;
}

/* The first coordinate of what both come to (RFC 5903 section 9). */
static gboolean
push_agreement_share(PushAgreement *self, guint8 shared[PUSH_SHARED_BYTES])
{
	g_autoptr(EC_POINT) point = EC_POINT_new(self->curve);
	BIGNUM *x = BN_secure_new();
	gboolean good =
		point != NULL && x != NULL &&
		EC_POINT_mul(self->curve, point, NULL, self->device, self->number, self->numbers) >
			0 &&
		EC_POINT_get_affine_coordinates(self->curve, point, x, NULL, self->numbers) > 0 &&
		BN_bn2binpad(x, shared, PUSH_SHARED_BYTES) == PUSH_SHARED_BYTES;

	BN_clear_free(x);
	return good;
}

gboolean
push_agreement_make(PushAgreement *self, GBytes *device, const guint8 *given,
                    guint8 sender[PUSH_PUBLIC_KEY_BYTES], guint8 shared[PUSH_SHARED_BYTES],
                    GError **error)
{
	gboolean good;

	if (!push_agreement_take_device(self, device)) {
		ERR_clear_error();
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		                    "the device's key is no point of P-256");
		return FALSE;
	}
	good = push_agreement_choose_number(self, given) &&
	       push_agreement_make_sender(self, sender) && push_agreement_share(self, shared);
	BN_clear(self->number);
	if (!good)
		push_key_set_error(error, "there is no key for the push");
	return good;
}

PushAgreement *
push_agreement_new(void)
{
	g_autoptr(PushAgreement) self = g_new0(PushAgreement, 1);

	self->curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	self->numbers = BN_CTX_secure_new();
	self->number = BN_secure_new();
	if (self->curve == NULL || self->numbers == NULL || self->number == NULL)
		return NULL;
	BN_set_flags(self->number, BN_FLG_CONSTTIME);
	self->sender = EC_POINT_new(self->curve);
	self->device = EC_POINT_new(self->curve);
	return self->sender != NULL && self->device != NULL ? g_steal_pointer(&self) : NULL;
}

void
push_agreement_free(PushAgreement *self)
{
	EC_POINT_free(self->sender);
	EC_POINT_free(self->device);
	BN_clear_free(self->number);
	BN_CTX_free(self->numbers);
	EC_GROUP_free(self->curve);
	g_free(self);
}
