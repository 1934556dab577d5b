// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/cgroup.hpp>
#include <lagoon/engine/engine.hpp>
#include <lagoon/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "text.hpp"

namespace lagoon::cli {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The value behind "key" in a file of "key: value" lines.
std::string field(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find_first_of(":=", key.size());
    if (colon == std::string::npos || line.find_first_not_of(" \t", key.size()) != colon) continue;
    const auto begin = line.find_first_not_of(" \t\"", colon + 1);
    const auto end = line.find_last_not_of(" \t\"");
    return begin == std::string::npos ? "" : line.substr(begin, end - begin + 1);
  }
  return "";
}

std::uint64_t kilobytes(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10) << 10; }

CoreFacts look_at_cores(const std::string& root) {
  CoreFacts c;
  c.model = field(root + "/proc/cpuinfo", "model name");
  if (c.model.empty()) c.model = field(root + "/proc/cpuinfo", "CPU part");
  c.online = static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  cpu_set_t set;
  c.allowed = ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::uint32_t>(CPU_COUNT(&set)) : c.online;
  c.quota = detail::cgroup_limits(root).cores.value_or(0);
  c.usable = usable_cores();
  return c;
}

MemoryFacts look_at_memory(const std::string& root) {
  MemoryFacts m;
  m.total = kilobytes(field(root + "/proc/meminfo", "MemTotal"));
  m.available = kilobytes(field(root + "/proc/meminfo", "MemAvailable"));
  m.reserved_huge_pages = std::strtoull(field(root + "/proc/meminfo", "HugePages_Total").c_str(), nullptr, 10);
  if (const auto limit = detail::cgroup_limits(root).memory; limit && *limit < m.total) m.cgroup_limit = *limit;
  m.usable = usable_memory();
  m.default_limit = m.usable / 10 * 7;
  // "always [madvise] never": the one in brackets.
  const std::string modes = first_line(root + "/sys/kernel/mm/transparent_hugepage/enabled");
  const auto open = modes.find('['), close = modes.find(']');
  m.huge_pages = open < close && close != std::string::npos ? modes.substr(open + 1, close - open - 1) : "unknown";
  struct statvfs shm {};
  if (::statvfs((root + "/dev/shm").c_str(), &shm) == 0) {
    m.shm_total = std::uint64_t{shm.f_blocks} * shm.f_frsize;
    m.shm_free = std::uint64_t{shm.f_bavail} * shm.f_frsize;
  }
  rlimit space{};
  if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) m.address_space_limit = space.rlim_cur;
  return m;
}

InstructionFacts look_at_instructions(const std::string& root) {
  InstructionFacts i;
  utsname name{};
  if (::uname(&name) == 0) i.architecture = name.machine;
  std::string flags = field(root + "/proc/cpuinfo", "flags");
  if (flags.empty()) flags = field(root + "/proc/cpuinfo", "Features");  // Arm
  flags = " " + flags + " ";
  for (const char* flag :
       {"sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "asimd", "sve"})
    if (flags.find(std::string(" ") + flag + " ") != std::string::npos) i.supported.emplace_back(flag);
  if (const char* cap = std::getenv("LAGOON_ISA")) i.cap = cap;  // NOLINT(concurrency-mt-unsafe): nobody sets it here
  try {
    i.used = simd::isa_name();
  } catch (const Error& e) {
    i.fault = e.status().message();
  }
  return i;
}

/// A linear algebra library among what this process has loaded.
std::string loaded_blas(const std::string& root) {
  std::ifstream maps(root + "/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto slash = line.rfind('/');
    if (slash == std::string::npos) continue;
    const std::string file = line.substr(slash + 1);
    for (const char* name : {"libopenblas", "libblas", "libmkl_rt", "libblis"})
      if (file.starts_with(name)) return file;
  }
  return "none";
}

VersionFacts look_at_versions(const std::string& root) {
  VersionFacts v;
  v.lagoon = LAGOON_VERSION;
#if defined(__clang__)
  v.compiler = fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  v.compiler = fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  // oneTBB is the engine's business; its version is asked without naming it.
  using Ask = const char* (*)();
  if (const auto ask = reinterpret_cast<Ask>(::dlsym(RTLD_DEFAULT, "TBB_runtime_version"))) v.onetbb = ask();
  v.libc = std::string("glibc ") + ::gnu_get_libc_version();
  utsname name{};
  if (::uname(&name) == 0) v.kernel = std::string(name.sysname) + " " + name.release;
  v.distribution = field(root + "/etc/os-release", "PRETTY_NAME");
  return v;
}

}  // namespace

Machine look_at_machine(const std::string& root) {
  Machine m;
  m.cores = look_at_cores(root);
  m.memory = look_at_memory(root);
  m.instructions = look_at_instructions(root);
  m.cgroup = ::access((root + "/sys/fs/cgroup/cgroup.controllers").c_str(), F_OK) == 0 ? "v2"
             : ::access((root + "/sys/fs/cgroup/memory").c_str(), F_OK) == 0           ? "v1"
                                                                                       : "none";
  m.blas = loaded_blas(root);
  m.versions = look_at_versions(root);
  return m;
}

std::vector<std::string> warnings_about(const Machine& m) {
  std::vector<std::string> w;
  if (m.cores.allowed < m.cores.online)
    w.push_back(
        fmt::format("the affinity of this process leaves it {} of {} cores; taskset, or an MPI launcher that binds "
                    "to cores (mpirun --bind-to none), may have set it",
                    m.cores.allowed, m.cores.online));
  if (m.cores.quota > 0 && m.cores.quota < m.cores.allowed)
    w.push_back(fmt::format("the control group grants {:.2g} cores of {}; more threads than that only wait",
                            m.cores.quota, m.cores.allowed));
  if (m.memory.cgroup_limit)
    w.push_back(fmt::format("the control group ends the process above {} of memory, files it writes included",
                            human_bytes(static_cast<double>(m.memory.cgroup_limit))));
  if (m.memory.address_space_limit)
    w.push_back(fmt::format("ulimit -v allows {} of address space; mapped files count too",
                            human_bytes(static_cast<double>(m.memory.address_space_limit))));
  if (m.memory.available < (std::uint64_t{1} << 29))
    w.push_back(fmt::format("only {} of memory are free", human_bytes(static_cast<double>(m.memory.available))));
  if (m.memory.huge_pages == "never")
    w.push_back("transparent huge pages are off; large arrays are slower to touch first (set 'madvise')");
  if (m.instructions.architecture == "x86_64" && m.instructions.used == "baseline")
    w.push_back("kernels run their slowest variant: no AVX2, or LAGOON_ISA says so");
  if (!m.instructions.fault.empty()) w.push_back(m.instructions.fault);
  return w;
}

}  // namespace lagoon::cli
