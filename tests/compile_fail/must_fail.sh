#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# must_fail.sh CASE COMPILER ARGUMENT...: CASE must not compile, and the message must match the regular expression
# after "// expect:" in one of its first lines.
set -uo pipefail

case=$1
shift
expected=$(head -n 5 "$case" | sed -n 's|^// expect: *||p' | head -n 1)
[ -n "$expected" ] || { echo "$case: no line '// expect: ...' at its top"; exit 1; }
if message=$("$@" -fsyntax-only "$case" 2>&1); then
  echo "$case compiles; wanted: $expected"
  exit 1
fi
grep -q -E -- "$expected" <<<"$message" || { echo "wanted: $expected"; echo "got: $message" | head -n 60; exit 1; }
grep -m 1 -E -- "$expected" <<<"$message"
