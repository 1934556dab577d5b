#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of numpy_peer.py for rows of sliding windows, by bottleneck, which knows no threads."""

import numpy_peer
import bottleneck as bn

WINDOW = 1000


def some(result):
    """A few numbers of whole windows, evenly spread: enough to see that two results are one."""
    full = result[WINDOW - 1 :]
    return full[:: max(1, full.size // 64)]


numpy_peer.CANDIDATES.update(
    {
        "rolling_mean": {"bottleneck.move_mean": (lambda x: bn.move_mean(x, WINDOW), some)},
        "rolling_std": {"bottleneck.move_std": (lambda x: bn.move_std(x, WINDOW, ddof=1), some)},
        "rolling_median": {"bottleneck.move_median": (lambda x: bn.move_median(x, WINDOW), some)},
        "rolling_minimum": {"bottleneck.move_min": (lambda x: bn.move_min(x, WINDOW), some)},
    }
)

if __name__ == "__main__":
    numpy_peer.main()
