// SPDX-License-Identifier: Apache-2.0
#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/learning/linear.hpp>

#include <numeric>
#include <reference/learning_linear.hpp>

#include "nist.hpp"
#include "tables.hpp"

namespace lagoon::learning {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// x w + offset + noise, with w = 1, -2, 3, ...
std::vector<double> response(View<const double, 2> x, double offset, double deviation, std::uint64_t seed = 7) {
  const Tensor<double, 2> e = noise(x.extent(0), 1, seed);
  std::vector<double> y;
  for (std::ptrdiff_t i = 0; i < x.extent(0); ++i) {
    double sum = offset + deviation * e(i, 0);
    for (std::ptrdiff_t j = 0; j < x.extent(1); ++j) sum += x(i, j) * static_cast<double>(j % 2 ? -(j + 1) : j + 1);
    y.push_back(sum);
  }
  return y;
}

std::vector<double> all_of(const LinearModel& m) {
  std::vector<double> v = m.coefficients;
  v.insert(v.end(), m.standard_errors.begin(), m.standard_errors.end());
  v.insert(v.end(), m.p.begin(), m.p.end());
  for (double x : {m.intercept, m.intercept_error, m.intercept_p, m.r2, m.adjusted_r2, m.residual_deviation,
                   m.condition, static_cast<double>(m.rank)})
    v.push_back(x);
  return v;
}

TEST(LinearRegression, HasTheCertifiedDigits) {
  for (const nist::Dataset& d : {nist::norris(), nist::pontius(), nist::no_intercept_1(), nist::filip(),
                                 nist::wampler_1(), nist::wampler_3(), nist::longley()}) {
    const Tensor<double, 2> x = table_of(d.columns);
    const LinearModel m = fit_linear(x, d.y, {.intercept = d.intercept});
    std::vector<double> got = m.coefficients, errors = m.standard_errors;
    if (d.intercept) {
      got.insert(got.begin(), m.intercept);
      errors.insert(errors.begin(), m.intercept_error);
    }
    ASSERT_EQ(got.size(), d.certified.size()) << d.name;
    EXPECT_EQ(m.rank, static_cast<std::int64_t>(got.size())) << d.name;
    for (std::size_t k = 0; k < got.size(); ++k) {
      EXPECT_GE(digits(got[k], d.certified[k]), d.digits) << d.name << " B" << k << " " << got[k];
      // Wampler1 is exact: what is certified as 0 is what rounding of numbers up to 3.4e6 leaves.
      if (d.errors.empty())
        EXPECT_LT(errors[k], 1e-6) << d.name;
      else
        EXPECT_GE(digits(errors[k], d.errors[k]), d.digits) << d.name << " error of B" << k << " " << errors[k];
    }
    if (d.deviation > 0)
      EXPECT_GE(digits(m.residual_deviation, d.deviation), d.digits) << d.name;
    else
      EXPECT_LT(m.residual_deviation, 1e-7) << d.name;
    EXPECT_GE(digits(m.r2, d.r2), std::min(d.digits + 2, 12.0)) << d.name;  // the rest is a small part of it
  }
}

TEST(LinearRegression, SaysHowFarToBelieveLongley) {
  const nist::Dataset d = nist::longley();
  const LinearModel m = fit_linear(table_of(d.columns), d.y);
  EXPECT_EQ(m.count, 16);
  EXPECT_EQ(m.degrees_of_freedom, 9);
  // By statsmodels 0.15, whose coefficients of these data have 8 right digits.
  const std::vector<double> p{0.8631408328075295,    0.3126810610919829, 0.0025350917341039635,
                              0.0009443667641606137, 0.8262117957633826, 0.00303680334161951};
  for (std::size_t k = 0; k < p.size(); ++k) EXPECT_NEAR(m.p[k], p[k], 1e-7 * p[k]);
  EXPECT_NEAR(m.intercept_p, 0.003560403663713317, 1e-9);
  EXPECT_NEAR(m.adjusted_r2, 0.9924650076288254, 1e-10);
  EXPECT_GT(m.condition, 10);
  EXPECT_LT(m.condition, 1000);
}

TEST(LinearRegression, EqualsTheReference) {
  for (std::ptrdiff_t p : {1, 2, 3, 4, 7, 8, 13, 33})
    for (std::ptrdiff_t n : {p + 2, p + 3, std::ptrdiff_t{255}, std::ptrdiff_t{257}, std::ptrdiff_t{20000 / p}})
      for (bool intercept : {true, false}) {
        const Tensor<double, 2> x = noise(n, p, static_cast<std::uint64_t>(n), 3);
        const std::vector<double> y = response(x, 5, 0.5);
        const LinearModel m = fit_linear(x, y, {.intercept = intercept});
        const reference::Regression want = reference::least_squares(x, y, intercept);
        // Rounding, magnified by the condition, and where there is a residual by its square (Wedin 1973).
        const double near = 1e-15 * std::max(m.condition, 10.0) * std::max(m.condition, 10.0) * 20;
        SCOPED_TRACE(std::to_string(n) + "x" + std::to_string(p) + (intercept ? "" : " through 0"));
        EXPECT_EQ(m.rank, p + intercept);
        for (std::size_t k = 0; k < m.coefficients.size(); ++k) {
          EXPECT_NEAR(m.coefficients[k], static_cast<double>(want.coefficients[k]), near * static_cast<double>(p));
          EXPECT_NEAR(m.standard_errors[k] / static_cast<double>(want.errors[k]), 1, near);
        }
        EXPECT_NEAR(m.r2, static_cast<double>(want.r2), near);
        EXPECT_NEAR(m.residual_deviation / static_cast<double>(want.deviation), 1, near);
        if (!intercept) {
          EXPECT_EQ(m.intercept, 0);
          continue;
        }
        EXPECT_NEAR(m.intercept, static_cast<double>(want.intercept), 10 * near * static_cast<double>(p));
        EXPECT_NEAR(m.intercept_error / static_cast<double>(want.intercept_error), 1, near);
      }
}

TEST(LinearRegression, DoesNotDependOnStrides) {
  const Tensor<double, 2> x = noise(3000, 5, 2, 1);
  const std::vector<double> y = response(x, 1, 1);
  const std::vector<double> want = all_of(fit_linear(x, y));
  Tensor<double, 2> turned({5, 3000}), spread({3000, 11});
  std::vector<double> backwards(y.rbegin(), y.rend());
  for (std::ptrdiff_t i = 0; i < 3000; ++i)
    for (std::ptrdiff_t j = 0; j < 5; ++j) turned(j, i) = spread(i, 2 * j + 1) = x(i, j);
  EXPECT_EQ(all_of(fit_linear(turned.view().transposed(), y)), want);
  EXPECT_EQ(all_of(fit_linear({spread.data() + 1, {3000, 5}, {11, 2}}, y)), want);
  EXPECT_EQ(all_of(fit_linear(x, {backwards.data() + 2999, {3000}, {-1}})), want);
}

TEST(LinearRegression, HasTheSameBitsForAnyNumberOfCores) {
  const Tensor<double, 2> x = noise(60'000, 6), wide = noise(700, 600);
  const std::vector<double> y = response(x, 1, 1), of_wide = response(wide, 1, 1);
  expect_same_bits([&] { return all_of(fit_linear(x, y)); });
  expect_same_bits([&] { return all_of(fit_linear(wide, of_wide)); });
  EXPECT_EQ(all_of(fit_linear(x, y)), all_of(fit_linear(x, y, {.compute = {.parallel = false}})));
}

TEST(LinearRegression, FindsAPlaneThatIsThere) {
  for (std::ptrdiff_t p : {3, 300, 520}) {  // one block after the other, wide blocks, blocks on all cores
    const Tensor<double, 2> x = noise(2 * p + 5000, p);
    const LinearModel m = fit_linear(x, response(x, 2.5, 0));
    // A condition below 3 and numbers up to p: some hundred roundings of them.
    for (std::size_t k = 0; k < m.coefficients.size(); ++k)
      EXPECT_NEAR(m.coefficients[k], k % 2 ? -static_cast<double>(k + 1) : static_cast<double>(k + 1),
                  1e-13 * static_cast<double>(p));
    EXPECT_NEAR(m.intercept, 2.5, 1e-12 * static_cast<double>(p));
    EXPECT_NEAR(m.r2, 1, 1e-14);
  }
}

TEST(LinearRegression, IsAsAccurateFarFromZero) {
  // Halves are exact beside 1e9: the same table, moved.
  Tensor<double, 2> x = noise(5000, 3);
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) x.data()[i] = std::round(x.data()[i] * 1024) / 1024;
  const std::vector<double> y = response(x, 0, 1);
  const LinearModel near = fit_linear(x, y);
  for (std::ptrdiff_t i = 0; i < x.size(); ++i) x.data()[i] += 1e9;
  const LinearModel far = fit_linear(x, y);
  EXPECT_EQ(far.rank, 4);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(far.coefficients[k], near.coefficients[k], 1e-13);
    EXPECT_NEAR(far.standard_errors[k], near.standard_errors[k], 1e-14);
  }
  EXPECT_NEAR(far.condition, near.condition, 1e-12);
}

