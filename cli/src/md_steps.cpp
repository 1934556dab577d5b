// SPDX-License-Identifier: Apache-2.0
#include "md_steps.hpp"

#include <algorithm>
#include <chrono>

#include "json.hpp"

namespace lagoon::cli {
namespace {

constexpr double kBetweenLooks = 0.05;  // seconds between words to the progress bar

}  // namespace

MdSteps::MdSteps(dynamics::Simulation& simulation, const dynamics::RunFile& run, MdFiles& files, History& history,
                 Output& output, bool json)
    : simulation_(simulation), wanted_(run.output), files_(files), history_(history), output_(output), json_(json) {}

std::int64_t MdSteps::next_stop(std::int64_t last) const {
  std::int64_t next = last;
  const std::int64_t now = simulation_.step();
  for (const std::int64_t every : {wanted_.every, wanted_.print, wanted_.trajectory_every, wanted_.checkpoint_every})
    if (every > 0 && every - now % every < last - now) next = std::min(next, now + (every - now % every));
  return next;
}

void MdSteps::reach(std::int64_t last, const std::function<void(std::int64_t)>& progress) {
  using Clock = std::chrono::steady_clock;
  std::int64_t piece = 1;
  while (simulation_.step() < last) {
    const std::int64_t stop = next_stop(last);
    while (simulation_.step() < stop) {
      const std::int64_t steps = std::min(piece, stop - simulation_.step());
      const auto begin = Clock::now();
      simulation_.advance(steps);
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      if (seconds < kBetweenLooks / 2 && steps == piece && piece < (1 << 20)) piece *= 2;
      if (seconds > kBetweenLooks * 2 && piece > 1) piece /= 2;
      progress(simulation_.step());
    }
    arrive();
  }
}

void MdSteps::arrive() {
  const std::int64_t step = simulation_.step();
  if (arrived_ == step) return;
  const auto due = [&](std::int64_t every) { return every > 0 && step % every == 0; };
  if (due(wanted_.every) || due(wanted_.print)) {
    const ObservationFacts moment = facts_of(simulation_.observe());
    if (due(wanted_.every)) {
      files_.observed(moment);
      history_.add(moment);
      if (json_) output_.item(compact(document_of("observation", moment)) + "\n");
    }
    if (due(wanted_.print)) print(moment);
  }
  if (due(wanted_.trajectory_every)) files_.frame(simulation_);
  arrived_ = step;
  if (step > 0 && due(wanted_.checkpoint_every)) files_.checkpoint(simulation_);
}

void MdSteps::print(const ObservationFacts& moment) {
  if (!json_) output_.item(table_row(moment));
  printed_ = moment.step;
}

void MdSteps::end() {
  if (printed_ != simulation_.step()) print(facts_of(simulation_.observe()));
}

}  // namespace lagoon::cli
