#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of numpy_peer.py for rows of correlations and trends, by SciPy and statsmodels."""

import numpy_peer  # first: it sets how many threads libraries use
import numpy as np
import scipy.fft
import scipy.stats
import statsmodels
from statsmodels.tsa.stattools import acf

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


numpy_peer.CANDIDATES.update(
    {
        "acf_1e6": {
            "scipy.fft of all lags": lambda x: correlations(x, 2 * len(x) - 1),
            "scipy.fft of these lags": lambda x: correlations(x, len(x) + LAGS),
            "statsmodels.acf": lambda x: acf(x, nlags=LAGS, fft=True),
        },
        "theil_sen_2000": {"scipy.stats.theilslopes": slopes},
        "mann_kendall_2000": {"scipy.stats.kendalltau": lambda x: [scipy.stats.kendalltau(np.arange(len(x)), x).statistic]},
    }
)
numpy_peer.VERSIONS["statsmodels"] = statsmodels.__version__

if __name__ == "__main__":
    numpy_peer.main()