TEST(LinearRegression, OfDependentColumnsIsShortest) {
  const Tensor<double, 2> a = noise(100, 2, 3);
  Tensor<double, 2> x({100, 5});
  for (std::ptrdiff_t i = 0; i < 100; ++i) {
    x(i, 0) = a(i, 0);
    x(i, 1) = 4 * a(i, 0);  // the same, longer
    x(i, 2) = a(i, 1);
    x(i, 3) = 0.1;                // the intercept again
    x(i, 4) = a(i, 0) + a(i, 1);  // a sum
  }
  std::vector<double> y;
  for (std::ptrdiff_t i = 0; i < 100; ++i) y.push_back(3 * a(i, 0) + 5 * a(i, 1) + 7);
  const LinearModel m = fit_linear(x, y);
  EXPECT_EQ(m.rank, 3);
  EXPECT_EQ(m.degrees_of_freedom, 97);
  EXPECT_EQ(m.condition, kInfinity);
  EXPECT_TRUE(std::isnan(m.standard_errors[0]) && std::isnan(m.p[2]) && std::isnan(m.intercept_error));
  EXPECT_NEAR(m.coefficients[0] + 4 * m.coefficients[1] + m.coefficients[4], 3, 1e-13);
  EXPECT_NEAR(m.coefficients[2] + m.coefficients[4], 5, 1e-13);
  EXPECT_NEAR(m.coefficients[0], 4 * m.coefficients[1], 1e-13);  // scaled columns share alike
  EXPECT_EQ(m.coefficients[3], 0);
  EXPECT_NEAR(m.intercept, 7, 1e-13);
  EXPECT_NEAR(m.r2, 1, 1e-14);
  const Tensor<double, 1> fitted = predict(m, x);
  for (std::ptrdiff_t i = 0; i < 100; ++i) EXPECT_NEAR(fitted[i], y[static_cast<std::size_t>(i)], 1e-12);
}

