#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of numpy_peer.py for rows of forests, by scikit-learn.

The last column of a table is the label, and the last third of its rows is what forests are judged by.
"""

import sys

import numpy_peer  # first: it sets how many threads libraries use
import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier

THREADS = int(sys.argv[1])
KEPT = {}  # of the table at hand: its parts, in the single precision that the library works in, and the last forest


def kept(table):
    if KEPT.get("table") is not table:
        n = len(table) // 3 * 2
        x = np.ascontiguousarray(table[:, :-1], dtype=np.float32)
        labels = table[:, -1].astype(np.int64)
        KEPT.clear()
        KEPT.update(table=table, x=x[:n], labels=labels[:n], test=x[n:], test_labels=labels[n:])
    return KEPT


def train(table):
    parts = kept(table)
    forest = RandomForestClassifier(100, random_state=0, n_jobs=THREADS)
    parts["forest"] = forest.fit(parts["x"], parts["labels"])
    return parts["forest"]


def predict(table):
    parts = kept(table)
    if "forest" not in parts:
        train(table)
    return parts["forest"].predict(parts["x"])


def accuracy(forest):
    return (forest.predict(KEPT["test"]) == KEPT["test_labels"]).mean()


NAME = "sklearn.ensemble.RandomForestClassifier"
numpy_peer.CANDIDATES.update(
    {
        "forest_train": {NAME + ".fit": (train, accuracy)},
        "forest_predict": {NAME + ".predict": (predict, lambda _: accuracy(KEPT["forest"]))},
    }
)
numpy_peer.VERSIONS["sklearn"] = sklearn.__version__

if __name__ == "__main__":
    numpy_peer.main()
