// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <system_error>

#include "child.hpp"

namespace lagoon::detail {
namespace {

// What programs get by default: enough for a worker's link, its shared regions and what its libraries open.
constexpr rlim_t kDescriptors = 1024;
// Of 1000: among processes that are as large, the system ends workers first, which are replaced.
constexpr int kOomScore = 500;

// The sanitizers' own memory, terabytes of which most are never touched, counts as data.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kMayLimitData = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr bool kMayLimitData = false;
#else
constexpr bool kMayLimitData = true;
#endif
#else
constexpr bool kMayLimitData = true;
#endif

Status failed(const std::string& what) {
  const int error = errno;
  return {Errc::internal, "confine: " + what + ": " + std::generic_category().message(error)};
}

/// Lowers soft and hard limit; never raises one, which only root may.
bool limit(__rlimit_resource resource, rlim_t most) {
  rlimit now{};
  if (::getrlimit(resource, &now) < 0) return false;
  now.rlim_max = std::min(now.rlim_max, most);
  now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
  return ::setrlimit(resource, &now) == 0;
}

/// As far as the system lets us: /proc may be missing, and the worker serves as well without.
void try_raise_oom_score() {
  const File file(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
  if (!file) return;
  char text[16];
  const ssize_t length = ::pread(file.get(), text, sizeof text, 0);
  int score = 0;
  if (length <= 0 || std::from_chars(text, text + length, score).ec != std::errc()) return;
  const std::string raised = std::to_string(std::min(score + kOomScore, 1000));
  (void)!::pwrite(file.get(), raised.data(), raised.size(), 0);
}

}  // namespace

Status confine(int parent, const ChildLimits& limits) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return failed("PR_SET_PDEATHSIG");
  // After it: a parent that ended before the call sends no signal.
  if (const int now = ::getppid(); now != parent)
    return {Errc::failed_precondition,
            "confine: the parent is process " + std::to_string(now) + ", not " + std::to_string(parent) + ": gone"};
  try_raise_oom_score();
  limit(RLIMIT_NOFILE, kDescriptors);
  if (!limit(RLIMIT_CORE, 0)) return failed("RLIMIT_CORE");
  // Not RLIMIT_AS, which would refuse the shared regions too.
  if (kMayLimitData && limits.memory != 0 && !limit(RLIMIT_DATA, limits.memory)) return failed("RLIMIT_DATA");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return failed("PR_SET_NO_NEW_PRIVS");
  return {};
}

}  // namespace lagoon::detail
