// SPDX-License-Identifier: Apache-2.0
// lagoon.StreamAnalysis as a stranger uses it: one verdict per point, in order, and a state to go on from.
#include <cmath>
#include <optional>
#include <vector>

#include "service_test.hpp"

namespace lagoon::services {
namespace {

using streaming::Verdict;

double level(int i) { return std::sin(0.1 * i) + 0.1 * std::sin(7.7 * i) + (i >= 700 ? 9 : 0); }

using StreamService = ServiceTest<StreamAnalysis>;

/// Verdicts of points [begin, end), and the state if it is asked for as the last thing.
struct Watched {
  std::vector<Verdict> verdicts;
  Frozen<std::uint8_t, 1> state;
};
Watched watched(Caller<StreamAnalysis>& caller, WatchItem first, int begin, int end, bool want_state = false) {
  Watched w;
  auto both = caller.start<WatchStream>();
  const auto take = [&](WatchReply reply) {
    if (reply.state.empty())
      w.verdicts.push_back(std::move(reply.verdict));
    else
      w.state = reply.state;
  };
  first.no_point = true;
  both.write(std::move(first));
  for (int i = begin; i < end; ++i) {
    both.write({.point = {.series = "s", .time = static_cast<double>(i), .value = level(i)}});
    std::optional<WatchReply> reply;
    while (both.try_read(reply)) take(std::move(*reply));
  }
  if (want_state) both.write({.no_point = true, .want_state = true});
  both.close();
  while (auto reply = both.read()) take(std::move(*reply));
  return w;
}

TEST_F(StreamService, GivesOneVerdictPerPointInOrder) {
  const Watched w = watched(caller_, {}, 0, 1000);
  ASSERT_EQ(w.verdicts.size(), 1000u);
  int alarms = 0, first = -1;
  for (int i = 0; i < 1000; ++i) {
    const Verdict& v = w.verdicts[static_cast<std::size_t>(i)];
    EXPECT_EQ(v.time, i);
    EXPECT_EQ(v.value, level(i));
    alarms += v.anomaly;
    if (v.anomaly && first < 0) first = i;
  }
  EXPECT_GE(first, 700);
  EXPECT_LT(first, 705);
  EXPECT_LT(alarms, 5);
}

TEST_F(StreamService, GoesOnFromAState) {
  const WatchItem options{.options = streaming::WatcherOptions{.window_count = 20, .lateness = 3}};
  const Watched whole = watched(caller_, options, 0, 900);
  const Watched begun = watched(caller_, options, 0, 400, true);
  ASSERT_FALSE(begun.state.empty());
  const Watched ended = watched(caller_, {.state = begun.state}, 400, 900);
  ASSERT_EQ(begun.verdicts.size() + ended.verdicts.size(), whole.verdicts.size());
  for (std::size_t i = 0; i < whole.verdicts.size(); ++i) {
    const Verdict& v = i < begun.verdicts.size() ? begun.verdicts[i] : ended.verdicts[i - begun.verdicts.size()];
    EXPECT_EQ(v.score, whole.verdicts[i].score) << i;
    EXPECT_EQ(v.window.mean, whole.verdicts[i].window.mean) << i;
  }
}

TEST_F(StreamService, OptionsComeFirstOrNotAtAll) {
  auto both = caller_.start<WatchStream>();
  both.write({.point = {.time = 1, .value = 1}});
  both.write({.point = {.time = 2, .value = 1}, .options = streaming::WatcherOptions{}});
  both.close();
  EXPECT_THROW(
      {
        while (both.read()) {
        }
      },
      Error);
  auto bad = caller_.start<WatchStream>();
  bad.write({.options = streaming::WatcherOptions{.window_count = 5, .window_time = 5}, .no_point = true});
  bad.close();
  EXPECT_EQ(bad.status().code(), Errc::invalid_argument);
  auto empty = caller_.start<WatchStream>();
  empty.close();
  EXPECT_FALSE(empty.read().has_value());
}

TEST_F(StreamService, DetectsInAWholeSeriesWhatItWouldLive) {
  Tensor<double, 1> values({1000});
  for (int i = 0; i < 1000; ++i) values[i] = level(i);
  const DetectReply r = call<Detect>(DetectRequest{.values = std::move(values).freeze()});
  const Watched live = watched(caller_, {}, 0, 1000);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(r.scores.view()[i], live.verdicts[static_cast<std::size_t>(i)].score) << i;
  ASSERT_FALSE(r.anomalies.empty());
  EXPECT_GE(r.anomalies.front(), 700);
  const auto two = [](double a, double b) { return Frozen<double, 1>::adopt(std::vector<double>{a, b}); };
  EXPECT_NE(error_of<Detect>(DetectRequest{.values = two(1, 2), .times = two(2, 1)}).find("earlier"),
            std::string::npos);
}

}  // namespace
}  // namespace lagoon::services
