#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of numpy_peer.py for rows of clusters, by scikit-learn."""

import numpy_peer  # first: it sets how many threads libraries use
import numpy as np
import sklearn
from sklearn.cluster import DBSCAN, KMeans


def kmeans(algorithm):
    def run(x):
        begin = x[:: len(x) // 16][:16]
        return KMeans(16, init=begin, n_init=1, max_iter=20, tol=0, algorithm=algorithm).fit(x)

    return run, lambda model: model.inertia_


def core_labels(found):
    """Labels of core rows, -1 for all others."""
    labels = np.full(len(found.labels_), -1)
    labels[found.core_sample_indices_] = found.labels_[found.core_sample_indices_]
    return labels


numpy_peer.CANDIDATES.update(
    {
        "kmeans": {
            "sklearn.cluster.KMeans lloyd": kmeans("lloyd"),
            "sklearn.cluster.KMeans elkan": kmeans("elkan"),
        },
        "dbscan": {
            "sklearn.cluster.DBSCAN": (lambda x: DBSCAN(eps=0.1, min_samples=10, n_jobs=1).fit(x), core_labels),
        },
    }
)
numpy_peer.VERSIONS["sklearn"] = sklearn.__version__

if __name__ == "__main__":
    numpy_peer.main()
