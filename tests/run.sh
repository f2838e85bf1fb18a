#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sets up what is missing, builds and passes the tests.
#   sh tests/run.sh           everything with g++; with clang, under address and undefined behaviour sanitizers, all but
#                             examples and crashes; what starts threads, under thread sanitizer; clang-tidy over the
#                             headers that differ from origin/main. What CI runs
#   sh tests/run.sh full      also: a crash at every single operation on the disk, any of SQLite's calls failing, ten million commands to the core and
#                             to a second model of its rules, three thousand scripts of random SQL to an encrypted and a
#                             plain database, others' programs that test SQLite, the model check within wider bounds, all tests with clang without a
#                             sanitizer and with each of them, clang-tidy over all headers, headers alone in every
#                             language, what the tests cover of the policy, fuzzing, a build of the benchmarks
# Variables: KEYWRIGHT_JOBS          parallel jobs (default: the machine's cores)
#            KEYWRIGHT_FUZZ_SECONDS  per fuzz target in the full run (default 60)
set -eu
cd "$(dirname "$0")/.."
jobs=${KEYWRIGHT_JOBS:-$(nproc)}
KEYWRIGHT_FUZZ_SECONDS=${KEYWRIGHT_FUZZ_SECONDS:-60}
export KEYWRIGHT_FUZZ_SECONDS
began=$(date +%s)
timings=

case ${1:-} in '' | full) ;; *) sed -n '4,14p' "$0"; exit 2 ;; esac

# part <name> <command>...: runs one part, stops the script when it fails, keeps its time
part() {
    title=$1; shift
    printf '\n== %s\n' "$title"
    start=$(date +%s)
    if "$@"; then :; else
        code=$?
        printf '\ntests/run.sh: FAILED in "%s" after %s s\n' "$title" "$(($(date +%s) - began))" >&2
        exit "$code"
    fi
    timings="$timings$(printf '%6s s  %s' "$(($(date +%s) - start))" "$title")
"
}

# The examples run under sanitizers in the full run only.
# What runs `once` or crashes is not built for them then, either.
if [ "${1:-}" = full ]; then examples=ON sanitized=all; else examples=OFF sanitized='layers fuzzers'; fi
configure() {
    case $1 in asan | tsan) option=-DKEYWRIGHT_BUILD_EXAMPLES=$examples ;; *) option= ;; esac
    cmake --preset "$1" $option >"build/$1.configure.log" 2>&1 || { cat "build/$1.configure.log" >&2; return 1; }
}
build() { preset=$1; shift; configure "$preset" && cmake --build "build/$preset" -j "$jobs" --target "$@"; }
check() {
    preset=$1; shift
    results=$PWD/build/$preset.tests.xml
    rm -f "$results"
    ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --output-junit "$results" -j "$jobs" "$@" && return
    [ ! -e "$results" ] || python3 tests/failures.py "build/$preset" "$results"
    return 1
}

mkdir -p build
part "setup" sh cmake/setup.sh
part "build with g++" build dev all headers
part "test with g++" check dev
part "build with clang and address sanitizer" build asan $sanitized
part "test with address sanitizer" check asan -LE 'once|crash'
part "build what starts threads" build tsan thread_tests
# Left out: a search through all memory, which takes a minute where each read is watched.
part "test threads with thread sanitizer" build/tsan/bin/thread_tests --test-case-exclude='*in no memory of the process*'
part "clang-tidy, changed headers" python3 tests/house/tidy_changed.py --build build/asan

if [ "${1:-}" = full ]; then
    part "crashes, all of them" env KEYWRIGHT_CRASH_FULL=1 ctest --test-dir build/dev --output-on-failure --no-tests=error -L crash
    part "ten million commands, two models" env KEYWRIGHT_SECOND_MODEL_COMMANDS=2500000 \
        ctest --test-dir build/dev --output-on-failure --no-tests=error -R second_model_compare
    part "three thousand scripts of SQL, two databases" env KEYWRIGHT_TWIN_SCRIPTS=3000 \
        ctest --test-dir build/dev --output-on-failure --no-tests=error -R sqlite_twin
    part "what others test SQLite with" sh -c 'cmake --build build/dev --target sqlite_preload &&
        ctest --test-dir build/dev -C full --output-on-failure --no-tests=error -R "^interop_sqlite$"'
    part "model check, wider bounds" env KEYWRIGHT_MODEL_LARGE=1 ctest --test-dir build/dev --output-on-failure --no-tests=error -L model_large
    part "headers, each in every language" python3 tests/house/inclusion.py --each --flags build/dev/tests/house/house_flags.txt -- g++ clang++-19
    part "crashes with address sanitizer" check asan -L crash -LE once
    part "build with clang" build clang all
    part "test with clang" check clang -LE once
    part "build with thread sanitizer" build tsan all
    part "test with thread sanitizer" check tsan -LE once
    part "build with counters" build coverage policy_tests guards_tests profiles_tests
    part "coverage of policy and guards" python3 tests/coverage/report.py --demand 100 95
    part "build fuzz targets" build fuzz fuzzers
    part "fuzz" check fuzz -L fuzz
    part "build benchmarks" build bench all
    part "clang-tidy" build tidy tidy_headers
fi

printf '\n%s' "$timings"
printf 'tests/run.sh: all passed in %s s\n' "$(($(date +%s) - began))"
