// SPDX-License-Identifier: Apache-2.0
#include "kernels/beside.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "runner/timing.hpp"

namespace lagoon::bench {
namespace {

constexpr double kRepetition = 0.3;  // seconds that a repetition takes, where one call takes less

double largest_of(const std::vector<double>& x) {
  double largest = 0;
  for (const double v : x) largest = std::max(largest, std::abs(v));
  return largest;
}

void check_agree(const std::vector<double>& ours, const rivals::Candidate& other, double tolerance) {
  const std::vector<double> theirs = other.result();
  const double allowed = tolerance * largest_of(ours);
  bool agree = ours.size() == theirs.size();
  for (std::size_t i = 0; agree && i < ours.size(); ++i) agree = std::abs(ours[i] - theirs[i]) <= allowed;
  if (!agree) throw std::runtime_error("the result of " + other.name + " differs from ours");
}

Side side_of(const rivals::Candidate& candidate, double work, double typical) {
  const auto times = static_cast<std::uint64_t>(std::max(1.0, std::round(kRepetition / typical)));
  return {candidate.name,
          [candidate, work](benchmark::State& state) {
            std::vector<double> seconds;
            for (auto _ : state) seconds.push_back(candidate.seconds());
            set_figure(state, work / median(std::move(seconds)));
            candidate.rest();
          },
          times};
}

double best_of_three(const rivals::Candidate& candidate) {
  double best = candidate.seconds();  // which warms it
  for (int k = 0; k < 3 && best < 1; ++k) best = std::min(best, candidate.seconds());
  candidate.rest();
  return best;
}

}  // namespace

Pair beside_fastest(const rivals::Candidate& ours, const std::vector<rivals::Candidate>& others, double work,
                    double tolerance, const std::string& missing, const std::string& only) {
  const double typical = best_of_three(ours);
  const std::vector<double> expected = ours.result ? ours.result() : std::vector<double>();
  const rivals::Candidate* fastest = nullptr;
  double least = 0;
  std::string note = missing.empty() ? "" : "without Python: " + missing + "; ";
  std::string names, reasons;
  for (const rivals::Candidate& other : others) {
    if (!other.missing.empty()) {
      names += (names.empty() ? "" : ", ") + other.name;
      reasons += (reasons.empty() ? "" : ", ") + other.missing;
    }
    if (!other.seconds) continue;
    const double seconds = best_of_three(other);
    if (other.result) check_agree(expected, other, tolerance);
    note += fmt::format("{} {:.3g} ms; ", other.name, 1e3 * seconds);
    if (other.name.rfind(only, 0) != 0 || (fastest && seconds >= least)) continue;
    fastest = &other;
    least = seconds;
  }
  if (note.size() > 2) note.resize(note.size() - 2);
  Pair pair{side_of(ours, work, typical), {}, others.size() > 1 ? note : std::string()};
  if (names.empty()) names = "OpenBLAS, Eigen, NumPy", reasons = "none of them is installed";
  pair.rival = fastest ? side_of(*fastest, work, least) : absent(names, reasons);
  return pair;
}

}  // namespace lagoon::bench
