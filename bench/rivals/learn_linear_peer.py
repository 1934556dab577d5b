#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's side of the rows of linear regression: one command a line on stdin, one JSON object a line on stdout.

  load FILE ROWS COLUMNS   reads float64 numbers: the rows of x, and behind them y
  choose ROW               the call of the row
  time RUNS                runs it so often; its median time by this process's clock, and the coefficients

The argument is the number of threads that libraries may use. Calls are what a user of the library would write.
"""

import json
import os
import statistics
import sys
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = sys.argv[1]
os.environ.pop("OPENBLAS_CORETYPE", None)  # the library picks its own kernels

import numpy as np  # noqa: E402: after the environment

try:
    import sklearn
    import sklearn.linear_model
except ImportError:  # only its own rows need it
    sklearn = None


def linear_regression(x, y):
    model = sklearn.linear_model.LinearRegression().fit(x, y)
    return [*model.coef_, model.intercept_]


def lstsq(x, y):
    """With the column of ones that an intercept takes."""
    w = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return w.tolist()


def normal_equations(x, y):
    """Half of the digits, as fast as it goes."""
    mean_x, mean_y = x.mean(axis=0), y.mean()
    centred = x - mean_x
    w = np.linalg.solve(centred.T @ centred, centred.T @ (y - mean_y))
    return [*w, mean_y - mean_x @ w]


CALLS = {
    "scikit_learn": ("sklearn.linear_model.LinearRegression", linear_regression),
    "lstsq": ("numpy.linalg.lstsq", lstsq),
    "normal_equations": ("numpy.linalg.solve of x'x", normal_equations),
}
VERSIONS = {"numpy": np.__version__}
if sklearn:
    VERSIONS["sklearn"] = sklearn.__version__


def timed(call, data):
    begin = time.perf_counter()
    result = call(*data)
    return time.perf_counter() - begin, [float(number) for number in result]


def main():
    data = call = None
    print(json.dumps({"versions": VERSIONS}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "load":
            rows, columns = int(words[2]), int(words[3])
            numbers = np.fromfile(words[1], dtype=np.float64)
            data = numbers[: rows * columns].reshape(rows, columns), numbers[rows * columns :]
            answer = {"elements": numbers.size}
        elif words[0] == "choose" and words[1] == "scikit_learn" and not sklearn:
            answer = {"error": "scikit-learn is missing: run bench/setup_rivals.sh"}
        elif words[0] == "choose":
            name, call = CALLS[words[1]]
            seconds = timed(call, data)[0]
            answer = {"name": f"{name} ({VERSIONS[name.split('.')[0]]})", "fastest": seconds}
        elif words[0] == "time":
            runs = [timed(call, data) for _ in range(int(words[1]))]
            answer = {"seconds": statistics.median(run[0] for run in runs), "result": runs[-1][1]}
        else:
            answer = {"error": f"unknown command {words[0]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
