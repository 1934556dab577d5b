// SPDX-License-Identifier: Apache-2.0
#include "kernels/python_side.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "kernels/handover.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench {

PythonSide::PythonSide(unsigned threads, std::string script) {
  try {
    peer_ = std::make_shared<PythonPeer>(threads, script);
  } catch (const std::exception& e) {
    missing_ = e.what();
  }
}

void PythonSide::load(const double* numbers, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  if (!missing_.empty()) return;
  try {
    const Handover file(numbers, rows * std::max<std::ptrdiff_t>(columns, 1));
    peer_->ask(fmt::format("load {} {} {}", file.path(), rows, columns));
  } catch (const std::exception& e) {
    missing_ = e.what();
  }
}

Side PythonSide::side(const std::string& row, double work, Check check) const {
  if (!missing_.empty()) return absent("Python", missing_);
  std::string name;
  double seconds = 0;
  try {
    const auto chosen = peer_->ask("choose " + row);
    name = chosen.at("name").get<std::string>();
    seconds = chosen.at("fastest").get<double>();
  } catch (const std::exception& e) {
    return absent("Python", e.what());
  }
  const int runs = std::clamp(static_cast<int>(0.2 / seconds), 1, 100);
  return {name,
          [peer = peer_, runs, work, check = std::move(check)](benchmark::State& state) {
            for (auto _ : state) {
              const auto answer = peer->ask(fmt::format("time {}", runs));
              check(answer.at("result").get<std::vector<double>>());
              const double once = answer.at("seconds").get<double>();
              set_figure(state, work > 0 ? work / once : once);
            }
          },
          1};
}

PythonSide::Check within(std::vector<double> ours, double absolute, double relative) {
  return [ours = std::move(ours), absolute, relative](const std::vector<double>& theirs) {
    bool same = ours.size() == theirs.size();
    for (std::size_t i = 0; same && i < ours.size(); ++i)
      same = std::abs(ours[i] - theirs[i]) <= absolute + relative * std::abs(ours[i]);
    if (!same) throw std::runtime_error("the result of Python differs from ours");
  };
}

}  // namespace lagoon::bench
