// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/result.hpp>
#include <lagoon/core/status.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "region.hpp"

namespace lagoon::detail {

/// How a child process ended.
struct ChildEnd {
  bool killed = false;  ///< by a signal
  int code = 0;         ///< exit status or signal
  bool dumped = false;  ///< and left a core file
  bool taken =
      false;  ///< the rest is not known: another part of this process waits for all children, or ignores SIGCHLD
  /// "exited with status 3", "was killed by signal 11 (Segmentation fault)".
  std::string to_string() const;
};

/// A child that runs another program, never a fork of this one (a child forked after oneTBB was used hangs).
/// Killed, and waited for, with its owner.
class Child {
 public:
  struct Program {
    std::string path;                      ///< searched for in PATH when it has no slash
    std::vector<std::string> arguments;    ///< without the program's own name
    std::vector<std::string> environment;  ///< "NAME=value", beside this process's own and before them
  };
  /// Starts it. Its standard input is empty, its standard output is this process's standard error: what a worker
  /// prints must not end up in what the program prints. All other descriptors are closed but `link`, which the child
  /// finds as descriptor 3. No signal is blocked or ignored there, and Ctrl-C at the terminal does not reach it.
  ///
  /// To be called by a thread that lives as long as the child: PR_SET_PDEATHSIG, which confine() sets, kills the child
  /// when the thread that started it ends, though the process lives on.
  ///   returns  or not_found, permission_denied, resource_exhausted, invalid_argument (no program that runs here),
  ///   naming
  ///            the program and what the system said
  static Result<Child> start(const Program& program, const File& link);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  /// Waits for a killed child to be gone: 0.1 ms, and 60 ms for each GiB that it holds.
  ~Child();

  /// For messages. A number is given again once the child has been waited for: use descriptor() and kill().
  int pid() const noexcept { return pid_; }
  /// Readable once it has ended; for poll().
  int descriptor() const noexcept { return pidfd_.get(); }
  /// SIGKILL; nothing when it has ended. From any thread, also while another waits for the end.
  void kill() const noexcept;
  /// Whether it is stopped (SIGSTOP): it will not answer, though it lives. descriptor() does not tell.
  bool stopped() const noexcept;
  /// Waits until it has ended, at most so long. One thread at a time.
  ///   returns  nothing when it has not; asked again, the same
  std::optional<ChildEnd> wait(std::chrono::nanoseconds most);

 private:
  Child() noexcept = default;
  int pid_ = -1;
  File pidfd_;
  std::optional<ChildEnd> end_;
};

/// What a worker does to itself before it serves. All are for the process that calls them, and stay.
struct ChildLimits {
  /// Bytes of heap and stacks (RLIMIT_DATA); 0: none. What is over it is std::bad_alloc. Shared mappings do not count:
  /// whoever makes them limits their size. The address sanitizer's shadow counts: leave it out there.
  /// A control group's memory.max is not used, since hardly any is writable.
  std::size_t memory = 0;
  bool strict = false;  ///< enter_sandbox() is to follow
};
/// Dies with its parent: PR_SET_PDEATHSIG, and a look at whether the parent, which had `parent` as its number, is gone
/// already. No core files, no new privileges, oom_score_adj up, descriptors limited. To be called before there are
/// other threads: no_new_privs is the calling thread's, and of those that it makes.
///   returns  failed_precondition: the parent is gone; internal: a limit was refused, and which
Status confine(int parent, const ChildLimits& limits);
/// The last step of `strict`, for all threads that there are: from now on no file is opened, no program or process
/// started, no socket made, no process signalled, no code mapped; EPERM says so. oneTBB goes on, and may be used for
/// the first time after it. Libraries, files and locales that are needed must have been loaded.
///   returns  internal: the kernel refused the filter
Status enter_sandbox();

}  // namespace lagoon::detail
