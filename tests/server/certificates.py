# SPDX-License-Identifier: GPL-2.0-or-later
"""A certificate authority made on the spot, and server certificates good and bad."""

import hashlib
import ssl
import subprocess

KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']


def openssl(*arguments):
    done = subprocess.run(['openssl', *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError('openssl %s: %s' % (arguments[0], done.stdout.decode()))


def make_ca(folder):
    (folder / 'ca').mkdir(exist_ok=True)
    (folder / 'ca-private').mkdir(mode=0o700, exist_ok=True)
    openssl('req', '-x509', *KEY, '-days', 30, '-subj', '/CN=purple-gtalk test CA',
            '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
            '-keyout', folder / 'ca-private' / 'ca.key', '-out', folder / 'ca' / 'ca.pem')


def make_server(folder, stem, names):
    """A certificate of the CA for these names, as stem.crt and stem.key."""
    request, extensions = stem.with_suffix('.csr'), stem.with_suffix('.ext')
    openssl('req', '-new', *KEY, '-subj', '/CN=' + names[0],
            '-keyout', stem.with_suffix('.key'), '-out', request)
    extensions.write_text('subjectAltName=%s\nbasicConstraints=CA:FALSE\n'
                          'extendedKeyUsage=serverAuth\n'
                          % ','.join('DNS:' + name for name in names))
    return request, extensions


def sign(folder, stem, names, days=20):
    sign_request(folder, stem, *make_server(folder, stem, names), days)


def sign_request(folder, stem, request, extensions, days=20):
    openssl('x509', '-req', '-in', request, '-days', days, '-extfile', extensions,
            '-CA', folder / 'ca' / 'ca.pem', '-CAkey', folder / 'ca-private' / 'ca.key',
            '-set_serial', str(int.from_bytes(hashlib.sha256(str(stem).encode()).digest()[:8],
                                              'big')),
            '-out', stem.with_suffix('.crt'))


def sign_client(folder, stem, name):
    """A client's certificate of the CA and its key, both in PEM."""
    request = stem.with_suffix('.csr')
    extensions = stem.with_suffix('.ext')
    openssl('req', '-new', *KEY, '-subj', '/CN=' + name, '-keyout', stem.with_suffix('.key'),
            '-out', request)
    extensions.write_text('basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n')
    sign_request(folder, stem, request, extensions)
    return stem.with_suffix('.crt').read_text() + stem.with_suffix('.key').read_text()


def sign_expired(folder, stem, names):
    request, extensions = make_server(folder, stem, names)
    private = folder / 'ca-private'
    (private / 'index').write_text('')
    (private / 'serial').write_text('1000\n')
    (private / 'ca.cnf').write_text(
        '[ca]\ndefault_ca=own\n[own]\ndatabase=%s\nserial=%s\nnew_certs_dir=%s\n'
        'default_md=sha256\npolicy=any\nemail_in_dn=no\n[any]\ncommonName=supplied\n'
        % (private / 'index', private / 'serial', private))
    openssl('ca', '-batch', '-notext', '-config', private / 'ca.cnf', '-in', request,
            '-startdate', '20200101000000Z', '-enddate', '20200201000000Z',
            '-extfile', extensions, '-cert', folder / 'ca' / 'ca.pem',
            '-keyfile', private / 'ca.key', '-out', stem.with_suffix('.crt'))


def self_sign(stem, names):
    openssl('req', '-x509', *KEY, '-days', 20, '-subj', '/CN=' + names[0],
            '-addext', 'subjectAltName=' + ','.join('DNS:' + name for name in names),
            '-keyout', stem.with_suffix('.key'), '-out', stem.with_suffix('.crt'))


def make(folder, domains):
    make_ca(folder)
    good, bad = folder / 'certs', folder / 'certs-bad'
    good.mkdir(exist_ok=True)
    bad.mkdir(exist_ok=True)
    sign(folder, good / 'server', [d for d, what in domains.items()
                                   if what['certificate'] == 'good'] + ['localhost'])
    for domain, what in domains.items():
        # not with_suffix: the domain's own dots
        stem = bad / domain
        if what['certificate'] == 'self-signed':
            self_sign(Stem(stem), [domain])
        elif what['certificate'] == 'wrong-name':
            sign(folder, Stem(stem), ['somebody-else.example'])
        elif what['certificate'] == 'expired':
            sign_expired(folder, Stem(stem), [domain])


class Stem:
    """A path whose last dot belongs to its name."""

    def __init__(self, path):
        self.path = path

    def with_suffix(self, suffix):
        return self.path.with_name(self.path.name + suffix)

    def __str__(self):
        return str(self.path)


def fingerprint(path):
    """SHA-256 of the certificate in lower-case hex, as pins are written."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()
