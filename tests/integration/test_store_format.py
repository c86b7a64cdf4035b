# SPDX-License-Identifier: GPL-2.0-or-later
"""Another implementation, Python's cryptography and sqlite3, reads a store by its description
alone: the keys, what is sealed and where it belongs, and the look-up keys."""

import hashlib
import hmac
import os
import pathlib
import sqlite3
import struct
import subprocess
import unittest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gi.repository import GLib

from harness import Scratch

MASTER_KEY = b'0123456789abcdef0123456789abcde\0'
SPACE = b'bridge-store/v1/'
NULL = 0xffffffff


def derive(key, salt, info, length=32):
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


def named(*texts):
    """Each text with its length before it, 16 bit: as they are bound to what is sealed."""
    return b''.join(struct.pack('>H', len(text)) + text for text in texts)


def fields(*texts):
    """Each text with its length before it, 32 bit: as they are sealed together."""
    return b''.join(struct.pack('>I', NULL) if text is None
                    else struct.pack('>I', len(text)) + text for text in texts)


def unwrap(kek, blob, owner_kind, owner_id):
    assert blob[:4] == b'BSW1' and len(blob) == 72
    return AESGCM(kek).decrypt(blob[12:24], blob[24:],
                               SPACE + b'wrap' + blob[:12] + named(owner_kind, owner_id))


def open_record(key, blob, table, column, primary_key, version):
    assert blob[:4] == b'BSR1'
    record_key = derive(key, b'', SPACE + b'rec\0' + named(table, column))
    place = named(table, column, primary_key, struct.pack('>Q', version))
    return AESGCM(record_key).decrypt(blob[8:20], blob[20:], SPACE + b'rec' + blob[:8] + place)


class StoreFormat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.close)
        path = cls.scratch / 'store.db'
        program = pathlib.Path(os.environ['GTALK_BUILD_DIR']) / 'tests' / 'unit' / 'store-sample'
        subprocess.run([program, path], check=True, timeout=60)
        cls.db = sqlite3.connect(path)
        cls.addClassCleanup(cls.db.close)
        meta = dict(cls.db.execute('SELECT name, value FROM meta'))
        cls.salt, cls.kcv = meta['salt'], meta['kcv']
        kek = derive(MASTER_KEY, cls.salt, SPACE + b'kek\0' + struct.pack('>I', 1))
        rows = cls.db.execute('SELECT owner_kind, owner_id, wrapped FROM keys')
        cls.keys = {(kind, owner): unwrap(kek, blob, kind.encode(), owner.encode())
                    for kind, owner, blob in rows}
        cls.key = cls.keys['accounts', 'juliet']

    def row(self, sql):
        rows = self.db.execute(sql).fetchall()
        self.assertEqual(len(rows), 1)
        return rows[0]

    def index(self, label, first, second):
        return hmac.new(self.keys['index', 'store'], label + b'\0' + fields(first, second),
                        hashlib.sha256).digest()

    def test_key_check_value(self):
        self.assertEqual(self.kcv, derive(MASTER_KEY, self.salt, SPACE + b'kcv', 16))

    def test_account(self):
        sealed, version, lookup = self.row('SELECT sealed, version, lookup FROM accounts')
        self.assertEqual(version, 2)
        self.assertEqual(
            open_record(self.key, sealed, b'accounts', b'sealed', b'juliet', version),
            fields(b'googletalk', b'juliet@example.org', b'', b'X-OAUTH2', b'bridge-resource',
                   None, None, None))
        self.assertEqual(lookup, self.index(b'accounts.lookup', b'googletalk\n',
                                            b'juliet@example.org'))
        with self.assertRaises(InvalidTag):
            open_record(self.key, sealed, b'accounts', b'sealed', b'juliet', version - 1)

    def test_credential_and_archive_position(self):
        credential, version, archive, archive_version = self.row(
            'SELECT credential, version, archive_after, archive_version FROM accounts')
        self.assertEqual(open_record(self.key, credential, b'accounts', b'credential', b'juliet',
                                     version), b'juliet-credential')
        self.assertEqual(open_record(self.key, archive, b'accounts', b'archive_after', b'juliet',
                                     archive_version), b'archive 1')

    def test_device(self):
        sealed, version, token = self.row('SELECT sealed, version, token_hash FROM devices')
        self.assertEqual(token, b'\x07' * 32)
        self.assertEqual(open_record(self.key, sealed, b'devices', b'sealed', b'd1', version),
                         fields(b'juliet', token, b'Telephone of Juliet', None))

    def test_subscription(self):
        sealed, version, device = self.row('SELECT sealed, version, device_id FROM subscriptions')
        asked = GLib.Variant('a{sv}', {'type': GLib.Variant('s', 'webpush')})
        self.assertEqual(open_record(self.key, sealed, b'subscriptions', b'sealed', b's1', version),
                         fields(b'juliet', device.encode(), asked.get_data_as_bytes().get_data()))

    def test_events_and_how_they_are_recognised(self):
        sealed, = self.row('SELECT sealed FROM events WHERE seq = 1')
        self.assertEqual(open_record(self.key, sealed, b'events', b'sealed', b'juliet/1', 1),
                         fields(None, b'message', b'{"body":"ok"}'))
        self.assertEqual(self.row('SELECT id_index, seq FROM stanza_ids'),
                         (self.index(b'stanza_ids.id_index', b'juliet', b'stanza 2')[:16], 2))
        self.assertEqual(
            self.row('SELECT stanza_index, id_index, content_index FROM unsettled'),
            (self.index(b'stanza_ids.id_index', b'juliet', b'stanza 1')[:16],
             self.index(b'unsettled.id_index', b'juliet', b'romeo 1')[:16],
             self.index(b'unsettled.content_index', b'juliet', b'romeo ok')[:16]))

    def test_message_to_send(self):
        sealed, by_id, by_wire = self.row('SELECT sealed, id_index, wire_index FROM outgoing')
        self.assertEqual(open_record(self.key, sealed, b'outgoing', b'sealed', b'juliet/3', 1),
                         fields(None, b'd1', b'm1', b'w1', b'romeo@example.org', b'wherefore'))
        self.assertEqual(by_id, self.index(b'outgoing.id_index', b'd1', b'm1'))
        self.assertEqual(by_wire, self.index(b'outgoing.wire_index', b'juliet', b'w1')[:16])

    def test_enrolment_code(self):
        code, sealed = self.row('SELECT hash, sealed FROM enrolments')
        self.assertEqual(open_record(self.keys['store', 'store'], sealed, b'enrolments', b'sealed',
                                     code.hex().encode(), 1), fields(b'example.org'))


if __name__ == '__main__':
    unittest.main()
