# SPDX-License-Identifier: Apache-2.0

# Whose tests run under the sanitizers each time: those where threads and foreign bytes meet. With --long, all.
asan_rooms=(core engine rpc process conformance fuzz)
tsan_rooms=(core engine rpc conformance)
passed=0
failed=0
declare -a timings=()

# timed NAME COMMAND...: a command that fails counts as one failed test, and status 1 tells not to go on with its result.
timed() {
  local name=$1 start=$SECONDS status=0
  shift
  "$@" || status=1
  timings+=("$((SECONDS - start)) s  $name")
  failed=$((failed + status))
  return $status
}

# run_ctest PRESET ARGUMENTS...: runs tests, shows those that fail, and adds to the counts.
run_ctest() {
  local preset=$1 log=build/$1.test.log line bad total
  shift
  fixed_addresses ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@" </dev/null >"$log" 2>&1 || true
  line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+$' "$log" | tail -n 1) || true
  [ -n "$line" ] || { tail -n 20 "$log" >&2; return 1; }
  bad=$(sed -E 's/.*passed, ([0-9]+) tests failed.*/\1/' <<<"$line")
  total=${line##* }
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  if [ "$bad" != 0 ]; then
    grep -v -E '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test .* Passed )' "$log" | head -n 400
  fi
  echo "$preset: $line"
}

# A sanitizer's reports end the test that made them.
sanitizer_options() {
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1:die_after_fork=0:exitcode=66
}

test_release() {
  timed "build release" build release all all_verify_interface_header_sets || return 0
  say "tests"
  (table randhie) >/dev/null 2>&1 || echo "no real table at hand; tests that want it skip"
  timed "tests release" run_ctest release "$@" || return 0
}

test_sanitized() {
  local preset=$1 wanted=("${asan_rooms[@]}") rooms=() room
  shift
  [ "$preset" = tsan ] && wanted=("${tsan_rooms[@]}")
  [ "${LAGOON_TEST_LONG:-0}" = 0 ] || wanted=(core engine rpc process kernels cli conformance error stress fuzz)
  for room in "${wanted[@]}"; do
    [ -e "tests/$room/CMakeLists.txt" ] && rooms+=("tests/$room")
  done
  [ ${#rooms[@]} != 0 ] || { echo "no tests to run under $preset"; return; }
  if [ "$preset" = tsan ]; then timed "oneTBB for tsan" tsan_tbb || return 0; fi
  local all_isas=OFF
  [ "${LAGOON_TEST_LONG:-0}" = 0 ] || all_isas=ON
  LAGOON_CMAKE_ARGS="${LAGOON_CMAKE_ARGS:-} -DLAGOON_ALL_ISAS=$all_isas" \
    timed "build $preset" build "$preset" "${rooms[@]/%//all}" || return 0
  rooms=("${rooms[@]#tests/}")
  say "tests of ${rooms[*]} under $preset"
  sanitizer_options
  timed "tests $preset" run_ctest "$preset" -L "^($(IFS='|'; echo "${rooms[*]}"))\$" "$@" || return 0
}

closing_line() {
  say "where the time went"
  printf '%s\n' "${timings[@]}"
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

dev_test() {
  local fast=(-LE '^long$') preset="" patience=1
  case ${1:-} in
    --long) fast=(); patience=30; export LAGOON_TEST_LONG=1; shift ;;
    release | dev | asan | asan-gcc | tsan | coverage) preset=$1; shift ;;
    "") ;;
    *) die "unknown argument: $1" ;;
  esac
  export LAGOON_CMAKE_ARGS="${LAGOON_CMAKE_ARGS:-} -DLAGOON_TEST_PATIENCE=$patience"
  need build test
  case $preset in
    "")
      test_release "${fast[@]}"
      test_sanitized asan "${fast[@]}"
      test_sanitized tsan "${fast[@]}"
      ;;
    asan | asan-gcc | tsan) test_sanitized "$preset" "$@" ;;
    *)
      timed "build $preset" build "$preset" all && timed "tests $preset" run_ctest "$preset" "$@" || true
      ;;
  esac
  closing_line
}
