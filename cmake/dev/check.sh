# SPDX-License-Identifier: Apache-2.0

# Files of ours: those git knows or would add.
sources() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ -e "$file" ] && echo "$file"; done; }

check_format() {
  say "format"
  sources '*.cpp' '*.hpp' | xargs clang-format --dry-run --Werror || { echo "clang-format -i repairs these"; return 1; }
}

check_tidy() {
  build release all >/dev/null  # generated files, and a compile_commands.json that is true
  say "clang-tidy"
  cmake --preset tidy </dev/null >build/tidy.log 2>&1 || { tail build/tidy.log >&2; return 1; }
  sources '*.cpp' | grep -v -E '^(tests/(compile_fail|install)|cmake)/' |
    xargs -P "$jobs" -n 4 clang-tidy --quiet -p build/tidy --warnings-as-errors='*' 2>/dev/null
}

check_sanitizers() {
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
