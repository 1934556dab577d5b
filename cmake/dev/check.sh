# SPDX-License-Identifier: Apache-2.0

# Files of ours: those git knows or would add.
sources() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ -e "$file" ] && echo "$file"; done; }

check_format() {
  say "format"
  sources '*.cpp' '*.hpp' | xargs clang-format-16 --dry-run --Werror || { echo "clang-format-16 -i repairs these"; return 1; }
}

# Every source that the tidy preset compiles, without compiling it.
check_tidy() {
  say "clang-tidy"
  { cmake --preset tidy && cmake --build build/tidy --target lagoon_generated; } </dev/null >build/tidy.log 2>&1 ||
    { tail build/tidy.log >&2; return 1; }
  sed -n 's/^ *"file": "\(.*\)",*$/\1/p' build/tidy/compile_commands.json | grep -v "^$root/build/" | sort -u |
    xargs -P "$jobs" -n 4 clang-tidy --quiet -p build/tidy --warnings-as-errors='*' 2>build/tidy.log
}

check_sanitizers() {
  export LAGOON_TEST_LONG=1 LAGOON_CMAKE_ARGS="${LAGOON_CMAKE_ARGS:-} -DLAGOON_TEST_PATIENCE=30"
  need test
  test_sanitized asan
  test_sanitized tsan
  closing_line
}

dev_check() {
  local part bad=()
  need build check
  [ $# = 0 ] && set -- format tidy sanitizers
  for part in "$@"; do
    case $part in
      format | tidy | sanitizers) "check_$part" || bad+=("$part") ;;
      *) die "unknown check: $part" ;;
    esac
  done
  [ ${#bad[@]} = 0 ] || die "failed: ${bad[*]}"
  say "all checks passed"
}
