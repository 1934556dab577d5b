# SPDX-License-Identifier: Apache-2.0
# oneTBB built with the thread sanitizer, in build/tsan-tbb.
#
# The sanitizer cannot see what a libtbb built without it does with its atomics, and reports races that are none.
# The source is that of the distribution's own package. Its apt sources may lack source packages, so a copy of them
# that asks for sources is used, with lists of its own; nothing of the system changes.

tsan_tbb() {
  local home=$root/build/tsan-tbb work=$root/build/tsan-tbb.work
  [ -e "$home/complete" ] && return
  say "building oneTBB with the thread sanitizer (once)"
  rm -rf "$work" "$home"
  mkdir -p "$work"/apt/parts "$work"/apt/lists/partial "$work"/source
  touch "$work/apt/sources.list"
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] && sed -n 's/^deb\(\s\)/deb-src\1/p' "$file" >>"$work/apt/sources.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/apt/parts/$(basename "$file")"
  done
  local apt=(-qq -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts="$work/apt/parts"
             -o Dir::State::lists="$work/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
             -o APT::Sandbox::User=root)
  (
    cd "$work/source" &&
    apt-get "${apt[@]}" update </dev/null &&
    apt-get "${apt[@]}" source --download-only onetbb </dev/null &&
    mkdir onetbb && tar -xf onetbb_*.orig.tar.* -C onetbb --strip-components=1 &&
    cmake -G Ninja -S onetbb -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$home" \
      -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang \
      -DCMAKE_CXX_FLAGS=-fsanitize=thread -DTBB_STRICT=OFF -DTBB_TEST=OFF -DTBBMALLOC_BUILD=OFF \
      -DTBB_DISABLE_HWLOC_AUTOMATIC_SEARCH=ON &&
    cmake --build build -j "$jobs" --target tbb &&
    cmake --install build &&
    tsan_proof "$home" && touch "$home/complete"
  ) >"$root/build/tsan-tbb.log" 2>&1 || {
    tail -n 20 "$root/build/tsan-tbb.log" >&2
    echo "dev: cannot build oneTBB with the thread sanitizer; whole log: build/tsan-tbb.log" >&2
    return 1
  }
  rm -rf "$work"
}

# No report from a correct program, at least one from a racing one.
tsan_proof() {
  local program=$1/proof report
  clang++ -std=c++20 -O1 -g -fsanitize=thread "$root/cmake/dev/tsan_proof.cpp" -o "$program" \
    -I"$1/include" -L"$1/lib" -ltbb -Wl,-rpath,"$1/lib" || return 1
  fixed_addresses "$program" || { echo "false reports from the oneTBB just built"; return 1; }
  local attempt  # on a busy machine one thread may do the work of both
  for attempt in 1 2 3 4 5 6 7 8; do
    report=$(fixed_addresses "$program" race 2>&1) || true
    grep -q "WARNING: ThreadSanitizer: data race" <<<"$report" && return
  done
  echo "a planted race was not found"
  return 1
}

# A random load address beyond what the thread sanitizer expects ends the program before main.
fixed_addresses() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then setarch "$(uname -m)" -R "$@"; else "$@"; fi
}
