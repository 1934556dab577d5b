#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check.sh STEP SOURCE BUILD WORK: what a stranger does with Lagoon. WORK/lagoon is an installed copy, moved after
# installation, for nothing in it may remember where it was made.
set -euo pipefail

step=$1 source=$2 build=$3 work=$4
prefix=$work/lagoon
here=$source/tests/install
compiler=${CXX:-g++}

consume() {  # NAME CMAKE_ARGUMENT...: configures, builds and runs the consumer
  local name=$1
  shift
  rm -rf "${work:?}/$name"
  cmake -G Ninja -S "$here/consumer" -B "$work/$name" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache)" "$@"
  cmake --build "$work/$name" -j 2 --target stranger
  "$work/$name/stranger"
}

case $step in
  prefix)
    rm -rf "$work/first" "$prefix"
    cmake --install "$build" --prefix "$work/first" >/dev/null
    mv "$work/first" "$prefix"
    ;;
  complete)
    echo "every public header is installed:"
    diff <(cd "$source" && find engine/include rpc/include rpc/monitor/include kernels/include kernels/services/include -name '*.hpp' 2>/dev/null |
             sed 's|^.*/include/||' | sort) \
      <(cd "$prefix/include" && find . -name '*.hpp' | sed 's|^\./||' | sort)
    echo "no instruction set, sanitizer or folder of ours is exported:"
    files=$(find "$prefix" -name '*.cmake' -o -name '*.pc')
    if grep -n -E -e '-m(arch|tune|avx|fma|sse)|-fsanitize' $files; then exit 1; fi
    if grep -n -F -e "$build/" -e "$source/" -e "$work/first" $files; then exit 1; fi
    # What replaces operator new is linked by who asks for it alone.
    if grep -h -A2 -e '^Libs:' -e 'set_target_properties(lagoon::lagoon ' $files | grep -n charge_new; then exit 1; fi
    ;;
  find_package)
    # A program without a metrics server needs no HTTP library on its machine.
    if grep -n httplib "$(find "$prefix" -name lagoon.pc)"; then exit 1; fi
    consume find_package -DCMAKE_DISABLE_FIND_PACKAGE_httplib=ON
    ;;
  march_native) consume march_native -DCMAKE_CXX_FLAGS=-march=native ;;
  clang) consume clang -DCMAKE_CXX_COMPILER=clang++ ;;
  add_subdirectory)
    # Only what calls need: all rooms once more would be a second build of the project.
    consume add_subdirectory -DLAGOON_SOURCE="$source" -DSTRANGER_LINKS=lagoon::rpc
    ;;
  shared)
    consume shared -DLAGOON_SOURCE="$source" -DSTRANGER_LINKS=lagoon::rpc -DBUILD_SHARED_LIBS=ON
    ;;
  pkg_config)
    mkdir -p "$work/pkg_config"
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name lagoon.pc)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046
    "$compiler" -std=c++20 $(pkg-config --cflags lagoon) "$here/consumer/main.cpp" -o "$work/pkg_config/stranger" \
      $(pkg-config --libs lagoon)
    "$work/pkg_config/stranger"
    ;;
  *) echo "no step $step" >&2; exit 1 ;;
esac
