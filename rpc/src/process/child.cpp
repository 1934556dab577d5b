// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace lagoon::detail {
namespace {

constexpr int kLink = 3;

// Not those of <sys/pidfd.h>: glibc 2.36 declares them for C alone.
int open_pidfd(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
void send_signal(int pidfd, int signal) { ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0); }

Errc code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Errc::not_found;
    case EACCES:
    case EPERM: return Errc::permission_denied;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE: return Errc::resource_exhausted;
    case ENOEXEC:
    case E2BIG:
    case ELOOP:
    case ENAMETOOLONG: return Errc::invalid_argument;
    default: return Errc::internal;
  }
}

Status refused(const std::string& program, std::string_view call, int error) {
  const Errc code = code_of(error);
  std::string text = "program \"" + program + "\" ";
  if (code == Errc::not_found)
    text += program.find('/') == std::string::npos ? "was not found in PATH" : "was not found";
  else
    text += "cannot be started";
  return {code, text + ": " + std::string(call) + ": " + std::generic_category().message(error)};
}

/// What posix_spawn does between the two programs. Its setters fail for want of memory alone; the first error stays.
class Preparation {
 public:
  Preparation() {
    keep(posix_spawn_file_actions_init(&actions_));
    keep(posix_spawnattr_init(&attributes_));
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void arrange_descriptors(int link) {
    // The link first: where this process was started without standard descriptors it may be one of 0, 1 and 2. Onto
    // itself, glibc takes close-on-exec off.
    keep(posix_spawn_file_actions_adddup2(&actions_, link, kLink));
    keep(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    if (link == STDERR_FILENO || ::fcntl(STDERR_FILENO, F_GETFD) < 0)
      keep(posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0));
    keep(posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO));
    keep(posix_spawn_file_actions_addclosefrom_np(&actions_, kLink + 1));
  }

  /// No signal blocked, none ignored (exec keeps both), and a process group of its own: Ctrl-C at the terminal reaches
  /// this process alone, which then shuts its workers down in order.
  void arrange_signals() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    keep(posix_spawnattr_setsigmask(&attributes_, &none));
    keep(posix_spawnattr_setsigdefault(&attributes_, &all));
    keep(posix_spawnattr_setpgroup(&attributes_, 0));
    keep(
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  }

  int error() const { return error_; }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void keep(int error) {
    if (error_ == 0) error_ = error;
  }
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  int error_ = 0;
};

// posix_spawn wants char*, and writes to none of them.
std::vector<char*> arguments_of(const Child::Program& program) {
  std::vector<char*> arguments{const_cast<char*>(program.path.c_str())};
  for (const std::string& argument : program.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

std::string_view name_of(std::string_view variable) { return variable.substr(0, variable.find('=')); }

std::vector<char*> environment_of(const Child::Program& program) {
  std::vector<char*> environment;
  for (char** own = environ; own != nullptr && *own != nullptr; ++own) {
    const bool replaced = std::any_of(program.environment.begin(), program.environment.end(),
                                      [&](const std::string& given) { return name_of(given) == name_of(*own); });
    if (!replaced) environment.push_back(*own);
  }
  for (const std::string& given : program.environment) environment.push_back(const_cast<char*>(given.c_str()));
  environment.push_back(nullptr);
  return environment;
}

int waitid_again(idtype_t type, int which, siginfo_t* info, int options) {
  int result = 0;
  do {
    info->si_pid = 0;  // stays so when WNOHANG finds nothing
    result = ::waitid(type, static_cast<id_t>(which), info, options);
  } while (result < 0 && errno == EINTR);
  return result;
}

/// Takes the end of a child, if it has ended.
std::optional<ChildEnd> take_end(int pidfd, int options) {
  siginfo_t info{};
  if (waitid_again(P_PIDFD, pidfd, &info, WEXITED | options) < 0) return ChildEnd{.taken = true};
  if (info.si_pid == 0) return std::nullopt;
  return ChildEnd{.killed = info.si_code != CLD_EXITED, .code = info.si_status, .dumped = info.si_code == CLD_DUMPED};
}

}  // namespace

std::string ChildEnd::to_string() const {
  if (taken) return "ended; how is not known, since another part of this process waits for all children";
  if (!killed) return "exited with status " + std::to_string(code);
  std::string text = "was killed by signal " + std::to_string(code);
  if (const char* description = sigdescr_np(code)) text += " (" + std::string(description) + ")";
  if (dumped) text += ", core dumped";
  return text;
}

Result<Child> Child::start(const Program& program, const File& link) {
  Preparation preparation;
  preparation.arrange_descriptors(link.get());
  preparation.arrange_signals();
  if (preparation.error() != 0) return refused(program.path, "posix_spawn", preparation.error());

  const std::vector<char*> arguments = arguments_of(program), environment = environment_of(program);
  Child child;
  const int error = ::posix_spawnp(&child.pid_, program.path.c_str(), preparation.actions(), preparation.attributes(),
                                   arguments.data(), environment.data());
  if (error != 0) return refused(program.path, "posix_spawn", error);
  // It is a child that nobody has waited for: its number is its own still.
  child.pidfd_ = File(open_pidfd(child.pid_));
  if (!child.pidfd_) {
    const int reason = errno;
    siginfo_t info{};
    ::kill(child.pid_, SIGKILL);
    waitid_again(P_PID, child.pid_, &info, WEXITED);
    return refused(program.path, "pidfd_open", reason);
  }
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), end_(std::exchange(other.end_, {})) {}

Child& Child::operator=(Child&& other) noexcept {
  Child taken(std::move(other));
  std::swap(pid_, taken.pid_);
  std::swap(pidfd_, taken.pidfd_);
  std::swap(end_, taken.end_);
  return *this;
}

Child::~Child() {
  if (!pidfd_ || end_) return;
  kill();
  take_end(pidfd_.get(), 0);
}

void Child::kill() const noexcept {
  // Through the descriptor, which never means another process that got the number since.
  if (pidfd_) send_signal(pidfd_.get(), SIGKILL);
}

bool Child::stopped() const noexcept {
  siginfo_t info{};
  return pidfd_ && waitid_again(P_PIDFD, pidfd_.get(), &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

std::optional<ChildEnd> Child::wait(std::chrono::nanoseconds most) {
  using std::chrono::nanoseconds, std::chrono::steady_clock, std::chrono::seconds;
  if (end_ || !pidfd_) return end_;
  most = std::clamp<nanoseconds>(most, nanoseconds(0), std::chrono::hours(24 * 365));
  const auto until = steady_clock::now() + most;
  for (;;) {
    const nanoseconds left = std::max<nanoseconds>(until - steady_clock::now(), nanoseconds(0));
    const timespec timeout{.tv_sec = left / seconds(1), .tv_nsec = (left % seconds(1)).count()};
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::ppoll(&ended, 1, &timeout, nullptr);
    if (ready > 0) return end_ = take_end(pidfd_.get(), WNOHANG);
    if (ready == 0 || errno != EINTR) return std::nullopt;
  }
}

}  // namespace lagoon::detail