TEST(LinearRegression, WithFewerRowsThanColumnsIsShortest) {
  for (bool intercept : {true, false})
    for (std::ptrdiff_t n : {1, 2, 5, 12, 13, 14}) {
      const std::ptrdiff_t p = 13;
      const Tensor<double, 2> x = noise(n, p, 5);
      const std::vector<double> y = response(x, 4, 1);
      const LinearModel m = fit_linear(x, y, {.intercept = intercept});
      SCOPED_TRACE(n);
      EXPECT_EQ(m.rank, std::min(n, p + intercept));
      const Tensor<double, 1> fitted = predict(m, x);
      for (std::ptrdiff_t i = 0; i < n && n <= p; ++i)  // enough freedom for every row
        EXPECT_NEAR(fitted[i], y[static_cast<std::size_t>(i)], 1e-10);
      EXPECT_EQ(m.degrees_of_freedom, n - std::min(n, p + intercept));
      EXPECT_EQ(std::isnan(m.residual_deviation), m.degrees_of_freedom == 0);
    }
}

TEST(LinearRegression, OfOneRowIsThatRow) {
  const Tensor<double, 2> x = noise(1, 3);
  const LinearModel m = fit_linear(x, std::vector<double>{5});
  EXPECT_EQ(m.coefficients, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(m.intercept, 5);
  EXPECT_EQ(m.rank, 1);
  EXPECT_TRUE(std::isnan(m.r2));
}

TEST(LinearRegression, OfAConstantExplainsNothing) {
  const Tensor<double, 2> x = noise(1000, 2);
  const LinearModel m = fit_linear(x, std::vector<double>(1000, 0.1));
  EXPECT_TRUE(std::isnan(m.r2) && std::isnan(m.adjusted_r2));
  EXPECT_NEAR(m.intercept, 0.1, 1e-15);
  EXPECT_NEAR(m.coefficients[0], 0, 1e-16);
  EXPECT_LT(m.residual_deviation, 1e-16);
}

TEST(LinearRegression, KnowsColumnsThatOnlyAlmostDepend) {
  Tensor<double, 2> x = noise(200, 2, 4);
  for (std::ptrdiff_t i = 0; i < 200; ++i) x(i, 1) = x(i, 0) + 1e-7 * x(i, 1);
  const std::vector<double> y = response(x, 0, 1e-3);
  const LinearModel m = fit_linear(x, y);
  EXPECT_EQ(m.rank, 3);
  EXPECT_NEAR(m.condition, 2e7, 1e7);
  const LinearModel coarse = fit_linear(x, y, {.tolerance = 1e-6});
  EXPECT_EQ(coarse.rank, 2);
  EXPECT_NEAR(coarse.coefficients[0], coarse.coefficients[1], 1e-6);
  // A sum of columns far from 0 differs from its parts by rounding alone, which is large beside their spread.
  Tensor<double, 2> far({200, 3});
  for (std::ptrdiff_t i = 0; i < 200; ++i) {
    far(i, 0) = 1e8 + noise(200, 2, 4)(i, 0);
    far(i, 1) = 1e8 + noise(200, 2, 4)(i, 1);
    far(i, 2) = far(i, 0) / 3 + far(i, 1) / 7;
  }
  EXPECT_EQ(fit_linear(far, y).rank, 3);
}

TEST(LinearRegression, TakesNumbersWhoseSquaresOverflow) {
  const Tensor<double, 2> x = noise(500, 3, 6);
  const std::vector<double> y = response(x, 2, 0.1);
  const LinearModel want = fit_linear(x, y);
  const double scale[] = {0x1p+700, 0x1p-700, 1};
  Tensor<double, 2> odd({500, 3});
  std::vector<double> large;
  for (std::ptrdiff_t i = 0; i < 500; ++i) {
    for (std::ptrdiff_t j = 0; j < 3; ++j) odd(i, j) = x(i, j) * scale[j];
    large.push_back(y[static_cast<std::size_t>(i)] * 0x1p+300);
  }
  const LinearModel m = fit_linear(odd, large);
  EXPECT_EQ(m.rank, 4);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(m.coefficients[k] * scale[k] / 0x1p+300, want.coefficients[k], 1e-13);
    EXPECT_NEAR(m.p[k], want.p[k], 1e-10 * want.p[k]);
  }
  EXPECT_NEAR(m.r2, want.r2, 1e-14);
  EXPECT_NEAR(m.condition, want.condition, 1e-12);
}

