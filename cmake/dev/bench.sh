# SPDX-License-Identifier: Apache-2.0

# Rivals from Python live in a virtual environment of their own.
bench_python() {
  local packages=(numpy scipy bottleneck pillow scikit-learn statsmodels)
  export LAGOON_BENCH_PYTHON=$root/build/venv/bin/python3
  "$LAGOON_BENCH_PYTHON" -c 'import numpy, scipy, bottleneck, PIL, sklearn, statsmodels' 2>/dev/null && return
  say "installing ${packages[*]} into build/venv"
  python3 -m venv build/venv
  build/venv/bin/pip install --quiet "${packages[@]}" </dev/null || die "cannot install ${packages[*]}"
}

dev_bench() {
  need build test bench
  bench_python
  (photographs) >/dev/null || say "no photographs; imaging is measured with pictures that are made up"
  build bench lagoon_bench
  build/bench/bench/lagoon_bench "$@"
}
