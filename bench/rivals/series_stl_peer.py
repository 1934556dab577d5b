#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's side of the rows of decompositions: one command a line on stdin, one JSON object a line on stdout.

  load FILE N 0            reads N float64 numbers into an array of its own
  choose PERIOD ROBUST     statsmodels' STL with that period; ROBUST is 0 or 1
  time RUNS                runs it so often; its median time by this process's clock, and some of its result

It knows no threads; the argument is their number all the same, as for other peers.
"""

import json
import statistics
import sys
import time

import numpy as np
import statsmodels
from statsmodels.tsa.api import STL


def some(part):
    """A few numbers, evenly spread: enough to see that two results are one."""
    return part[:: max(1, part.size // 64)].tolist()


def timed(data, period, robust):
    begin = time.perf_counter()
    parts = STL(data, period=period, robust=robust).fit()
    return time.perf_counter() - begin, some(parts.trend) + some(parts.seasonal)


def main():
    data = setting = None
    print(json.dumps({"versions": {"statsmodels": statsmodels.__version__, "numpy": np.__version__}}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "load":
            data = np.fromfile(words[1], dtype=np.float64)
            answer = {"elements": data.size}
        elif words[0] == "choose":
            setting = int(words[1]), words[2] == "1"
            answer = {"name": f"statsmodels.STL ({statsmodels.__version__})", "fastest": timed(data, *setting)[0]}
        elif words[0] == "time":
            runs = [timed(data, *setting) for _ in range(int(words[1]))]
            answer = {"seconds": statistics.median(run[0] for run in runs), "result": runs[-1][1]}
        else:
            answer = {"error": f"unknown command {words[0]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
