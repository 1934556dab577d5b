# SPDX-License-Identifier: Apache-2.0
# What the ./dev commands share. Sourced, with $root the checkout and the working directory.

jobs=${LAGOON_JOBS:-$(nproc)}
export DEBIAN_FRONTEND=noninteractive
# A second checkout finds what the first one compiled.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf '\n== %s\n' "$*"; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@" || die "this needs root: $*"; fi
}

# packages GROUP: the packages of a group of third_party/packages.txt.
packages() { awk -v group="$1" '$1 == group { print $2 }' third_party/packages.txt; }

# need GROUP...: installs what is missing; when nothing is, it is instant and needs no network.
need() {
  local missing=() package group
  for group in "$@"; do
    for package in $(packages "$group"); do
      dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
    done
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  as_root apt-get update -qq </dev/null || say "apt-get update failed; trying with the lists at hand"
  as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >"$root/build/apt.log" 2>&1 ||
    { tail -n 20 "$root/build/apt.log" >&2; die "cannot install ${missing[*]}"; }
}

# build PRESET [TARGET...]: configures when needed, builds; the log shows only when that fails, with status 1.
build() {
  local preset=$1 log
  shift
  log=build/$preset.log
  say "building $preset ${*:-all}"
  { cmake --preset "$preset" ${LAGOON_CMAKE_ARGS:-} &&
    cmake --build "build/$preset" -j "$jobs" ${1:+--target "$@"}; } </dev/null >"$log" 2>&1 ||
    { grep -E -A5 'error|FAILED|CMake Error' "$log" | head -n 60 >&2
      printf 'dev: cannot build %s; whole log: %s\n' "$preset" "$log" >&2; return 1; }
}
