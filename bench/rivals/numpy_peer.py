#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Python side of the rows of kernels: one command a line on stdin, one JSON object a line on stdout.

  load FILE ROWS COLUMNS   reads float64 numbers into an array of its own (COLUMNS 0: one dimension)
  picture W H W2 H2        takes the bytes of that array for W x H pixels, 8-bit RGB, which become W2 x H2
  choose ROW               runs each candidate of the row, keeps the fastest
  time RUNS                runs the chosen one so often; its median time by this process's clock, and its result

The argument is the number of threads that libraries may use. Candidates are what a user of the library would write: the call by its name.
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
import scipy.linalg  # noqa: E402
import scipy.stats  # noqa: E402
import bottleneck as bn  # noqa: E402

try:
    import PIL
    import PIL.Image
except ImportError:  # only rows of images need it
    PIL = None

PERCENT = [1, 5, 10, 25, 50, 75, 90, 95, 99]


def moments(x):
    return [scipy.stats.skew(x), scipy.stats.kurtosis(x)]


def described(x):
    d = scipy.stats.describe(x)
    return [d.skewness, d.kurtosis]


def some(c):
    """A few numbers of a matrix, evenly spread: enough to see that two results are one."""
    return c.ravel()[:: max(1, c.size // 64)]


def halves(x):
    return x[: len(x) // 2], x[len(x) // 2 :]


SINGLE = {}  # the matrices in single precision, made once


def singles(x):
    if id(x) not in SINGLE:
        SINGLE.clear()
        SINGLE[id(x)] = [np.ascontiguousarray(h, dtype=np.float32) for h in halves(x)]
    return SINGLE[id(x)]


ROOM = {}


def product(a, b):
    key = (a.shape, a.dtype)
    if key not in ROOM:
        ROOM.clear()
        ROOM[key] = np.empty_like(a)
    return np.matmul(a, b, out=ROOM[key])


# Of a candidate that is a pair, the second makes of the result what ours must agree with; it is not timed.
DENSE = {
    "dgemm": {"numpy.matmul": (lambda x: product(*halves(x)), some)},
    "sgemm": {"numpy.matmul": (lambda x: product(*singles(x)), some)},
    "inverse": {
        "numpy.linalg.inv": (lambda x: np.linalg.inv(halves(x)[0]), some),
        "scipy.linalg.inv": (lambda x: scipy.linalg.inv(halves(x)[0], check_finite=False), some),
    },
    "symeig": {
        "numpy.linalg.eigh": (lambda x: np.linalg.eigh(halves(x)[1]), lambda r: np.sort(r[0])),
        "scipy.linalg.eigh": (lambda x: scipy.linalg.eigh(halves(x)[1], check_finite=False), lambda r: np.sort(r[0])),
    },
    "geneig": {
        "numpy.linalg.eig": (lambda x: np.linalg.eig(halves(x)[0]), lambda r: np.sort(r[0].real)),
        "scipy.linalg.eig": (
            lambda x: scipy.linalg.eig(halves(x)[0], check_finite=False),
            lambda r: np.sort(r[0].real),
        ),
    },
    "svd": {
        "numpy.linalg.svd": (lambda x: np.linalg.svd(halves(x)[0], full_matrices=False), lambda r: np.sort(r[1])),
        "scipy.linalg.svd": (
            lambda x: scipy.linalg.svd(halves(x)[0], full_matrices=False, check_finite=False),
            lambda r: np.sort(r[1]),
        ),
    },
}

def means_of_parts(image):
    """Means of 8 x 8 parts, each channel by itself."""
    x = np.asarray(image)
    return x.reshape(8, x.shape[0] // 8, 8, x.shape[1] // 8, 3).mean((1, 3))


def image_candidates(width, height, size):
    """Pillow's resize to a size, of a picture that it has in its own form. "_pixels": all of the result is told."""
    made = {}

    def resize(data, filter):
        if id(data) not in made:
            made[id(data)] = PIL.Image.frombytes("RGB", (width, height), data.tobytes())
        return made[id(data)].resize(size, filter)

    found = {}
    for row, filter in (("image_box", PIL.Image.Resampling.BOX), ("image_lanczos3", PIL.Image.Resampling.LANCZOS)):
        for end, reduce in (("", means_of_parts), ("_pixels", np.asarray)):
            name = f"PIL.Image.resize {filter.name}"
            found[row + end] = {name: (lambda x, filter=filter: resize(x, filter), reduce)}
    return found


# Each returns what ours must agree with.
CANDIDATES = {
    "mean": {
        "numpy.mean": np.mean,
        "bottleneck.nanmean": bn.nanmean,
    },
    "variance": {
        "numpy.var": lambda x: np.var(x, ddof=1),
        "bottleneck.nanvar": lambda x: bn.nanvar(x, ddof=1),
    },
    "skew_kurtosis": {
        "scipy.stats.skew + kurtosis": moments,
        "scipy.stats.describe": described,
    },
    "median": {
        "numpy.median": np.median,
        "bottleneck.median": bn.median,
    },
    "percentiles9": {
        "numpy.percentile": lambda x: np.percentile(x, PERCENT),
        "numpy.nanpercentile": lambda x: np.nanpercentile(x, PERCENT),
    },
    "covariance64": {
        "numpy.cov": lambda x: np.cov(x, rowvar=False),
        "numpy.cov of the transpose": lambda x: np.cov(x.T),
    },
}
CANDIDATES.update(DENSE)
VERSIONS = {"numpy": np.__version__, "scipy": scipy.__version__, "bottleneck": bn.__version__}
if PIL:
    VERSIONS["PIL"] = PIL.__version__


def timed(candidate, data):
    function, reduce = candidate if isinstance(candidate, tuple) else (candidate, lambda result: result)
    begin = time.perf_counter()
    result = function(data)
    seconds = time.perf_counter() - begin
    return seconds, reduce(result)


def main():
    data = function = None
    print(json.dumps({"versions": VERSIONS}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "load":
            data = None  # the old array goes before the new one comes
            data = np.fromfile(words[1], dtype=np.float64)
            if int(words[3]):
                data = data.reshape(int(words[2]), int(words[3]))
            answer = {"elements": data.size}
        elif words[0] == "picture" and PIL is None:
            answer = {"error": "Pillow is missing: run bench/setup_rivals.sh"}
        elif words[0] == "picture":
            width, height, *size = (int(word) for word in words[1:])
            CANDIDATES.update(image_candidates(width, height, tuple(size)))
            answer = {"pixels": width * height}
        elif words[0] == "choose" and not CANDIDATES.get(words[1]):
            answer = {"error": f"what {words[1]} needs is missing: run bench/setup_rivals.sh"}
        elif words[0] == "choose":
            seconds = {}
            for name, candidate in CANDIDATES[words[1]].items():
                seconds[name] = timed(candidate, data)[0]
                if seconds[name] < 0.5:  # the first run of a short one is not typical
                    seconds[name] = min(timed(candidate, data)[0] for _ in range(3))
            name = min(seconds, key=seconds.get)
            function = CANDIDATES[words[1]][name]
            answer = {"name": f"{name} ({VERSIONS[name.split('.')[0]]})", "fastest": seconds[name], "seconds": seconds}
        elif words[0] == "time":
            runs = [timed(function, data) for _ in range(int(words[1]))]
            result = runs[-1][1]
            answer = {"seconds": statistics.median(run[0] for run in runs), "result": np.atleast_1d(result).ravel().tolist()}
        else:
            answer = {"error": f"unknown command {words[0]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