TEST(Ridge, EqualsTheReference) {
  for (double ridge : {1e-3, 1.0, 1e4})
    for (bool intercept : {true, false}) {
      const Tensor<double, 2> x = noise(300, 6, 8, 2);
      const std::vector<double> y = response(x, 5, 1);
      const LinearModel m = fit_linear(x, y, {.intercept = intercept, .ridge = ridge});
      const reference::Regression want = reference::least_squares(x, y, intercept, ridge);
      for (std::size_t k = 0; k < 6; ++k)
        EXPECT_NEAR(m.coefficients[k], static_cast<double>(want.coefficients[k]), 1e-12);
      EXPECT_NEAR(m.intercept, static_cast<double>(want.intercept), 1e-11);
      EXPECT_NEAR(m.r2, static_cast<double>(want.r2), 1e-12);
      EXPECT_EQ(m.ridge, ridge);
      EXPECT_EQ(m.rank, 6 + intercept);
      EXPECT_TRUE(std::isnan(m.standard_errors[0]) && std::isnan(m.p[0]) && std::isnan(m.intercept_p));
    }
}

TEST(Ridge, IsThatOfScikitLearn) {
  const nist::Dataset d = nist::longley();
  // sklearn.linear_model.Ridge(10, solver="svd") of 1.9.1; its columns differ by 10^4 in length, which costs digits.
  const std::vector<double> want{-26.135729802768267, 0.06333029474793067, -0.5207629979457841,
                                 -0.5935976979258154, -0.3565496156667667, 79.2953100788305};
  const LinearModel m = fit_linear(table_of(d.columns), d.y, {.ridge = 10});
  for (std::size_t k = 0; k < want.size(); ++k) EXPECT_GE(digits(m.coefficients[k], want[k]), 9);
  EXPECT_GE(digits(m.intercept, -66483.4614331095), 9);
}

