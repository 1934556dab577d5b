#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# header_budget.sh COMPILER HEADER KILOBYTES INCLUDE_DIR...: what one include gives each file that has it to compile.
# Text behind the preprocessor, since time differs from machine to machine. Exit 77 (skipped) when there is no such
# header yet.
set -euo pipefail

compiler=$1 header=$2 budget=$3
shift 3
flags=(-std=c++20 -E -P -x c++)
found=""
for folder in "$@"; do
  flags+=(-I "$folder")
  [ -e "$folder/$header" ] && found=yes
done
[ -n "$found" ] || { echo "no $header yet"; exit 77; }

bytes=$("$compiler" "${flags[@]}" - <<<"#include <$header>" | wc -c)
echo "<$header> is $((bytes / 1000)) kB of $budget kB"
[ $((bytes / 1000)) -lt "$budget" ]
