// SPDX-License-Identifier: Apache-2.0
// The worker program of the tests: the lab's service, with a fault that the environment names.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <new>
#include <random>
#include <string>

#include "lab.hpp"

namespace {

void strike(const std::string& action) {
  if (const char* once = std::getenv(lagoon::test::kFaultOnce); once && ::unlink(once) != 0) return;
  if (action == "kill") std::raise(SIGKILL);
  if (action == "abort") std::abort();
  if (action == "stop") std::raise(SIGSTOP);
  if (action == "throw") throw lagoon::Error(lagoon::Errc::aborted, "injected fault");
  if (action == "bad_alloc") throw std::bad_alloc();
}

void plan(lagoon::FaultPlan& faults, const std::string& words) {
  const auto first = words.find(':'), second = words.find(':', first + 1);
  faults.at(words.substr(0, first), std::stoull(words.substr(first + 1, second - first - 1)), lagoon::Fault::call,
            [action = words.substr(second + 1)] { strike(action); });
}

/// At visits that are about `kBetween` apart, other ones in each process.
void plan_chaos(lagoon::FaultPlan& faults, const std::string& log) {
  constexpr std::uint64_t kBetween = 400;
  constexpr int kFaults = 50;
  constexpr const char* kActions[] = {"kill", "abort", "stop", "throw", "bad_alloc"};
  std::minstd_rand random(static_cast<unsigned>(::getpid()));
  for (const char* point : {"process.before_take", "process.within_take", "process.after_take", "process.before_reply",
                            "process.after_reply", "call.before_handler"}) {
    std::uint64_t visit = 0;
    for (int k = 0; k < kFaults; ++k) {
      visit += random() % (2 * kBetween) + 1;
      faults.at(point, visit, lagoon::Fault::call, [log, action = kActions[random() % std::size(kActions)]] {
        const int file = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::write(file, "x", 1) != 1) std::abort();
        ::close(file);
        strike(action);
      });
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string first = count > 1 ? arguments[1] : "";
  // What a worker program may be like that is not well.
  if (first == "exits") return 3;
  if (first == "aborts") std::abort();
  if (first == "silent")
    for (;;) ::pause();
  if (first == "prints") std::cout << "hello, standard output" << std::endl;
  lagoon::FaultPlan faults;
  const char* words = std::getenv(lagoon::test::kFault);
  if (words) plan(faults, words);
  const char* chaos = std::getenv(lagoon::test::kChaos);
  if (chaos) plan_chaos(faults, chaos);
  return lagoon::worker_main({lagoon::test::process_lab()}, words || chaos ? &faults : nullptr);
}
