// SPDX-License-Identifier: Apache-2.0
#include "stop_kernels.hpp"

#include <lagoon/services/builtin.hpp>

#include <algorithm>
#include <cmath>

#include "melt.hpp"

namespace lagoon::bench {
namespace {

using namespace services;
using Numbers = Frozen<double, 1>;

/// Numbers in [0, 1) without any order, the same on every machine.
Numbers unordered(std::ptrdiff_t n) {
  Tensor<double, 1> x({n});
  std::uint64_t s = 1;
  for (std::ptrdiff_t i = 0; i < n; ++i) x[i] = static_cast<double>((s = s * 6364136223846793005u + 1) >> 11) * 0x1p-53;
  return std::move(x).freeze();
}

/// The crystal that melts, of so many coordinates at least.
Numbers crystal_positions(std::ptrdiff_t n) {
  std::ptrdiff_t cells = 1;
  while (12 * cells * cells * cells < n) ++cells;
  const rivals::Melt melt = crystal(cells);
  Tensor<double, 1> x({melt.positions.size()});
  std::copy_n(melt.positions.data(), x.size(), x.data());
  return std::move(x).freeze();
}

template <class R>
Begun begun(R reply) {
  const auto shared = std::make_shared<R>(std::move(reply));
  return {[shared] { shared->cancel(); }, [shared] { return shared->is_done(); }};
}

template <class C, class M, class Make>
StoppedKernel unary(const char* name, std::ptrdiff_t size, Make make) {
  return {name, size, unordered, [make](Endpoint& endpoint, Numbers x, const CallOptions& options) {
            return begun(Caller<C>(endpoint).template start<M>(make(std::move(x)), options));
          }};
}

/// The numbers, or the bytes that they are made of, as an array of another shape.
template <class T, std::size_t R>
Frozen<T, R> shaped(const Numbers& x, Extents<R> extents) {
  const auto* const data = reinterpret_cast<const T*>(x.data());
  return Frozen<T, R>::over(View<const T, R>(data, extents), std::make_shared<Numbers>(x));
}
Frozen<double, 2> square(const Numbers& x) {
  std::ptrdiff_t n = 1;
  while ((n + 1) * (n + 1) <= x.size()) ++n;
  return shaped<double, 2>(x, {n, n});
}
/// Columns of equal length that share the numbers.
std::vector<Numbers> columns(const Numbers& x, std::ptrdiff_t count) {
  std::vector<Numbers> some;
  const std::ptrdiff_t rows = x.size() / count;
  for (std::ptrdiff_t j = 0; j < count; ++j) some.push_back(x.slice(0, j * rows, (j + 1) * rows));
  return some;
}
/// All columns but the last, which is what the others are to tell.
template <class Request>
Request supervised(const Numbers& x, std::ptrdiff_t count) {
  Request r;
  r.x.columns = columns(x, count);
  r.y = r.x.columns.back();
  r.x.columns.pop_back();
  return r;
}

void add_statistics(std::vector<StoppedKernel>& all, std::ptrdiff_t size) {
  const auto table = [](const Numbers& x, std::ptrdiff_t count, const char* method) {
    MatrixRequest r;
    r.method = method;
    r.columns = columns(x, count);
    return r;
  };
  all.push_back(unary<Statistics, Summarize>("summarize", size, [](Numbers x) { return SummarizeRequest{{x}}; }));
  all.push_back(unary<Statistics, Moments>("moments", size, [](Numbers x) { return MomentsRequest{{x}}; }));
  all.push_back(
      unary<Statistics, PercentilesOf>("percentiles", size, [](Numbers x) { return PercentilesRequest{{x}}; }));
  all.push_back(unary<Statistics, services::Histogram>(
      "histogram", size, [](Numbers x) { return HistogramRequest{.data = {x}, .edges = {}}; }));
  all.push_back(unary<Statistics, Covariance>("covariance", size, [=](Numbers x) { return table(x, 64, ""); }));
  all.push_back(unary<Statistics, Correlate>("pearson", size, [=](Numbers x) { return table(x, 64, "pearson"); }));
  all.push_back(unary<Statistics, Correlate>("spearman", size, [=](Numbers x) { return table(x, 4, "spearman"); }));
  all.push_back(unary<Statistics, Correlate>("kendall", size, [=](Numbers x) { return table(x, 4, "kendall"); }));
  all.push_back({"accumulate", size, unordered,
                 [](Endpoint& endpoint, Numbers x, const CallOptions& options) {
                   auto upload = Caller<Statistics>(endpoint).start<Accumulate>(options);
                   upload.write({std::move(x)});
                   upload.close();
                   return begun(std::move(upload));
                 },
                 true});
}

void add_timeseries(std::vector<StoppedKernel>& all, std::ptrdiff_t size) {
  all.push_back(unary<TimeSeries, Trend>("trend", size / 100, [](Numbers x) { return TrendRequest{.data = {x}}; }));
  all.push_back(unary<TimeSeries, Decompose>("decompose", size / 4,
                                             [](Numbers x) { return DecomposeRequest{.data = {x}, .period = 24}; }));
  all.push_back(
      unary<TimeSeries, Stl>("stl", size / 32, [](Numbers x) { return StlRequest{.data = {x}, .period = 24}; }));
  all.push_back(
      unary<TimeSeries, Periods>("periods", size / 16, [](Numbers x) { return PeriodsRequest{.data = {x}}; }));
  all.push_back(unary<TimeSeries, Autocorrelation>(
      "autocorrelation", size / 4, [](Numbers x) { return AutocorrelationRequest{.data = {x}, .lags = 100}; }));
  all.push_back(unary<TimeSeries, CrossCorrelation>("cross_correlation", size / 4, [](Numbers x) {
    const auto two = columns(x, 2);
    return CrossCorrelationRequest{.x = {two[0]}, .y = {two[1]}, .lags = 100};
  }));
  const auto rolling = [&](const char* name, const char* statistic, std::ptrdiff_t n) {
    all.push_back(unary<TimeSeries, Rolling>(
        name, n, [=](Numbers x) { return RollingRequest{.data = {x}, .window = 1000, .statistic = statistic}; }));
  };
  rolling("rolling_mean", "mean", size);
  rolling("rolling_deviation", "standard_deviation", size / 2);
  rolling("rolling_median", "median", size / 16);
  rolling("rolling_maximum", "maximum", size);
  all.push_back(
      unary<TimeSeries, Exponential>("exponential", size, [](Numbers x) { return ExponentialRequest{.data = {x}}; }));
}

void add_learning(std::vector<StoppedKernel>& all, std::ptrdiff_t size) {
  all.push_back(
      unary<Learning, FitLinear>("fit_linear", size, [](Numbers x) { return supervised<LinearRequest>(x, 32); }));
  all.push_back(unary<Learning, FitForest>("fit_forest", size / 64, [](Numbers x) {
    auto r = supervised<ForestRequest>(x, 8);
    r.task = "regress";
    r.trees = 20;
    return r;
  }));
  all.push_back(unary<Learning, KMeansOf>("kmeans", size / 16, [](Numbers x) {
    KMeansRequest r;
    r.x.columns = columns(x, 8);
    r.starts = 2;
    return r;
  }));
  all.push_back(unary<Learning, DbscanOf>("dbscan", size / 64, [](Numbers x) {
    DbscanRequest r;
    r.x.columns = columns(x, 3);
    r.radius = 0.02;
    return r;
  }));
  all.push_back(unary<Learning, AgglomerativeOf>("agglomerative", size / 2000, [](Numbers x) {
    AgglomerativeRequest r;
    r.x.columns = columns(x, 2);
    return r;
  }));
  all.push_back(unary<Learning, PcaOf>("pca", size / 2, [](Numbers x) {
    PcaRequest r;
    r.x.columns = columns(x, 32);
    return r;
  }));
}

void add_matrix(std::vector<StoppedKernel>& all, std::ptrdiff_t size) {
  const auto n = [size](std::ptrdiff_t order) { return size < 32'000'000 ? order * order / 2 : order * order; };
  all.push_back(unary<Matrix, MultiplyMatrices>(
      "multiply", n(2048), [](Numbers x) { return MultiplyRequest{.a = square(x), .b = square(x)}; }));
  all.push_back(unary<Matrix, MultiplyBatch>("multiply_batch", n(4096), [](Numbers x) {
    const auto some = shaped<double, 3>(x, {x.size() / 1024, 32, 32});
    return BatchRequest{some, some};
  }));
  all.push_back(unary<Matrix, SolveLinear>("solve", n(2048),
                                           [](Numbers x) { return SolveRequest{.a = square(x), .b = square(x)}; }));
  all.push_back(unary<Matrix, Invert>("inverse", n(1536), [](Numbers x) { return InverseRequest{.a = square(x)}; }));
  all.push_back(unary<Matrix, DeterminantOf>("determinant", n(2048), [](Numbers x) { return OneMatrix{square(x)}; }));
  all.push_back(unary<Matrix, QrOf>("qr", n(1280), [](Numbers x) { return OneMatrix{square(x)}; }));
  all.push_back(unary<Matrix, SymmetricEigenOf>("symmetric_eigen", n(1024),
                                                [](Numbers x) { return EigenRequest{.a = square(x)}; }));
  all.push_back(
      unary<Matrix, GeneralEigenOf>("general_eigen", n(512), [](Numbers x) { return EigenRequest{.a = square(x)}; }));
  all.push_back(unary<Matrix, SvdOf>("svd", n(1024), [](Numbers x) { return EigenRequest{.a = square(x)}; }));
}

void add_imaging(std::vector<StoppedKernel>& all, std::ptrdiff_t size) {
  const std::ptrdiff_t rows = size < 32'000'000 ? 1500 : 3000, columns = 4000;
  const auto add = [&](const char* name, std::ptrdiff_t high, const ImageRecipe& recipe, const char* format) {
    all.push_back(unary<Imaging, ProcessImage>(name, high * columns * 3 / 8, [=](Numbers x) {
      ProcessImageRequest r;
      r.pixels = shaped<std::uint8_t, 3>(x, {high, columns, 3});
      r.recipe = recipe;
      r.encoding.format = format;
      return r;
    }));
  };
  add("resize", rows, {.columns = 3 * columns / 2, .rows = 3 * rows / 2, .fit = "exact", .enlarge = true}, "");
  add("sharpen", rows, {.sharpen = 1, .sharpen_sigma = 3, .brightness = 1.1, .saturation = 1.2}, "");
  add("jpeg", rows, {}, "jpeg");
  add("png", rows / 8, {}, "png");
  add("webp", rows / 8, {}, "webp");
}

void add_dynamics(std::vector<StoppedKernel>& all, std::ptrdiff_t size) {
  const auto state = [](const Numbers& x) {
    ParticleState s;
    s.positions = shaped<double, 2>(x, {x.size() / 3, 3});
    const double length = std::cbrt(static_cast<double>(x.size() / 3) / rivals::Melt().density);
    s.lengths = {length, length, length};
    return s;
  };
  const std::ptrdiff_t numbers = size < 32'000'000 ? 3 * 4000 : 3 * 32000;
  auto steps = unary<Dynamics, SimulateStep>("simulate_step", numbers, [=](Numbers x) {
    StepRequest r;
    r.state = state(x);
    r.steps = 40;
    return r;
  });
  auto energy = unary<Dynamics, EnergyOf>("energy", 32 * numbers, [=](Numbers x) {
    EnergyRequest r;
    r.state = state(x);
    return r;
  });
  steps.numbers = energy.numbers = crystal_positions;
  all.push_back(std::move(steps));
  all.push_back(std::move(energy));
}

}  // namespace

std::vector<StoppedKernel> stopped_kernels(std::ptrdiff_t size) {
  std::vector<StoppedKernel> all;
  add_statistics(all, size);
  add_timeseries(all, size);
  add_learning(all, size);
  add_matrix(all, size);
  add_imaging(all, size);
  add_dynamics(all, size);
  return all;
}

}  // namespace lagoon::bench
