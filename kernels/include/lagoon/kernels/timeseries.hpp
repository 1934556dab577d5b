// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything about series in time.
#include <lagoon/kernels/timeseries/correlation.hpp>
#include <lagoon/kernels/timeseries/rolling.hpp>
#include <lagoon/kernels/timeseries/seasonality.hpp>
#include <lagoon/kernels/timeseries/trend.hpp>
