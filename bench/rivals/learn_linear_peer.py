#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of numpy_peer.py for rows of linear regression, by scikit-learn and NumPy."""

import numpy_peer  # first: it sets how many threads libraries use
import numpy as np

try:
    import sklearn
    import sklearn.linear_model
except ImportError:  # only its own rows need it
    sklearn = None

COLUMNS = 32


def parts(data):
    """The rows of x, and behind them y."""
    x, y = np.split(data, [data.size // (COLUMNS + 1) * COLUMNS])
    return x.reshape(-1, COLUMNS), y


def linear_regression(data):
    x, y = parts(data)
    model = sklearn.linear_model.LinearRegression().fit(x, y)
    return [*model.coef_, model.intercept_]


def lstsq(data):
    """With the column of ones that an intercept takes."""
    x, y = parts(data)
    w = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return w


def normal_equations(data):
    """Half of the digits, as fast as it goes."""
    x, y = parts(data)
    mean_x, mean_y = x.mean(axis=0), y.mean()
    centred = x - mean_x
    w = np.linalg.solve(centred.T @ centred, centred.T @ (y - mean_y))
    return [*w, mean_y - mean_x @ w]


numpy_peer.CANDIDATES.update(
    {
        "scikit_learn": {"sklearn.linear_model.LinearRegression": linear_regression} if sklearn else {},
        "lstsq": {"numpy.linalg.lstsq": lstsq},
        "normal_equations": {"numpy.linalg.solve of x'x": normal_equations},
    }
)
if sklearn:
    numpy_peer.VERSIONS["sklearn"] = sklearn.__version__

if __name__ == "__main__":
    numpy_peer.main()
