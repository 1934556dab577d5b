// SPDX-License-Identifier: Apache-2.0
// What a strict worker may ask of the system: time, memory without code in it, threads, and the descriptors that it has
// or is sent. All else gives EPERM and does not kill: oneTBB and the C library look into /proc when they first need to
// know something, and do well without.
//
// What remains: the kind and size of a file whose path is known can be asked for, since fstat() is newfstatat() with an
// empty path, and a filter sees no paths. A datagram socket as link could be used to reach others: use a stream.

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <system_error>

#include "child.hpp"

namespace lagoon::detail {
namespace {

// Whatever their arguments are.
constexpr int kAllowed[] = {
    // descriptors that are open
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
    SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2),
    SCMP_SYS(fstat), SCMP_SYS(ftruncate), SCMP_SYS(memfd_create),
    // with itself; the undefined-behaviour sanitizer asks a pipe whether an address is mapped
    SCMP_SYS(pipe), SCMP_SYS(pipe2),
    // memory; mmap and mprotect are below
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(membarrier),
    // threads
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(getcpu),
    // signals to itself; restart_syscall continues what SIGSTOP and SIGCONT interrupted
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
    SCMP_SYS(pause),
    // time
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
    // what it is, and chance
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getrandom)};

// Descriptors can be marked, copied and sealed. Not F_SETOWN: SIGIO would then go to any process of this user.
constexpr int kFcntl[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_GET_SEALS, F_ADD_SEALS};
// Names of threads and of mappings; above all not PR_SET_PDEATHSIG.
constexpr int kPrctl[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA};

constexpr scmp_datum_t kNotWithThread = CLONE_VFORK | CLONE_PARENT | CLONE_PTRACE | CLONE_NEWNS | CLONE_NEWCGROUP |
                                        CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// A filter in the making; the first error stays.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
    if (!context_)
      error_ = -ENOMEM;
    else  // for all threads, not only those that this one will make
      keep(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
  }
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> where = {}) {
    if (error_ == 0)
      keep(seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(where.size()), where.begin()));
  }
  int load() {
    if (error_ == 0) keep(seccomp_load(context_.get()));
    return error_;
  }

 private:
  void keep(int result) {
    if (error_ == 0 && result < 0) error_ = result;
  }
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

// An argument by its place. Callers that put rubbish into the upper half of an int are refused, not let through.
scmp_arg_cmp is(unsigned place, scmp_datum_t value) { return {place, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp masked(unsigned place, scmp_datum_t mask, scmp_datum_t value) {
  return {place, SCMP_CMP_MASKED_EQ, mask, value};
}

}  // namespace

Status enter_sandbox() {
  Filter filter;
  for (const int call : kAllowed) filter.add(SCMP_ACT_ALLOW, call);
  for (const int command : kFcntl)
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {is(1, static_cast<scmp_datum_t>(command))});
  for (const int option : kPrctl)
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {is(0, static_cast<scmp_datum_t>(option))});
  // Code stays what it is now.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mmap), {masked(2, PROT_EXEC, 0)});
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mprotect), {masked(2, PROT_EXEC, 0)});
  // Threads, no processes. A filter cannot look at clone3's flags, which lie in memory; told that there is no such
  // call, the C library takes clone.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), {masked(0, CLONE_THREAD | kNotWithThread, CLONE_THREAD)});
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  // abort() and raise().
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {is(0, static_cast<scmp_datum_t>(::getpid()))});
  // Of itself only; limits can be read and not set.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), {is(0, 0)});
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {is(0, 0), is(2, 0)});
  // Without an address; send() is this.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(sendto), {is(4, 0)});
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), {is(3, AT_EMPTY_PATH)});
  // isatty(). Other requests could type into the terminal.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {is(1, TCGETS)});
  if (const int error = filter.load(); error < 0)
    return {Errc::internal, "enter_sandbox: seccomp: " + std::generic_category().message(-error)};
  return {};
}

}  // namespace lagoon::detail
