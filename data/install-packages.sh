#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what data/packages.txt names and is not there yet. Asks the network for nothing when
# nothing is missing. Servers that come along are neither started nor left enabled: this project
# starts its own, each in a folder of its own.
set -eu

list=$(dirname "$0")/packages.txt
policy=/usr/sbin/policy-rc.d

missing_packages()
{
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list" | while read -r package; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || echo "$package"
    done
}

# As root runs the command itself, else through sudo.
as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "install-packages: must be root, or have sudo, to install: $missing" >&2
        exit 1
    fi
}

# invoke-rc.d asks this program before it starts a service; 101 means no.
forbid_services()
{
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        policy_is_ours=yes
    fi
}

allow_services()
{
    if [ "$policy_is_ours" = yes ]; then
        as_root rm -f "$policy"
        policy_is_ours=no
    fi
}

# The services of the servers that were not installed before must not come up at the next boot.
disable_new_services()
{
    command -v systemctl >/dev/null || return 0
    for package in prosody ejabberd; do
        case " $missing " in
        *" $package "*) as_root systemctl disable "$package.service" >/dev/null 2>&1 || true ;;
        esac
    done
    case " $missing " in
    *" ejabberd "*)
        as_root systemctl disable epmd.service epmd.socket >/dev/null 2>&1 || true
        ;;
    esac
}

if ! command -v apt-get >/dev/null; then
    echo "install-packages: no apt-get here; install by hand what $list names" >&2
    exit 1
fi
missing=$(missing_packages | tr '\n' ' ')
if [ -z "$missing" ]; then
    exit 0
fi

echo "installing: $missing"
policy_is_ours=no
trap allow_services EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
forbid_services
as_root apt-get update -q
# shellcheck disable=SC2086 # the words are package names
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
disable_new_services
