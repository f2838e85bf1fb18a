#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs an example in an empty folder and compares what it prints, and a code that is not 0, with what its file says.
# Times are not compared: `12 ms` and `3.4 ms` read `# ms`.
#   sh tests/examples/prints.sh EXPECTED PROGRAM [ARGUMENT...]
set -eu
expected=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/run"
code=0
(cd "$folder/run" && exec "$@") >"$folder/printed" 2>&1 || code=$?
if [ "$code" -ne 0 ]; then echo "exit code $code" >>"$folder/printed"; fi
sed -E 's/[0-9]+(\.[0-9]+)? ms/# ms/g' "$folder/printed" | diff "$expected" -
