// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_reduce.h>
#include <tbb/task_arena.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>

#include "misbehaving.hpp"
#include "process/child.hpp"

namespace {

constexpr int kLink = 3;
constexpr std::size_t kPage = 4096;

/// Says how a call ended that gives -1 and errno.
void tell(const std::string& what, long result) {
  const char* name = result != -1 ? "works" : strerrorname_np(errno);
  say(what + ": " + (name != nullptr ? name : "?"));
}
void tell_whether(const std::string& what, bool works) { say(what + ": " + (works ? "works" : "fails")); }

bool sums_in_parallel() {
  constexpr std::int64_t kNumbers = 1'000'000;
  tbb::task_arena arena(4);
  const std::int64_t sum = arena.execute([] {
    return tbb::parallel_reduce(
        tbb::blocked_range<std::int64_t>(0, kNumbers, 1000), std::int64_t{0},
        [](const tbb::blocked_range<std::int64_t>& range, std::int64_t part) {
          for (std::int64_t i = range.begin(); i != range.end(); ++i) part += i;
          return part;
        },
        [](std::int64_t a, std::int64_t b) { return a + b; });
  });
  return sum == kNumbers * (kNumbers - 1) / 2;
}

long fork_here() {
  const long child = ::fork();
  if (child == 0) ::_exit(0);
  return child;
}

void try_what_is_refused() {
  tell("open", ::open("/etc/passwd", O_RDONLY));
  tell("open in /proc", ::open("/proc/self/maps", O_RDONLY));
  tell("unlink", ::unlink("/no such file"));
  tell("readlink", ::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", nullptr, 0));
  tell("socket", ::socket(AF_UNIX, SOCK_STREAM, 0));
  tell("socketpair", ::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, nullptr));
  char* const arguments[] = {nullptr};
  tell("execve", ::execve("/bin/true", arguments, arguments));
  pid_t spawned = 0;
  errno = ::posix_spawn(&spawned, "/bin/true", nullptr, nullptr, arguments, arguments);
  tell("posix_spawn", errno == 0 ? 0 : -1);
  tell("fork", fork_here());
  tell("clone3", ::syscall(SYS_clone3, nullptr, sizeof(clone_args)));
  tell("thread with a name space",
       ::syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNET, 0, 0, 0, 0));
  tell("kill the parent", ::kill(::getppid(), 0));
  tell("tgkill the parent", ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0));
  tell("pidfd_open", ::syscall(SYS_pidfd_open, ::getppid(), 0));
  tell("SIGIO to the parent", ::fcntl(kLink, F_SETOWN, ::getppid()));
  tell("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  tell("process_vm_readv", ::process_vm_readv(::getppid(), nullptr, 0, nullptr, 0, 0));
  tell("affinity of the parent", ::syscall(SYS_sched_setaffinity, ::getppid(), 0, nullptr));
  tell("forget the parent", ::prctl(PR_SET_PDEATHSIG, 0));
  const rlimit none{0, 0};
  tell("setrlimit", ::setrlimit(RLIMIT_CORE, &none));
  tell("type into the terminal", ::syscall(SYS_ioctl, STDERR_FILENO, 0x5412 /* TIOCSTI */, "x"));
  tell("io_uring", ::syscall(SYS_io_uring_setup, 0, nullptr));
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("mprotect code", ::mprotect(page, kPage, PROT_READ | PROT_EXEC));
  void* code = ::mmap(nullptr, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("mmap code", code == MAP_FAILED ? -1 : 0);
}

/// Waits for a descriptor over the link and reads from it.
bool reads_what_is_sent() {
  char letter = 0;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&letter, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(kLink, &message, MSG_CMSG_CLOEXEC) != 1) return false;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return false;
  int sent = -1;
  std::memcpy(&sent, CMSG_DATA(header), sizeof sent);
  return ::read(sent, &letter, 1) == 1 && letter == 'L';
}

bool shares_memory() {
  const int file = ::memfd_create("region", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  struct stat about {};
  if (file < 0 || ::ftruncate(file, kPage) < 0 || ::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
    return false;
  if (::fstat(file, &about) < 0 || about.st_size != static_cast<off_t>(kPage)) return false;
  auto* data = static_cast<char*>(::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  if (data == MAP_FAILED) return false;
  data[0] = 'L';
  char read = 0;
  return ::pread(file, &read, 1, 0) == 1 && read == 'L' && ::munmap(data, kPage) == 0 && ::close(file) == 0;
}

volatile std::sig_atomic_t raised = 0;

void try_what_works() {
  tell_whether("parallel sum", sums_in_parallel());
  bool ran = false;
  std::thread([&] { ran = ::prctl(PR_SET_NAME, "late") == 0; }).join();
  tell_whether("thread", ran);
  tell_whether("shared memory", shares_memory());
  std::signal(SIGUSR1, [](int) { raised = 1; });
  tell_whether("raise", std::raise(SIGUSR1) == 0 && raised == 1);
  const auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  pollfd readable{.fd = kLink, .events = POLLIN, .revents = 0};
  tell_whether("time", ::poll(&readable, 1, -1) == 1 && std::chrono::steady_clock::now() > before);
  tell_whether("descriptor sent", reads_what_is_sent());
}

}  // namespace

void live_in_sandbox(bool warm) {
  if (warm) tell_whether("parallel sum before", sums_in_parallel());
  std::atomic<bool> inside{false};
  std::thread early([&] {
    inside.wait(false);
    tell("open by an earlier thread", ::open("/etc/passwd", O_RDONLY));
  });
  const lagoon::Status status = lagoon::detail::enter_sandbox();
  if (!status.ok()) say(status.to_string());
  inside = true;
  inside.notify_one();
  early.join();
  try_what_is_refused();
  try_what_works();
}
