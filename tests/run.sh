#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds everything with warnings as errors and runs every test; what continuous integration runs.
#
# usage: tests/run.sh [--no-install]
#
# Missing Debian packages are installed first (root or sudo), unless --no-install. Builds go to
# build-tests/ (GTALK_BUILD_ROOT says otherwise). The last line is "N passed, N failed, N skipped";
# exit status 1 on a failure and, where CI=true, on a skip.
set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${GTALK_BUILD_ROOT:-$top/build-tests}
logs=$root/logs
results=$root/results
python=/usr/bin/python3
# Integration tests wait more than they work.
processes=$(($(nproc) * 2))

# The same for everybody: nothing of the caller's home, locale, display, bus or input.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gtalk-tests.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exec </dev/null
export HOME=$scratch LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS CFLAGS LDFLAGS MAKEFLAGS DESTDIR
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME

say()
{
    printf '\n== %s\n' "$*"
}

# check NAME COMMAND...: one test that meson does not know; its output is shown if it fails.
check()
{
    local name=$1 log
    shift
    log=$logs/${name//[^a-z0-9-]/-}.log
    say "$name"
    if "$@" >"$log" 2>&1; then
        echo "pass $name" >>"$results"
    else
        tail -n 100 "$log"
        echo "fail $name" >>"$results"
        return 1
    fi
}

# build FOLDER COMPILER OPTION...
build()
{
    local folder=$root/$1 compiler=$2
    shift 2
    if [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        CC=$compiler /usr/bin/meson setup "$folder" "$top" --werror "$@" || return 1
    fi
    ninja -C "$folder"
}

# run_tests FOLDER NAME OPTION...: what failed is told by the report, from meson's own log. Up to
# three failures are tried once more, alone: a machine that others load can miss any deadline.
run_tests()
{
    local folder=$root/$1 name=$2
    shift 2
    say "$name"
    /usr/bin/meson test -C "$folder" --no-rebuild --print-errorlogs --num-processes "$processes" \
        --logbase "testlog-$name" "$@"
    local log=$folder/meson-logs/testlog-$name.json failed
    if ! [ -f "$log" ]; then
        echo "fail tests $name did not run" >>"$results"
        return
    fi
    mapfile -t failed < <("$python" "$top/tests/report.py" --failed "$log" | grep .)
    if [ ${#failed[@]} -ge 1 ] && [ ${#failed[@]} -le 3 ]; then
        say "$name, again: ${failed[*]}"
        /usr/bin/meson test -C "$folder" --no-rebuild --print-errorlogs --num-processes 1 \
            --logbase "testlog-$name-again" "$@" "${failed[@]}"
    fi
}

plugin_files=(
    "$(pkg-config --variable=plugindir purple)/googletalk.so"
    /usr/share/pixmaps/pidgin/protocols/16/googletalk.png
    /usr/share/pixmaps/pidgin/protocols/22/googletalk.png
    /usr/share/pixmaps/pidgin/protocols/48/googletalk.png
    /usr/share/pixmaps/pidgin/protocols/scalable/googletalk.svg
    /usr/local/share/metainfo/im.pidgin.purple_gtalk.metainfo.xml
    /usr/local/share/locale/uk/LC_MESSAGES/purple-gtalk.mo
)
bridge_files=(
    /usr/local/bin/gtalk-bridge
    /usr/local/bin/gtalk-bridgectl
    /usr/local/libexec/gtalk-bridge-host
    /usr/local/libexec/gtalk-bridge-push
    /usr/local/share/man/man1/gtalk-bridgectl.1
    /usr/local/share/man/man5/gtalk-bridge.conf.5
    /usr/local/share/man/man8/gtalk-bridge.8
    /usr/local/share/man/man8/gtalk-bridge-host.8
    /usr/local/share/man/man8/gtalk-bridge-push.8
)

# installed FOLDER PATH...: each is there below DESTDIR; "!PATH" must not be.
installed()
{
    local destination=$1 path bad=0
    shift
    for path in "$@"; do
        case $path in
        !*) if [ -e "$destination${path#!}" ]; then echo "too much: ${path#!}" && bad=1; fi ;;
        *) if ! [ -e "$destination$path" ]; then echo "missing: $path" && bad=1; fi ;;
        esac
    done
    return $bad
}

check_install()
{
    local folder=$root/$1 destination=$scratch/destination-$1
    DESTDIR=$destination /usr/bin/meson install -C "$folder" --no-rebuild >/dev/null || return 1
    (cd "$destination" && find . ! -type d | sort)
    case $1 in
    plugin-only)
        installed "$destination" "${plugin_files[@]}" !/usr/local/bin !/usr/local/libexec \
            !/usr/local/share/man
        ;;
    bridge-only) installed "$destination" "${plugin_files[@]/#/!}" "${bridge_files[@]}" ;;
    *) installed "$destination" "${plugin_files[@]}" "${bridge_files[@]}" ;;
    esac
}

if [ "${1:-}" != --no-install ] && ! "$top/data/install-packages.sh"; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

mkdir -p "$logs"
: >"$results"
find "$root" -maxdepth 3 -name 'testlog*.json' -delete

check "gcc build" build gcc gcc && run_tests gcc all

check "gcc install" check_install gcc

# A machine need not have npm and its registry; what a generator makes of the contract is tried
# where all that it needs can be had.
have_generator()
{
    mkdir -p "$scratch/generator" && cp "$top/tests/client/package.json" "$scratch/generator" &&
        (cd "$scratch/generator" &&
            timeout 200 npm install --no-audit --no-fund --no-package-lock) >/dev/null 2>&1
}

if command -v npm >/dev/null && have_generator; then
    check "generated client" env GTALK_BUILD_DIR="$root/gcc" PYTHONPATH="$top/tests" \
        "$python" "$top/tests/client/run_client.py"
else
    say "no generated client: npm, or its registry, is not here"
fi

export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export LSAN_OPTIONS=suppressions=$top/tests/lsan.supp:print_suppressions=0
# Leaks are looked for in the unit tests alone. It takes slow stacks (the quick ones have no callers
# in libraries without frame pointers, and so no suppression) and plugins that libpurple does not
# unload: too slow for programs that start by the dozen.
sanitizers=('-Db_sanitize=address,undefined' -Db_lundef=false)
if check "sanitizer build" build sanitizers gcc "${sanitizers[@]}"; then
    export ASAN_OPTIONS=detect_leaks=1:fast_unwind_on_malloc=0 PURPLE_LEAKCHECK_HELP=1
    run_tests sanitizers unit-sanitized -t 3 --suite unit
    unset PURPLE_LEAKCHECK_HELP
    export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1
    run_tests sanitizers quick-sanitized -t 3 --suite quick
fi
unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

check "clang build" build clang clang
check "plugin-only build" build plugin-only gcc -Dbridge=disabled &&
    check "plugin-only install" check_install plugin-only
check "bridge-only build" build bridge-only gcc -Dplugin=disabled &&
    check "bridge-only install" check_install bridge-only

say "report"
mapfile -t reports < <(find "$root" -maxdepth 3 -name 'testlog-*.json' \
    ! -name '*-again.json' | sort)
"$python" "$top/tests/report.py" "$results" "${reports[@]}"
