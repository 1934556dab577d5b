// SPDX-License-Identifier: Apache-2.0
// A worker program that does as its arguments say, and tells over the link, descriptor 3.

#include "misbehaving.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "process/child.hpp"

using namespace lagoon::detail;

namespace {

constexpr int kLink = 3;

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

void say_status(const lagoon::Status& status) {
  say(std::string(lagoon::name(status.code())) + ": " + status.message());
}

void say_descriptors() {
  DIR* open = ::opendir("/proc/self/fd");
  std::set<int> numbers;
  while (const dirent* entry = ::readdir(open)) {
    if (entry->d_name[0] != '.') numbers.insert(std::atoi(entry->d_name));
  }
  numbers.erase(::dirfd(open));
  ::closedir(open);
  for (const int number : numbers) say(std::to_string(number));
}

void say_signals() {
  for (int signal = 1; signal <= 31; ++signal) {
    sigset_t blocked;
    struct sigaction action {};
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    ::sigaction(signal, nullptr, &action);
    if (sigismember(&blocked, signal) == 1) say("blocked " + std::to_string(signal));
    if (action.sa_handler == SIG_IGN) say("ignored " + std::to_string(signal));
  }
  say(::getpgrp() == ::getpid() ? "own group" : "the parent's group");
}

void say_limits() {
  const auto say_limit = [](const char* name, __rlimit_resource resource) {
    rlimit limit{};
    ::getrlimit(resource, &limit);
    say(std::string(name) + " " + std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max));
  };
  say_limit("core", RLIMIT_CORE);
  say_limit("data", RLIMIT_DATA);
  say_limit("descriptors", RLIMIT_NOFILE);
  int signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &signal);
  say("death of parent " + std::to_string(signal));
  say("no new privileges " + std::to_string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
  int score = 0;
  std::ifstream("/proc/self/oom_score_adj") >> score;
  say("oom " + std::to_string(score));
}

/// Allocates and writes until there is no more.
void exhaust_memory() {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<std::unique_ptr<char[]>> pieces;
  pieces.reserve(1 << 16);
  try {
    for (;;) pieces.push_back(std::make_unique<char[]>(kPiece));
  } catch (const std::bad_alloc&) {
    const std::size_t held = pieces.size();
    pieces.clear();
    say("bad_alloc after " + std::to_string(held));
  }
}

/// Starts this program again as a child of its own, which holds the link too, and lives as long as it may.
Child start_child(const std::string& what) {
  auto child = Child::start({"/proc/self/exe", {what, std::to_string(::getpid())}, {}}, File(::dup(kLink)));
  return std::move(child).value();
}

void start_without_processes() {
  constexpr unsigned kNobody = 65534;
  // The limit does not bind root.
  if (::geteuid() == 0 && (::setgroups(0, nullptr) < 0 || ::setresuid(kNobody, kNobody, kNobody) < 0)) {
    say("cannot stop being root");
    return;
  }
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_NPROC, &none);
  say_status(Child::start({"/bin/true", {}, {}}, File(::dup(kLink))).status());
}

int act(const std::string& what, const std::string& argument) {
  // The number of the parent is the argument of all that confine themselves.
  const auto confined = [&](ChildLimits limits = {}) {
    const lagoon::Status status = confine(std::atoi(argument.c_str()), limits);
    if (!status.ok()) say_status(status);
    return status.ok();
  };
  if (what == "exit") return std::atoi(argument.c_str());
  if (what == "raise") {
    const int signal = std::atoi(argument.c_str());
    const rlimit no_core_file{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core_file);
    std::signal(signal, SIG_DFL);  // a sanitizer has handlers of its own
    std::raise(signal);
  } else if (what == "wait") {
    say("ready");
    sleep_for_ever();
  } else if (what == "wait confined") {
    if (!confined()) return 1;
    say("ready");
    sleep_for_ever();
  } else if (what == "close the link") {
    ::close(kLink);
    sleep_for_ever();
  } else if (what == "print") {
    std::puts("from the child");
    say(std::getchar() == EOF ? "input is empty" : "input is there");
  } else if (what == "descriptors") {
    say_descriptors();
  } else if (what == "signals") {
    say_signals();
  } else if (what == "environment") {
    const char* value = std::getenv(argument.c_str());
    say(value != nullptr ? value : "none");
  } else if (what == "limits") {
    if (confined({.memory = std::size_t{1} << 50})) say_limits();
  } else if (what == "exhaust memory") {
    if (confined({.memory = std::size_t{256} << 20})) exhaust_memory();
  } else if (what == "have a child") {
    const Child child = start_child("wait confined");
    sleep_for_ever();
  } else if (what == "start without processes") {
    start_without_processes();
  } else if (what == "sandbox cold" || what == "sandbox warm") {
    if (confined({.strict = true})) live_in_sandbox(what == "sandbox warm");
    ::_exit(0);  // the leak sanitizer, which looks at exit, may not attach to this process any more
  } else if (what == "abort in the sandbox") {
    if (confined({.strict = true}) && enter_sandbox().ok()) std::abort();
  }
  return 0;
}

}  // namespace

void say(std::string_view line) {
  const std::string text = std::string(line) + '\n';
  (void)!::write(kLink, text.data(), text.size());
}

int main(int argc, char** argv) {
  const int status = act(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
  std::fflush(stdout);
  return status;
}
