#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh BUILD [SECONDS [NOUN...]]: lets each fuzz target of BUILD run SECONDS (600), two at a time.
# BUILD is a folder as meson.build beside this file describes it. What is found stays in
# BUILD/fuzz: NOUN-crash-*, NOUN-leak-*, NOUN-timeout-*; new inputs are in corpus-NOUN/, what
# libFuzzer said in NOUN.log. Fails if there was a find.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?run.sh BUILD [SECONDS [NOUN...]]}" && pwd)
seconds=${2:-600}
shift $(($# > 2 ? 2 : $#))
nouns=("$@")
if [ ${#nouns[@]} -eq 0 ]; then
    mapfile -t nouns < <(cd "$build/tests/fuzz" && find . -maxdepth 1 -name 'fuzz-*' -type f \
        -perm -u+x -printf '%f\n' | sed s/^fuzz-// | sort)
fi

# One target. The last lines of libFuzzer's own log say what was done.
fuzz()
{
    local noun=$1 log=$build/fuzz/$1.log options=()
    mkdir -p "$build/fuzz/corpus-$noun"
    if [ -f "$here/$noun.dict" ]; then
        options+=("-dict=$here/$noun.dict")
    fi
    if nice -n 19 "$build/tests/fuzz/fuzz-$noun" "-max_total_time=$seconds" -timeout=20 \
        -print_final_stats=1 "-artifact_prefix=$build/fuzz/$noun-" "${options[@]}" \
        "$build/fuzz/corpus-$noun" "$here/corpus-$noun" >"$log" 2>&1; then
        echo "$noun: $(grep -E '^Done ' "$log"), nothing found"
    else
        echo "$noun: found something, see $log"
        return 1
    fi
}

export here build seconds
export -f fuzz
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
printf '%s\n' "${nouns[@]}" | xargs -P 2 -I '{}' bash -c 'fuzz "{}"'
