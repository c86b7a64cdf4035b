#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From nothing to a conversation: installs the packages, builds, starts a test server (Prosody) and
# the bridge with a keyring of its own, signs in with a token, and shows messages going both ways
# between the bridge and an independent client. Then it stays up, until Ctrl-C, and tells how to go
# on. Everything lies in a temporary folder, on free loopback ports, and is gone at the end.
#
# usage: data/quickstart.sh [--once] [--no-install] [--build FOLDER]
#
#   --once          end after the demonstration; exit status 0 only if it worked
#   --no-install    install no packages
#   --build FOLDER  use what is built there already
set -eu

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
install=yes
build=
show=()

while [ $# -gt 0 ]; do
    case $1 in
    --once) show+=(--once) ;;
    --no-install) install=no ;;
    --build) build=${2:?--build needs a folder} && shift ;;
    -h | --help) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    *) echo "quickstart: unknown option $1; try --help" >&2 && exit 2 ;;
    esac
    shift
done

build_all()
{
    [ -f "$build/build.ninja" ] || /usr/bin/meson setup -Dtests=false "$build" "$top" || return 1
    ninja -C "$build"
}

if [ $install = yes ]; then
    "$top/data/install-packages.sh"
fi

if [ -z "$build" ]; then
    build=$top/build-quickstart
    log=$(mktemp "${TMPDIR:-/tmp}/gtalk-quickstart-build.XXXXXX")
    trap 'rm -f "$log"' EXIT
    echo "building in $build"
    if ! build_all >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        exit 1
    fi
    rm -f "$log"
fi

export GTALK_BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$top/data/quickstart.py" ${show[@]+"${show[@]}"}
