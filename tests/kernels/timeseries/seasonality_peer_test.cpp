// SPDX-License-Identifier: Apache-2.0
// STL beside what others compute: numbers of statsmodels 0.15 for the series of seasonal_series.hpp, and published
// runs.
#include <lagoon/kernels/timeseries/seasonality.hpp>

#include <algorithm>

#include "seasonal_series.hpp"

namespace lagoon::timeseries {
namespace {

using test::column;
using test::kNan;

struct PeerCase {
  const char* name;
  int n, period;
  StlOptions options;
  // At 0, 1, n / 3, n / 2, n - 2 and n - 1.
  double seasonal[6], trend[6], weights[6];
};

const PeerCase kStatsmodels[] = {{"defaults",
                                  100,
                                  7,
                                  {},
                                  {-0.68827570826887507, 1.4354856525782693, -2.1463332688495464, 1.4908244641042323,
                                   0.017236721078257571, 1.4993331031499704},
                                  {0.31185211930820589, 0.36021552032569154, 0.93547425445685706, 1.5050505329594683,
                                   2.9385963489098756, 2.9718976892336602},
                                  {1, 1, 1, 1, 1, 1}},
                                 {"robust",
                                  100,
                                  7,
                                  {.robust = true},
                                  {-0.33652197193507682, 1.758376099654581, -2.0281161768810687, 1.6192781800261171,
                                   0.043219138297999823, 1.5071343192562434},
                                  {-0.087728992253287646, -0.029690197545337697, 0.9451410636377533, 1.5031786646595033,
                                   2.9245526053549322, 2.9547570133924732},
                                  {0.99603986172323966, 0.99980072725181923, 0.99977058762265925, 0.92042038698033479,
                                   0.99891920840055071, 0.95966591685866864}},
                                 {"constants",
                                  101,
                                  7,
                                  {.seasonal_degree = 0, .trend_degree = 0, .low_pass_degree = 0},
                                  {-0.22154188428410471, 1.5704007554883337, -2.1457896867082957, 1.490850812031848,
                                   1.5194261237608087, 2.456170546281863},
                                  {0.40550339351689407, 0.41333492189064197, 0.9355248304648176, 1.5050265526701152,
                                   2.8541981832474042, 2.859354327452285},
                                  {1, 1, 1, 1, 1, 1}},
                                 {"jumps",
                                  100,
                                  7,
                                  {.seasonal_jump = 2, .trend_jump = 3, .low_pass_jump = 4},
                                  {-0.67110353312558413, 1.4496115644582057, -2.1318661021961196, 1.5696489309003245,
                                   0.017017923775941041, 1.4950326039091018},
                                  {0.30362190814624379, 0.34796720405816217, 0.9449177805769795, 1.5154169407799218,
                                   2.93900210817857, 2.9730068710955306},
                                  {1, 1, 1, 1, 1, 1}},
                                 {"robust with jumps",
                                  97,
                                  12,
                                  {.seasonal = 13,
                                   .trend = 23,
                                   .low_pass = 15,
                                   .seasonal_jump = 3,
                                   .trend_jump = 3,
                                   .low_pass_jump = 3,
                                   .robust = true},
                                  {-0.2322276821713751, 0.9255540818700061, -1.6561485968124858, -0.042253693656900529,
                                   -0.83867767589450637, 0.072878623616720262},
                                  {0.027204481102286751, 0.057854599703210177, 0.92680685631066317, 1.4261566661316332,
                                   2.7780916741159243, 2.8053802451562611},
                                  {0.93164297509842298, 0.97844930695671117, 0.95656219213973637, 0.96107925025662588,
                                   0.98778087019038585, 0.97782767196583376}},
                                 {"windows longer than phases",
                                  61,
                                  12,
                                  {.seasonal = 35, .trend = 31, .low_pass = 41, .robust = true},
                                  {-0.40247536318642368, 0.69805277808663013, -1.6734797581190703, -0.13829995410041779,
                                   -1.177725455364657, -0.01068042088235842},
                                  {0.26039566544963688, 0.28396509635385758, 0.70534726720299312, 0.89857142137492596,
                                   1.7850434037485337, 1.8177976915525886},
                                  {0.90056041958096889, 0.97816674168455642, 0.92809659671980638, 0.97414621156002901,
                                   0.98725675721763395, 0.86125028230539846}},
                                 {"jumps longer than windows",
                                  90,
                                  4,
                                  {.seasonal_jump = 9, .trend_jump = 40, .low_pass_jump = 25},
                                  {-0.53673633286158962, 2.8545016952034916, 0.32192704799634797, 1.8318319357687547,
                                   0.094757984912463011, 1.6961527425683536},
                                  {-0.40261872037266327, -0.34909148578698784, 1.2031983171976004, 1.892087653800957,
                                   1.8876430517866667, 1.7526726096316034},
                                  {1, 1, 1, 1, 1, 1}},
                                 {"a period of two",
                                  41,
                                  2,
                                  {.inner = 3, .outer = 2},
                                  {-0.31349424132310133, 0.26211358304302007, -0.076898160317199468,
                                   -0.099751519336617842, -0.048754852193746444, 0.090047911499901198},
                                  {-0.21109506056714528, -0.085757091730408547, 0.20218219209591198,
                                   0.73933561363773814, 1.1244369072340383, 1.1620728133589029},
                                  {0.99815395829843467, 0.99303580944528114, 0.94521604938271597, 0.95570109642747714,
                                   0.87806878030063462, 0.95991057455805384}},
                                 {"windows tiny beside the series",
                                  5000,
                                  7,
                                  {.robust = true, .inner = 1, .outer = 1},
                                  {-0.76849250005905079, 1.4048344554631478, 0.084715520621597235, 1.4789242123888136,
                                   0.20533322190253245, 1.5511026756059461},
                                  {0.4614671217803249, 0.46564121052861257, 49.988833467503625, 75.009393360845152,
                                   149.87214591776609, 149.87583540659543},
                                  {0.94924383175771232, 0.9727390418598576, 0.99977280833636251, 0.93095262180130045,
                                   0.92123565795489748, 0.99013695604055763}}};

TEST(StlOfStatsmodels, IsEqual) {
  for (const PeerCase& c : kStatsmodels) {
    SCOPED_TRACE(c.name);
    const Decomposition d = stl(test::seasonal_series(c.n, c.period), c.period, c.options);
    const std::ptrdiff_t at[] = {0, 1, c.n / 3, c.n / 2, c.n - 2, c.n - 1};
    for (int k = 0; k < 6; ++k) {
      // The algorithm is the same; sums are in another order, and rounds of weights carry their rounding on.
      EXPECT_NEAR(d.seasonal[at[k]], c.seasonal[k], 1e-12) << k;
      EXPECT_NEAR(d.trend[at[k]], c.trend[k], 1e-12) << k;
      if (d.weights.size() > 0) {
        EXPECT_NEAR(d.weights[at[k]], c.weights[k], 1e-10) << k;
      }
    }
  }
}

std::string file(const char* name) { return test::known_answer(std::string("timeseries/") + name); }

TEST(StlOfTheAuthors, IsEqualForCarbonDioxide) {
  LAGOON_NEEDS_CASES();
  const auto co2 = column(file("stl_co2.csv"), 0, false);
  struct Run {
    const char* scenario;
    std::size_t n;
    std::ptrdiff_t trend_jump, low_pass_jump;
  };
  for (const Run& run : {Run{"baseline", 348, 2, 2}, Run{"short", 347, 2, 2}, Run{"nljump-1", 348, 2, 1},
                         Run{"ntjump-1", 348, 1, 2}, Run{"nljump-1-ntjump-1", 348, 1, 1}}) {
    SCOPED_TRACE(run.scenario);
    const auto answers = file("stl_test_results.csv");
    const auto season = column(answers, 2, true, run.scenario), trend = column(answers, 3, true, run.scenario),
               weights = column(answers, 4, true, run.scenario);
    ASSERT_EQ(season.size(), run.n);
    const Decomposition d = stl(View<const double, 1>(co2.data(), {static_cast<std::ptrdiff_t>(run.n)}), 12,
                                {.seasonal = 35,
                                 .trend = 19,
                                 .low_pass = 13,
                                 .seasonal_jump = 4,
                                 .trend_jump = run.trend_jump,
                                 .low_pass_jump = run.low_pass_jump,
                                 .inner = 1,
                                 .outer = 2});
    for (std::size_t i = 0; i < run.n; ++i) {
      const auto k = static_cast<std::ptrdiff_t>(i);
      EXPECT_NEAR(d.seasonal[k], season[i], 1e-10) << i;  // of numbers of 330
      EXPECT_NEAR(d.trend[k], trend[i], 1e-10) << i;
      EXPECT_NEAR(d.weights[k], weights[i], 1e-9) << i;
    }
  }
}

/// The largest difference between ours and R's, over the range of the series.
double worst(const Decomposition& d, const std::vector<double>& x, const std::string& answers) {
  const auto seasonal = column(answers, 1, true), trend = column(answers, 2, true), rest = column(answers, 3, true);
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  double most = seasonal.size() == x.size() ? 0 : kNan;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto k = static_cast<std::ptrdiff_t>(i);
    most = std::max({most, std::fabs(d.seasonal[k] - seasonal[i]), std::fabs(d.trend[k] - trend[i]),
                     std::fabs(d.remainder[k] - rest[i])});
  }
  return most / (*high - *low);
}

TEST(StlOfR, IsNear) {
  LAGOON_NEEDS_CASES();
  // R has two rounds, or one when robust, and jumps by a tenth of each window.
  const auto nottem = column(file("nottem_data.csv"), 1, true);
  const auto periodic = stl(nottem, 12, {.periodic = true, .trend_jump = 2, .low_pass_jump = 2, .inner = 2});
  // Its outermost weights are 4e-6 below 1.
  EXPECT_LE(worst(periodic, nottem, file("stl_nottem_periodic_R.csv")), 1e-6);
  const auto air = test::logarithms(column(file("AirPassengers_data.csv"), 1, true));
  const auto robust =
      stl(air, 12, {.seasonal_degree = 0, .trend_jump = 3, .low_pass_jump = 2, .robust = true, .inner = 1});
  // R carries a wrong median of the original on.
  EXPECT_LE(worst(robust, air, file("stl_logAirPassengers_s7_robust_R.csv")), 5e-3);
}

}  // namespace
}  // namespace lagoon::timeseries
