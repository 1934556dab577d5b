#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's side of the rows of sliding windows: one command a line on stdin, one JSON object a line on stdout.

  load FILE N 0            reads N float64 numbers into an array of its own
  choose ROW WINDOW        the call of the row
  time RUNS                runs it so often; its median time by this process's clock, and some of its result

bottleneck knows no threads; the argument is their number all the same, as for other peers.
"""

import json
import statistics
import sys
import time

import bottleneck as bn
import numpy as np

CALLS = {
    "rolling_mean": ("move_mean", lambda x, window: bn.move_mean(x, window)),
    "rolling_std": ("move_std", lambda x, window: bn.move_std(x, window, ddof=1)),
    "rolling_median": ("move_median", lambda x, window: bn.move_median(x, window)),
    "rolling_minimum": ("move_min", lambda x, window: bn.move_min(x, window)),
}


def some(result, window):
    """A few numbers, evenly spread: enough to see that two results are one."""
    full = result[window - 1 :]
    return full[:: max(1, full.size // 64)].tolist()


def timed(call, data, window):
    begin = time.perf_counter()
    result = call(data, window)
    return time.perf_counter() - begin, some(result, window)


def main():
    data = call = window = None
    print(json.dumps({"versions": {"bottleneck": bn.__version__, "numpy": np.__version__}}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "load":
            data = np.fromfile(words[1], dtype=np.float64)
            answer = {"elements": data.size}
        elif words[0] == "choose":
            name, call = CALLS[words[1]]
            window = int(words[2])
            seconds = min(timed(call, data, window)[0] for _ in range(2))
            answer = {"name": f"bottleneck.{name} ({bn.__version__})", "fastest": seconds}
        elif words[0] == "time":
            runs = [timed(call, data, window) for _ in range(int(words[1]))]
            answer = {"seconds": statistics.median(run[0] for run in runs), "result": runs[-1][1]}
        else:
            answer = {"error": f"unknown command {words[0]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
