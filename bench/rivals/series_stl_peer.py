#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of numpy_peer.py for rows of decompositions, by statsmodels, which knows no threads."""

import numpy_peer
import numpy as np
import statsmodels
from statsmodels.tsa.api import STL


def stl(period, robust=False):
    return {"statsmodels.STL": (lambda x: STL(x, period=period, robust=robust).fit(), some)}


def some(parts):
    """A few numbers of trend and season, evenly spread: enough to see that two results are one."""
    return np.concatenate([part[:: part.size // 64] for part in (parts.trend, parts.seasonal)])


numpy_peer.CANDIDATES.update({"stl_p7": stl(7), "stl_p365": stl(365), "stl_p7_robust": stl(7, robust=True)})
numpy_peer.VERSIONS["statsmodels"] = statsmodels.__version__

if __name__ == "__main__":
    numpy_peer.main()
