// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon {

/// What happens at a fault point when its turn comes.
enum class Fault : std::uint8_t {
  none,
  fail,       ///< throw Error(aborted)
  foreign,    ///< throw an int, as careless code may
  no_memory,  ///< throw std::bad_alloc
  call,       ///< run the plan's own function: a barrier, a cancel, a kill
};

/// Places where tests break things on purpose, by name and nth visit: "isolate.before_run", "budget.reserve".
/// Built in from the first day, since code that was not written beside its faults cannot be given them later.
///
///   FaultPlan faults;
///   faults.at("isolate.before_run", 3, Fault::fail);     // the third visit throws
///   Engine engine({.faults = &faults});
class FaultPlan {
 public:
  /// The nth visit (from 1) of that point, counted over all threads.
  void at(std::string_view point, std::uint64_t nth, Fault fault, std::function<void()> action = {});
  /// Each visit fails with that chance; the same seed gives the same decisions by visit number.
  void randomly(std::string_view point, double chance, Fault fault, std::uint64_t seed);

  /// Every point that has been visited, with the number of visits: a test that enumerates faults reads it.
  std::vector<std::pair<std::string, std::uint64_t>> visits() const;

  /// Called by the code under test; throws or acts when it is this visit's turn.
  void visit(std::string_view point);

 private:
  struct Rule {
    std::uint64_t nth = 0;  // 0: by chance
    double chance = 0;
    std::uint64_t seed = 0;
    Fault fault = Fault::none;
    std::function<void()> action;
  };
  struct Point {
    std::uint64_t visits = 0;
    std::vector<Rule> rules;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Point, std::less<>> points_;
};

/// A visit when there is a plan; one predictable branch when there is none.
inline void fault_point(FaultPlan* plan, std::string_view point) {
  if (plan) [[unlikely]]
    plan->visit(point);
}

}  // namespace lagoon
