// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/core/fields.hpp>
#include <lagoon/core/tensor.hpp>
#include <lagoon/engine/compute.hpp>
#include <lagoon/kernels/statistics/moments.hpp>
#include <vector>

namespace lagoon::timeseries {

using statistics::NanPolicy;

struct CorrelationOptions {
  /// omit: a product of which a factor is missing is left out, and the sum at lag k divided by k plus the number of
  /// products that are left, which is n where nothing is missing (R's na.pass); NaN where none is left.
  NanPolicy nan = NanPolicy::propagate;
  ComputeOptions compute{};
};

/// How a series goes together with itself some steps later.
///
///   std::vector<double> r = autocorrelation(x, 24);      // r[0] is 1
///
///   x        n >= 1 numbers, any stride
///   lags     0 <= lags; beyond n - 1 the result is 0
///   returns  lags + 1 numbers: sum over t of (x[t+k] - m)(x[t] - m) over that of k = 0; NaN for a constant series
///   throws   invalid_argument: empty, lags, a NaN under NanPolicy::fail; resource_exhausted; cancelled,
///            deadline_exceeded
///   cost     O(n log lags), a few blocks of memory; parallel, the same bits for any number of cores
///   source   Box, Jenkins & Reinsel 5th ed., 2.1.5
std::vector<double> autocorrelation(View<const double, 1> x, std::ptrdiff_t lags,
                                    const CorrelationOptions& options = {});

/// The same without the division by that of lag 0: sums over n, in the unit of x squared.
std::vector<double> autocovariance(View<const double, 1> x, std::ptrdiff_t lags,
                                   const CorrelationOptions& options = {});

/// What is left of the autocorrelation at a lag when all shorter lags are accounted for.
///   returns  lags + 1 numbers, of which the first is 1
///   cost     that of autocorrelation and O(lags^2)
///   source   Durbin 1960, on the equations of Yule and Walker
std::vector<double> partial_autocorrelation(View<const double, 1> x, std::ptrdiff_t lags,
                                            const CorrelationOptions& options = {});

/// How x goes together with y some steps away.
///   x, y     of the same length n >= 1
///   returns  2 lags + 1 numbers, for k from -lags to lags: correlation of x[t+k] and y[t], deviations from the means
///            of the whole series (R's ccf); NaN when one of them is constant
///   throws   what autocorrelation throws; invalid_argument: lengths differ
std::vector<double> cross_correlation(View<const double, 1> x, View<const double, 1> y, std::ptrdiff_t lags,
                                      const CorrelationOptions& options = {});

/// Whether a series is noise, or residuals are.
struct LjungBox {
  std::int64_t lags = 0;
  double statistic = 0;  ///< n (n + 2) sum over k of r[k]^2 / (n - k)
  std::int64_t degrees_of_freedom = 0;
  double p = 0;  ///< of the statistic or more for noise, chi-squared
  LAGOON_FIELDS(LjungBox, lags, statistic, degrees_of_freedom, p)
};

/// The test of Ljung and Box on the first `lags` autocorrelations.
///   lags              1 <= lags < n
///   fitted            parameters of the model whose residuals x are, 0 <= fitted < lags
///   throws            what autocorrelation throws; invalid_argument: lags, fitted
///   source            Ljung & Box 1978
LjungBox ljung_box(View<const double, 1> x, std::ptrdiff_t lags, std::ptrdiff_t fitted = 0,
                   const CorrelationOptions& options = {});

}  // namespace lagoon::timeseries
