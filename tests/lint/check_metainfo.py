# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin's AppStream metainfo is valid, and tells of the version that is built."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import source

NAME = 'im.pidgin.purple_gtalk.metainfo.xml'


def validate():
    """Whether appstreamcli has nothing to say, however small."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, NAME)
        shutil.copy(source.root() / 'data' / (NAME + '.in'), path)
        done = subprocess.run(['appstreamcli', 'validate', '--no-net', '--pedantic', '--no-color',
                               '--explain', path], stdout=subprocess.PIPE, check=False)
    print(done.stdout.decode())
    return done.returncode == 0 and not re.search(rb'^[EWIP]: ', done.stdout, re.M)


source.need('appstreamcli')
version = re.search(r"version: '([^']+)'", source.read('meson.build')).group(1)
newest = re.search(r'<release version="([^"]+)"', source.read('data/' + NAME + '.in')).group(1)
if newest != version:
    print(f'{NAME} tells of {newest}, meson.build of {version}')
sys.exit(0 if validate() and newest == version else 1)
