# SPDX-License-Identifier: GPL-2.0-or-later
"""Another implementation opens what is encrypted for a device and verifies what is signed."""

import os
import pathlib
import subprocess
import time
import unittest

from cryptography.hazmat.primitives.asymmetric import ec

from harness.web_push import Device, decode, encode, verify_vapid

SIGNATURES = 2000  # one in 128 has a number that is shorter than the others


def sample(*arguments, lines):
    program = pathlib.Path(os.environ['GTALK_BUILD_DIR']) / 'tests' / 'unit' / 'push-sample'
    done = subprocess.run([program, *arguments], input='\n'.join(lines) + '\n', check=True,
                          capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()


class PushCrypto(unittest.TestCase):
    def test_a_device_opens_what_is_meant_for_it(self):
        texts = [os.urandom(length)[:-1] + b'\1' for length in (*range(1, 300), 1024, 2048, 3993)]
        device, other = Device(), Device()
        bodies = sample('encrypt', device.keys['p256dh'], device.keys['auth'],
                        lines=[encode(text) for text in texts])
        self.assertEqual([device.open(decode(body)) for body in bodies], texts)
        self.assertEqual({len(decode(body)) for body in bodies},
                         {size + 103 for size in (256, 512, 1024, 2048, 3993)})
        with self.assertRaises(Exception):
            other.open(decode(bodies[0]))

    def test_services_know_who_sends(self):
        sender = Device()
        private = sender.key.private_numbers().private_value.to_bytes(32, 'big')
        origins = ['https://push-%d.example.net' % i for i in range(SIGNATURES)]
        headers = sample('vapid', encode(private), encode(sender.public), lines=origins)
        self.assertEqual(len(headers), SIGNATURES)
        for origin, header in zip(origins, headers):
            key, claims = verify_vapid(header)
            self.assertEqual(key, encode(sender.public))
            self.assertEqual((claims['aud'], claims['sub']), (origin, 'mailto:push@example.org'))
            self.assertAlmostEqual(claims['exp'], time.time() + 12 * 3600, delta=60)

    def test_the_verifier_knows_the_example_of_the_rfc(self):
        # RFC 8292 section 2.4
        header = ('vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXB'
                  'sZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3'
                  'CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvo'
                  'D1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9'
                  'ojSwk5Y2EmClBPs')
        self.assertEqual(verify_vapid(header)[1]['sub'], 'mailto:push@example.com')
        with self.assertRaises(Exception):
            verify_vapid(header.replace('i3CYb7t4', 'i3CYb7t5'))
        self.assertIsInstance(Device().key.curve, ec.SECP256R1)


if __name__ == '__main__':
    unittest.main()
