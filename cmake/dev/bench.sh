# SPDX-License-Identifier: Apache-2.0

# Rivals from Python live in a virtual environment of their own.
bench_python() {
  local packages=(numpy scipy bottleneck)
  export LAGOON_BENCH_PYTHON=$root/build/venv/bin/python3
  "$LAGOON_BENCH_PYTHON" -c 'import numpy, scipy, bottleneck' 2>/dev/null && return
  say "installing ${packages[*]} into build/venv"
  python3 -m venv build/venv
  build/venv/bin/pip install --quiet "${packages[@]}" </dev/null || die "cannot install ${packages[*]}"
}

dev_bench() {
  need build test bench
  bench_python
  build bench lagoon_bench
  build/bench/bench/lagoon_bench "$@"
}