TEST(Ridge, OfFewRowsSolvesTheSameEquations) {
  for (std::ptrdiff_t n : {1, 3, 8}) {
    const Tensor<double, 2> x = noise(n, 20, 9);
    const std::vector<double> y = response(x, 1, 1);
    const double ridge = 0.5;
    const LinearModel m = fit_linear(x, y, {.ridge = ridge});
    const Tensor<double, 1> fitted = predict(m, x);
    // Where the derivative is 0: the residuals' products with the columns are ridge times the coefficients.
    for (std::ptrdiff_t j = 0; j < 20; ++j) {
      double product = 0, mean = 0;
      for (std::ptrdiff_t i = 0; i < n; ++i) mean += x(i, j) / static_cast<double>(n);
      for (std::ptrdiff_t i = 0; i < n; ++i) product += (y[static_cast<std::size_t>(i)] - fitted[i]) * (x(i, j) - mean);
      EXPECT_NEAR(product, ridge * m.coefficients[static_cast<std::size_t>(j)], 1e-11) << n << " " << j;
    }
  }
}

TEST(Ridge, TooSmallToBeSeenLeavesTheShortestSolution) {
  const Tensor<double, 2> a = noise(50, 1, 10);
  const Tensor<double, 2> x = table_of({numbers(a), numbers(a)});
  std::vector<double> y = numbers(a);
  const LinearModel m = fit_linear(x, y, {.ridge = 1e-300});
  EXPECT_NEAR(m.coefficients[0], 0.5, 1e-13);
  EXPECT_NEAR(m.coefficients[1], 0.5, 1e-13);
}

