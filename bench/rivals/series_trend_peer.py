#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's side of the rows of correlations and trends: one command a line on stdin, one JSON object a line on stdout.

  load FILE                reads float64 numbers into an array of its own
  choose ROW               runs each candidate of the row, keeps the fastest
  time RUNS                runs the chosen one so often; its median time by this process's clock, and its result

The argument is the number of threads that libraries may use.
"""

import json
import os
import statistics
import sys
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = sys.argv[1]

import numpy as np  # noqa: E402: after the environment
import scipy.fft  # noqa: E402
import scipy.stats  # noqa: E402
import statsmodels  # noqa: E402
from statsmodels.tsa.stattools import acf  # noqa: E402

LAGS = 1000


def correlations(x, length):
    """By one transform and back: what to write with SciPy, which has no function of that name."""
    padded = scipy.fft.next_fast_len(length, real=True)
    spectrum = scipy.fft.rfft(x - x.mean(), padded, workers=1)
    sums = scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2, padded, workers=1)[: LAGS + 1]
    return sums / sums[0]


def slopes(x):
    line = scipy.stats.theilslopes(x)
    return [line.slope, line.intercept, line.low_slope, line.high_slope]


# Each returns what ours must agree with.
CANDIDATES = {
    "acf_1e6": {
        "scipy.fft of all lags": lambda x: correlations(x, 2 * len(x) - 1),
        "scipy.fft of these lags": lambda x: correlations(x, len(x) + LAGS),
        "statsmodels.acf": lambda x: acf(x, nlags=LAGS, fft=True),
    },
    "theil_sen_2000": {"scipy.stats.theilslopes": slopes},
    "mann_kendall_2000": {"scipy.stats.kendalltau": lambda x: [scipy.stats.kendalltau(np.arange(len(x)), x).statistic]},
}
VERSIONS = {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__}


def timed(function, data):
    begin = time.perf_counter()
    result = function(data)
    return time.perf_counter() - begin, result


def main():
    data = function = None
    print(json.dumps({"versions": VERSIONS}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "load":
            data = np.fromfile(words[1], dtype=np.float64)
            answer = {"elements": data.size}
        elif words[0] == "choose":
            candidates = CANDIDATES[words[1]]
            seconds = {name: min(timed(f, data)[0] for _ in range(3)) for name, f in candidates.items()}
            name = min(seconds, key=seconds.get)
            function = candidates[name]
            answer = {"name": f"{name} ({VERSIONS[name.split('.')[0]]})", "fastest": seconds[name], "seconds": seconds}
        elif words[0] == "time":
            runs = [timed(function, data) for _ in range(int(words[1]))]
            answer = {"seconds": statistics.median(run[0] for run in runs), "result": np.asarray(runs[-1][1]).tolist()}
        else:
            answer = {"error": f"unknown command {words[0]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
