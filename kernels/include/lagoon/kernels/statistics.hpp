// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything about the statistics of series and tables.
#include <lagoon/kernels/statistics/covariance.hpp>
#include <lagoon/kernels/statistics/histogram.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <lagoon/kernels/statistics/quantiles.hpp>
#include <lagoon/kernels/statistics/streaming.hpp>
