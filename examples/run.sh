#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sets up what is missing, builds the examples, and runs the story of one customer's key.
#   sh examples/run.sh
# Variables: KEYWRIGHT_JOBS   parallel jobs (default: the machine's cores)
set -eu
cd "$(dirname "$0")/.."
log=build/examples.log

mkdir -p build
sh cmake/setup.sh
printf 'examples/run.sh: building (log in %s)\n' "$log"
if ! { cmake --preset release && cmake --build build/release -j "${KEYWRIGHT_JOBS:-$(nproc)}"; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    printf 'examples/run.sh: FAILED: the examples do not build; the end of %s is above\n' "$log" >&2
    exit 1
fi
PATH=$PWD/build/release/bin:$PATH
export PATH
if [ -f examples/story.sh ]; then
    sh examples/story.sh || { code=$?; printf 'examples/run.sh: FAILED: the story stopped with code %s\n' "$code" >&2; exit "$code"; }
fi
printf 'examples/run.sh: done\n'