TEST(Diabetes, IsAsPublished) {
  const std::string path = known_answer("ml/diabetes.csv");
  if (path.empty()) GTEST_SKIP() << "LAGOON_CASES is not set";
  const Case c = read_case(path);
  const LinearModel m = fit_linear(c.x, c.y);
  const std::vector<double> want{-10.00986629981056, -239.81564367242314, 519.8459200544612,  324.3846455023232,
                                 -792.1756385522295, 476.73902100525646,  101.04326793803394, 177.06323767134646,
                                 751.2736995571025,  67.62669218370455};
  for (std::size_t k = 0; k < want.size(); ++k) EXPECT_GE(digits(m.coefficients[k], want[k]), 9) << k;
  EXPECT_GE(digits(m.intercept, 152.13348416289597), 9);
  EXPECT_GE(digits(m.r2, 0.5177484222203498), 9);
  const LinearModel ridge = fit_linear(c.x, c.y, {.ridge = 1});
  const std::vector<double> shrunk{29.46611189347688,  -83.15427636187538, 306.35268015068607,  201.62773437326956,
                                   5.909614367497172,  -29.51549507968957, -152.04028006186405, 117.31173160030144,
                                   262.94429001431297, 111.878956439524};
  for (std::size_t k = 0; k < shrunk.size(); ++k) EXPECT_GE(digits(ridge.coefficients[k], shrunk[k]), 9) << k;
  EXPECT_GE(digits(ridge.intercept, 152.133484162896), 9);
}

TEST(LinearRegression, RefusesWhatItCannotUse) {
  const std::vector<double> y{1, 2, 3};
  Tensor<double, 2> x = noise(3, 2);
  const auto message = [&](const auto& f) { return error_of(Errc::invalid_argument, f); };
  EXPECT_EQ(message([&] {
              fit_linear(Tensor<double, 2>({0, 2}), {});
            }),
            "fit_linear: the table is 0x2; it needs a row and a column");
  EXPECT_EQ(message([&] { fit_linear(x, std::vector<double>{1, 2}); }), "fit_linear: x has 3 rows, y has 2 numbers");
  EXPECT_EQ(message([&] { fit_linear(x, y, {.ridge = -1}); }), "fit_linear: ridge is -1.000000; 0 or more is allowed");
  message([&] { fit_linear(x, y, {.ridge = kNan}); });
  message([&] { fit_linear(x, y, {.tolerance = 1}); });
  EXPECT_EQ(message([&] { fit_linear(x, std::vector<double>{1, kInfinity, 2}); }), "fit_linear: y[1] is inf");
  x(2, 1) = kNan;
  EXPECT_EQ(message([&] { fit_linear(x, y); }), "fit_linear: row 2, column 1 is NaN");
  Tensor<double, 2> tall = noise(20'000, 4), wide = noise(600, 550);
  tall(19'998, 3) = -kInfinity;
  wide(599, 0) = kNan;
  EXPECT_EQ(message([&] { fit_linear(tall, numbers(noise(20'000, 1))); }), "fit_linear: row 19998, column 3 is -inf");
  EXPECT_EQ(message([&] { fit_linear(wide, numbers(noise(600, 1))); }), "fit_linear: row 599, column 0 is NaN");
}

TEST(LinearRegression, EndsWhenTheCallDoes) {
  const Tensor<double, 2> x = noise(20'000, 3);
  const std::vector<double> y = response(x, 1, 1);
  StopControl stop;
  stop.request_stop();
  const StopScope scope(&stop);
  error_of(Errc::cancelled, [&] { fit_linear(x, y); });
}

TEST(Predictions, AreTheModelsSum) {
  LinearModel m;
  m.coefficients = {1, 2, 3, 4, 5};
  m.intercept = 0.5;
  const Tensor<double, 2> x = noise(5, 5, 11);
  const Tensor<double, 1> y = predict(m, x);
  for (std::ptrdiff_t i = 0; i < 5; ++i) {
    double want = 0.5;
    for (std::ptrdiff_t j = 0; j < 5; ++j) want += x(i, j) * static_cast<double>(j + 1);
    EXPECT_NEAR(y[i], want, 1e-14);
  }
  EXPECT_EQ(predict(m, Tensor<double, 2>({0, 5})).size(), 0);
  EXPECT_EQ(error_of(Errc::invalid_argument, [&] { predict(m, noise(2, 4)); }),
            "predict: x has 4 columns, the model 5");
  const Tensor<double, 2> many = noise(30'000, 5);
  expect_same_bits([&] {
    const Tensor<double, 1> all = predict(m, many);
    return std::vector<double>(all.data(), all.data() + all.size());
  });
}

}  // namespace
}  // namespace lagoon::learning
