// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything about learning from tables: rows are observations, columns are features.
#include <lagoon/kernels/learning/agglomerative.hpp>
#include <lagoon/kernels/learning/dbscan.hpp>
#include <lagoon/kernels/learning/forest.hpp>
#include <lagoon/kernels/learning/kmeans.hpp>
#include <lagoon/kernels/learning/linear.hpp>
#include <lagoon/kernels/learning/model_file.hpp>
#include <lagoon/kernels/learning/pca.hpp>
#include <lagoon/kernels/learning/preparation.hpp>
#include <lagoon/kernels/learning/scores.hpp>
