#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# header_budget.sh COMPILER HEADER SECONDS INCLUDE_DIR...: what one include costs each file that has it.
# User time, best of three, less that of an empty file. Exit 77 (skipped) when there is no such header yet.
set -euo pipefail

compiler=$1 header=$2 budget=$3
shift 3
flags=(-std=c++20 -fsyntax-only -x c++)
found=""
for folder in "$@"; do
  flags+=(-I "$folder")
  [ -e "$folder/$header" ] && found=yes
done
[ -n "$found" ] || { echo "no $header yet"; exit 77; }

best() {  # of three runs over the program on standard input, in milliseconds
  local program TIMEFORMAT=%U least=999999 seconds run
  program=$(cat)
  for run in 1 2 3; do
    seconds=$({ time "$compiler" "${flags[@]}" - <<<"$program" 2>/dev/null; } 2>&1) || { echo "does not compile" >&2; exit 1; }
    seconds=${seconds/./}
    [ "$((10#$seconds))" -lt "$least" ] && least=$((10#$seconds))
  done
  echo "$least"
}

empty=$(best <<<"int main() {}")
full=$(best <<<"#include <$header>
int main() {}")
limit=$(awk "BEGIN { print int($budget * 1000) }")
echo "<$header> adds $((full - empty)) ms of $limit ms"
[ $((full - empty)) -lt "$limit" ]
