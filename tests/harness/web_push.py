# SPDX-License-Identifier: GPL-2.0-or-later
"""A device's side of Web Push by Python's cryptography, from the words of RFC 8291, 8188 and 8292:
its keys, opening what was sent to it, and verifying who has sent it."""

import base64
import json
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b'=').decode()


def decode(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def derive(salt, secret, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class Device:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public = self.key.public_key().public_bytes(*POINT)
        self.auth = os.urandom(16)

    @property
    def keys(self):
        return {'p256dh': encode(self.public), 'auth': encode(self.auth)}

    def open(self, body):
        """The text in a body of one record; raises for anything else."""
        salt, size, id_length = body[:16], *struct.unpack('>IB', body[16:21])
        sender, record = body[21:21 + id_length], body[21 + id_length:]
        assert size == 4096 and id_length == 65 and len(body) <= 4096, (size, id_length, len(body))
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = derive(self.auth, shared, b'WebPush: info\0' + self.public + sender, 32)
        key = derive(salt, secret, b'Content-Encoding: aes128gcm\0', 16)
        nonce = derive(salt, secret, b'Content-Encoding: nonce\0', 12)
        text = AESGCM(key).decrypt(nonce, record, b'').rstrip(b'\0')
        assert text[-1:] == b'\2', 'this is not the last record'
        return text[:-1]


def verify_vapid(authorization):
    """Who signed and what: (public key, claims); raises for a signature that does not fit."""
    scheme, _, rest = authorization.partition(' ')
    fields = dict(field.strip().split('=', 1) for field in rest.split(','))
    header, claims, signature = fields['t'].split('.')
    assert scheme == 'vapid' and json.loads(decode(header)) == {'typ': 'JWT', 'alg': 'ES256'}
    octets = decode(signature)
    assert len(octets) == 64, len(octets)
    der = utils.encode_dss_signature(int.from_bytes(octets[:32], 'big'),
                                     int.from_bytes(octets[32:], 'big'))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(fields['k']))
    key.verify(der, (header + '.' + claims).encode(), ec.ECDSA(hashes.SHA256()))
    return fields['k'], json.loads(decode(claims))
